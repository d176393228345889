//! Queries on accounts.

use chrono::{DateTime, Utc};
use lyceum_kernel::{Scope, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter, QuerySelect};

use crate::model::PlatformTable;
use crate::model::account::{Column, Entity, Model, fold};

/// The account of this id, erased ones included.
pub async fn find(db: &impl ConnectionTrait, id: UserId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::Platform).filter(Column::Id.eq(id)).one(db).await
}

/// The same, locked until the transaction ends where the database has row locks.
pub async fn find_locked(db: &impl ConnectionTrait, id: UserId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::Platform).filter(Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// The account of this e-mail address, whatever its case.
pub async fn find_by_email(db: &impl ConnectionTrait, email: &str) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::Platform).filter(Column::EmailKey.eq(fold(email))).one(db).await
}

/// The id of the account of this e-mail address, whatever its case.
pub async fn id_by_email(db: &impl ConnectionTrait, email: &str) -> Result<Option<UserId>, DbErr> {
    let select = Entity::scoped(Scope::Platform).filter(Column::EmailKey.eq(fold(email)));
    select.select_only().column(Column::Id).into_tuple().one(db).await
}

/// The account of this username, whatever its case.
pub async fn find_by_username(db: &impl ConnectionTrait, username: &str) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::Platform).filter(Column::UsernameKey.eq(fold(username))).one(db).await
}

/// The account that somebody means who types this into a login form: an address if it has an `@`, which no username has.
pub async fn find_by_login(db: &impl ConnectionTrait, login: &str) -> Result<Option<Model>, DbErr> {
    if login.contains('@') { find_by_email(db, login).await } else { find_by_username(db, login).await }
}

/// Replaces the password's hash by one of higher cost, if it is still the one that was verified.
pub async fn rehash(
    db: &impl ConnectionTrait,
    id: UserId,
    verified: &str,
    hash: String,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let updated = Entity::scoped_update(Scope::Platform)
        .col_expr(Column::PasswordHash, Expr::value(hash))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::PasswordHash.eq(verified))
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}
