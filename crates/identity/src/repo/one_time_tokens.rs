//! Queries on one-time tokens.

use chrono::{DateTime, Utc};
use lyceum_kernel::{Scope, UserId};
use sea_orm::entity::prelude::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::model::ScopedTable;
use crate::model::one_time_token::{Column, Entity, Model};

/// Stores the rows of tokens.
pub async fn insert_many(db: &impl ConnectionTrait, rows: Vec<Model>) -> Result<(), DbErr> {
    Entity::add(db, rows).await
}

/// The row of a token.
pub async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::Platform).filter(Column::Id.eq(id)).one(db).await
}

/// The row of a token, locked where the database can, so that it is used once.
pub async fn lock(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::Platform).filter(Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// Uses a token up. False if somebody else was faster.
pub async fn claim(db: &impl ConnectionTrait, id: Uuid, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let done = Entity::scoped_update(Scope::Platform)
        .col_expr(Column::UsedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::UsedAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Deletes a token that has not expired. Of many tries at once one finds it.
pub async fn take(db: &impl ConnectionTrait, id: Uuid, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let taken = Entity::scoped_delete(Scope::Platform).filter(Column::Id.eq(id)).filter(Column::ExpiresAt.gt(now));
    Ok(taken.exec(db).await?.rows_affected == 1)
}

/// Deletes what has expired of an account's tokens of one purpose.
pub async fn forget_expired(
    db: &impl ConnectionTrait,
    account: UserId,
    purpose: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    Entity::scoped_delete(Scope::Platform)
        .filter(Column::AccountId.eq(account))
        .filter(Column::Purpose.eq(purpose))
        .filter(Column::ExpiresAt.lte(now))
        .exec(db)
        .await?;
    Ok(())
}

/// Makes the unused tokens of an account void: all, or those of some purposes.
pub async fn void(
    db: &impl ConnectionTrait,
    account: UserId,
    purposes: Option<&[&str]>,
    now: DateTime<Utc>,
) -> Result<u64, DbErr> {
    let mut update = Entity::scoped_update(Scope::Platform)
        .col_expr(Column::UsedAt, Expr::value(now))
        .filter(Column::AccountId.eq(account))
        .filter(Column::UsedAt.is_null());
    if let Some(purposes) = purposes {
        update = update.filter(Column::Purpose.is_in(purposes.iter().copied()));
    }
    Ok(update.exec(db).await?.rows_affected)
}

/// Deletes every token of an account: erasure leaves no addresses behind.
pub async fn delete_all(db: &impl ConnectionTrait, account: UserId) -> Result<(), DbErr> {
    Entity::scoped_delete(Scope::Platform).filter(Column::AccountId.eq(account)).exec(db).await?;
    Ok(())
}

/// The tokens of an account that are still good, for the export: no hashes are shown from them.
pub async fn open(db: &impl ConnectionTrait, account: UserId, now: DateTime<Utc>) -> Result<Vec<Model>, DbErr> {
    Entity::scoped(Scope::Platform)
        .filter(Column::AccountId.eq(account))
        .filter(Column::UsedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .all(db)
        .await
}

/// Deletes tokens that expired before `before`; the periodic sweep.
pub async fn sweep(db: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<u64, DbErr> {
    let done = Entity::scoped_delete(Scope::Platform).filter(Column::ExpiresAt.lt(before)).exec(db).await?;
    Ok(done.rows_affected)
}
