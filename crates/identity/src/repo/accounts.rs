//! Queries on accounts.

use chrono::{DateTime, Utc};
use lyceum_kernel::{Scope, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter, QueryOrder, QuerySelect};

use crate::model::ScopedTable;
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

/// Some accounts, erased ones included.
pub async fn find_many(db: &impl ConnectionTrait, ids: &[UserId]) -> Result<Vec<Model>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Entity::scoped(Scope::Platform).filter(Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// The accounts of some e-mail addresses, whatever their case.
pub async fn find_by_emails(db: &impl ConnectionTrait, emails: &[String]) -> Result<Vec<Model>, DbErr> {
    if emails.is_empty() {
        return Ok(Vec::new());
    }
    let keys = emails.iter().map(|email| fold(email));
    Entity::scoped(Scope::Platform).filter(Column::EmailKey.is_in(keys)).all(db).await
}

/// The id of the account of this e-mail address, whatever its case.
pub async fn id_by_email(db: &impl ConnectionTrait, email: &str) -> Result<Option<UserId>, DbErr> {
    let select = Entity::scoped(Scope::Platform).filter(Column::EmailKey.eq(fold(email)));
    select.select_only().column(Column::Id).into_tuple().one(db).await
}

/// The account of this username, whatever its case, among those that no school opened.
pub async fn find_by_username(db: &impl ConnectionTrait, username: &str) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::Platform)
        .filter(Column::UsernameKey.eq(fold(username)))
        .filter(Column::OpenedBySchoolId.is_null())
        .one(db)
        .await
}

/// The account that somebody means who types this into a login form: an address if it has an `@`, which no username has.
///
/// A username that several accounts have, each in a school of its own, means none of them, unless one belongs to no school.
pub async fn find_by_login(db: &impl ConnectionTrait, login: &str) -> Result<Option<Model>, DbErr> {
    if login.contains('@') {
        return find_by_email(db, login).await;
    }
    let mut named = Entity::scoped(Scope::Platform)
        .filter(Column::UsernameKey.eq(fold(login)))
        // What no school opened comes first, so that two rows tell all.
        .order_by_desc(Column::OpenedBySchoolId.is_null())
        .limit(2)
        .all(db)
        .await?;
    if named.len() > 1 {
        named.retain(|account| account.opened_by_school_id.is_none());
    }
    Ok(named.into_iter().next())
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
