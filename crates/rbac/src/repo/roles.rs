//! Queries on the roles of a school.

use lyceum_kernel::{SchoolId, Scope};
use lyceum_platform::error::violated_constraint;
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel as _, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::{Grants, gather};
use crate::error::RbacError;
use crate::model::role::{Column, Entity, Model};
use crate::model::{RoleId, ScopedTable, role_permission as permission};

/// Which roles to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Those in force.
    Living,
    /// The deleted ones.
    Deleted,
}

fn of(school: SchoolId, side: Side) -> Select<Entity> {
    let rows = Entity::scoped(Scope::School(school));
    match side {
        Side::Living => rows.filter(Column::DeletedAt.is_null()),
        Side::Deleted => rows.filter(Column::DeletedAt.is_not_null()),
    }
}

/// The school's roles behind a place in the order of ids.
pub async fn page(
    db: &impl ConnectionTrait,
    school: SchoolId,
    side: Side,
    after: Option<RoleId>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut rows = of(school, side).order_by_asc(Column::Id).limit(limit);
    if let Some(after) = after {
        rows = rows.filter(Column::Id.gt(after));
    }
    rows.all(db).await
}

/// How many of its own roles the school has; versions of built-in ones are counted only among the deleted.
pub async fn count(db: &impl ConnectionTrait, school: SchoolId, side: Side) -> Result<u64, DbErr> {
    let rows = of(school, side);
    match side {
        Side::Living => rows.filter(Column::TemplateId.is_null()).count(db).await,
        Side::Deleted => rows.count(db).await,
    }
}

/// A role of the school, deleted or not.
pub async fn find(db: &impl ConnectionTrait, school: SchoolId, id: RoleId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school)).filter(Column::Id.eq(id)).one(db).await
}

/// The same, locked until the transaction ends where the database has row locks.
pub async fn find_locked(db: &impl ConnectionTrait, school: SchoolId, id: RoleId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school)).filter(Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// The school's roles in force of these names.
pub async fn named(db: &impl ConnectionTrait, school: SchoolId, names: &[&str]) -> Result<Vec<Model>, DbErr> {
    of(school, Side::Living).filter(Column::Name.is_in(names.iter().copied())).all(db).await
}

/// The same, so locked that nobody deletes or changes them until the transaction ends, while others may lock them as well.
pub async fn named_held(db: &impl ConnectionTrait, school: SchoolId, names: &[&str]) -> Result<Vec<Model>, DbErr> {
    let rows = of(school, Side::Living).filter(Column::Name.is_in(names.iter().copied()));
    rows.order_by_asc(Column::Id).lock(LockType::Share).all(db).await
}

/// What these allow.
pub async fn permissions(db: &impl ConnectionTrait, school: SchoolId, ids: &[RoleId]) -> Result<Grants, DbErr> {
    if ids.is_empty() {
        return Ok(Grants::new());
    }
    let rows = permission::Entity::scoped(Scope::School(school))
        .filter(permission::Column::RoleId.is_in(ids.iter().copied()))
        .all(db)
        .await?;
    Ok(gather(rows.into_iter().map(|row| (row.role_id, row.permission))))
}

/// Takes these away.
pub async fn revoke<'a>(
    db: &impl ConnectionTrait,
    school: SchoolId,
    id: RoleId,
    permissions: impl IntoIterator<Item = &'a String>,
) -> Result<(), DbErr> {
    permission::Entity::scoped_delete(Scope::School(school))
        .filter(permission::Column::RoleId.eq(id))
        .filter(permission::Column::Permission.is_in(permissions))
        .exec(db)
        .await?;
    Ok(())
}

/// Takes everything away.
pub async fn revoke_all(db: &impl ConnectionTrait, school: SchoolId, id: RoleId) -> Result<(), DbErr> {
    permission::Entity::scoped_delete(Scope::School(school)).filter(permission::Column::RoleId.eq(id)).exec(db).await?;
    Ok(())
}

/// Inserts a role.
///
/// # Errors
/// [`RbacError::NameTaken`] as the database decides.
pub async fn insert(db: &impl ConnectionTrait, role: Model) -> Result<(), RbacError> {
    Entity::insert(role.into_active_model().reset_all()).exec_without_returning(db).await.map_err(taken)?;
    Ok(())
}

/// Writes a role as it is to be, if nobody else has changed it since it was at version `was`.
///
/// # Errors
/// [`RbacError::Stale`] otherwise; [`RbacError::NameTaken`] if it comes back to life and its name was given away.
pub async fn replace(db: &impl ConnectionTrait, was: i64, role: &Model) -> Result<(), RbacError> {
    let Model { school_id, id, template_id: _, name: _, title, description, rank, version, created_at: _, .. } = role;
    let done = Entity::scoped_update(Scope::School(*school_id))
        .col_expr(Column::Title, Expr::value(title))
        .col_expr(Column::Description, Expr::value(description.as_deref()))
        .col_expr(Column::Rank, Expr::value(*rank))
        .col_expr(Column::Version, Expr::value(*version))
        .col_expr(Column::UpdatedAt, Expr::value(role.updated_at))
        .col_expr(Column::DeletedAt, Expr::value(role.deleted_at))
        .filter(Column::Id.eq(*id))
        .filter(Column::Version.eq(was))
        .exec(db)
        .await
        .map_err(taken)?;
    if done.rows_affected == 1 { Ok(()) } else { Err(RbacError::Stale) }
}

fn taken(error: DbErr) -> RbacError {
    match violated_constraint(&error).as_deref() {
        Some("uq_roles_school_id_name") => RbacError::NameTaken,
        _ => error.into(),
    }
}
