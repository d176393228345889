//! Queries on sessions.

use chrono::{DateTime, Utc};
use lyceum_kernel::{PageRequest, SchoolId, Scope, SessionId, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use crate::model::ScopedTable;
use crate::model::session::{ActiveModel, Column, Entity, Model, Revocation};

/// The session of this id, ended ones included.
pub async fn find(db: &impl ConnectionTrait, id: SessionId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::Platform).filter(Column::Id.eq(id)).one(db).await
}

/// The living session of this id among those of one account.
pub async fn find_living(
    db: &impl ConnectionTrait,
    account: UserId,
    id: SessionId,
    now: DateTime<Utc>,
) -> Result<Option<Model>, DbErr> {
    living(account, now).filter(Column::Id.eq(id)).one(db).await
}

/// One page of an account's living sessions, the newest first, and how many there are if that was asked.
pub async fn page(
    db: &impl ConnectionTrait,
    account: UserId,
    request: &PageRequest,
    now: DateTime<Utc>,
) -> Result<(Vec<Model>, Option<u64>), DbErr> {
    let mut rows = living(account, now).order_by_desc(Column::Id).limit(request.fetch());
    if let Some(cursor) = &request.cursor {
        rows = rows.filter(Column::Id.lt(cursor.id));
    }
    let total = if request.total { Some(living(account, now).count(db).await?) } else { None };
    Ok((rows.all(db).await?, total))
}

fn living(account: UserId, now: DateTime<Utc>) -> Select<Entity> {
    Entity::scoped(Scope::Platform)
        .filter(Column::AccountId.eq(account))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .filter(Column::AbsoluteExpiresAt.gt(now))
}

/// The school that the account's latest session in one of these schools was in.
pub async fn latest_school(
    db: &impl ConnectionTrait,
    account: UserId,
    schools: &[SchoolId],
) -> Result<Option<SchoolId>, DbErr> {
    let latest = Entity::scoped(Scope::Platform)
        .filter(Column::AccountId.eq(account))
        .filter(Column::SchoolId.is_in(schools.iter().copied()))
        .order_by_desc(Column::Id)
        .limit(1)
        .one(db)
        .await?;
    Ok(latest.and_then(|session| session.school_id))
}

/// Gives a living session another school to act in.
pub async fn enter_school(db: &impl ConnectionTrait, id: SessionId, school: SchoolId) -> Result<bool, DbErr> {
    let updated = Entity::scoped_update(Scope::Platform)
        .col_expr(Column::SchoolId, Expr::value(school))
        .filter(Column::Id.eq(id))
        .filter(Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// A new session.
pub async fn insert(db: &impl ConnectionTrait, session: ActiveModel) -> Result<Model, DbErr> {
    Entity::insert(session).exec_with_returning(db).await
}

/// What a rotation changes.
#[derive(Debug, Clone)]
pub struct Rotation {
    /// SHA-256 of the new refresh token.
    pub refresh_hash: [u8; 32],
    /// When the new refresh token expires.
    pub expires_at: DateTime<Utc>,
    /// The address it was asked from.
    pub ip: Option<String>,
}

/// Begins the next generation of a living session, if the present one is still `generation`: of many tries one succeeds.
pub async fn rotate(
    db: &impl ConnectionTrait,
    id: SessionId,
    generation: i32,
    rotation: Rotation,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let updated = Entity::scoped_update(Scope::Platform)
        .col_expr(Column::Generation, Expr::value(generation + 1))
        .col_expr(Column::RefreshHash, Expr::value(rotation.refresh_hash.to_vec()))
        .col_expr(Column::RotatedAt, Expr::value(now))
        .col_expr(Column::LastUsedAt, Expr::value(now))
        .col_expr(Column::ExpiresAt, Expr::value(rotation.expires_at))
        .col_expr(Column::Ip, Expr::value(rotation.ip))
        .filter(Column::Id.eq(id))
        .filter(Column::Generation.eq(generation))
        .filter(Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Ends one session; false if it had ended before.
pub async fn revoke(
    db: &impl ConnectionTrait,
    id: SessionId,
    reason: Revocation,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let updated = Entity::scoped_update(Scope::Platform)
        .col_expr(Column::RevokedAt, Expr::value(now))
        .col_expr(Column::RevokedReason, Expr::value(reason.as_str()))
        .filter(Column::Id.eq(id))
        .filter(Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Ends every session of an account but `except`, and tells how many. Whoever calls it invalidates the account's tag as well,
/// on which every cached token of the account hangs.
pub async fn revoke_all(
    db: &impl ConnectionTrait,
    account: UserId,
    except: Option<SessionId>,
    reason: Revocation,
    now: DateTime<Utc>,
) -> Result<u64, DbErr> {
    let mut update = Entity::scoped_update(Scope::Platform)
        .col_expr(Column::RevokedAt, Expr::value(now))
        .col_expr(Column::RevokedReason, Expr::value(reason.as_str()))
        .filter(Column::AccountId.eq(account))
        .filter(Column::RevokedAt.is_null());
    if let Some(kept) = except {
        update = update.filter(Column::Id.ne(kept));
    }
    Ok(update.exec(db).await?.rows_affected)
}

/// Notes that these sessions were in use at `moment`.
pub async fn touch(
    db: &impl ConnectionTrait,
    sessions: impl IntoIterator<Item = SessionId>,
    moment: DateTime<Utc>,
) -> Result<u64, DbErr> {
    let touched = Entity::scoped_update(Scope::Platform)
        .col_expr(Column::LastUsedAt, Expr::value(moment))
        .filter(Column::Id.is_in(sessions))
        .filter(Column::LastUsedAt.lt(moment))
        .exec(db)
        .await?;
    Ok(touched.rows_affected)
}

/// Forgets up to `limit` sessions that ended before `before`. Reuse of their tokens is then merely unknown.
pub async fn sweep(db: &impl ConnectionTrait, before: DateTime<Utc>, limit: u64) -> Result<u64, DbErr> {
    let ended: Vec<SessionId> = Entity::scoped(Scope::Platform)
        .filter(Column::ExpiresAt.lt(before))
        .select_only()
        .column(Column::Id)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?;
    Ok(Entity::scoped_delete(Scope::Platform).filter(Column::Id.is_in(ended)).exec(db).await?.rows_affected)
}
