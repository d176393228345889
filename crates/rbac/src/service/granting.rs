//! Changing what roles grant.

use std::collections::BTreeSet;

use lyceum_kernel::Principal;
use lyceum_platform::uow::{Committed, UnitOfWork};
use lyceum_web::IfMatch;

use super::RbacService;
use super::subject::denied;
use crate::dto::{PermissionName, PutPermissions, Role};
use crate::error::RbacError;
use crate::model::RoleId;
use crate::model::definition::Definition;
use crate::policy;

/// How the permissions of a role are to change.
enum Regrant {
    To(BTreeSet<String>),
    With(String),
    Without(String),
}

impl RbacService {
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

    /// The names, if the catalogue knows all of them.
    pub(super) fn known(&self, names: Vec<PermissionName>) -> Result<BTreeSet<String>, RbacError> {
        let names = names.into_iter().map(|name| name.0).collect();
        self.all_known(&names)?;
        Ok(names)
    }

    fn all_known(&self, names: &BTreeSet<String>) -> Result<(), RbacError> {
        let unknown = names.iter().find(|name| !self.names.contains(name.as_str()));
        unknown.map_or(Ok(()), |name| Err(RbacError::UnknownPermission(name.clone())))
    }
}
