//! Revenue over all schools.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::model::subscription::SubscriptionState;

/// Which days.
#[derive(Debug, Deserialize, Validate, IntoParams)]
pub struct Days {
    /// The first day (UTC); a year before the last if none.
    pub from: Option<NaiveDate>,
    /// The last day (UTC), included; today if none. A span that is backwards or longer than ten years is answered empty.
    pub to: Option<NaiveDate>,
}

/// How the days are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    /// Each day.
    Day,
    /// ISO weeks, from Monday.
    Week,
    /// Calendar months.
    #[default]
    Month,
}

/// Which days, and how they are put together.
#[derive(Debug, Deserialize, Validate, IntoParams)]
pub struct Series {
    /// The first day (UTC); a year before the last if none.
    pub from: Option<NaiveDate>,
    /// The last day (UTC), included; today if none. A span that is backwards or longer than ten years is answered empty.
    pub to: Option<NaiveDate>,
    /// How the days are put together.
    #[param(inline)]
    #[serde(default)]
    pub period: Bucket,
}

/// What came in and what is owed in one currency. Currencies are never added up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "currency": "EUR", "invoiced": 148_750, "paid": 74375, "tax_paid": 11875, "outstanding": 74375, "invoices_issued": 2,
    "invoices_paid": 1
}))]
pub struct Revenue {
    /// ISO 4217.
    pub currency: String,
    /// Issued in these days and not void, tax included.
    pub invoiced: i64,
    /// Paid in these days, tax included.
    pub paid: i64,
    /// The tax in what was paid.
    pub tax_paid: i64,
    /// Open now, whenever issued.
    pub outstanding: i64,
    /// Invoices issued in these days and not void.
    pub invoices_issued: i64,
    /// Invoices paid in these days.
    pub invoices_paid: i64,
}

/// How many subscriptions are in a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"state": "active", "subscriptions": 12, "seats": 4200}))]
pub struct Standings {
    /// The state.
    pub state: SubscriptionState,
    /// How many.
    pub subscriptions: i64,
    /// Their seats.
    pub seats: i64,
}

/// Revenue over all schools.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "from": "2026-01-01", "to": "2026-11-21",
    "revenue": [{
        "currency": "EUR", "invoiced": 148_750, "paid": 74375, "tax_paid": 11875, "outstanding": 74375, "invoices_issued": 2,
        "invoices_paid": 1
    }],
    "subscriptions": [{"state": "active", "subscriptions": 12, "seats": 4200}]
}))]
pub struct RevenueReport {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// By currency.
    pub revenue: Vec<Revenue>,
    /// Where subscriptions stand now.
    pub subscriptions: Vec<Standings>,
}

/// What was invoiced and paid in one period and currency. Periods in which nothing happened are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"period_start": "2026-11-01", "currency": "EUR", "invoiced": 148_750, "paid": 74375, "tax_paid": 11875}))]
pub struct Point {
    /// The first day of the period.
    pub period_start: NaiveDate,
    /// ISO 4217.
    pub currency: String,
    /// Issued in the period and not void, tax included.
    pub invoiced: i64,
    /// Paid in the period, tax included.
    pub paid: i64,
    /// The tax in what was paid.
    pub tax_paid: i64,
}

/// Revenue over time.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "from": "2026-01-01", "to": "2026-11-21", "period": "month",
    "points": [{"period_start": "2026-11-01", "currency": "EUR", "invoiced": 148_750, "paid": 74375, "tax_paid": 11875}]
}))]
pub struct RevenueSeries {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// How the days are put together.
    pub period: Bucket,
    /// In the order of time, then of currency.
    pub points: Vec<Point>,
}
