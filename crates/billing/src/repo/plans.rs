//! Plans and prices.

use lyceum_kernel::{Page, PageRequest};
use sea_orm::sea_query::Order;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, PaginatorTrait, QueryFilter, QuerySelect, Select};

use super::page;
use crate::model::plan::PlanId;
use crate::model::price::PriceId;
use crate::model::{PlatformTable, plan, price};

/// Which rows of the catalogue to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Only what is for sale, or is not.
    pub is_active: Option<bool>,
    /// The deleted ones in place of the others.
    pub deleted: bool,
    /// Only prices of this plan.
    pub plan: Option<PlanId>,
}

fn plans(filter: Filter) -> Select<plan::Entity> {
    let deleted = plan::Column::DeletedAt;
    let mut select = plan::Entity::offered();
    select = select.filter(if filter.deleted { deleted.is_not_null() } else { deleted.is_null() });
    match filter.is_active {
        Some(is_active) => select.filter(plan::Column::IsActive.eq(is_active)),
        None => select,
    }
}

fn prices(filter: Filter) -> Select<price::Entity> {
    let deleted = price::Column::DeletedAt;
    let mut select = price::Entity::offered();
    select = select.filter(if filter.deleted { deleted.is_not_null() } else { deleted.is_null() });
    if let Some(plan) = filter.plan {
        select = select.filter(price::Column::PlanId.eq(plan));
    }
    match filter.is_active {
        Some(is_active) => select.filter(price::Column::IsActive.eq(is_active)),
        None => select,
    }
}

/// One page of plans.
pub async fn page_of_plans(
    db: &impl ConnectionTrait,
    filter: Filter,
    request: &PageRequest,
) -> Result<Page<plan::Model>, DbErr> {
    page(db, plans(filter), plan::Column::Id, Order::Asc, request, |row| row.id.uuid()).await
}

/// One page of prices.
pub async fn page_of_prices(
    db: &impl ConnectionTrait,
    filter: Filter,
    request: &PageRequest,
) -> Result<Page<price::Model>, DbErr> {
    page(db, prices(filter), price::Column::Id, Order::Asc, request, |row| row.id.uuid()).await
}

/// One plan, deleted or not.
pub async fn plan(db: &impl ConnectionTrait, id: PlanId) -> Result<Option<plan::Model>, DbErr> {
    plan::Entity::offered().filter(plan::Column::Id.eq(id)).one(db).await
}

/// The same, locked for a change.
pub async fn lock_plan(db: &impl ConnectionTrait, id: PlanId) -> Result<Option<plan::Model>, DbErr> {
    plan::Entity::offered().filter(plan::Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// One price, deleted or not.
pub async fn price(db: &impl ConnectionTrait, id: PriceId) -> Result<Option<price::Model>, DbErr> {
    price::Entity::offered().filter(price::Column::Id.eq(id)).one(db).await
}

/// The same, locked for a change.
pub async fn lock_price(db: &impl ConnectionTrait, id: PriceId) -> Result<Option<price::Model>, DbErr> {
    price::Entity::offered().filter(price::Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// Whether a plan has prices that are for sale.
pub async fn on_sale(db: &impl ConnectionTrait, plan: PlanId) -> Result<bool, DbErr> {
    let filter = Filter { is_active: Some(true), plan: Some(plan), ..Filter::default() };
    Ok(prices(filter).count(db).await? > 0)
}

/// A price with its plan.
pub async fn price_and_plan(
    db: &impl ConnectionTrait,
    id: PriceId,
) -> Result<Option<(price::Model, plan::Model)>, DbErr> {
    let Some(price) = price(db, id).await? else { return Ok(None) };
    Ok(plan(db, price.plan_id).await?.map(|plan| (price, plan)))
}
