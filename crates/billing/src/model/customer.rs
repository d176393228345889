//! Whom invoices are addressed to. A school table, one row a school.

use chrono::{DateTime, Utc};
use lyceum_kernel::SchoolId;
use sea_orm::entity::prelude::*;

/// A row of `billing_customers`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "billing_customers")]
pub struct Model {
    /// Which school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The name on invoices.
    pub name: String,
    /// Where questions about invoices go.
    pub email: Option<String>,
    /// The postal address, lines separated by line feeds.
    pub address: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// The tax number.
    pub tax_id: Option<String>,
    /// What the provider calls this customer, once it knows it.
    pub provider_ref: Option<String>,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}
super::unrelated!();
