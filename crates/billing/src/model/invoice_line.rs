//! Lines of invoices. A school table.

use chrono::{DateTime, Utc};
use lyceum_kernel::SchoolId;
use sea_orm::entity::prelude::*;

use super::invoice::InvoiceId;

lyceum_kernel::id!(InvoiceLineId, "A line of an invoice.");

/// A row of `invoice_lines`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice_lines")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The line.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InvoiceLineId,
    /// Of which invoice.
    pub invoice_id: InvoiceId,
    /// Its place on it, from 1.
    pub position: i32,
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
super::unrelated!();
