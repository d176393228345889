//! Subscriptions and whom their invoices are addressed to.

use chrono::{DateTime, Utc};
use lyceum_kernel::{SchoolId, Scope};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, QueryFilter, QueryOrder, QuerySelect};

use crate::model::subscription::{Column, Entity, Model, SubscriptionState};
use crate::model::{ScopedTable, customer};

/// A school's subscription.
pub async fn find(db: &impl ConnectionTrait, school: SchoolId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school)).one(db).await
}

/// The same, locked for a change. Invoices of the school are locked after it.
pub async fn lock(db: &impl ConnectionTrait, school: SchoolId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school)).lock_exclusive().one(db).await
}

/// Schools after `after`, in the order of their ids, whose subscription has something to be done about at `now`: its period or its
/// grace is over.
pub async fn due(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    grace_began: DateTime<Utc>,
    after: Option<SchoolId>,
    limit: u64,
) -> Result<Vec<SchoolId>, DbErr> {
    let live = Column::State.is_in([SubscriptionState::Trial, SubscriptionState::Active, SubscriptionState::PastDue]);
    let over = Condition::all().add(live).add(Column::PeriodEnd.lte(now));
    let graceless = Condition::all()
        .add(Column::State.eq(SubscriptionState::PastDue))
        .add(Column::LapsedAt.is_null())
        .add(Column::PastDueSince.lte(grace_began));
    let mut select = Entity::scoped(Scope::Platform).filter(Condition::any().add(over).add(graceless));
    if let Some(after) = after {
        select = select.filter(Column::SchoolId.gt(after));
    }
    select.select_only().column(Column::SchoolId).order_by_asc(Column::SchoolId).limit(limit).into_tuple().all(db).await
}

/// Whom a school's invoices are addressed to.
pub async fn customer(db: &impl ConnectionTrait, school: SchoolId) -> Result<Option<customer::Model>, DbErr> {
    customer::Entity::scoped(Scope::School(school)).one(db).await
}

/// The same, locked for a change.
pub async fn lock_customer(db: &impl ConnectionTrait, school: SchoolId) -> Result<Option<customer::Model>, DbErr> {
    customer::Entity::scoped(Scope::School(school)).lock_exclusive().one(db).await
}
