//! Forgotten, reset and changed passwords.

use std::time::Duration;

use lyceum_kernel::{Principal, Scope, UserId};
use lyceum_platform::cache::CacheTag;
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::dto::password::{ChangePassword, ForgotPassword, ResetPassword};
use crate::dto::registration::Acknowledged;
use crate::error::IdentityError;
use crate::model::account::{self, Column};
use crate::model::session::Revocation;
use crate::repo::users::Change;
use crate::repo::{accounts, one_time_tokens, sessions};
use crate::service::IdentityService;
use crate::service::mfa::notify_of_security;
use crate::service::one_time::{Purpose, SETTING_PASSWORDS};
use crate::{letters, mail, mail_jobs};

impl IdentityService {
    /// Mails a link that sets a new password, if the address has an account. Neither the answer nor its time tells.
    pub(crate) async fn forgot_password(
        &self,
        uow: UnitOfWork,
        form: &ForgotPassword,
    ) -> Result<Committed<Acknowledged>, IdentityError> {
        self.mail_later(uow, mail_jobs::MAIL_PASSWORD_RESET, form.email.as_str()).await
    }

    /// The job behind [`Self::forgot_password`]. An account that was never activated gets the link too: following it proves the
    /// address as well as an activation does.
    pub(crate) async fn mail_password_reset(
        &self,
        uow: UnitOfWork,
        account: Option<UserId>,
    ) -> Result<(), IdentityError> {
        let account = self.named(account).await?;
        let mut tx = uow.begin().await?;
        if let Some(account) = account.filter(|a| a.is_active && a.deleted_at.is_none() && a.erased_at.is_none()) {
            self.send_reset(&mut tx, &account).await?;
            tx.audit(Audit::of("identity.password_reset_requested", "account", account.id));
        }
        Ok(tx.commit_quietly().await?)
    }

    /// Posts a reset link to the account's address and makes older ones void.
    pub(crate) async fn send_reset(&self, tx: &mut Tx, account: &account::Model) -> Result<(), IdentityError> {
        let Some(to) = account.email.as_deref() else { return Ok(()) };
        let life = Duration::from_secs(self.platform.config.security.reset_ttl_s);
        one_time_tokens::void(tx.conn(), account.id, Some(&[Purpose::PasswordReset.as_str()]), tx.now()).await?;
        let row = self.issue_one_time(tx, account.id, Purpose::PasswordReset, json!({}), life).await?;
        tx.post(letters::with_link(account, to, mail::PASSWORD_RESET, (Purpose::PasswordReset, row), life));
        Ok(())
    }

    /// A new password by a link from a mail: every session ends, every other such link is void, the address is proven. The
    /// second factor stays: login asks for it as before.
    pub(crate) async fn reset_password(
        &self,
        uow: UnitOfWork,
        form: &ResetPassword,
    ) -> Result<Committed<()>, IdentityError> {
        const PURPOSES: [Purpose; 2] = [Purpose::PasswordReset, Purpose::Invitation];
        let token = self.peek_one_time(form.token.expose(), &PURPOSES).await?;
        let account = accounts::find(&self.platform.db.read(Scope::Platform), token.account_id).await?;
        let account = account.ok_or(IdentityError::OneTimeTokenUnknown)?;
        let hash = self.hash_new_password(&account, &form.password.0, "/password").await?;

        let ip = uow.cause().ip;
        let mut tx = uow.begin().await?;
        let token = self.redeem_one_time(&tx, form.token.expose(), &PURPOSES).await?;
        let account = self.locked_owner(&tx, token.account_id).await?;
        one_time_tokens::void(tx.conn(), account.id, Some(SETTING_PASSWORDS), tx.now()).await?;
        let activated_at = account.activated_at.unwrap_or_else(|| tx.now());
        set_password(Change::of(&account, tx.now()), hash, tx.now())
            .set(Column::ActivatedAt, activated_at)
            .apply(tx.conn())
            .await?;
        sessions::revoke_all(tx.conn(), account.id, None, Revocation::PasswordReset, tx.now()).await?;
        if account.activated_at.is_none() {
            self.note_activation(&mut tx, account.id).await?;
        }
        tx.audit(Audit::of("identity.password_reset", "account", account.id).by(account.id));
        tx.invalidate(CacheTag::new("account", account.id.uuid()));
        notify_of_security(&mut tx, &account, mail::PASSWORD_CHANGED, ip);
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// A new password for whoever knows the old one: every other session ends, this one stays.
    pub(crate) async fn change_password(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        form: &ChangePassword,
    ) -> Result<Committed<()>, IdentityError> {
        let account = self.reauthenticate(who, &uow, &form.current_password.0).await?;
        let hash = self.hash_new_password(&account, &form.new_password.0, "/new_password").await?;
        let ip = uow.cause().ip;
        let mut tx = uow.begin().await?;
        let locked = self.locked_self(&tx, who).await?;
        if locked.password_hash != account.password_hash {
            // Somebody changed it while this request was hashing: what was proven is no longer the password.
            return Err(IdentityError::ReauthenticationFailed);
        }
        set_password(Change::of(&locked, tx.now()), hash, tx.now()).apply(tx.conn()).await?;
        one_time_tokens::void(tx.conn(), locked.id, Some(SETTING_PASSWORDS), tx.now()).await?;
        let kept = Some(who.session_id);
        let ended = sessions::revoke_all(tx.conn(), locked.id, kept, Revocation::PasswordChanged, tx.now()).await?;
        tx.audit(
            Audit::of("identity.password_changed", "account", locked.id).after(json!({ "sessions_ended": ended })),
        );
        tx.invalidate(CacheTag::new("account", locked.id.uuid()));
        notify_of_security(&mut tx, &locked, mail::PASSWORD_CHANGED, ip);
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Refuses a poor password, and hashes a good one.
    pub(crate) async fn hash_new_password(
        &self,
        account: &account::Model,
        password: &SecretString,
        pointer: &str,
    ) -> Result<String, IdentityError> {
        let known = [account.email.as_deref(), account.username.as_deref(), account.full_name.as_deref()];
        self.policy
            .check(password.expose_secret(), known.into_iter().flatten(), pointer)
            .map_err(IdentityError::Invalid)?;
        self.hasher.hash(password).await
    }
}

/// The owner's own choice of a password.
fn set_password(change: Change, hash: String, now: chrono::DateTime<chrono::Utc>) -> Change {
    change.set(Column::PasswordHash, hash).set(Column::PasswordChangedAt, now).set(Column::MustChangePassword, false)
}
