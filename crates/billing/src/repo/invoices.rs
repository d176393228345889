//! Invoices, their lines and their numbers.

use chrono::{DateTime, Utc};
use lyceum_kernel::{Page, PageRequest, SchoolId, Scope};
use sea_orm::sea_query::{Expr, OnConflict, Order};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, IntoActiveModel as _,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::page;
use crate::model::invoice::{Column, Entity, InvoiceId, InvoiceState, Model};
use crate::model::{ScopedTable, invoice_line, invoice_sequence};

/// Which invoices to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// In this state only.
    pub state: Option<InvoiceState>,
    /// Whether drafts are seen.
    pub drafts: bool,
    /// The deleted drafts in place of the others.
    pub deleted: bool,
    /// Changed at this moment or later.
    pub updated_since: Option<DateTime<Utc>>,
}

fn matching(school: SchoolId, filter: Filter) -> Select<Entity> {
    let mut select = Entity::scoped(Scope::School(school));
    select = select.filter(if filter.deleted { Column::DeletedAt.is_not_null() } else { Column::DeletedAt.is_null() });
    if !filter.drafts {
        select = select.filter(Column::State.ne(InvoiceState::Draft));
    }
    if let Some(state) = filter.state {
        select = select.filter(Column::State.eq(state));
    }
    if let Some(since) = filter.updated_since {
        select = select.filter(Column::UpdatedAt.gte(since));
    }
    select
}

/// One page of a school's invoices, the latest first.
pub async fn page_of(
    db: &impl ConnectionTrait,
    school: SchoolId,
    filter: Filter,
    request: &PageRequest,
) -> Result<Page<Model>, DbErr> {
    page(db, matching(school, filter), Column::Id, Order::Desc, request, |row| row.id.uuid()).await
}

/// One invoice of a school, deleted or not.
pub async fn find(db: &impl ConnectionTrait, school: SchoolId, id: InvoiceId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school)).filter(Column::Id.eq(id)).one(db).await
}

/// The same, locked for a change.
pub async fn lock(db: &impl ConnectionTrait, school: SchoolId, id: InvoiceId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school)).filter(Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// The lines of an invoice in their order.
pub async fn lines(
    db: &impl ConnectionTrait,
    school: SchoolId,
    id: InvoiceId,
) -> Result<Vec<invoice_line::Model>, DbErr> {
    invoice_line::Entity::scoped(Scope::School(school))
        .filter(invoice_line::Column::InvoiceId.eq(id))
        .order_by_asc(invoice_line::Column::Position)
        .all(db)
        .await
}

/// Inserts lines.
pub async fn insert_lines(db: &impl ConnectionTrait, lines: Vec<invoice_line::Model>) -> Result<(), DbErr> {
    invoice_line::Entity::add(db, lines).await
}

/// Takes the lines of a draft away, for others to take their place.
#[expect(clippy::disallowed_methods, reason = "filtered by school and invoice")]
pub async fn delete_lines(db: &impl ConnectionTrait, school: SchoolId, id: InvoiceId) -> Result<(), DbErr> {
    invoice_line::Entity::delete_many()
        .filter(invoice_line::Column::SchoolId.eq(school))
        .filter(invoice_line::Column::InvoiceId.eq(id))
        .exec(db)
        .await
        .map(drop)
}

/// The next number of a school. Its row is locked until the transaction ends: a number that is not used is not given.
#[expect(clippy::disallowed_methods, reason = "filtered by school")]
pub async fn next_number(db: &impl ConnectionTrait, school: SchoolId) -> Result<i64, DbErr> {
    use invoice_sequence::{Column, Entity, Model};
    let first = Model { school_id: school, last: 0 }.into_active_model().reset_all();
    let there = OnConflict::column(Column::SchoolId).do_nothing().to_owned();
    match Entity::insert(first).on_conflict(there).exec_without_returning(db).await {
        Ok(_) | Err(DbErr::RecordNotInserted) => {}
        Err(error) => return Err(error),
    }
    let raised = Entity::update_many()
        .col_expr(Column::Last, Expr::col(Column::Last).add(1))
        .filter(Column::SchoolId.eq(school))
        .exec_with_returning(db)
        .await?;
    let last = raised.first().map(|row| row.last);
    last.ok_or_else(|| DbErr::Custom("a school without a sequence of invoices".to_owned()))
}

/// Whether a school has invoices that are overdue at `now`.
pub async fn any_overdue(db: &impl ConnectionTrait, school: SchoolId, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let overdue = Entity::scoped(Scope::School(school))
        .filter(Column::State.eq(InvoiceState::Open))
        .filter(Column::DueAt.lte(now))
        .limit(1);
    Ok(overdue.count(db).await? > 0)
}

/// Schools after `after` with invoices that became due between two moments, each once, in the order of their ids.
pub async fn overdue_schools(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    after: Option<SchoolId>,
    limit: u64,
) -> Result<Vec<SchoolId>, DbErr> {
    let mut select =
        Entity::scoped(Scope::Platform).filter(Column::State.eq(InvoiceState::Open)).filter(Column::DueAt.lte(now));
    if let Some(after) = after {
        select = select.filter(Column::SchoolId.gt(after));
    }
    let select = select.select_only().column(Column::SchoolId).distinct().order_by_asc(Column::SchoolId).limit(limit);
    select.into_tuple().all(db).await
}

/// Invoices to be charged at `now`, the longest waiting first.
pub async fn collectable(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<(SchoolId, InvoiceId)>, DbErr> {
    Entity::scoped(Scope::Platform)
        .filter(Column::CollectAt.lte(now))
        .filter(Column::State.eq(InvoiceState::Open))
        .select_only()
        .column(Column::SchoolId)
        .column(Column::Id)
        .order_by_asc(Column::CollectAt)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// Has a school's open invoices charged from `now` on.
#[expect(clippy::disallowed_methods, reason = "filtered by school")]
pub async fn collect_open(db: &impl ConnectionTrait, school: SchoolId, now: DateTime<Utc>) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::CollectAt, Expr::value(now))
        .col_expr(Column::CollectAttempts, Expr::value(0))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::SchoolId.eq(school))
        .filter(Column::State.eq(InvoiceState::Open))
        .exec(db)
        .await
        .map(drop)
}
