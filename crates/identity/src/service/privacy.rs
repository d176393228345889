//! Export and erasure of personal data (GDPR, articles 15, 17 and 20).

use std::collections::BTreeMap;
use std::sync::Arc;

use lyceum_kernel::events::identity::AccountErased;
use lyceum_kernel::{PlatformRole, Principal, Scope};
use lyceum_platform::cache::CacheTag;
use lyceum_platform::uow::{Answer, Audit, Committed, UnitOfWork};

use crate::dto::me::{ExportedLink, ExportedSession, Me, PersonalData};
use crate::dto::mfa::ProofOfPassword;
use crate::error::IdentityError;
use crate::letters;
use crate::model::account::{self, Column};
use crate::model::{one_time_token, session};
use crate::policy;
use crate::ports::PersonalDataSource;
use crate::repo::users::{self, Change, DEFAULT_LOCALE, DEFAULT_TIME_ZONE};
use crate::repo::{accounts, mfa, one_time_tokens};
use crate::service::IdentityService;
use crate::service::users::keep_one;

impl IdentityService {
    /// Lets other contexts add what they keep to exports. To be called once, before the first request.
    pub fn export_also(&self, sources: Vec<Arc<dyn PersonalDataSource>>) {
        // A second call would mean that two places wire the contexts; the first one stands.
        let _ = self.exports.set(sources);
    }

    /// Everything that is kept about the caller.
    pub(crate) async fn export_me(&self, who: &Principal) -> Result<PersonalData, IdentityError> {
        let db = self.platform.db.read(Scope::Platform);
        let now = self.platform.clock.now();
        let account = accounts::find(&db, who.user_id).await?;
        let account = account.filter(account::Model::usable).ok_or(IdentityError::SessionEnded)?;
        let sessions = users::sessions_of(&db, account.id).await?;
        let links = one_time_tokens::open(&db, account.id, now).await?;
        let recovery_codes_left =
            if account.mfa_enabled { Some(self.recovery_codes_left(account.id).await?) } else { None };
        let mut others = BTreeMap::new();
        for source in self.exports.get().into_iter().flatten() {
            let data = source.personal_data(account.id).await.map_err(IdentityError::Export)?;
            others.insert(source.context().to_owned(), data);
        }
        Ok(PersonalData {
            exported_at: now,
            password_changed_at: account.password_changed_at,
            recovery_codes_left,
            sessions: sessions.into_iter().map(ExportedSession::from).collect(),
            open_links: links.into_iter().map(ExportedLink::from).collect(),
            account: Me::from(account),
            others,
        })
    }

    /// Makes the caller's account anonymous, for good. Every context forgets what it holds of them when it hears of it.
    pub(crate) async fn erase_me(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        proof: &ProofOfPassword,
    ) -> Result<Committed<()>, IdentityError> {
        self.reauthenticate(who, &uow, &proof.password.0).await?;
        let mut tx = uow.begin().await?;
        let super_admins = users::lock_super_admins(tx.conn()).await?;
        let account = self.locked_self(&tx, who).await?;
        if policy::loses_super_admin(PlatformRole::from(account.platform_role), None, true) {
            keep_one(&super_admins, account.id)?;
        }
        self.belonging.may_go(&mut tx, account.id).await.map_err(IdentityError::Belonging)?;
        if let Some(letter) = letters::farewell(&account) {
            tx.post(letter);
        }
        anonymise(Change::of(&account, tx.now()), tx.now()).apply(tx.conn()).await?;
        users::delete_sessions(tx.conn(), account.id).await?;
        tx.forget_letters(account.id).await?;
        one_time_tokens::delete_all(tx.conn(), account.id).await?;
        mfa::delete_all(tx.conn(), account.id).await?;
        tx.emit(&AccountErased { user_id: account.id });
        tx.audit(Audit::of("identity.account_erased", "account", account.id));
        tx.invalidate(CacheTag::new("account", account.id.uuid()));
        Ok(tx.commit(Answer::no_content()).await?)
    }
}

/// Takes out everything that says who it was. The id stays, for what others have written together with them.
fn anonymise(change: Change, now: chrono::DateTime<chrono::Utc>) -> Change {
    let nothing = || None::<String>;
    change
        .set(Column::Email, nothing())
        .set(Column::EmailKey, nothing())
        .set(Column::Username, nothing())
        .set(Column::UsernameKey, nothing())
        .set(Column::FullName, nothing())
        .set(Column::NameKey, "")
        .set(Column::PasswordHash, nothing())
        .set(Column::PlatformRole, account::Role::Member)
        .set(Column::IsActive, false)
        .set(Column::MfaEnabled, false)
        .set(Column::MustChangePassword, false)
        .set(Column::AvatarFileId, None::<uuid::Uuid>)
        .set(Column::Locale, DEFAULT_LOCALE)
        .set(Column::TimeZone, DEFAULT_TIME_ZONE)
        .set(Column::DeletedAt, now)
        .set(Column::ErasedAt, now)
}

impl From<session::Model> for ExportedSession {
    fn from(row: session::Model) -> Self {
        let session::Model { id, created_at, last_used_at, revoked_at, ip, user_agent, .. } = row;
        Self { id, created_at, last_used_at, revoked_at, ip, user_agent }
    }
}

impl From<one_time_token::Model> for ExportedLink {
    fn from(row: one_time_token::Model) -> Self {
        let one_time_token::Model { purpose, data, created_at, expires_at, .. } = row;
        Self { purpose, data, created_at, expires_at }
    }
}
