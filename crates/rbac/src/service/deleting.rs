//! Deleting roles and bringing them back.

use std::collections::BTreeSet;

use lyceum_kernel::{Principal, Rank};
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::IfMatch;

use super::RbacService;
use super::editing::room_for_one;
use super::standing::roles_tag;
use super::subject::{Seat, Subject, denied, described};
use crate::dto::Role;
use crate::error::RbacError;
use crate::model::definition::{Definition, Origin};
use crate::model::{RoleId, role};
use crate::policy;
use crate::repo::{roles, templates};

impl RbacService {
    /// Deletes a role of the school that nobody has, softly; or the school's version of a built-in one, which then holds again.
    pub(crate) async fn delete_role(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: RoleId,
    ) -> Result<Committed<()>, RbacError> {
        const ACTION: &str = "rbac.role_deleted";
        let mut tx = uow.begin().await?;
        let Subject { role, seat } = self.locked(&tx, who, id, if_match).await?;
        let moved = self.moved_by_deletion(&tx, &role).await?;
        if let Err(refusal) = policy::may_regrant(who, &role, moved.iter().map(String::as_str)) {
            return Err(denied(tx, ACTION, Some(id), refusal).await);
        }
        let Seat::Own(row) = seat else { return Err(RbacError::BuiltIn) };
        if role.origin == Origin::Custom {
            let used = self.role_use.is_used(&tx, row.school_id, &row.name).await;
            if used.map_err(RbacError::UseUnknown)? {
                return Err(RbacError::InUse);
            }
        }
        let gone =
            role::Model { version: row.version + 1, updated_at: tx.now(), deleted_at: Some(tx.now()), ..row.clone() };
        roles::replace(tx.conn(), row.version, &gone).await?;
        tx.audit(Audit::of(ACTION, "role", id.uuid()).before(described(&role)));
        tx.invalidate(roles_tag(Some(row.school_id)));
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Brings a deleted role back, with what it granted.
    pub(crate) async fn restore_role(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: RoleId,
    ) -> Result<Committed<Role>, RbacError> {
        const ACTION: &str = "rbac.role_restored";
        let mut tx = uow.begin().await?;
        let row = self.deleted_row(&tx, who, id).await?;
        let role = self.of_row(&tx, &row).await?;
        let moved = self.moved_by_deletion(&tx, &role).await?;
        if let Err(refusal) = policy::may_regrant(who, &role, moved.iter().map(String::as_str)) {
            return Err(denied(tx, ACTION, Some(id), refusal).await);
        }
        if role.origin == Origin::Custom {
            room_for_one(&tx, row.school_id).await?;
        }
        let back = role::Model { version: row.version + 1, updated_at: tx.now(), deleted_at: None, ..row.clone() };
        roles::replace(tx.conn(), row.version, &back).await?;
        let role = Definition::of_row(back, role.permissions);
        tx.audit(Audit::of(ACTION, "role", id.uuid()).after(described(&role)));
        tx.invalidate(roles_tag(Some(row.school_id)));
        let tag = role.etag();
        Ok(tx.commit(Answer::ok(Role::of(role, &self.names)).etag(tag)).await?)
    }

    /// The deleted row that is to come back.
    async fn deleted_row(&self, tx: &Tx, who: &Principal, id: RoleId) -> Result<role::Model, RbacError> {
        let built_in = templates::find_locked(tx.conn(), id).await?.is_some();
        let row = match who.school_id {
            Some(school) => roles::find_locked(tx.conn(), school, id).await?,
            None => None,
        };
        match row {
            Some(row) if row.deleted_at.is_some() => Ok(row),
            Some(_) => Err(RbacError::NotDeleted),
            None if built_in => Err(RbacError::NotDeleted),
            None => Err(RbacError::RoleNotFound),
        }
    }

    /// The permissions that somebody who has the role gains or loses when it is deleted or restored: all of it, or what differs
    /// from the built-in role that holds instead.
    async fn moved_by_deletion(&self, tx: &Tx, role: &Definition) -> Result<BTreeSet<String>, RbacError> {
        if role.origin != Origin::Overridden {
            return Ok(role.permissions.clone());
        }
        let template = templates::find(tx.conn(), role.id).await?.ok_or(RbacError::RoleNotFound)?;
        let built_in = self.of_template(tx, template).await?;
        debug_assert!(built_in.rank == role.rank || role.rank == Rank::MEMBER, "the rank of a built-in role is fixed");
        Ok(role.permissions.symmetric_difference(&built_in.permissions).cloned().collect())
    }
}
