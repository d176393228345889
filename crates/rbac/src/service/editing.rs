//! Making roles and changing them.

use std::collections::BTreeSet;

use lyceum_kernel::{Principal, Rank, SchoolId};
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::IfMatch;
use serde_json::{Map, Value, json};

use super::standing::roles_tag;
use super::{OWN_ROLES_MAX, RbacService};
use crate::dto::{CreateRole, PatchRole, PermissionName, PutPermissions, PutRole, Role};
use crate::error::RbacError;
use crate::model::definition::{Definition, Origin};
use crate::model::{RoleId, role, role_permission, role_template, role_template_permission};
use crate::policy::{self, Refusal};
use crate::repo::roles::Side;
use crate::repo::{roles, templates};

/// Where a role that is to be changed is kept.
pub(super) enum Seat {
    /// On the platform, by somebody who acts on the platform.
    Template(role_template::Model),
    /// On the platform, by a school that has no version of its own (any more).
    Inherited(Option<role::Model>),
    /// In the school.
    Own(role::Model),
}

/// A role that is to be changed, its row locked.
pub(super) struct Subject {
    pub(super) role: Definition,
    pub(super) seat: Seat,
}

/// How the permissions of a role are to change.
enum Regrant {
    To(BTreeSet<String>),
    With(String),
    Without(String),
}

impl RbacService {
    /// A role of the caller's school.
    pub(crate) async fn create_role(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        form: CreateRole,
    ) -> Result<Committed<Role>, RbacError> {
        let school = who.school_id.ok_or(RbacError::SchoolRequired)?;
        let CreateRole { name, title, description, rank, permissions } = form;
        let permissions = self.known(permissions)?;
        let mut tx = uow.begin().await?;
        let row = role::Model {
            school_id: school,
            id: RoleId::new(tx.now(), tx.entropy()),
            template_id: None,
            name: name.0,
            title: title.0,
            description,
            rank: rank.into(),
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
            deleted_at: None,
        };
        let role = Definition::of_row(row.clone(), permissions);
        let allowed = policy::may_create(who, role.rank, role.permissions.iter().map(String::as_str));
        if let Err(refusal) = allowed {
            return Err(denied(tx, "rbac.role_created", None, refusal).await);
        }
        if !templates::named(tx.conn(), &[&role.name]).await?.is_empty() {
            return Err(RbacError::NameTaken);
        }
        room_for_one(&tx, school).await?;
        roles::insert(tx.conn(), row).await?;
        if !role.permissions.is_empty() {
            role_permission::grant(tx.conn(), school, role.id, &role.permissions).await?;
        }
        tx.audit(Audit::of("rbac.role_created", "role", role.id.uuid()).after(described(&role)));
        tx.invalidate(roles_tag(Some(school)));
        let (tag, location) = (role.etag(), format!("/v1/roles/{}", role.id));
        Ok(tx.commit(Answer::created(Role::of(role, &self.names)).location(location).etag(tag)).await?)
    }

    /// Replaces what can be said about a role.
    pub(crate) async fn replace_role(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, form): (RoleId, PutRole),
    ) -> Result<Committed<Role>, RbacError> {
        let edit = |role: Definition| Definition {
            title: form.title.0,
            description: form.description,
            rank: Rank::new(form.rank),
            ..role
        };
        self.describe_role(who, uow, if_match, id, edit).await
    }

    /// Changes what the patch names.
    pub(crate) async fn patch_role(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, patch): (RoleId, PatchRole),
    ) -> Result<Committed<Role>, RbacError> {
        let edit = |role: Definition| Definition {
            title: patch.title.map_or(role.title, |title| title.0),
            description: patch.description.apply_to(role.description),
            rank: patch.rank.map_or(role.rank, Rank::new),
            ..role
        };
        self.describe_role(who, uow, if_match, id, edit).await
    }

    async fn describe_role(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: RoleId,
        edit: impl FnOnce(Definition) -> Definition + Send,
    ) -> Result<Committed<Role>, RbacError> {
        let tx = uow.begin().await?;
        let subject = self.locked(&tx, who, id, if_match).await?;
        let after = edit(subject.role.clone());
        if let Err(refusal) = policy::may_describe(who, &subject.role, after.rank) {
            return Err(denied(tx, "rbac.role_changed", Some(id), refusal).await);
        }
        if after.rank != subject.role.rank && subject.role.origin != Origin::Custom {
            return Err(RbacError::RankFixed);
        }
        self.save(tx, who, subject, after, "rbac.role_changed").await
    }

    /// Replaces what a role grants.
    pub(crate) async fn replace_permissions(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, form): (RoleId, PutPermissions),
    ) -> Result<Committed<Role>, RbacError> {
        let permissions = form.permissions.into_iter().map(|name| name.0).collect();
        self.regrant(who, uow, if_match, id, Regrant::To(permissions)).await
    }

    /// Grants one more permission.
    pub(crate) async fn add_permission(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, permission): (RoleId, PermissionName),
    ) -> Result<Committed<Role>, RbacError> {
        self.regrant(who, uow, if_match, id, Regrant::With(permission.0)).await
    }

    /// Takes one permission away.
    pub(crate) async fn remove_permission(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, permission): (RoleId, PermissionName),
    ) -> Result<Committed<Role>, RbacError> {
        self.regrant(who, uow, if_match, id, Regrant::Without(permission.0)).await
    }

    async fn regrant(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: RoleId,
        change: Regrant,
    ) -> Result<Committed<Role>, RbacError> {
        let tx = uow.begin().await?;
        let subject = self.locked(&tx, who, id, if_match).await?;
        let before = &subject.role.permissions;
        let permissions = match change {
            Regrant::To(named) => {
                self.all_known(&named)?;
                // What a context grants that is not in this program stays.
                let foreign = before.iter().filter(|name| !self.names.contains(name.as_str())).cloned();
                named.into_iter().chain(foreign).collect()
            }
            Regrant::With(name) => {
                // It is a place under the role, so one that never was is not found.
                if !self.names.contains(name.as_str()) {
                    return Err(RbacError::RoleNotFound);
                }
                before.iter().cloned().chain([name]).collect()
            }
            Regrant::Without(name) => {
                if !before.contains(&name) && !subject.role.is_super_admin() {
                    return Err(RbacError::NotGranted);
                }
                before.iter().filter(|held| **held != name).cloned().collect()
            }
        };
        let changed = before.symmetric_difference(&permissions).map(String::as_str);
        if let Err(refusal) = policy::may_regrant(who, &subject.role, changed) {
            return Err(denied(tx, "rbac.role_permissions_changed", Some(id), refusal).await);
        }
        if subject.role.is_super_admin() {
            return Err(RbacError::PermissionsFixed);
        }
        let after = Definition { permissions, ..subject.role.clone() };
        self.save(tx, who, subject, after, "rbac.role_permissions_changed").await
    }

    /// The role that the caller means, its row locked; a deleted one is not found.
    pub(super) async fn locked(
        &self,
        tx: &Tx,
        who: &Principal,
        id: RoleId,
        if_match: &IfMatch,
    ) -> Result<Subject, RbacError> {
        // The built-in role first, and always: two who make the school's version of it meet here.
        let template = templates::find_locked(tx.conn(), id).await?;
        let row = match who.school_id {
            Some(school) => roles::find_locked(tx.conn(), school, id).await?,
            None => None,
        };
        let (role, seat) = match (row, template) {
            (Some(row), _) if row.deleted_at.is_none() => (self.of_row(tx, &row).await?, Seat::Own(row)),
            (row, Some(template)) => {
                let role = self.of_template(tx, template.clone()).await?;
                let seat = if who.school_id.is_some() { Seat::Inherited(row) } else { Seat::Template(template) };
                (role, seat)
            }
            (_, None) => return Err(RbacError::RoleNotFound),
        };
        if_match.require(&role.etag()).map_err(|_| RbacError::Stale)?;
        Ok(Subject { role, seat })
    }

    pub(super) async fn of_row(&self, tx: &Tx, row: &role::Model) -> Result<Definition, RbacError> {
        let mut grants = roles::permissions(tx.conn(), row.school_id, &[row.id]).await?;
        Ok(Definition::of_row(row.clone(), grants.remove(&row.id).unwrap_or_default()))
    }

    pub(super) async fn of_template(&self, tx: &Tx, template: role_template::Model) -> Result<Definition, RbacError> {
        let mut grants = templates::permissions(tx.conn(), &[template.id]).await?;
        let granted = grants.remove(&template.id).unwrap_or_default();
        Ok(Definition::of_template(template, granted))
    }

    /// Writes a role as it is to be, if anything about it differs.
    async fn save(
        &self,
        mut tx: Tx,
        who: &Principal,
        subject: Subject,
        mut after: Definition,
        action: &'static str,
    ) -> Result<Committed<Role>, RbacError> {
        let Subject { role: before, seat } = subject;
        if after != before {
            (after.version, after.updated_at) = (before.version + 1, tx.now());
            match seat {
                Seat::Template(template) => save_template(&tx, &template, &before, &after).await?,
                Seat::Own(row) => save_own(&tx, &row, &before, &after).await?,
                Seat::Inherited(dead) => {
                    let school = who.school_id.ok_or(RbacError::SchoolRequired)?;
                    after = adopt(&tx, school, dead, after).await?;
                }
            }
            let (was, is) = difference(&before, &after);
            tx.audit(Audit::of(action, "role", after.id.uuid()).before(was).after(is));
            tx.invalidate(roles_tag(who.school_id));
        }
        let tag = after.etag();
        Ok(tx.commit(Answer::ok(Role::of(after, &self.names)).etag(tag)).await?)
    }

    /// The names, if the catalogue knows all of them.
    fn known(&self, names: Vec<PermissionName>) -> Result<BTreeSet<String>, RbacError> {
        let names = names.into_iter().map(|name| name.0).collect();
        self.all_known(&names)?;
        Ok(names)
    }

    fn all_known(&self, names: &BTreeSet<String>) -> Result<(), RbacError> {
        let unknown = names.iter().find(|name| !self.names.contains(name.as_str()));
        unknown.map_or(Ok(()), |name| Err(RbacError::UnknownPermission(name.clone())))
    }
}

async fn save_template(
    tx: &Tx,
    template: &role_template::Model,
    before: &Definition,
    after: &Definition,
) -> Result<(), RbacError> {
    let words = (after.title.as_str(), after.description.as_deref());
    templates::describe(tx.conn(), template, words, after.updated_at).await?;
    let (added, taken) = moved(before, after);
    if !taken.is_empty() {
        templates::revoke(tx.conn(), after.id, taken).await?;
    }
    if !added.is_empty() {
        role_template_permission::grant(tx.conn(), after.id, added).await?;
    }
    Ok(())
}

async fn save_own(tx: &Tx, row: &role::Model, before: &Definition, after: &Definition) -> Result<(), RbacError> {
    let becomes = role::Model {
        title: after.title.clone(),
        description: after.description.clone(),
        rank: after.rank.get().into(),
        version: after.version,
        updated_at: after.updated_at,
        ..row.clone()
    };
    roles::replace(tx.conn(), row.version, &becomes).await?;
    let (added, taken) = moved(before, after);
    if !taken.is_empty() {
        roles::revoke(tx.conn(), row.school_id, row.id, taken).await?;
    }
    if !added.is_empty() {
        role_permission::grant(tx.conn(), row.school_id, row.id, added).await?;
    }
    Ok(())
}

/// Makes the school's version of a built-in role, in the place of one that it had before.
async fn adopt(
    tx: &Tx,
    school: SchoolId,
    dead: Option<role::Model>,
    after: Definition,
) -> Result<Definition, RbacError> {
    let row = role::Model {
        school_id: school,
        id: after.id,
        template_id: Some(after.id),
        name: after.name,
        title: after.title,
        description: after.description,
        rank: after.rank.get().into(),
        version: dead.as_ref().map_or(1, |dead| dead.version + 1),
        created_at: dead.as_ref().map_or(tx.now(), |dead| dead.created_at),
        updated_at: tx.now(),
        deleted_at: None,
    };
    match dead {
        Some(dead) => {
            roles::replace(tx.conn(), dead.version, &row).await?;
            roles::revoke_all(tx.conn(), school, row.id).await?;
        }
        None => roles::insert(tx.conn(), row.clone()).await?,
    }
    if !after.permissions.is_empty() {
        role_permission::grant(tx.conn(), school, row.id, &after.permissions).await?;
    }
    Ok(Definition::of_row(row, after.permissions))
}

/// What is granted and what is taken.
fn moved<'a>(before: &'a Definition, after: &'a Definition) -> (Vec<&'a String>, Vec<&'a String>) {
    (
        after.permissions.difference(&before.permissions).collect(),
        before.permissions.difference(&after.permissions).collect(),
    )
}

/// Whether the school may have one role more.
pub(super) async fn room_for_one(tx: &Tx, school: SchoolId) -> Result<(), RbacError> {
    let there = roles::count(tx.conn(), school, Side::Living).await?;
    if there < OWN_ROLES_MAX { Ok(()) } else { Err(RbacError::TooMany(OWN_ROLES_MAX)) }
}

/// A refusal is recorded as well: nothing else of the transaction is.
pub(super) async fn denied(mut tx: Tx, action: &'static str, id: Option<RoleId>, refusal: Refusal) -> RbacError {
    let tried = Audit::of(action, "role", id.map(RoleId::uuid)).after(json!({ "refused": refusal.code() })).denied();
    tx.audit(tried);
    match tx.commit_quietly().await {
        Ok(()) => refusal.into(),
        Err(error) => error.into(),
    }
}

/// A role in the audit log.
pub(super) fn described(role: &Definition) -> Value {
    json!({
        "name": role.name,
        "title": role.title,
        "description": role.description,
        "rank": role.rank.get(),
        "permissions": role.permissions,
    })
}

/// The fields that differ, before and after.
fn difference(before: &Definition, after: &Definition) -> (Value, Value) {
    let (mut was, mut is) = (described(before), described(after));
    let empty = Map::new();
    let same: Vec<String> = was
        .as_object()
        .unwrap_or(&empty)
        .iter()
        .filter(|(field, value)| is.get(field.as_str()) == Some(*value))
        .map(|(field, _)| field.clone())
        .collect();
    for fields in [&mut was, &mut is].into_iter().filter_map(Value::as_object_mut) {
        fields.retain(|field, _| !same.contains(field));
    }
    (was, is)
}
