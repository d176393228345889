//! Queries on signing keys.

use chrono::{DateTime, Utc};
use lyceum_kernel::Scope;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use crate::model::ScopedTable;
use crate::model::signing_key::{ActiveModel, Column, Entity, Model};

/// Every key whose signatures count at `now`: a handful.
pub async fn living(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Vec<Model>, DbErr> {
    let counts = Condition::any().add(Column::RetiresAt.is_null()).add(Column::RetiresAt.gt(now));
    Entity::scoped(Scope::Platform).filter(counts).all(db).await
}

/// A new key.
pub async fn insert(db: &impl ConnectionTrait, key: ActiveModel) -> Result<(), DbErr> {
    Entity::insert(key).exec_without_returning(db).await.map(|_| ())
}

/// Gives every key but `successor` that has none yet the time of its retirement.
pub async fn supersede(db: &impl ConnectionTrait, successor: &str, retires_at: DateTime<Utc>) -> Result<(), DbErr> {
    Entity::scoped_update(Scope::Platform)
        .col_expr(Column::RetiresAt, Expr::value(retires_at))
        .filter(Column::Kid.ne(successor))
        .filter(Column::RetiresAt.is_null())
        .exec(db)
        .await
        .map(|_| ())
}

/// Retires a key now; false if it is unknown or had retired.
pub async fn retire(db: &impl ConnectionTrait, kid: &str, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let counts = Condition::any().add(Column::RetiresAt.is_null()).add(Column::RetiresAt.gt(now));
    let retired = Entity::scoped_update(Scope::Platform)
        .col_expr(Column::RetiresAt, Expr::value(now))
        .filter(Column::Kid.eq(kid))
        .filter(counts)
        .exec(db)
        .await?;
    Ok(retired.rows_affected == 1)
}

/// Forgets the keys that retired before `before`.
pub async fn sweep(db: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<u64, DbErr> {
    let swept = Entity::scoped_delete(Scope::Platform).filter(Column::RetiresAt.lt(before)).exec(db).await?;
    Ok(swept.rows_affected)
}
