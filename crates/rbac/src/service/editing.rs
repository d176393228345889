//! Making roles, and changing what is said about them.

use lyceum_kernel::{Principal, Rank, SchoolId};
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::IfMatch;

use super::standing::roles_tag;
use super::subject::{denied, described};
use super::{OWN_ROLES_MAX, RbacService};
use crate::dto::{CreateRole, PatchRole, PutRole, Role};
use crate::error::RbacError;
use crate::model::definition::{Definition, Origin};
use crate::model::{RoleId, role, role_permission};
use crate::policy;
use crate::repo::roles::Side;
use crate::repo::{roles, templates};

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
}

/// Whether the school may have one role more.
pub(super) async fn room_for_one(tx: &Tx, school: SchoolId) -> Result<(), RbacError> {
    let there = roles::count(tx.conn(), school, Side::Living).await?;
    if there < OWN_ROLES_MAX { Ok(()) } else { Err(RbacError::TooMany(OWN_ROLES_MAX)) }
}
