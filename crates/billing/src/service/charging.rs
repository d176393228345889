//! What a subscription costs: invoices for its periods, and for seats added in the middle of one.

use chrono::{DateTime, Utc};
use lyceum_kernel::SchoolId;
use lyceum_platform::uow::Tx;

use super::BillingService;
use super::issuing::{NewInvoice, NewLine};
use crate::error::BillingError;
use crate::model::invoice::{InvoiceId, InvoiceOrigin};
use crate::model::subscription::Model;
use crate::model::{plan, price};
use crate::money;

impl BillingService {
    /// Invoices the period that the subscription is in.
    pub(super) async fn invoice_period(
        &self,
        tx: &mut Tx,
        row: &Model,
        (price, plan): (&price::Model, &plan::Model),
        school_name: &str,
    ) -> Result<InvoiceId, BillingError> {
        let line = NewLine {
            description: format!("{}, seats", plan.name),
            quantity: row.seats.into(),
            unit_amount: price.unit_amount,
            tax_basis_points: self.settings.tax_basis_points,
            period: Some((row.period_start, row.period_end)),
        };
        self.invoice(tx, row.school_id, (InvoiceOrigin::Period, &price.currency), line, school_name).await
    }

    /// Invoices seats added for the rest of the period.
    pub(super) async fn invoice_seats(
        &self,
        tx: &mut Tx,
        row: &Model,
        more: i32,
        price: &price::Model,
        school_name: &str,
    ) -> Result<(), BillingError> {
        let now = tx.now();
        let seconds = |from: DateTime<Utc>, to: DateTime<Utc>| (to - from).num_seconds();
        let (left, whole) = (seconds(now, row.period_end), seconds(row.period_start, row.period_end));
        let unit_amount = money::prorated(price.unit_amount, left, whole);
        let line = NewLine {
            description: "Seats added, for the rest of the period".to_owned(),
            quantity: more.into(),
            unit_amount: unit_amount.ok_or(BillingError::Internal("a period without length"))?,
            tax_basis_points: self.settings.tax_basis_points,
            period: Some((now, row.period_end)),
        };
        self.invoice(tx, row.school_id, (InvoiceOrigin::Seats, &price.currency), line, school_name).await.map(drop)
    }

    async fn invoice(
        &self,
        tx: &mut Tx,
        school: SchoolId,
        (origin, currency): (InvoiceOrigin, &str),
        line: NewLine,
        school_name: &str,
    ) -> Result<InvoiceId, BillingError> {
        let new = NewInvoice {
            origin,
            currency: currency.to_owned(),
            terms_days: self.settings.terms_days,
            note: None,
            lines: vec![line],
        };
        let (draft, _) = self.draft(tx, school, new).await?;
        self.issue(tx, draft, school_name).await.map(|invoice| invoice.id)
    }
}
