//! Changing the e-mail address: proven by the password and by a link to the new address; undone by a link to the old one.

use std::time::Duration;

use lyceum_kernel::events::identity::ProfileChanged;
use lyceum_kernel::{Principal, UserId};
use lyceum_platform::cache::CacheTag;
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use serde_json::json;

use crate::dto::me::{ChangeEmail, EmailToken};
use crate::dto::registration::Acknowledged;
use crate::error::IdentityError;
use crate::model::account::{self, Column, fold, name_key};
use crate::model::one_time_token;
use crate::model::session::Revocation;
use crate::repo::users::Change;
use crate::repo::{one_time_tokens, sessions};
use crate::service::IdentityService;
use crate::service::one_time::{BY_ADDRESS, Purpose};
use crate::{letters, mail};

/// For how long the old address can undo a change: long enough for somebody on holiday to notice.
const UNDO: Duration = Duration::from_hours(7 * 24);

impl IdentityService {
    /// Mails a link to the new address and a notice to the old one. Nothing changes yet, and whether the new address has an
    /// account is not told: the database decides when the link is followed.
    pub(crate) async fn request_email_change(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        form: &ChangeEmail,
    ) -> Result<Committed<Acknowledged>, IdentityError> {
        self.reauthenticate(who, &uow, &form.password.0).await?;
        let may_mail = self.may_mail(form.email.as_str()).await;
        let life = Duration::from_secs(self.platform.config.security.email_change_ttl_s);
        let new = form.email.as_str();
        let mut tx = uow.begin().await?;
        let account = self.locked_self(&tx, who).await?;
        one_time_tokens::void(tx.conn(), account.id, Some(&[Purpose::EmailChange.as_str()]), tx.now()).await?;
        let data = json!({ "email": new });
        let row = self.issue_one_time(&tx, account.id, Purpose::EmailChange, data, life).await?;
        if may_mail {
            let token = (Purpose::EmailChange, row);
            tx.post(letters::with_link(&account, new, mail::EMAIL_CHANGE_CONFIRM, token, life));
        }
        if let Some(old) = account.email.as_deref() {
            let data = json!({ "email": old });
            let row = self.issue_one_time(&tx, account.id, Purpose::EmailUndo, data, UNDO).await?;
            tx.post(letters::email_change_notice(&account, old, new, row, UNDO));
        }
        tx.audit(
            Audit::of("identity.email_change_requested", "account", account.id)
                .before(json!({ "email": account.email }))
                .after(json!({ "email": new })),
        );
        Ok(tx.commit(Answer::accepted(Acknowledged::mail_on_its_way())).await?)
    }

    /// The link to the new address was followed: it is the account's from now on, and links that went to the old one are void.
    pub(crate) async fn confirm_email(
        &self,
        uow: UnitOfWork,
        form: &EmailToken,
    ) -> Result<Committed<()>, IdentityError> {
        let mut tx = uow.begin().await?;
        let token = self.redeem_one_time(&tx, form.token.expose(), &[Purpose::EmailChange]).await?;
        let account = self.locked_owner(&tx, token.account_id).await?;
        move_to(&mut tx, &account, address_in(&token)?, "identity.email_changed").await?;
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// The owner of the old address says that it was not they: it is the account's again, or stays it; everybody is logged out
    /// and a link to choose a new password is on its way to it, for whoever asked for the change knew the password.
    pub(crate) async fn undo_email_change(
        &self,
        uow: UnitOfWork,
        form: &EmailToken,
    ) -> Result<Committed<()>, IdentityError> {
        let mut tx = uow.begin().await?;
        let token = self.redeem_one_time(&tx, form.token.expose(), &[Purpose::EmailUndo]).await?;
        let account = self.locked_owner(&tx, token.account_id).await?;
        let old = address_in(&token)?;
        one_time_tokens::void(tx.conn(), account.id, None, tx.now()).await?;
        let restored = move_to(&mut tx, &account, old, "identity.email_change_undone").await?;
        sessions::revoke_all(tx.conn(), account.id, None, Revocation::PasswordReset, tx.now()).await?;
        self.send_reset(&mut tx, &restored).await?;
        Ok(tx.commit(Answer::no_content()).await?)
    }
}

/// Gives the account an address, as far as the database lets it, and tells whoever keeps a copy.
async fn move_to(
    tx: &mut Tx,
    account: &account::Model,
    email: String,
    action: &'static str,
) -> Result<account::Model, IdentityError> {
    let name_key = name_key(account.full_name.as_deref(), account.username.as_deref(), Some(&email));
    Change::of(account, tx.now())
        .set(Column::Email, email.clone())
        .set(Column::EmailKey, fold(&email))
        .set(Column::NameKey, name_key.clone())
        .set(Column::ActivatedAt, account.activated_at.unwrap_or_else(|| tx.now()))
        .apply(tx.conn())
        .await?;
    one_time_tokens::void(tx.conn(), account.id, Some(BY_ADDRESS), tx.now()).await?;
    let moved = account::Model {
        email_key: Some(fold(&email)),
        email: Some(email),
        name_key,
        version: account.version + 1,
        ..account.clone()
    };
    tx.audit(
        Audit::of(action, "account", account.id)
            .by(account.id)
            .before(json!({ "email": account.email }))
            .after(json!({ "email": moved.email })),
    );
    announce(tx, &moved);
    Ok(moved)
}

/// Tells whoever keeps a copy of name, username or address.
pub(crate) fn announce(tx: &mut Tx, account: &account::Model) {
    let account::Model { id, username, email, full_name, .. } = account.clone();
    tx.emit(&ProfileChanged { user_id: id, username, email, full_name });
    invalidate(tx, id);
}

/// Nothing about the account is served from a cache any more.
pub(crate) fn invalidate(tx: &mut Tx, account: UserId) {
    tx.invalidate(CacheTag::new("account", account.uuid()));
}

fn address_in(token: &one_time_token::Model) -> Result<String, IdentityError> {
    let email = token.data.get("email").and_then(|email| email.as_str());
    email.map(ToOwned::to_owned).ok_or(IdentityError::Internal("a token about an address carries none"))
}
