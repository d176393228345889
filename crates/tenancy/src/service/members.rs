//! Members of a school: reading, changing, removing and bringing them back. The directory and `/v1/schools/{id}/members` are two
//! faces of it.

use lyceum_kernel::events::tenancy::{MemberJoined, MemberLeft, MemberReturned, MemberRolesChanged};
use lyceum_kernel::{Page, PageRequest, PermissionMarker as _, Principal, SchoolId, Scope, UserId};
use lyceum_platform::cache::CacheTag;
use lyceum_platform::uow::{Audit, Tx, UnitOfWork};
use lyceum_web::IfMatch;
use serde_json::{Map, Value, json};

use crate::dto::person::{MemberRow, UserFilter};
use crate::error::TenancyError;
use crate::model::membership::{Column, Model, Status};
use crate::model::{family_key, fold, membership_role};
use crate::perm::{UserDelete, UserManageRoles};
use crate::policy::{self, Refusal};
use crate::ports::PERMISSIONS_TAG;
use crate::repo::directory::{self, Filter};
use crate::repo::keyset::Sorting;
use crate::repo::memberships::{self, Change};
use crate::repo::schools;
use crate::service::TenancyService;
use crate::service::joining::sort_key;

/// What staff make of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) username: Option<String>,
    pub(crate) full_name: Option<String>,
    pub(crate) level: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) is_active: bool,
    /// The highest role.
    pub(crate) role: String,
    /// Sorted.
    pub(crate) roles: Vec<String>,
}

impl Edit {
    fn of(row: &Model, roles: &[String]) -> Self {
        Self {
            username: row.username.clone(),
            full_name: row.full_name.clone(),
            level: row.level.clone(),
            external_id: row.external_id.clone(),
            is_active: row.status != Status::Inactive,
            role: row.role.clone(),
            roles: roles.to_vec(),
        }
    }

    /// With these roles and no others.
    pub(crate) fn with_roles(mut self, mut roles: Vec<String>) -> Self {
        roles.sort();
        roles.dedup();
        self.roles = roles;
        self
    }

    /// With this role as the highest: another one than now replaces all.
    pub(crate) fn with_role(self, role: String) -> Self {
        if role == self.role { self } else { self.with_roles(vec![role]) }
    }
}

/// A member whose change is written, but not committed.
pub(crate) struct Edited {
    pub(crate) tx: Tx,
    pub(crate) member: MemberRow,
}

/// Who is to be changed, and as which kind of view they were read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    pub(crate) school: SchoolId,
    pub(crate) user: UserId,
    /// The kind of view in the entity tag.
    pub(crate) kind: &'static str,
}

impl TenancyService {
    /// A page of the members of a school: two queries, three with the total.
    pub(crate) async fn list_members(
        &self,
        who: &Principal,
        school: SchoolId,
        filter: UserFilter,
        request: &PageRequest,
    ) -> Result<Page<MemberRow>, TenancyError> {
        let UserFilter { q, role, is_active, group_id, deleted, updated_since, sort } = filter;
        if deleted.is_some() && !who.may(UserDelete::PERMISSION) {
            return Err(Refusal::DeletedForRestorers.into());
        }
        let (by_name, descending) = sort.unwrap_or_default().parts();
        let sorting = Sorting { by_name, descending };
        let filter = Filter {
            text: q,
            role: role.map(String::from),
            is_active,
            group: group_id,
            deleted: deleted.is_some(),
            updated_since,
        };
        let scope = Scope::School(school);
        let db = self.platform.db.read(scope);
        let (rows, total) = directory::page(&db, scope, &filter, sorting, request).await?;
        let page = Page::cut(rows, request, |row| sorting.cursor(row.id.uuid(), &row.name_key));
        let ids: Vec<_> = page.items.iter().map(|row| row.user_id).collect();
        let mut roles = memberships::roles_of_many(&db, scope, &ids).await?;
        Ok(Page { total, ..page.map(|row| with_roles(row, &mut roles)) })
    }

    /// One member: one query.
    pub(crate) async fn show_member(&self, school: SchoolId, user: UserId) -> Result<MemberRow, TenancyError> {
        let db = self.platform.db.read(Scope::School(school));
        let found = memberships::find_with_roles(&db, school, user).await?;
        let (row, roles) = found.ok_or(TenancyError::MemberNotFound)?;
        Ok(MemberRow { row, roles })
    }

    /// Changes a member.
    pub(crate) async fn edit_member(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        target: Target,
        edit: impl FnOnce(Edit) -> Edit + Send,
    ) -> Result<Edited, TenancyError> {
        let Target { school, user, kind } = target;
        let mut tx = uow.begin().await?;
        self.writable_school(&tx, who, school).await?;
        // Locked before the member, and always: two who demote each other meet here and not in a deadlock.
        let administrators = memberships::lock_administrators(tx.conn(), school).await?;
        let row = memberships::find_locked(tx.conn(), school, user).await?;
        let row = row.filter(|row| row.deleted_at.is_none()).ok_or(TenancyError::MemberNotFound)?;
        if_match.require(&lyceum_web::etag(kind, row.version)).map_err(|_| TenancyError::Stale)?;
        policy::may_act_on(who, row.rank())?;
        let held = memberships::roles_of(tx.conn(), school, user).await?;
        let before = Edit::of(&row, &held);
        let wanted = edit(before.clone());
        if wanted == before {
            return Ok(Edited { tx, member: MemberRow { row, roles: held } });
        }
        let mut after = row.clone();
        if wanted.roles != before.roles {
            self.assign(&mut tx, who, &mut after, (&held, &wanted.roles)).await?;
        }
        if wanted.is_active != before.is_active {
            self.admit_or_keep_out(&mut tx, who, &mut after, wanted.is_active).await?;
        }
        let ran = row.rank() >= policy::ADMINISTRATOR && row.may_enter();
        let runs = after.rank() >= policy::ADMINISTRATOR && after.may_enter();
        if ran && !runs {
            keep_one(&administrators, user)?;
        }
        if (&wanted.username, &wanted.full_name) != (&before.username, &before.full_name) {
            self.rename(&mut tx, &mut after, &wanted).await?;
        }
        (after.level, after.external_id) = (wanted.level.clone(), wanted.external_id.clone());
        write(&tx, &row, &after).await?;
        (after.version, after.updated_at) = (row.version + 1, tx.now());
        let (was, is) = difference(&before, &wanted);
        tx.audit(
            Audit::of("tenancy.member_changed", "member", user)
                .school(Some(school))
                .before(Value::Object(was))
                .after(Value::Object(is)),
        );
        tx.invalidate(CacheTag::new(PERMISSIONS_TAG, user.uuid()));
        Ok(Edited { tx, member: MemberRow { row: after, roles: wanted.roles } })
    }

    /// Gives and takes roles.
    async fn assign(
        &self,
        tx: &mut Tx,
        who: &Principal,
        row: &mut Model,
        (held, wanted): (&[String], &[String]),
    ) -> Result<(), TenancyError> {
        if !who.may(UserManageRoles::PERMISSION) {
            return Err(Refusal::RolesNotYours.into());
        }
        policy::not_oneself(who, row.user_id)?;
        let facts = self.role_facts(tx, row.school_id, wanted).await?;
        let before = self.known_roles(tx, row.school_id, held).await?;
        policy::may_assign(who, &before, &facts)?;
        memberships::set_roles(tx.conn(), row.school_id, row.user_id, wanted).await?;
        if let Some(highest) = policy::highest(&facts) {
            row.role.clone_from(&highest.name);
            row.rank = i16::from(highest.rank.get());
        }
        let roles = wanted.to_vec();
        tx.emit(&MemberRolesChanged { school_id: row.school_id, user_id: row.user_id, roles });
        Ok(())
    }

    /// Lets a member in again, or keeps them out.
    async fn admit_or_keep_out(
        &self,
        tx: &mut Tx,
        who: &Principal,
        row: &mut Model,
        admit: bool,
    ) -> Result<(), TenancyError> {
        policy::not_oneself(who, row.user_id)?;
        let (school_id, user_id) = (row.school_id, row.user_id);
        if admit {
            self.reserve_seats(tx, school_id, 1).await?;
            row.status = if row.claimant_id.is_some() { Status::Pending } else { Status::Active };
            let roles = memberships::roles_of(tx.conn(), school_id, user_id).await?;
            tx.emit(&MemberJoined { school_id, user_id, roles });
            tx.emit(&MemberReturned { school_id, user_id });
        } else {
            self.return_seats(tx, school_id, 1).await?;
            row.status = Status::Inactive;
            tx.emit(&MemberLeft { school_id, user_id });
        }
        Ok(())
    }

    /// Changes the names of somebody whose account this school opened, or who has not accepted yet.
    async fn rename(&self, tx: &mut Tx, row: &mut Model, wanted: &Edit) -> Result<(), TenancyError> {
        if row.claimant_id.is_none() {
            let account = self.accounts.by_id(tx, row.user_id).await?.ok_or(TenancyError::MemberNotFound)?;
            if account.opened_by != Some(row.school_id) {
                return Err(Refusal::NotManaged.into());
            }
            let (username, full_name) = (wanted.username.clone(), wanted.full_name.clone());
            self.accounts.rename(tx, row.user_id, username, full_name).await?;
        }
        row.username_key = wanted.username.as_deref().map(fold);
        row.username.clone_from(&wanted.username);
        row.full_name.clone_from(&wanted.full_name);
        row.family_key = family_key(row.full_name.as_deref());
        row.name_key = sort_key(row.full_name.as_deref(), row.username.as_deref(), row.email.as_deref());
        Ok(())
    }

    /// Removes a member, softly: they have no access any more, and can be brought back as they were.
    pub(crate) async fn remove_member(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        target: Target,
    ) -> Result<Tx, TenancyError> {
        let Target { school, user, kind } = target;
        let mut tx = uow.begin().await?;
        self.writable_school(&tx, who, school).await?;
        let administrators = memberships::lock_administrators(tx.conn(), school).await?;
        let row = memberships::find_locked(tx.conn(), school, user).await?;
        let row = row.filter(|row| row.deleted_at.is_none()).ok_or(TenancyError::MemberNotFound)?;
        if_match.require(&lyceum_web::etag(kind, row.version)).map_err(|_| TenancyError::Stale)?;
        policy::may_act_on(who, row.rank())?;
        policy::not_oneself(who, user)?;
        self.take_out(&mut tx, &row, &administrators).await?;
        Ok(tx)
    }

    /// The caller leaves a school.
    pub(crate) async fn leave(&self, who: &Principal, uow: UnitOfWork, school: SchoolId) -> Result<Tx, TenancyError> {
        let mut tx = uow.begin().await?;
        let administrators = memberships::lock_administrators(tx.conn(), school).await?;
        let mine = memberships::find_locked(tx.conn(), school, who.user_id).await?;
        let mine = match mine.filter(|row| row.deleted_at.is_none()) {
            Some(mine) => Some(mine),
            None => memberships::find_offered_locked(tx.conn(), school, who.user_id).await?,
        };
        let there = schools::find(tx.conn(), school).await?;
        let mine = mine.filter(|_| there.is_some()).ok_or(TenancyError::SchoolNotFound)?;
        self.take_out(&mut tx, &mine, &administrators).await?;
        Ok(tx)
    }

    /// Whether somebody may erase their account: no school may lose the last one who runs it.
    ///
    /// # Errors
    /// [`TenancyError::LastAdministrator`].
    pub async fn may_go(&self, tx: &Tx, person: UserId) -> Result<(), TenancyError> {
        let runs = |row: &Model| row.user_id == person && row.rank() >= policy::ADMINISTRATOR && row.may_enter();
        for row in memberships::of_account(tx.conn(), person).await?.iter().filter(|row| runs(row)) {
            if schools::find(tx.conn(), row.school_id).await?.is_some() {
                keep_one(&memberships::lock_administrators(tx.conn(), row.school_id).await?, person)?;
            }
        }
        Ok(())
    }

    async fn take_out(&self, tx: &mut Tx, row: &Model, administrators: &[UserId]) -> Result<(), TenancyError> {
        if row.rank() >= policy::ADMINISTRATOR && row.may_enter() {
            keep_one(administrators, row.user_id)?;
        }
        let (school_id, user_id) = (row.school_id, row.user_id);
        Change::of(row, tx.now()).set(Column::DeletedAt, tx.now()).apply(tx.conn()).await?;
        if row.seated() {
            self.return_seats(tx, school_id, 1).await?;
        }
        tx.emit(&MemberLeft { school_id, user_id });
        tx.invalidate(CacheTag::new(PERMISSIONS_TAG, user_id.uuid()));
        tx.audit(
            Audit::of("tenancy.member_removed", "member", user_id)
                .school(Some(school_id))
                .before(json!({ "role": row.role, "status": row.status })),
        );
        Ok(())
    }

    /// Brings a removed member back, with the roles and groups they had.
    pub(crate) async fn restore_member(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        school: SchoolId,
        user: UserId,
    ) -> Result<Edited, TenancyError> {
        let mut tx = uow.begin().await?;
        self.writable_school(&tx, who, school).await?;
        let row = memberships::find_locked(tx.conn(), school, user).await?.ok_or(TenancyError::MemberNotFound)?;
        policy::may_act_on(who, row.rank())?;
        if row.deleted_at.is_none() {
            return Err(TenancyError::NotDeleted);
        }
        let roles = memberships::roles_of(tx.conn(), school, user).await?;
        let none: Option<chrono::DateTime<chrono::Utc>> = None;
        Change::of(&row, tx.now()).set(Column::DeletedAt, none).apply(tx.conn()).await?;
        let after = Model { deleted_at: None, version: row.version + 1, updated_at: tx.now(), ..row };
        if after.seated() {
            self.reserve_seats(&mut tx, school, 1).await?;
        }
        if after.may_enter() {
            tx.emit(&MemberJoined { school_id: school, user_id: user, roles: roles.clone() });
            tx.emit(&MemberReturned { school_id: school, user_id: user });
        }
        tx.invalidate(CacheTag::new(PERMISSIONS_TAG, user.uuid()));
        let audit = Audit::of("tenancy.member_restored", "member", user).school(Some(school));
        tx.audit(audit.after(json!({ "roles": roles })));
        Ok(Edited { tx, member: MemberRow { row: after, roles } })
    }
}

/// A membership with its roles out of those of the whole page.
fn with_roles(row: Model, roles: &mut Vec<membership_role::Model>) -> MemberRow {
    let mine = roles.extract_if(.., |role| role.user_id == row.user_id).map(|role| role.role).collect();
    MemberRow { row, roles: mine }
}

/// Somebody must be left who runs the school.
pub(crate) fn keep_one(administrators: &[UserId], leaving: UserId) -> Result<(), TenancyError> {
    if administrators.iter().any(|id| *id != leaving) { Ok(()) } else { Err(TenancyError::LastAdministrator) }
}

async fn write(tx: &Tx, row: &Model, after: &Model) -> Result<(), TenancyError> {
    Change::of(row, tx.now())
        .set(Column::Username, after.username.clone())
        .set(Column::UsernameKey, after.username_key.clone())
        .set(Column::FullName, after.full_name.clone())
        .set(Column::NameKey, after.name_key.clone())
        .set(Column::FamilyKey, after.family_key.clone())
        .set(Column::Level, after.level.clone())
        .set(Column::ExternalId, after.external_id.clone())
        .set(Column::Status, after.status)
        .set(Column::Role, after.role.clone())
        .set(Column::Rank, after.rank)
        .apply(tx.conn())
        .await?;
    Ok(())
}

/// The fields that differ, before and after, for the audit log.
fn difference(before: &Edit, after: &Edit) -> (Map<String, Value>, Map<String, Value>) {
    let (mut was, mut is) = (Map::new(), Map::new());
    let mut note = |name: &str, old: Value, new: Value| {
        if old != new {
            was.insert(name.to_owned(), old);
            is.insert(name.to_owned(), new);
        }
    };
    note("username", json!(before.username), json!(after.username));
    note("full_name", json!(before.full_name), json!(after.full_name));
    note("level", json!(before.level), json!(after.level));
    note("external_id", json!(before.external_id), json!(after.external_id));
    note("is_active", json!(before.is_active), json!(after.is_active));
    note("roles", json!(before.roles), json!(after.roles));
    (was, is)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_last_administrator_stays() {
        let (one, two) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        assert!(keep_one(&[one, two], one).is_ok());
        assert!(keep_one(&[one], one).is_err());
        assert!(keep_one(&[], one).is_err());
    }
}
