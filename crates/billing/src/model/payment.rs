//! Payments of invoices through a provider. A school table.

use chrono::{DateTime, Utc};
use lyceum_kernel::SchoolId;
use sea_orm::entity::prelude::*;

use super::invoice::InvoiceId;
use super::payment_method::PaymentMethodId;

lyceum_kernel::id!(PaymentId, "A payment of an invoice.");

super::word!(
    /// Where a payment stands.
    PaymentState {
        /// The provider is being asked.
        Pending = "pending",
        /// Somebody has to act on the provider's page.
        RequiresAction = "requires_action",
        /// The bank is at work.
        Processing = "processing",
        /// The money is there. Final.
        Succeeded = "succeeded",
        /// Refused; another try may follow.
        Failed = "failed",
        /// Given up.
        Cancelled = "cancelled",
    }
);

impl PaymentState {
    /// Whether it may still become a success by itself.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::RequiresAction | Self::Processing)
    }
}

/// A row of `payments`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payments")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The payment.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentId,
    /// Of which invoice.
    pub invoice_id: InvoiceId,
    /// What is charged; the provider's page asks if none.
    pub payment_method_id: Option<PaymentMethodId>,
    /// Where it stands.
    pub state: PaymentState,
    /// In minor units.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// What the provider calls it.
    pub provider_ref: Option<String>,
    /// The page on which it is paid or confirmed.
    pub action_url: Option<String>,
    /// Why it failed, in the provider's word.
    pub failure_code: Option<String>,
    /// When the latest event about it happened.
    pub event_at: Option<DateTime<Utc>>,
    /// Raised by every change.
    pub version: i64,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}
super::unrelated!();
