//! Registration and activation.

use std::time::Duration;

use lyceum_kernel::events::identity::{AccountActivated, AccountRegistered};
use lyceum_kernel::{Scope, UserId};
use lyceum_platform::cache::CacheTag;
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::dto::registration::{Acknowledged, Activate, Register, ResendActivation};
use crate::error::IdentityError;
use crate::model::account::{self, Column, fold, name_key};
use crate::ports::{Approach, Entry};
use crate::repo::users::{self, Change};
use crate::repo::{accounts, one_time_tokens};
use crate::service::IdentityService;
use crate::service::one_time::Purpose;
use crate::{letters, mail};

impl IdentityService {
    /// Makes an account that waits for its activation, and mails the link. If the address has an account already its owner is
    /// told, and the answer is the same, after the same work: one hash, one look-up, one attempt to insert, one token, one letter.
    ///
    /// A username that is taken is told: usernames are no secret in a school, and registering must be able to choose another.
    ///
    /// # Errors
    /// [`IdentityError::RegistrationClosed`], [`IdentityError::Invalid`] for a poor password, [`IdentityError::UsernameTaken`],
    /// [`IdentityError::Belonging`] for a code that is none or over.
    pub(crate) async fn register(
        &self,
        uow: UnitOfWork,
        form: Register,
    ) -> Result<Committed<Acknowledged>, IdentityError> {
        if !self.platform.config.security.self_registration {
            return Err(IdentityError::RegistrationClosed);
        }
        let Register { email, password, username, full_name, invite_code, school } = form;
        let (email, username) = (String::from(email), username.map(String::from));
        let full_name = full_name.map(String::from);
        let known = [Some(email.as_str()), username.as_deref(), full_name.as_deref()];
        let secret = password.0.expose_secret();
        self.policy.check(secret, known.into_iter().flatten(), "/password").map_err(IdentityError::Invalid)?;
        let approach = Approach {
            address: uow.cause().ip,
            email: &email,
            invite_code: invite_code.as_ref(),
            school: school.as_deref(),
        };
        let entry = self.belonging.entry(approach).await.map_err(IdentityError::Belonging)?;
        let hash = self.hasher.hash(&password.0).await?;
        let may_mail = self.may_mail(&email).await;

        let mut tx = uow.begin().await?;
        let mut account = users::blank(tx.now(), tx.entropy());
        account.email_key = Some(fold(&email));
        account.username_key = username.as_deref().map(fold);
        account.name_key = name_key(full_name.as_deref(), username.as_deref(), Some(&email));
        account.password_hash = Some(hash);
        account.password_changed_at = Some(tx.now());
        (account.email, account.username, account.full_name) = (Some(email.clone()), username, full_name);

        if let Some(name) = &account.username
            && accounts::find_by_username(tx.conn(), name).await?.is_some()
        {
            return Err(IdentityError::UsernameTaken);
        }
        let owner = accounts::find_by_email(tx.conn(), &email).await?;
        if users::insert_unless_taken(tx.conn(), account.clone()).await? {
            self.welcome(&mut tx, &account, entry, may_mail).await?;
        } else {
            // Whoever was faster by a moment is only seen now.
            let owner = match owner {
                Some(owner) => Some(owner),
                None => accounts::find_by_email(tx.conn(), &email).await?,
            };
            let owner = owner.ok_or(IdentityError::UsernameTaken)?;
            self.tell_owner(&mut tx, &owner, may_mail).await?;
        }
        Ok(tx.commit(Answer::accepted(Acknowledged::mail_on_its_way())).await?)
    }

    async fn welcome(
        &self,
        tx: &mut Tx,
        account: &account::Model,
        entry: Option<Entry>,
        may_mail: bool,
    ) -> Result<(), IdentityError> {
        self.send_activation(tx, account, may_mail).await?;
        if let Some(entry) = entry {
            self.belonging.registered(tx, account.id, entry).await.map_err(IdentityError::Belonging)?;
        }
        tx.emit(&AccountRegistered { user_id: account.id });
        tx.audit(
            Audit::of("identity.account_registered", "account", account.id)
                .by(account.id)
                .after(json!({ "username": account.username, "email": account.email })),
        );
        Ok(())
    }

    /// Tells the owner of an address that somebody registered with it, with a link that lets them in if the password is lost.
    async fn tell_owner(&self, tx: &mut Tx, owner: &account::Model, may_mail: bool) -> Result<(), IdentityError> {
        let reachable = owner.is_active && owner.deleted_at.is_none() && owner.erased_at.is_none();
        let life = Duration::from_secs(self.platform.config.security.reset_ttl_s);
        let row = self.issue_one_time(tx, owner.id, Purpose::PasswordReset, json!({}), life).await?;
        if let Some(to) = owner.email.as_deref().filter(|_| may_mail && reachable) {
            let token = (Purpose::PasswordReset, row);
            tx.post(letters::with_link(owner, to, mail::ALREADY_REGISTERED, token, life));
        }
        tx.audit(Audit::of("identity.registered_again", "account", owner.id).denied());
        Ok(())
    }

    /// Mails an activation link; older ones stay good, so that a letter that comes late still works.
    pub(crate) async fn send_activation(
        &self,
        tx: &mut Tx,
        account: &account::Model,
        may_mail: bool,
    ) -> Result<(), IdentityError> {
        let Some(to) = account.email.as_deref() else { return Ok(()) };
        let life = Duration::from_secs(self.platform.config.security.activation_ttl_s);
        let row = self.issue_one_time(tx, account.id, Purpose::Activation, json!({}), life).await?;
        if may_mail {
            tx.post(letters::with_link(account, to, mail::ACTIVATION, (Purpose::Activation, row), life));
        }
        Ok(())
    }

    /// The owner has followed the link: the address is theirs.
    pub(crate) async fn activate(&self, uow: UnitOfWork, form: &Activate) -> Result<Committed<()>, IdentityError> {
        let mut tx = uow.begin().await?;
        let token = self.redeem_one_time(&tx, form.token.expose(), &[Purpose::Activation]).await?;
        let account = self.locked_owner(&tx, token.account_id).await?;
        one_time_tokens::void(tx.conn(), account.id, Some(&[Purpose::Activation.as_str()]), tx.now()).await?;
        if account.activated_at.is_none() {
            Change::of(&account, tx.now()).set(Column::ActivatedAt, tx.now()).apply(tx.conn()).await?;
            self.note_activation(&mut tx, account.id).await?;
        }
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Mails the activation link once more, if there is an account that waits for it. The answer never tells; the work is done by
    /// a job, so that the time does not tell either.
    pub(crate) async fn resend_activation(
        &self,
        uow: UnitOfWork,
        form: &ResendActivation,
    ) -> Result<Committed<Acknowledged>, IdentityError> {
        self.mail_later(uow, crate::mail_jobs::MAIL_ACTIVATION, form.email.as_str()).await
    }

    /// The job behind [`Self::resend_activation`].
    pub(crate) async fn mail_activation(&self, uow: UnitOfWork, account: Option<UserId>) -> Result<(), IdentityError> {
        let account = self.named(account).await?;
        let mut tx = uow.begin().await?;
        if let Some(account) = account.filter(|a| a.activated_at.is_none() && a.is_active && a.deleted_at.is_none()) {
            self.send_activation(&mut tx, &account, true).await?;
        }
        Ok(tx.commit_quietly().await?)
    }

    /// Tells everybody that an account has come to life; its owner comes into the schools that await them.
    pub(crate) async fn note_activation(&self, tx: &mut Tx, account: UserId) -> Result<(), IdentityError> {
        tx.emit(&AccountActivated { user_id: account });
        tx.audit(Audit::of("identity.account_activated", "account", account).by(account));
        tx.invalidate(CacheTag::new("account", account.uuid()));
        self.belonging.activated(tx, account).await.map_err(IdentityError::Belonging)
    }

    /// The account that a job was left for, if there was one.
    pub(crate) async fn named(&self, account: Option<UserId>) -> Result<Option<account::Model>, IdentityError> {
        match account {
            Some(id) => Ok(accounts::find(&self.platform.db.read(Scope::Platform), id).await?),
            None => Ok(None),
        }
    }

    /// The account that a token belongs to, locked for a change. What was deleted or erased has no use for tokens.
    pub(crate) async fn locked_owner(&self, tx: &Tx, id: UserId) -> Result<account::Model, IdentityError> {
        let account = accounts::find_locked(tx.conn(), id).await?;
        let living = |a: &account::Model| a.deleted_at.is_none() && a.erased_at.is_none();
        account.filter(living).ok_or(IdentityError::OneTimeTokenUnknown)
    }
}
