//! A role that is to be changed: found, locked, written down as it is to be, and told to the audit log.

use lyceum_kernel::{Principal, SchoolId};
use lyceum_platform::uow::{Answer, Audit, Committed, Tx};
use lyceum_web::IfMatch;
use serde_json::{Map, Value, json};

use super::RbacService;
use super::standing::roles_tag;
use crate::dto::Role;
use crate::error::RbacError;
use crate::model::definition::Definition;
use crate::model::{RoleId, role, role_permission, role_template, role_template_permission};
use crate::policy::Refusal;
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

impl RbacService {
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
    pub(super) async fn save(
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
