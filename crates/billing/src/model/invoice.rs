//! Invoices. A school table.

use chrono::{DateTime, Utc};
use lyceum_kernel::SchoolId;
use sea_orm::entity::prelude::*;

lyceum_kernel::id!(InvoiceId, "An invoice.");

super::word!(
    /// Where an invoice stands: `draft → open → paid`, `open → void`, `open → uncollectible → paid`.
    InvoiceState {
        /// Being written; it has no number, and the school does not see it.
        Draft = "draft",
        /// Issued under its number, and owed.
        Open = "open",
        /// Paid in full.
        Paid = "paid",
        /// Owed, but given up on.
        Uncollectible = "uncollectible",
        /// Issued by mistake. It keeps its number.
        Void = "void",
    }
);

super::word!(
    /// What an invoice is for.
    InvoiceOrigin {
        /// A period of the subscription.
        Period = "period",
        /// Seats added within a period.
        Seats = "seats",
        /// Written by staff.
        Manual = "manual",
    }
);

/// A row of `invoices`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invoices")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The invoice.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InvoiceId,
    /// Its place among the school's issued invoices, from 1, without gaps.
    pub sequence: Option<i64>,
    /// The same as it stands on the invoice.
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
    /// Days from issue to due date.
    pub terms_days: i32,
    /// Printed below the lines.
    pub note: Option<String>,
    /// When it got its number.
    pub issued_at: Option<DateTime<Utc>>,
    /// The day of that, counted from 1970-01-01 UTC, for reports.
    pub issued_day: Option<i32>,
    /// When it is to be paid.
    pub due_at: Option<DateTime<Utc>>,
    /// When it was paid.
    pub paid_at: Option<DateTime<Utc>>,
    /// The day of that, counted from 1970-01-01 UTC, for reports.
    pub paid_day: Option<i32>,
    /// What staff noted of a payment: the bank's reference.
    pub paid_reference: Option<String>,
    /// When it became void or uncollectible.
    pub closed_at: Option<DateTime<Utc>>,
    /// Whom it is addressed to, as it was when it was issued.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub buyer: Option<Json>,
    /// Who issued it, as it was then.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub seller: Option<Json>,
    /// When the default payment method is charged next.
    pub collect_at: Option<DateTime<Utc>>,
    /// How often it was charged.
    pub collect_attempts: i32,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When the draft was deleted.
    pub deleted_at: Option<DateTime<Utc>>,
}
super::unrelated!();
