//! Sums over all schools, made by the database.

use lyceum_kernel::Scope;
use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, ExprTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};

use crate::model::invoice::{Column, Entity, InvoiceState};
use crate::model::subscription::SubscriptionState;
use crate::model::{ScopedTable, subscription};

/// What came to one currency on one day.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct DaySum {
    /// ISO 4217.
    pub currency: String,
    /// Days since 1970-01-01 UTC.
    pub day: i32,
    /// Tax included.
    pub total: i64,
    /// The tax in it.
    pub tax: i64,
    /// How many invoices.
    pub invoices: i64,
}

/// Which day of an invoice counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dated {
    /// The day it was issued; void ones do not count.
    Issued,
    /// The day it was paid.
    Paid,
}

/// A sum that stays a whole number on both databases.
fn whole(column: Column) -> SimpleExpr {
    Expr::col(column).sum().cast_as("bigint")
}

/// Sums by day and currency, at most one row for each.
pub async fn by_day(db: &impl ConnectionTrait, dated: Dated, days: (i32, i32)) -> Result<Vec<DaySum>, DbErr> {
    let day = match dated {
        Dated::Issued => Column::IssuedDay,
        Dated::Paid => Column::PaidDay,
    };
    Entity::scoped(Scope::Platform)
        .filter(day.between(days.0, days.1))
        .filter(Column::State.ne(InvoiceState::Void))
        .select_only()
        .column(Column::Currency)
        .column_as(day, "day")
        .column_as(whole(Column::Total), "total")
        .column_as(whole(Column::Tax), "tax")
        .column_as(Column::Id.count().cast_as("bigint"), "invoices")
        .group_by(Column::Currency)
        .group_by(day)
        .order_by_asc(Column::Currency)
        .order_by_asc(day)
        .into_model::<DaySum>()
        .all(db)
        .await
}

/// What is owed in each currency.
pub async fn outstanding(db: &impl ConnectionTrait) -> Result<Vec<(String, i64)>, DbErr> {
    Entity::scoped(Scope::Platform)
        .filter(Column::State.eq(InvoiceState::Open))
        .select_only()
        .column(Column::Currency)
        .column_as(whole(Column::Total), "total")
        .group_by(Column::Currency)
        .into_tuple()
        .all(db)
        .await
}

/// How many subscriptions are in each state, and their seats.
pub async fn subscriptions(db: &impl ConnectionTrait) -> Result<Vec<(SubscriptionState, i64, i64)>, DbErr> {
    let seats = Expr::col(subscription::Column::Seats).sum().cast_as("bigint");
    subscription::Entity::scoped(Scope::Platform)
        .select_only()
        .column(subscription::Column::State)
        .column_as(subscription::Column::Id.count().cast_as("bigint"), "subscriptions")
        .column_as(seats, "seats")
        .group_by(subscription::Column::State)
        .into_tuple()
        .all(db)
        .await
}
