//! Queries on pictures of people.

#![expect(clippy::disallowed_methods, reason = "a platform table: an account has one picture in all its schools")]

use crate::model::avatar::{Entity, Model};
use lyceum_kernel::UserId;
use sea_orm::{ActiveModelTrait as _, ConnectionTrait, DbErr, EntityTrait as _, IntoActiveModel as _};

/// Somebody's picture.
pub async fn find(db: &impl ConnectionTrait, account: UserId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(account).one(db).await
}

/// Takes a picture away. False if there was none.
pub async fn delete(db: &impl ConnectionTrait, account: UserId) -> Result<bool, DbErr> {
    Ok(Entity::delete_by_id(account).exec(db).await?.rows_affected == 1)
}

/// Keeps a picture; there must be none.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}
