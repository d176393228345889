//! One-time tokens: derived from a row by the server's key, mailed as links, stored as SHA-256 only, good once and for a while.

use std::time::Duration;

use lyceum_kernel::UserId;
use lyceum_kernel::id::uuid_v7;
use lyceum_platform::secrets::Keyring;
use lyceum_platform::uow::Tx;
use serde_json::{Map, Value};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::error::IdentityError;
use crate::model::one_time_token::Model;
use crate::repo::one_time_tokens;
use crate::service::IdentityService;

/// What a one-time token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Proves the address of a registration.
    Activation,
    /// Sets a new password in place of a forgotten one.
    PasswordReset,
    /// Sets the first password of an account made by staff.
    Invitation,
    /// Proves a new address.
    EmailChange,
    /// Brings an old address back.
    EmailUndo,
    /// Opens one socket.
    SocketTicket,
}

impl Purpose {
    /// The name in the database and in the derivation of the token.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::PasswordReset => "password_reset",
            Self::Invitation => "invitation",
            Self::EmailChange => "email_change",
            Self::EmailUndo => "email_undo",
            Self::SocketTicket => "socket_ticket",
        }
    }
}

/// Every link that an address once given to the account is worth: void when the address is not the account's any more.
pub(crate) const BY_ADDRESS: &[&str] = &[
    Purpose::Activation.as_str(),
    Purpose::PasswordReset.as_str(),
    Purpose::Invitation.as_str(),
    Purpose::EmailChange.as_str(),
];

/// Links that set a password: one of them used, all are void.
pub(crate) const SETTING_PASSWORDS: &[&str] = &[Purpose::PasswordReset.as_str(), Purpose::Invitation.as_str()];

impl IdentityService {
    /// Makes a token for an account; the letter that carries it names the row.
    pub(crate) async fn issue_one_time(
        &self,
        tx: &Tx,
        account: UserId,
        purpose: Purpose,
        data: Value,
        life: Duration,
    ) -> Result<Uuid, IdentityError> {
        let row = self.one_time(tx, account, purpose, data, life);
        let id = row.id;
        one_time_tokens::insert_many(tx.conn(), vec![row]).await?;
        Ok(id)
    }

    /// Makes a token for each of some accounts, with one statement. Gives the rows' ids in the same order.
    pub(crate) async fn issue_many(
        &self,
        tx: &Tx,
        accounts: &[UserId],
        purpose: Purpose,
        life: Duration,
    ) -> Result<Vec<Uuid>, IdentityError> {
        let made = accounts.iter().map(|account| self.one_time(tx, *account, purpose, Value::Object(Map::new()), life));
        let rows: Vec<_> = made.collect();
        let ids = rows.iter().map(|row| row.id).collect();
        one_time_tokens::insert_many(tx.conn(), rows).await?;
        Ok(ids)
    }

    fn one_time(&self, tx: &Tx, account: UserId, purpose: Purpose, data: Value, life: Duration) -> Model {
        let id = uuid_v7(tx.now(), tx.entropy());
        Model {
            id,
            account_id: account,
            purpose: purpose.as_str().to_owned(),
            generation: 0,
            token_hash: self.platform.keyring.token(purpose.as_str(), id, 0).hash().to_vec(),
            data,
            created_at: tx.now(),
            expires_at: tx.now() + life,
            used_at: None,
        }
    }

    /// Whether a text is a token that can still be used; nothing is changed. For what must be known before a password is hashed.
    pub(crate) async fn peek_one_time(&self, text: &str, purposes: &[Purpose]) -> Result<Model, IdentityError> {
        let (id, generation) = self.opened(text, purposes)?;
        let db = self.platform.db.read(lyceum_kernel::Scope::Platform);
        let row = one_time_tokens::find(&db, id).await?;
        usable(row, text, generation, self.platform.clock.now())
    }

    /// Uses a token up. Of many tries at once one succeeds.
    pub(crate) async fn redeem_one_time(
        &self,
        tx: &Tx,
        text: &str,
        purposes: &[Purpose],
    ) -> Result<Model, IdentityError> {
        let (id, generation) = self.opened(text, purposes)?;
        let row = one_time_tokens::lock(tx.conn(), id).await?;
        let row = usable(row, text, generation, tx.now())?;
        if one_time_tokens::claim(tx.conn(), id, tx.now()).await? {
            Ok(row)
        } else {
            Err(IdentityError::OneTimeTokenExpired)
        }
    }

    fn opened(&self, text: &str, purposes: &[Purpose]) -> Result<(Uuid, u32), IdentityError> {
        purposes
            .iter()
            .find_map(|purpose| self.platform.keyring.open_token(purpose.as_str(), text))
            .ok_or(IdentityError::OneTimeTokenUnknown)
    }
}

fn usable(
    row: Option<Model>,
    text: &str,
    generation: u32,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Model, IdentityError> {
    let row = row.ok_or(IdentityError::OneTimeTokenUnknown)?;
    let hash = Keyring::token_hash(text);
    let genuine = bool::from(hash.as_slice().ct_eq(&row.token_hash)) && u32::try_from(row.generation) == Ok(generation);
    if !genuine {
        return Err(IdentityError::OneTimeTokenUnknown);
    }
    if row.used_at.is_some() || now >= row.expires_at {
        return Err(IdentityError::OneTimeTokenExpired);
    }
    Ok(row)
}
