//! Invoices.

use chrono::{DateTime, Utc};
use lyceum_web::MergeField;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::catalogue::Deleted;
use super::{Currency, Line, Paragraph};
use crate::model::invoice::{self, InvoiceId, InvoiceOrigin, InvoiceState};
use crate::model::invoice_line::{self, InvoiceLineId};

/// Which invoices to list.
#[derive(Debug, Default, Deserialize, Validate, IntoParams)]
pub struct InvoiceFilter {
    /// In this state only. Drafts are seen by super admins only.
    #[param(inline)]
    pub state: Option<InvoiceState>,
    /// Changed at this moment or later.
    pub updated_since: Option<DateTime<Utc>>,
    /// `only` lists deleted drafts; super admins only, others get an empty list.
    #[param(inline)]
    pub deleted: Option<Deleted>,
}

/// An invoice, as a list shows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2e01", "number": "INV-000007", "state": "open", "origin": "period", "currency": "EUR",
    "subtotal": 62500, "tax": 11875, "total": 74375, "issued_at": "2026-11-01T00:00:03Z", "due_at": "2026-11-15T00:00:03Z",
    "paid_at": null, "version": 1, "created_at": "2026-11-01T00:00:03Z", "updated_at": "2026-11-01T00:00:03Z", "deleted_at": null
}))]
pub struct InvoiceSummary {
    /// The invoice.
    pub id: InvoiceId,
    /// Its number: counted by school, without gaps; drafts have none.
    pub number: Option<String>,
    /// Where it stands.
    pub state: InvoiceState,
    /// What it is for.
    pub origin: InvoiceOrigin,
    /// ISO 4217.
    pub currency: String,
    /// Sum of the lines in minor units, without tax.
    pub subtotal: i64,
    /// Sum of the lines' taxes.
    pub tax: i64,
    /// What is owed.
    pub total: i64,
    /// When it got its number.
    pub issued_at: Option<DateTime<Utc>>,
    /// When it is to be paid.
    pub due_at: Option<DateTime<Utc>>,
    /// When it was paid.
    pub paid_at: Option<DateTime<Utc>>,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When the draft was deleted.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl From<&invoice::Model> for InvoiceSummary {
    fn from(invoice: &invoice::Model) -> Self {
        Self {
            id: invoice.id,
            number: invoice.number.clone(),
            state: invoice.state,
            origin: invoice.origin,
            currency: invoice.currency.clone(),
            subtotal: invoice.subtotal,
            tax: invoice.tax,
            total: invoice.total,
            issued_at: invoice.issued_at,
            due_at: invoice.due_at,
            paid_at: invoice.paid_at,
            version: invoice.version,
            created_at: invoice.created_at,
            updated_at: invoice.updated_at,
            deleted_at: invoice.deleted_at,
        }
    }
}

/// A line of an invoice.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2f01", "description": "Standard, seats", "quantity": 250, "unit_amount": 250,
    "tax_basis_points": 1900, "amount": 62500, "tax": 11875, "period_start": "2026-11-01T00:00:00Z",
    "period_end": "2026-12-01T00:00:00Z"
}))]
pub struct InvoiceLine {
    /// The line.
    pub id: InvoiceLineId,
    /// What it is for.
    pub description: String,
    /// How many.
    pub quantity: i64,
    /// What one costs, in minor units, without tax.
    pub unit_amount: i64,
    /// The rate of tax in hundredths of a per cent.
    pub tax_basis_points: i32,
    /// `quantity × unit_amount`.
    pub amount: i64,
    /// Tax on the amount, rounded half up.
    pub tax: i64,
    /// When what it is for begins.
    pub period_start: Option<DateTime<Utc>>,
    /// When what it is for ends.
    pub period_end: Option<DateTime<Utc>>,
}

impl From<invoice_line::Model> for InvoiceLine {
    fn from(line: invoice_line::Model) -> Self {
        let invoice_line::Model {
            school_id: _,
            id,
            invoice_id: _,
            position: _,
            description,
            quantity,
            unit_amount,
            tax_basis_points,
            amount,
            tax,
            period_start,
            period_end,
        } = line;
        Self { id, description, quantity, unit_amount, tax_basis_points, amount, tax, period_start, period_end }
    }
}

/// An invoice, whole.
///
/// `draft → open → paid`, `open → void`, `open → uncollectible → paid` or `void`. An issued invoice never changes but for its state.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2e01", "number": "INV-000007", "state": "paid", "origin": "manual", "currency": "EUR",
    "subtotal": 10000, "tax": 1900, "total": 11900, "terms_days": 14, "note": null, "issued_at": "2026-11-01T00:00:03Z",
    "due_at": "2026-11-15T00:00:03Z", "paid_at": "2026-11-05T10:00:00Z", "paid_reference": "bank 4711", "closed_at": null,
    "version": 3, "created_at": "2026-11-01T00:00:00Z", "updated_at": "2026-11-05T10:00:00Z", "deleted_at": null,
    "lines": [{
        "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2f01", "description": "Setting up", "quantity": 1, "unit_amount": 10000,
        "tax_basis_points": 1900, "amount": 10000, "tax": 1900, "period_start": null, "period_end": null
    }]
}))]
pub struct Invoice {
    /// The invoice.
    pub id: InvoiceId,
    /// Its number: counted by school, without gaps; drafts have none.
    pub number: Option<String>,
    /// Where it stands.
    pub state: InvoiceState,
    /// What it is for.
    pub origin: InvoiceOrigin,
    /// ISO 4217.
    pub currency: String,
    /// Sum of the lines in minor units, without tax.
    pub subtotal: i64,
    /// Sum of the lines' taxes, each rounded by itself.
    pub tax: i64,
    /// What is owed.
    pub total: i64,
    /// Days from issue to due date.
    pub terms_days: i32,
    /// Printed below the lines.
    pub note: Option<String>,
    /// When it got its number.
    pub issued_at: Option<DateTime<Utc>>,
    /// When it is to be paid.
    pub due_at: Option<DateTime<Utc>>,
    /// When it was paid.
    pub paid_at: Option<DateTime<Utc>>,
    /// What staff noted of the payment.
    pub paid_reference: Option<String>,
    /// When it became void or uncollectible.
    pub closed_at: Option<DateTime<Utc>>,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When the draft was deleted.
    pub deleted_at: Option<DateTime<Utc>>,
    /// What is owed for.
    pub lines: Vec<InvoiceLine>,
}

impl Invoice {
    /// The view of an invoice and its lines.
    pub fn of(invoice: invoice::Model, lines: Vec<invoice_line::Model>) -> Self {
        let invoice::Model {
            school_id: _,
            id,
            sequence: _,
            number,
            state,
            origin,
            currency,
            subtotal,
            tax,
            total,
            terms_days,
            note,
            issued_at,
            issued_day: _,
            due_at,
            paid_at,
            paid_day: _,
            paid_reference,
            closed_at,
            buyer: _,
            seller: _,
            collect_at: _,
            collect_attempts: _,
            version,
            created_at,
            updated_at,
            deleted_at,
        } = invoice;
        Self {
            id,
            number,
            state,
            origin,
            currency,
            subtotal,
            tax,
            total,
            terms_days,
            note,
            issued_at,
            due_at,
            paid_at,
            paid_reference,
            closed_at,
            version,
            created_at,
            updated_at,
            deleted_at,
            lines: lines.into_iter().map(InvoiceLine::from).collect(),
        }
    }
}

/// A line to be written.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"description": "Setting up", "quantity": 1, "unit_amount": 10000, "tax_basis_points": 1900}))]
pub struct PutLine {
    /// What it is for.
    pub description: Line,
    /// How many.
    #[serde(default = "one")]
    #[validate(range(min = 1, max = 100_000))]
    #[schema(minimum = 1, maximum = 100_000, default = 1)]
    pub quantity: i64,
    /// What one costs, in minor units, without tax; less than nothing for a discount.
    #[validate(range(min = -100_000_000, max = 100_000_000))]
    #[schema(minimum = -100_000_000, maximum = 100_000_000)]
    pub unit_amount: i64,
    /// The rate of tax in hundredths of a per cent.
    #[validate(range(min = 0, max = 10_000))]
    #[schema(minimum = 0, maximum = 10_000)]
    pub tax_basis_points: i32,
}

const fn one() -> i64 {
    1
}

const fn fortnight() -> i32 {
    14
}

/// A draft to be written, or the whole of one. The lines must not come to less than nothing.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "currency": "EUR",
    "lines": [{"description": "Setting up", "quantity": 1, "unit_amount": 10000, "tax_basis_points": 1900}]
}))]
pub struct PutInvoice {
    /// ISO 4217.
    pub currency: Currency,
    /// What is owed for.
    #[validate(length(min = 1, max = 90), nested)]
    #[schema(min_items = 1, max_items = 90)]
    pub lines: Vec<PutLine>,
    /// Days from issue to due date.
    #[serde(default = "fortnight")]
    #[validate(range(min = 0, max = 365))]
    #[schema(minimum = 0, maximum = 365, default = 14)]
    pub terms_days: i32,
    /// Printed below the lines.
    #[serde(default)]
    pub note: Option<Paragraph>,
}

/// A merge patch of a draft. `lines` takes the place of all lines.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"terms_days": 30}))]
pub struct PatchInvoice {
    /// ISO 4217.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(nullable = false)]
    pub currency: Option<Currency>,
    /// What is owed for.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[validate(length(min = 1, max = 90), nested)]
    #[schema(min_items = 1, max_items = 90, nullable = false)]
    pub lines: Option<Vec<PutLine>>,
    /// Days from issue to due date.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[validate(range(min = 0, max = 365))]
    #[schema(minimum = 0, maximum = 365, nullable = false)]
    pub terms_days: Option<i32>,
    /// Printed below the lines.
    #[serde(default)]
    #[schema(value_type = Option<Paragraph>)]
    pub note: MergeField<Paragraph>,
}

/// How an invoice was paid outside the provider.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reference": "bank statement 4711"}))]
pub struct MarkPaid {
    /// What staff note of it: the bank's reference.
    #[serde(default)]
    pub reference: Option<Line>,
}
