//! Writing invoices: lines, sums, numbers, and who they are from and to.

use chrono::{DateTime, Duration, Utc};
use lyceum_kernel::SchoolId;
use lyceum_kernel::events::billing::InvoicePaid;
use lyceum_platform::jobs::NewJob;
use lyceum_platform::uow::{Audit, Tx};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::telling::tell_of_invoice;
use super::{BillingService, jobs, review_later};
use crate::error::BillingError;
use crate::model::invoice::{self, InvoiceId, InvoiceOrigin, InvoiceState};
use crate::model::invoice_line::{self, InvoiceLineId};
use crate::money::{LineSum, Totals};
use crate::policy;
use crate::repo;
use crate::repo::{invoices, subscriptions};

/// Whom an invoice is addressed to, as it was when it was issued.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buyer {
    /// The name.
    pub name: String,
    /// The postal address, a line each.
    pub address: Vec<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// The tax number.
    pub tax_id: Option<String>,
    /// Where questions go.
    pub email: Option<String>,
}

/// A line to be written.
#[derive(Debug, Clone)]
pub(super) struct NewLine {
    pub(super) description: String,
    pub(super) quantity: i64,
    pub(super) unit_amount: i64,
    pub(super) tax_basis_points: i32,
    pub(super) period: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// An invoice to be written.
#[derive(Debug, Clone)]
pub(super) struct NewInvoice {
    pub(super) origin: InvoiceOrigin,
    pub(super) currency: String,
    pub(super) terms_days: i32,
    pub(super) note: Option<String>,
    pub(super) lines: Vec<NewLine>,
}

/// A job about one invoice.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct OfInvoice {
    pub(super) school: SchoolId,
    pub(super) invoice: InvoiceId,
}

/// The day of a moment, counted from 1970-01-01 UTC.
pub(super) fn day_of(time: DateTime<Utc>) -> i32 {
    i32::try_from(time.timestamp().div_euclid(86_400)).unwrap_or(i32::MAX)
}

/// What lines come to.
pub(super) fn totals_of(lines: &[NewLine]) -> Result<Totals, BillingError> {
    let sums: Option<Vec<_>> =
        lines.iter().map(|line| LineSum::of(line.quantity, line.unit_amount, line.tax_basis_points)).collect();
    let totals = sums.and_then(Totals::of).ok_or(BillingError::Internal("an invoice beyond all bounds"))?;
    if totals.total < 0 { Err(BillingError::NegativeTotal) } else { Ok(totals) }
}

/// The lines as rows of an invoice.
pub(super) fn rows_of(
    tx: &Tx,
    school: SchoolId,
    invoice: InvoiceId,
    lines: Vec<NewLine>,
) -> Result<Vec<invoice_line::Model>, BillingError> {
    let row = |(position, line): (i32, NewLine)| {
        let sum = LineSum::of(line.quantity, line.unit_amount, line.tax_basis_points)?;
        Some(invoice_line::Model {
            school_id: school,
            id: InvoiceLineId::new(tx.now(), tx.entropy()),
            invoice_id: invoice,
            position,
            description: line.description,
            quantity: line.quantity,
            unit_amount: line.unit_amount,
            tax_basis_points: line.tax_basis_points,
            amount: sum.amount,
            tax: sum.tax,
            period_start: line.period.map(|(start, _)| start),
            period_end: line.period.map(|(_, end)| end),
        })
    };
    let rows: Option<Vec<_>> = (1..).zip(lines).map(row).collect();
    rows.ok_or(BillingError::Internal("a line beyond all bounds"))
}

impl BillingService {
    /// Writes a draft with its lines.
    pub(super) async fn draft(
        &self,
        tx: &Tx,
        school: SchoolId,
        new: NewInvoice,
    ) -> Result<(invoice::Model, Vec<invoice_line::Model>), BillingError> {
        let totals = totals_of(&new.lines)?;
        let invoice = invoice::Model {
            school_id: school,
            id: InvoiceId::new(tx.now(), tx.entropy()),
            sequence: None,
            number: None,
            state: InvoiceState::Draft,
            origin: new.origin,
            currency: new.currency,
            subtotal: totals.subtotal,
            tax: totals.tax,
            total: totals.total,
            terms_days: new.terms_days,
            note: new.note,
            issued_at: None,
            issued_day: None,
            due_at: None,
            paid_at: None,
            paid_day: None,
            paid_reference: None,
            closed_at: None,
            buyer: None,
            seller: None,
            collect_at: None,
            collect_attempts: 0,
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
            deleted_at: None,
        };
        let lines = rows_of(tx, school, invoice.id, new.lines)?;
        repo::insert(tx.conn(), invoice.clone()).await?;
        invoices::insert_lines(tx.conn(), lines.clone()).await?;
        Ok((invoice, lines))
    }

    /// Gives a draft its number, in this transaction: if it is rolled back, the number was never given. What comes to nothing is
    /// paid at once.
    pub(super) async fn issue(
        &self,
        tx: &mut Tx,
        mut invoice: invoice::Model,
        school_name: &str,
    ) -> Result<invoice::Model, BillingError> {
        let school = invoice.school_id;
        if !policy::may_become(invoice.state, InvoiceState::Open) {
            return Err(BillingError::InvoiceState(invoice.state.as_str()));
        }
        let buyer = self.buyer(tx, school, school_name).await?;
        let sequence = invoices::next_number(tx.conn(), school).await?;
        let now = tx.now();
        invoice.state = InvoiceState::Open;
        invoice.sequence = Some(sequence);
        invoice.number = Some(format!("{}{sequence:06}", self.settings.invoice_prefix));
        (invoice.issued_at, invoice.issued_day) = (Some(now), Some(day_of(now)));
        invoice.due_at = Some(now + Duration::days(invoice.terms_days.into()));
        invoice.buyer = serde_json::to_value(buyer).ok();
        invoice.seller = serde_json::to_value(&self.settings.seller).ok();
        if invoice.total > 0 && self.provider.collects() {
            // The sweep does it if the job is lost sight of.
            invoice.collect_at = Some(now);
            let of = OfInvoice { school, invoice: invoice.id };
            tx.enqueue(NewJob::new(jobs::COLLECT, &of).school(Some(school)));
        }
        let invoice = repo::save(tx.conn(), invoice, now).await?;
        tx.audit(Audit::of("billing.invoice_issued", "invoice", invoice.id.uuid()).school(Some(school)).after(json!({
            "number": invoice.number, "currency": invoice.currency, "total": invoice.total, "tax": invoice.tax,
            "origin": invoice.origin,
        })));
        if invoice.total == 0 {
            return self.pay(tx, invoice, now, None).await;
        }
        tell_of_invoice(tx, &invoice);
        Ok(invoice)
    }

    async fn buyer(&self, tx: &Tx, school: SchoolId, school_name: &str) -> Result<Buyer, BillingError> {
        let Some(customer) = subscriptions::customer(tx.conn(), school).await? else {
            return Ok(Buyer { name: school_name.to_owned(), ..Buyer::default() });
        };
        let address = customer.address.unwrap_or_default();
        Ok(Buyer {
            name: customer.name,
            address: address.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect(),
            country: customer.country,
            tax_id: customer.tax_id,
            email: customer.email,
        })
    }

    /// Marks an invoice paid, and has the school's subscription looked at.
    pub(super) async fn pay(
        &self,
        tx: &mut Tx,
        mut invoice: invoice::Model,
        at: DateTime<Utc>,
        reference: Option<String>,
    ) -> Result<invoice::Model, BillingError> {
        if !policy::may_become(invoice.state, InvoiceState::Paid) {
            return Err(BillingError::InvoiceState(invoice.state.as_str()));
        }
        let was = invoice.state;
        invoice.state = InvoiceState::Paid;
        (invoice.paid_at, invoice.paid_day) = (Some(at), Some(day_of(at)));
        (invoice.paid_reference, invoice.collect_at, invoice.closed_at) = (reference, None, None);
        let invoice = repo::save(tx.conn(), invoice, tx.now()).await?;
        let school = invoice.school_id;
        let audit = Audit::of("billing.invoice_paid", "invoice", invoice.id.uuid()).school(Some(school));
        let audit = audit.before(json!({"state": was}));
        tx.audit(audit.after(json!({"state": invoice.state, "reference": invoice.paid_reference})));
        tx.emit(&InvoicePaid {
            school_id: school,
            invoice_id: invoice.id.uuid(),
            number: invoice.number.clone(),
            total: invoice.total,
            currency: invoice.currency.clone(),
        });
        review_later(tx, school);
        Ok(invoice)
    }
}
