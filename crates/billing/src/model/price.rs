//! Prices of plans: per seat and period. A platform table; the amount of a price never changes.

use chrono::{DateTime, Months, Utc};
use sea_orm::entity::prelude::*;

use super::plan::PlanId;

lyceum_kernel::id!(PriceId, "A price of a plan.");

super::word!(
    /// How long a period is.
    Interval {
        /// A calendar month.
        Month = "month",
        /// A year.
        Year = "year",
    }
);

impl Interval {
    /// When the period with this number (from 0) begins, counted from `anchor` so that a short month shortens none after it.
    pub fn begin(self, anchor: DateTime<Utc>, number: i32) -> Option<DateTime<Utc>> {
        let months = match self {
            Self::Month => 1,
            Self::Year => 12,
        };
        let months = u32::try_from(number).ok()?.checked_mul(months)?;
        anchor.checked_add_months(Months::new(months))
    }
}

/// A row of `billing_prices`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "billing_prices")]
pub struct Model {
    /// The price.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PriceId,
    /// Of which plan.
    pub plan_id: PlanId,
    /// ISO 4217.
    pub currency: String,
    /// For one seat and one period, in minor units, without tax.
    pub unit_amount: i64,
    /// How long a period is.
    pub interval: Interval,
    /// What staff call it.
    pub nickname: Option<String>,
    /// Whether it can be subscribed to.
    pub is_active: bool,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted.
    pub deleted_at: Option<DateTime<Utc>>,
}
super::unrelated!();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_month_shortens_none_after_it() {
        let anchor: DateTime<Utc> = "2026-01-31T12:00:00Z".parse().unwrap();
        let days = |number| Interval::Month.begin(anchor, number).unwrap().format("%m-%d").to_string();
        assert_eq!([days(0), days(1), days(2), days(3)], ["01-31", "02-28", "03-31", "04-30"]);
        assert_eq!(Interval::Year.begin(anchor, 2).unwrap().to_rfc3339(), "2028-01-31T12:00:00+00:00");
    }
}
