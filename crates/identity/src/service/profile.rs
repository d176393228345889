//! One's own profile.

use lyceum_kernel::{Principal, Scope, UserId};
use lyceum_platform::cache::CacheTag;
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::{IfMatch, MergeField, Serialised, etag};
use serde_json::{Map, Value, json};

use crate::dto::me::{Me, MyPermissions, PatchMe, PutMe};
use crate::error::IdentityError;
use crate::model::account::{self, Column, fold, name_key};
use crate::repo::accounts;
use crate::repo::users::{Change, DEFAULT_LOCALE, DEFAULT_TIME_ZONE};
use crate::service::IdentityService;
use crate::service::email_change::announce;

/// The kind of view in entity tags of one's own account.
const ME: &str = "me";

/// The entity tag of one's own account. Everybody reads theirs at one address, so the tag names the account: a client that logs in
/// as somebody else must not be told that it has it already.
fn me_tag(account: &account::Model) -> String {
    etag(&format!("{ME}-{}", account.id.uuid().simple()), account.version)
}

/// What a profile consists of, as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) username: Option<String>,
    pub(crate) full_name: Option<String>,
    pub(crate) locale: String,
    pub(crate) time_zone: String,
}

impl Profile {
    /// The profile as it is.
    pub(crate) fn of(account: &account::Model) -> Self {
        Self {
            username: account.username.clone(),
            full_name: account.full_name.clone(),
            locale: account.locale.clone(),
            time_zone: account.time_zone.clone(),
        }
    }

    /// An account is logged in to by one name at least.
    pub(crate) fn check(&self, account: &account::Model) -> Result<(), IdentityError> {
        if self.username.is_some() || account.email.is_some() { Ok(()) } else { Err(IdentityError::LoginNameMissing) }
    }

    /// Puts what differs into the change; gives the account as it will be, and the differing fields before and after.
    pub(crate) fn write(self, change: Change, account: &account::Model) -> (Change, account::Model, Difference) {
        let mut difference = Difference::default();
        difference.note("username", &account.username, &self.username);
        difference.note("full_name", &account.full_name, &self.full_name);
        difference.note("locale", &account.locale, &self.locale);
        difference.note("time_zone", &account.time_zone, &self.time_zone);
        let name_key = name_key(self.full_name.as_deref(), self.username.as_deref(), account.email.as_deref());
        let username_key = self.username.as_deref().map(fold);
        let change = change
            .set(Column::Username, self.username.clone())
            .set(Column::UsernameKey, username_key.clone())
            .set(Column::FullName, self.full_name.clone())
            .set(Column::NameKey, name_key.clone())
            .set(Column::Locale, self.locale.clone())
            .set(Column::TimeZone, self.time_zone.clone());
        let after = account::Model {
            username: self.username,
            username_key,
            full_name: self.full_name,
            name_key,
            locale: self.locale,
            time_zone: self.time_zone,
            ..account.clone()
        };
        (change, after, difference)
    }
}

/// The fields that a change changes, for the audit log.
#[derive(Debug, Default)]
pub(crate) struct Difference {
    before: Map<String, Value>,
    after: Map<String, Value>,
}

impl Difference {
    /// Notes a field if it differs.
    pub(crate) fn note<T: PartialEq + serde::Serialize>(&mut self, field: &str, before: &T, after: &T) {
        if before != after {
            self.before.insert(field.to_owned(), json!(before));
            self.after.insert(field.to_owned(), json!(after));
        }
    }

    /// Whether nothing differs.
    pub(crate) fn is_empty(&self) -> bool {
        self.after.is_empty()
    }

    /// The audit entry of it.
    pub(crate) fn audit(self, action: &'static str, account: UserId) -> Audit {
        Audit::of(action, "account", account).before(Value::Object(self.before)).after(Value::Object(self.after))
    }
}

impl IdentityService {
    /// One's own account. A warm answer costs neither a query nor a serialisation.
    pub(crate) async fn me(&self, who: &Principal) -> Result<Serialised<Me>, IdentityError> {
        let id = who.user_id;
        self.me_cache.get_or_load(id, CacheTag::new("account", id.uuid()), self.load_me(id)).await
    }

    async fn load_me(&self, id: UserId) -> Result<Serialised<Me>, IdentityError> {
        let account = accounts::find(&self.platform.db.read(Scope::Platform), id).await?;
        let account = account.filter(account::Model::usable).ok_or(IdentityError::SessionEnded)?;
        let tag = me_tag(&account);
        Serialised::new(&Me::from(account), &tag).map_err(|_| IdentityError::Internal("a view is no JSON"))
    }

    /// Replaces the profile.
    pub(crate) async fn replace_me(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        form: PutMe,
    ) -> Result<Committed<Me>, IdentityError> {
        self.change_me(who, uow, if_match, |_| Profile {
            username: form.username.map(String::from),
            full_name: form.full_name.map(String::from),
            locale: form.locale.map_or_else(|| DEFAULT_LOCALE.to_owned(), String::from),
            time_zone: form.time_zone.map_or_else(|| DEFAULT_TIME_ZONE.to_owned(), String::from),
        })
        .await
    }

    /// Changes the fields of the profile that the patch names.
    pub(crate) async fn patch_me(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        patch: PatchMe,
    ) -> Result<Committed<Me>, IdentityError> {
        self.change_me(who, uow, if_match, |before| Profile {
            username: patch.username.map(String::from).apply_to(before.username),
            full_name: patch.full_name.map(String::from).apply_to(before.full_name),
            locale: or_default(patch.locale.map(String::from), before.locale, DEFAULT_LOCALE),
            time_zone: or_default(patch.time_zone.map(String::from), before.time_zone, DEFAULT_TIME_ZONE),
        })
        .await
    }

    async fn change_me(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        edit: impl FnOnce(Profile) -> Profile + Send,
    ) -> Result<Committed<Me>, IdentityError> {
        let mut tx = uow.begin().await?;
        let account = self.locked_self(&tx, who).await?;
        if_match.require(&me_tag(&account)).map_err(|_| IdentityError::Stale)?;
        let after = edit(Profile::of(&account));
        after.check(&account)?;
        let (change, after, difference) = after.write(Change::of(&account, tx.now()), &account);
        let view = if difference.is_empty() {
            account
        } else {
            change.apply(tx.conn()).await?;
            changed(&mut tx, after, difference.audit("identity.profile_changed", account.id))
        };
        let etag = me_tag(&view);
        Ok(tx.commit(Answer::ok(Me::from(view)).etag(etag)).await?)
    }

    /// What the caller may do in the active school, by the names of the catalogue.
    pub(crate) fn my_permissions(&self, who: &Principal) -> MyPermissions {
        let catalogue = self.permissions.catalogue();
        MyPermissions {
            school_id: who.school_id,
            role: who.platform_role,
            permissions: who.permissions.names(&catalogue).into_iter().map(ToOwned::to_owned).collect(),
        }
    }
}

/// The account after a change that was written: audited, announced, a version higher.
pub(crate) fn changed(tx: &mut Tx, account: account::Model, audit: Audit) -> account::Model {
    tx.audit(audit);
    let account = account::Model { version: account.version + 1, updated_at: tx.now(), ..account };
    announce(tx, &account);
    account
}

fn or_default(field: MergeField<String>, before: String, default: &str) -> String {
    field.apply_to(Some(before)).unwrap_or_else(|| default.to_owned())
}
