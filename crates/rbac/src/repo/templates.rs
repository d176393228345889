//! Queries on built-in roles.

use chrono::{DateTime, Utc};
use lyceum_kernel::Scope;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, ExprTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{Grants, gather};
use crate::error::RbacError;
use crate::model::role_template::{Column, Entity, Model};
use crate::model::{RoleId, ScopedTable, role_template_permission as permission};

/// All of them, by id.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>, DbErr> {
    Entity::scoped(Scope::Platform).order_by_asc(Column::Id).all(db).await
}

/// Those of these names.
pub async fn named(db: &impl ConnectionTrait, names: &[&str]) -> Result<Vec<Model>, DbErr> {
    Entity::scoped(Scope::Platform).filter(Column::Name.is_in(names.iter().copied())).all(db).await
}

/// One of them.
pub async fn find(db: &impl ConnectionTrait, id: RoleId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::Platform).filter(Column::Id.eq(id)).one(db).await
}

/// The same, locked until the transaction ends where the database has row locks.
pub async fn find_locked(db: &impl ConnectionTrait, id: RoleId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::Platform).filter(Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// What these allow.
pub async fn permissions(db: &impl ConnectionTrait, ids: &[RoleId]) -> Result<Grants, DbErr> {
    if ids.is_empty() {
        return Ok(Grants::new());
    }
    let rows = permission::Entity::scoped(Scope::Platform)
        .filter(permission::Column::TemplateId.is_in(ids.iter().copied()))
        .all(db)
        .await?;
    Ok(gather(rows.into_iter().map(|row| (row.template_id, row.permission))))
}

/// Takes these away.
pub async fn revoke<'a>(
    db: &impl ConnectionTrait,
    id: RoleId,
    permissions: impl IntoIterator<Item = &'a String>,
) -> Result<(), DbErr> {
    permission::Entity::scoped_delete(Scope::Platform)
        .filter(permission::Column::TemplateId.eq(id))
        .filter(permission::Column::Permission.is_in(permissions))
        .exec(db)
        .await?;
    Ok(())
}

/// Gives it another title and description, and raises its version, if nobody else has since it was read.
///
/// # Errors
/// [`RbacError::Stale`] otherwise.
pub async fn describe(
    db: &impl ConnectionTrait,
    template: &Model,
    (title, description): (&str, Option<&str>),
    now: DateTime<Utc>,
) -> Result<(), RbacError> {
    let done = Entity::scoped_update(Scope::Platform)
        .col_expr(Column::Title, Expr::value(title))
        .col_expr(Column::Description, Expr::value(description))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(template.id))
        .filter(Column::Version.eq(template.version))
        .exec(db)
        .await?;
    if done.rows_affected == 1 { Ok(()) } else { Err(RbacError::Stale) }
}
