//! The last number given to an invoice of a school. A school table.
//!
//! The row is raised in the transaction that issues the invoice and stays locked until it commits: numbers have no gaps.

use lyceum_kernel::SchoolId;
use sea_orm::entity::prelude::*;

/// A row of `invoice_sequences`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice_sequences")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The last number given.
    pub last: i64,
}
super::unrelated!();
