//! Other people's accounts.

use std::time::Duration;

use lyceum_kernel::events::identity::{AccountActivated, AccountRegistered};
use lyceum_kernel::{Page, PageRequest, PermissionMarker as _, PlatformRole, Principal, Scope, UserId};
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use serde_json::json;

use crate::dto::registration::Acknowledged;
use crate::dto::users::{CreateUser, PatchUser, User, UserFilter};
use crate::error::IdentityError;
use crate::model::account::{self, Column, fold, name_key};
use crate::model::session::Revocation;
use crate::perm::UserDelete;
use crate::policy::{self, Target};
use crate::repo::users::{self, Change};
use crate::repo::{accounts, sessions};
use crate::service::IdentityService;
use crate::service::one_time::Purpose;
use crate::service::profile::{Profile, changed};
use crate::{letters, mail};

/// The kind of view in entity tags of accounts.
pub(crate) const USER: &str = "user";

/// What staff make of an account.
struct Edit {
    profile: Profile,
    is_active: bool,
    role: PlatformRole,
}

impl Edit {
    /// The account as it is.
    fn of(account: &account::Model) -> Self {
        Self { profile: Profile::of(account), is_active: account.is_active, role: account.platform_role.into() }
    }
}

impl IdentityService {
    /// A page of the directory. Deleted accounts are for those who may restore them.
    pub async fn list_users(
        &self,
        who: &Principal,
        filter: UserFilter,
        request: &PageRequest,
    ) -> Result<Page<User>, IdentityError> {
        let (filter, sorting) = filter.into_query();
        if filter.deleted && !who.permissions.holds(UserDelete::PERMISSION) {
            return Err(IdentityError::NotAllowed);
        }
        let db = self.platform.db.read(Scope::Platform);
        let (rows, total) = users::page(&db, &filter, sorting, request).await?;
        let page = Page::cut(rows, request, |row| sorting.cursor(row));
        Ok(Page { total, ..page.map(User::from) })
    }

    /// One account: one query.
    pub async fn show_user(&self, id: UserId) -> Result<User, IdentityError> {
        let row = users::find(&self.platform.db.read(Scope::Platform), id).await?;
        row.map(User::from).ok_or(IdentityError::AccountNotFound)
    }

    /// An account made by staff: with a password that its owner must change first, or with an invitation to choose one.
    pub async fn create_user(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        form: CreateUser,
    ) -> Result<Committed<User>, IdentityError> {
        policy::may_create(who, form.role)?;
        let CreateUser { username, email, password, full_name, role } = form;
        let mut account = users::blank(uow.now(), uow.entropy());
        account.username = username.map(String::from);
        account.email = email.map(String::from);
        account.full_name = full_name.map(String::from);
        account.platform_role = role.into();
        complete(&mut account)?;
        if let Some(password) = password {
            account.password_hash = Some(self.hash_new_password(&account, &password.0, "/password").await?);
            account.password_changed_at = Some(account.created_at);
            account.must_change_password = true;
            account.activated_at = Some(account.created_at);
        }
        let mut tx = uow.begin().await?;
        users::insert(tx.conn(), account.clone()).await?;
        if account.password_hash.is_none() {
            self.invite(&mut tx, &account).await?;
        }
        announce_new(&mut tx, &account);
        let (tag, location) = (etag(USER, account.version), format!("/v1/users/{}", account.id));
        Ok(tx.commit(Answer::created(User::from(account)).location(location).etag(tag)).await?)
    }

    pub(crate) async fn invite(&self, tx: &mut Tx, account: &account::Model) -> Result<(), IdentityError> {
        let Some(to) = account.email.as_deref() else { return Ok(()) };
        let life = Duration::from_secs(self.platform.config.security.activation_ttl_s);
        let row = self.issue_one_time(tx, account.id, Purpose::Invitation, json!({}), life).await?;
        tx.post(letters::with_link(account, to, mail::INVITATION, (Purpose::Invitation, row), life));
        Ok(())
    }

    /// The same for many, with one statement for all of them.
    pub(crate) async fn invite_many(&self, tx: &mut Tx, accounts: &[&account::Model]) -> Result<(), IdentityError> {
        let life = Duration::from_secs(self.platform.config.security.activation_ttl_s);
        let reachable: Vec<_> =
            accounts.iter().filter_map(|account| Some((*account, account.email.as_deref()?))).collect();
        let owners: Vec<_> = reachable.iter().map(|(account, _)| account.id).collect();
        let rows = self.issue_many(tx, &owners, Purpose::Invitation, life).await?;
        for ((account, to), row) in reachable.into_iter().zip(rows) {
            tx.post(letters::with_link(account, to, mail::INVITATION, (Purpose::Invitation, row), life));
        }
        Ok(())
    }

    /// Changes the fields of an account that the patch names.
    pub async fn patch_user(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, patch): (UserId, PatchUser),
    ) -> Result<Committed<User>, IdentityError> {
        let edit = |before: Edit| Edit {
            profile: Profile {
                username: patch.username.map(String::from).apply_to(before.profile.username),
                full_name: patch.full_name.map(String::from).apply_to(before.profile.full_name),
                ..before.profile
            },
            is_active: patch.is_active.unwrap_or(before.is_active),
            role: patch.role.unwrap_or(before.role),
        };
        self.change_user(who, uow, if_match, id, edit).await
    }

    async fn change_user(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: UserId,
        edit: impl FnOnce(Edit) -> Edit + Send,
    ) -> Result<Committed<User>, IdentityError> {
        let mut tx = uow.begin().await?;
        // Locked before the account, and always: two who demote each other meet here and not in a deadlock.
        let super_admins = users::lock_super_admins(tx.conn()).await?;
        let account = self.locked_other(&tx, id, false).await?;
        if_match.require(&etag(USER, account.version)).map_err(|_| IdentityError::Stale)?;
        let Edit { profile, is_active, role } = edit(Edit::of(&account));
        let was = PlatformRole::from(account.platform_role);
        let disables = account.is_active && !is_active;
        let role_change = (role != was).then_some(role);
        policy::may_change(who, Target { id, role: was }, policy::Change { role: role_change, disables })?;
        profile.check(&account)?;
        if policy::loses_super_admin(was, role_change, disables) {
            keep_one(&super_admins, id)?;
        }

        let (change, mut after, mut difference) = profile.write(Change::of(&account, tx.now()), &account);
        difference.note("is_active", &account.is_active, &is_active);
        difference.note("role", &was, &role);
        after.is_active = is_active;
        after.platform_role = role.into();
        if !difference.is_empty() {
            change
                .set(Column::IsActive, is_active)
                .set(Column::PlatformRole, after.platform_role)
                .apply(tx.conn())
                .await?;
            after = changed(&mut tx, after, difference.audit("identity.account_changed", id));
        }
        if disables {
            sessions::revoke_all(tx.conn(), id, None, Revocation::AccountDisabled, tx.now()).await?;
        }
        let tag = etag(USER, after.version);
        Ok(tx.commit(Answer::ok(User::from(after)).etag(tag)).await?)
    }

    /// Deletes an account, softly: it is hidden, nobody gets in, and it can be restored. Its sessions are gone for good.
    pub async fn delete_user(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: UserId,
    ) -> Result<Committed<()>, IdentityError> {
        let mut tx = uow.begin().await?;
        let super_admins = users::lock_super_admins(tx.conn()).await?;
        let account = self.locked_other(&tx, id, false).await?;
        if_match.require(&etag(USER, account.version)).map_err(|_| IdentityError::Stale)?;
        let role = PlatformRole::from(account.platform_role);
        policy::may_delete(who, Target { id, role })?;
        if policy::loses_super_admin(role, None, true) {
            keep_one(&super_admins, id)?;
        }
        Change::of(&account, tx.now()).set(Column::DeletedAt, tx.now()).apply(tx.conn()).await?;
        sessions::revoke_all(tx.conn(), id, None, Revocation::AccountDeleted, tx.now()).await?;
        let audit = Audit::of("identity.account_deleted", "account", id);
        changed(&mut tx, account, audit);
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Brings a deleted account back.
    pub async fn restore_user(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: UserId,
    ) -> Result<Committed<User>, IdentityError> {
        let mut tx = uow.begin().await?;
        let account = self.locked_other(&tx, id, true).await?;
        policy::may_delete(who, Target { id, role: account.platform_role.into() })?;
        if account.deleted_at.is_none() {
            return Err(IdentityError::NotDeleted);
        }
        let none: Option<chrono::DateTime<chrono::Utc>> = None;
        Change::of(&account, tx.now()).set(Column::DeletedAt, none).apply(tx.conn()).await?;
        let restored = account::Model { deleted_at: None, ..account };
        let restored = changed(&mut tx, restored, Audit::of("identity.account_restored", "account", id));
        let tag = etag(USER, restored.version);
        Ok(tx.commit(Answer::ok(User::from(restored)).etag(tag)).await?)
    }

    /// Mails an account a link to set a new password, or its invitation once more: staff never choose a password for others.
    pub async fn send_user_reset(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: UserId,
    ) -> Result<Committed<Acknowledged>, IdentityError> {
        let mut tx = uow.begin().await?;
        let account = self.locked_other(&tx, id, false).await?;
        policy::may_act_on(who, Target { id, role: account.platform_role.into() })?;
        if account.email.is_none() {
            return Err(IdentityError::AddressMissing);
        }
        if account.password_hash.is_some() {
            self.send_reset(&mut tx, &account).await?;
        } else {
            self.invite(&mut tx, &account).await?;
        }
        tx.audit(Audit::of("identity.password_reset_sent", "account", id));
        Ok(tx.commit(Answer::accepted(Acknowledged::mail_on_its_way())).await?)
    }

    /// Somebody's account, locked for a change; a deleted one only where that is what is looked for.
    async fn locked_other(&self, tx: &Tx, id: UserId, deleted: bool) -> Result<account::Model, IdentityError> {
        let account = accounts::find_locked(tx.conn(), id).await?;
        let visible = |a: &account::Model| a.erased_at.is_none() && (deleted || a.deleted_at.is_none());
        account.filter(visible).ok_or(IdentityError::AccountNotFound)
    }
}

/// Fills in the forms of the names that are compared, and sees that there is a name to log in with.
pub(crate) fn complete(account: &mut account::Model) -> Result<(), IdentityError> {
    let (username, email) = (account.username.as_deref(), account.email.as_deref());
    if username.is_none() && email.is_none() {
        return Err(IdentityError::LoginNameMissing);
    }
    account.name_key = name_key(account.full_name.as_deref(), username, email);
    (account.username_key, account.email_key) = (username.map(fold), email.map(fold));
    Ok(())
}

/// Tells that there is a new account, made by somebody else than its owner.
pub(crate) fn announce_new(tx: &mut Tx, account: &account::Model) {
    tx.emit(&AccountRegistered { user_id: account.id });
    if account.activated_at.is_some() {
        tx.emit(&AccountActivated { user_id: account.id });
    }
    tx.audit(Audit::of("identity.account_created", "account", account.id).after(json!({
        "username": account.username,
        "email": account.email,
        "full_name": account.full_name,
        "role": PlatformRole::from(account.platform_role),
    })));
}

/// Somebody must be left who runs the deployment.
pub(crate) fn keep_one(super_admins: &[UserId], leaving: UserId) -> Result<(), IdentityError> {
    if super_admins.iter().any(|id| *id != leaving) { Ok(()) } else { Err(IdentityError::LastSuperAdmin) }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_last_super_admin_stays() {
        let (one, two) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        assert!(keep_one(&[one, two], one).is_ok());
        assert!(keep_one(&[one], one).is_err());
        assert!(keep_one(&[], one).is_err());
    }
}
