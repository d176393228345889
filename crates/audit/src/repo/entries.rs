//! Reading entries, for people and for verification.

use chrono::{DateTime, Utc};
use lyceum_kernel::{Cursor, PageRequest, Scope, UserId};
use lyceum_platform::uow::AuditOutcome;
use lyceum_platform::uow::audit::{Column, Entity, Model};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::model::entries;

/// Which entries are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Whose deeds.
    pub actor_id: Option<UserId>,
    /// Which action, by its whole name.
    pub action: Option<String>,
    /// Done to which kind of thing.
    pub target_type: Option<String>,
    /// Done to which one.
    pub target_id: Option<Uuid>,
    /// Ended how.
    pub outcome: Option<AuditOutcome>,
    /// Not before.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub to: Option<DateTime<Utc>>,
}

/// One page, newest first, and how many there are if that was asked.
pub async fn page(
    db: &impl ConnectionTrait,
    scope: Scope,
    filter: &Filter,
    request: &PageRequest,
) -> Result<(Vec<Model>, Option<u64>), DbErr> {
    let total = if request.total { Some(matching(scope, filter).count(db).await?) } else { None };
    let rows = older_than(matching(scope, filter), request.cursor.as_ref()).limit(request.fetch()).all(db).await?;
    Ok((rows, total))
}

/// The next so many, newest first, for an export.
pub async fn chunk(
    db: &impl ConnectionTrait,
    scope: Scope,
    filter: &Filter,
    after: Option<&Cursor>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    older_than(matching(scope, filter), after).limit(limit).all(db).await
}

/// One entry.
pub async fn find(db: &impl ConnectionTrait, scope: Scope, id: Uuid) -> Result<Option<Model>, DbErr> {
    entries(scope).filter(Column::Id.eq(id)).one(db).await
}

fn older_than(select: Select<Entity>, cursor: Option<&Cursor>) -> Select<Entity> {
    let select = select.order_by_desc(Column::Id);
    match cursor {
        Some(cursor) => select.filter(Column::Id.lt(cursor.id)),
        None => select,
    }
}

fn matching(scope: Scope, filter: &Filter) -> Select<Entity> {
    let Filter { actor_id, action, target_type, target_id, outcome, from, to } = filter;
    let mut select = entries(scope);
    if let Some(actor) = actor_id {
        select = select.filter(Column::ActorId.eq(*actor));
    }
    if let Some(action) = action {
        select = select.filter(Column::Action.eq(action));
    }
    if let Some(kind) = target_type {
        select = select.filter(Column::TargetType.eq(kind));
    }
    if let Some(target) = target_id {
        select = select.filter(Column::TargetId.eq(*target));
    }
    if let Some(outcome) = outcome {
        select = select.filter(Column::Outcome.eq(*outcome));
    }
    // Ids begin with their time, so the index by id serves both bounds; what lies in a bound's millisecond is told by `at`.
    if let Some(from) = from {
        select = select.filter(Column::Id.gte(first_id(*from))).filter(Column::At.gte(*from));
    }
    if let Some(to) = to {
        select = select.filter(Column::Id.lte(last_id(*to))).filter(Column::At.lt(*to));
    }
    select
}

/// The 48 bits of milliseconds that a `UUIDv7` of this time begins with.
fn millis(time: DateTime<Utc>) -> u128 {
    let millis = u128::try_from(time.timestamp_millis()).unwrap_or_default();
    millis.min((1 << 48) - 1) << 80
}

fn first_id(time: DateTime<Utc>) -> Uuid {
    Uuid::from_u128(millis(time))
}

fn last_id(time: DateTime<Utc>) -> Uuid {
    Uuid::from_u128(millis(time) | ((1 << 80) - 1))
}

/// The sealed entries of a chain behind a place, in order.
pub async fn of_chain(db: &impl ConnectionTrait, chain: Uuid, after: i64, limit: u64) -> Result<Vec<Model>, DbErr> {
    entries(Scope::Platform)
        .filter(Column::ChainId.eq(chain))
        .filter(Column::ChainSeq.gt(after))
        .order_by_asc(Column::ChainSeq)
        .limit(limit)
        .all(db)
        .await
}

/// The chains that entries say they are sealed into.
pub async fn chains(db: &impl ConnectionTrait) -> Result<Vec<Uuid>, DbErr> {
    entries(Scope::Platform)
        .select_only()
        .column(Column::ChainId)
        .distinct()
        .filter(Column::ChainId.is_not_null())
        .into_tuple()
        .all(db)
        .await
}

/// The chain of the platform is that of the nil UUID: what of it awaits its seal, or of a school's.
pub async fn unsealed_of(db: &impl ConnectionTrait, chain: Uuid) -> Result<u64, DbErr> {
    let select = entries(Scope::Platform).filter(Column::ChainSeq.is_null());
    let select = if chain.is_nil() {
        select.filter(Column::SchoolId.is_null())
    } else {
        select.filter(Column::SchoolId.eq(chain))
    };
    select.count(db).await
}

/// The persons of whom the log says that their values were erased.
pub async fn erased_persons(db: &impl ConnectionTrait) -> Result<Vec<Uuid>, DbErr> {
    entries(Scope::Platform)
        .select_only()
        .column(Column::TargetId)
        .distinct()
        .filter(Column::Action.eq(crate::service::erasure::PERSON_ERASED))
        .filter(Column::TargetId.is_not_null())
        .into_tuple()
        .all(db)
        .await
}
