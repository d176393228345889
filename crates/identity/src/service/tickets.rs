//! One-time tickets that open sockets, for clients that can set no header: browsers.
//!
//! A ticket is derived from its row and stored as a hash, like every one-time token. The row also keeps the claims of the access token that
//! it was bought with; whoever redeems it gets that very token, which opens the socket and is asked about as any other.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use lyceum_kernel::{Principal, Scope};
use lyceum_platform::secrets::Keyring;
use lyceum_platform::uow::{Answer, Committed, UnitOfWork};
use lyceum_web::{AuthError, Pass};
use subtle::ConstantTimeEq as _;

use crate::dto::socket::SocketTicket;
use crate::error::IdentityError;
use crate::repo::one_time_tokens;
use crate::service::IdentityService;
use crate::service::one_time::Purpose;
use crate::token::jwt::Claims;
use crate::token::keys::VerifyError;

/// What a ticket is good for.
const PURPOSE: Purpose = Purpose::SocketTicket;

impl IdentityService {
    /// Makes a ticket of the token that the caller came with. It is good for as long as configured, and no longer than the token.
    ///
    /// # Errors
    /// [`IdentityError::SessionEnded`] if the token has expired this moment; otherwise if the database is away.
    pub(crate) async fn issue_ticket(
        &self,
        caller: &Principal,
        uow: UnitOfWork,
        bearer: &str,
    ) -> Result<Committed<SocketTicket>, IdentityError> {
        let claims = match self.keys.verify(bearer).await {
            Ok((claims, _)) => claims,
            Err(VerifyError::Token(_)) => return Err(IdentityError::SessionEnded),
            Err(VerifyError::Keys(error)) => return Err(error),
        };
        let tx = uow.begin().await?;
        one_time_tokens::forget_expired(tx.conn(), caller.user_id, PURPOSE.as_str(), tx.now()).await?;
        let expires_at = expiry(&claims).map_or(tx.now(), |end| end.min(tx.now() + self.settings.ticket_ttl));
        let life = (expires_at - tx.now()).to_std().unwrap_or_default();
        let data = serde_json::to_value(&claims).map_err(|_| IdentityError::Internal("claims are not written"))?;
        let id = self.issue_one_time(&tx, caller.user_id, PURPOSE, data, life).await?;
        let ticket = self.platform.keyring.token(PURPOSE.as_str(), id, 0).expose().to_owned();
        Ok(tx.commit(Answer::ok(SocketTicket { ticket, expires_at })).await?)
    }

    /// The access token that a ticket was bought with; the ticket is used up, on all nodes.
    pub(crate) async fn redeem_ticket(&self, ticket: &str) -> Result<String, AuthError> {
        let opened = self.platform.keyring.open_token(PURPOSE.as_str(), ticket);
        let (id, _) = opened.ok_or(AuthError::Invalid)?;
        let db = self.platform.db.read(Scope::Platform);
        let row = one_time_tokens::find(&db, id).await.map_err(IdentityError::from)?.ok_or(AuthError::Invalid)?;
        let hash = Keyring::token_hash(ticket);
        let genuine = bool::from(hash.as_slice().ct_eq(&row.token_hash)) && row.used_at.is_none();
        if !genuine {
            return Err(AuthError::Invalid);
        }
        let tx = self.own_work().begin().await.map_err(IdentityError::from)?;
        let taken = one_time_tokens::take(tx.conn(), id, tx.now()).await.map_err(IdentityError::from)?;
        tx.commit_quietly().await.map_err(IdentityError::from)?;
        if !taken {
            return Err(AuthError::Invalid);
        }
        let claims: Claims = serde_json::from_value(row.data).map_err(|_| AuthError::Invalid)?;
        let issued = DateTime::from_timestamp(claims.iat, 0).ok_or(AuthError::Invalid)?;
        let ring = self.keys.ring().await?;
        // A key that was retired meanwhile signs nothing any more.
        self.keys.sign(&ring, &claims, issued).map_err(|_| AuthError::Invalid)
    }

    /// What keeps a socket open whose token was accepted just now.
    pub(crate) async fn pass(&self, token: &str, principal: Arc<Principal>) -> Result<Pass, AuthError> {
        match self.keys.verify(token).await {
            Ok((claims, _)) => Ok(Pass { token: token.into(), principal, expires_at: expiry(&claims) }),
            Err(VerifyError::Token(_)) => Err(AuthError::Invalid),
            Err(VerifyError::Keys(error)) => Err(error.into()),
        }
    }
}

fn expiry(claims: &Claims) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(claims.exp, 0)
}
