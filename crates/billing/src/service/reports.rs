//! Revenue over all schools.

use std::collections::BTreeMap;

use chrono::{Datelike, Days as CalendarDays, NaiveDate};
use lyceum_kernel::Scope;

use super::BillingService;
use super::issuing::day_of;
use crate::dto::reports::{Bucket, Point, Revenue, RevenueReport, RevenueSeries, Standings};
use crate::error::BillingError;
use crate::repo::reports::{self, Dated, DaySum};

/// The longest span, in days: ten years.
const MOST_DAYS: i64 = 3_660;

/// The first and last day of a report.
type Span = (NaiveDate, NaiveDate);

fn number_of(date: NaiveDate) -> i32 {
    i32::try_from(date.signed_duration_since(NaiveDate::default()).num_days()).unwrap_or_default()
}

fn date_of(day: i32) -> NaiveDate {
    let days = CalendarDays::new(u64::try_from(day).unwrap_or_default());
    NaiveDate::default().checked_add_days(days).unwrap_or_default()
}

/// The first day of the period that a day lies in.
fn bucket_of(date: NaiveDate, bucket: Bucket) -> NaiveDate {
    match bucket {
        Bucket::Day => date,
        Bucket::Week => {
            let back = CalendarDays::new(date.weekday().num_days_from_monday().into());
            date.checked_sub_days(back).unwrap_or(date)
        }
        Bucket::Month => date.with_day(1).unwrap_or(date),
    }
}

impl BillingService {
    fn span(&self, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Span {
        let to = to.unwrap_or_else(|| date_of(day_of(self.platform.clock.now())));
        (from.unwrap_or_else(|| to.checked_sub_days(CalendarDays::new(364)).unwrap_or(to)), to)
    }

    async fn sums(&self, dated: Dated, (from, to): Span) -> Result<Vec<DaySum>, BillingError> {
        if !(0..MOST_DAYS).contains(&to.signed_duration_since(from).num_days()) {
            return Ok(Vec::new());
        }
        let db = self.platform.db.read(Scope::Platform);
        Ok(reports::by_day(&db, dated, (number_of(from), number_of(to))).await?)
    }

    /// What was invoiced, paid and is owed, by currency.
    pub async fn revenue(&self, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Result<RevenueReport, BillingError> {
        let span = self.span(from, to);
        let db = self.platform.db.read(Scope::Platform);
        let mut by_currency: BTreeMap<String, Revenue> = BTreeMap::new();
        for sum in self.sums(Dated::Issued, span).await? {
            let entry = entry(&mut by_currency, sum.currency);
            entry.invoiced += sum.total;
            entry.invoices_issued += sum.invoices;
        }
        for sum in self.sums(Dated::Paid, span).await? {
            let entry = entry(&mut by_currency, sum.currency);
            entry.paid += sum.total;
            entry.tax_paid += sum.tax;
            entry.invoices_paid += sum.invoices;
        }
        for (currency, total) in reports::outstanding(&db).await? {
            entry(&mut by_currency, currency).outstanding += total;
        }
        let states = reports::subscriptions(&db).await?;
        let standing = |(state, subscriptions, seats)| Standings { state, subscriptions, seats };
        Ok(RevenueReport {
            from: span.0,
            to: span.1,
            revenue: by_currency.into_values().collect(),
            subscriptions: states.into_iter().map(standing).collect(),
        })
    }

    /// The same over time.
    pub async fn revenue_series(
        &self,
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
        period: Bucket,
    ) -> Result<RevenueSeries, BillingError> {
        let span = self.span(from, to);
        let mut points: BTreeMap<(NaiveDate, String), Point> = BTreeMap::new();
        for dated in [Dated::Issued, Dated::Paid] {
            for sum in self.sums(dated, span).await? {
                let period_start = bucket_of(date_of(sum.day), period);
                let point = points.entry((period_start, sum.currency.clone())).or_insert_with(|| Point {
                    period_start,
                    currency: sum.currency,
                    invoiced: 0,
                    paid: 0,
                    tax_paid: 0,
                });
                match dated {
                    Dated::Issued => point.invoiced += sum.total,
                    Dated::Paid => {
                        point.paid += sum.total;
                        point.tax_paid += sum.tax;
                    }
                }
            }
        }
        Ok(RevenueSeries { from: span.0, to: span.1, period, points: points.into_values().collect() })
    }
}

fn entry(by_currency: &mut BTreeMap<String, Revenue>, currency: String) -> &mut Revenue {
    by_currency.entry(currency.clone()).or_insert_with(|| Revenue {
        currency,
        invoiced: 0,
        paid: 0,
        tax_paid: 0,
        outstanding: 0,
        invoices_issued: 0,
        invoices_paid: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_fall_into_their_periods() {
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(bucket_of(date("2026-11-21"), Bucket::Week), date("2026-11-16"));
        assert_eq!(bucket_of(date("2026-11-21"), Bucket::Month), date("2026-11-01"));
        assert_eq!(date_of(number_of(date("2026-11-21"))), date("2026-11-21"));
    }
}
