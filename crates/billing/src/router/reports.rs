//! Routes of reports.

use lyceum_web::{Json, Query, Route, State, get};

use crate::dto::reports::{Days, RevenueReport, RevenueSeries, Series};
use crate::error::BillingError;
use crate::gate::PlatformStaff;
use crate::perm::BillingReport;
use crate::service::BillingService;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        get("/v1/billing/reports/revenue", show_revenue)
            .summary("Read revenue over all schools")
            .describe("Invoiced, paid and owed by currency, and where subscriptions stand. Days are UTC."),
        get("/v1/billing/reports/revenue/series", show_revenue_series)
            .summary("Read revenue over time")
            .describe("Invoiced and paid by day, week or month and currency. Days are UTC."),
    ]
}

async fn show_revenue(
    _: PlatformStaff<BillingReport>,
    service: State<BillingService>,
    days: Query<Days>,
) -> Result<Json<RevenueReport>, BillingError> {
    service.revenue(days.from, days.to).await.map(Json::new)
}

async fn show_revenue_series(
    _: PlatformStaff<BillingReport>,
    service: State<BillingService>,
    series: Query<Series>,
) -> Result<Json<RevenueSeries>, BillingError> {
    service.revenue_series(series.from, series.to, series.period).await.map(Json::new)
}
