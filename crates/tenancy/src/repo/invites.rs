//! Queries on invites, on who redeemed them, and on who is awaited.

use chrono::{DateTime, Utc};
use lyceum_kernel::{InviteId, PageRequest, SchoolId, Scope, UserId};
use lyceum_platform::error::violated_constraint;
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait,
    IntoActiveModel as _, QueryFilter, QueryOrder, QuerySelect,
};

use crate::error::TenancyError;
use crate::model::invite::{Column, Entity, Model, State};
use crate::model::{ScopedTable, arrival, invite_redemption};
use crate::repo::keyset::{self, Keys, Sorting};

/// Which invites to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Good for this at present.
    pub state: Option<State>,
    /// For this address, case-folded.
    pub email_key: Option<String>,
    /// Only those that changed since.
    pub updated_since: Option<DateTime<Utc>>,
}

/// An invite of a school, or of any.
pub async fn find(db: &impl ConnectionTrait, scope: Scope, id: InviteId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(scope).filter(Column::Id.eq(id)).one(db).await
}

/// The same, locked until the transaction ends where the database has row locks.
pub async fn find_locked(db: &impl ConnectionTrait, scope: Scope, id: InviteId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(scope).filter(Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// One page of invites, by when they were made, and how many there are if that was asked.
pub async fn page(
    db: &impl ConnectionTrait,
    scope: Scope,
    (filter, now): (&Filter, DateTime<Utc>),
    sorting: Sorting,
    request: &PageRequest,
) -> Result<(Vec<Model>, Option<u64>), DbErr> {
    let mut rows = Entity::scoped(scope);
    if let Some(state) = filter.state {
        rows = rows.filter(in_state(state, now));
    }
    if let Some(key) = &filter.email_key {
        rows = rows.filter(Column::EmailKey.eq(key));
    }
    if let Some(since) = filter.updated_since {
        rows = rows.filter(Column::UpdatedAt.gte(since));
    }
    keyset::page(db, rows, Keys { name: Column::Id, id: Column::Id }, sorting, request).await
}

/// The condition that [`Model::state`] is this one.
fn in_state(state: State, now: DateTime<Utc>) -> Condition {
    let left = || Expr::col(Column::Uses).lt(Expr::col(Column::MaxUses));
    let standing = Condition::all().add(Column::RevokedAt.is_null());
    match state {
        State::Revoked => Condition::all().add(Column::RevokedAt.is_not_null()),
        State::UsedUp => standing.add(left().not()),
        State::Expired => standing.add(left()).add(Column::ExpiresAt.lte(now)),
        State::Active => standing.add(left()).add(Column::ExpiresAt.gt(now)),
    }
}

/// Inserts an invite.
pub async fn insert(db: &impl ConnectionTrait, invite: Model) -> Result<(), DbErr> {
    Entity::insert(invite.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// Takes one use, if there is one left at this moment. However many try at once, no more get one than there are.
pub async fn take_use(db: &impl ConnectionTrait, invite: &Model, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let done = Entity::scoped_update(Scope::School(invite.school_id))
        .col_expr(Column::Uses, Expr::col(Column::Uses).add(1))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(invite.id))
        .filter(in_state(State::Active, now))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Withdraws an invite.
///
/// # Errors
/// [`TenancyError::Stale`] if it has changed since it was read.
pub async fn revoke(db: &impl ConnectionTrait, invite: &Model, now: DateTime<Utc>) -> Result<(), TenancyError> {
    let done = Entity::scoped_update(Scope::School(invite.school_id))
        .col_expr(Column::RevokedAt, Expr::value(now))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(invite.id))
        .filter(Column::Version.eq(invite.version))
        .exec(db)
        .await?;
    if done.rows_affected == 1 { Ok(()) } else { Err(TenancyError::Stale) }
}

/// Whether an invite that still lets people in grants a role.
pub async fn any_grants(
    db: &impl ConnectionTrait,
    school: SchoolId,
    role: &str,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let found = Entity::scoped(Scope::School(school))
        .filter(Column::Role.eq(role))
        .filter(in_state(State::Active, now))
        .limit(1)
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// Takes the addresses out of invites that were meant for any of these or were redeemed by somebody.
pub async fn forget(
    db: &impl ConnectionTrait,
    person: UserId,
    email_keys: &[String],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let theirs = redeemed_by(db, person).await?.into_iter().map(|row| row.invite_id);
    Entity::scoped_update(Scope::Platform)
        .col_expr(Column::Email, Expr::value(None::<String>))
        .col_expr(Column::EmailKey, Expr::value(None::<String>))
        // For nobody in particular it would be for everybody: it ends.
        .col_expr(Column::RevokedAt, Func::coalesce([Expr::col(Column::RevokedAt), Expr::value(now)]).into())
        .filter(Column::EmailKey.is_not_null())
        .filter(Condition::any().add(Column::Id.is_in(theirs)).add(Column::EmailKey.is_in(email_keys)))
        .exec(db)
        .await?;
    Ok(())
}

/// Notes that somebody came by an invite.
///
/// # Errors
/// [`TenancyError::InviteRedeemed`] if they did before.
pub async fn redeem(
    db: &impl ConnectionTrait,
    invite: &Model,
    person: UserId,
    now: DateTime<Utc>,
) -> Result<(), TenancyError> {
    let row = invite_redemption::Model {
        school_id: invite.school_id,
        invite_id: invite.id,
        user_id: person,
        created_at: now,
    };
    let insert = invite_redemption::Entity::insert(row.into_active_model().reset_all());
    insert.exec_without_returning(db).await.map_err(|error| match violated_constraint(&error).as_deref() {
        Some("pk_invite_redemptions") => TenancyError::InviteRedeemed,
        _ => error.into(),
    })?;
    Ok(())
}

/// The invites by which somebody came, the oldest first.
pub async fn redeemed_by(db: &impl ConnectionTrait, person: UserId) -> Result<Vec<invite_redemption::Model>, DbErr> {
    invite_redemption::Entity::scoped(Scope::Platform)
        .filter(invite_redemption::Column::UserId.eq(person))
        .order_by_asc(invite_redemption::Column::CreatedAt)
        .order_by_asc(invite_redemption::Column::InviteId)
        .all(db)
        .await
}

/// Notes that somebody is awaited.
pub async fn await_arrival(db: &impl ConnectionTrait, row: arrival::Model) -> Result<(), DbErr> {
    arrival::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// Where somebody is awaited.
pub async fn arrivals_of(db: &impl ConnectionTrait, person: UserId) -> Result<Vec<arrival::Model>, DbErr> {
    arrival::Entity::scoped(Scope::Platform)
        .filter(arrival::Column::UserId.eq(person))
        .order_by_asc(arrival::Column::SchoolId)
        .all(db)
        .await
}

/// Nobody waits for them any more.
pub async fn forget_arrivals(db: &impl ConnectionTrait, person: UserId) -> Result<(), DbErr> {
    arrival::Entity::scoped_delete(Scope::Platform).filter(arrival::Column::UserId.eq(person)).exec(db).await?;
    Ok(())
}
