//! Payment methods that a provider keeps for a school. A school table; what could be charged with is never here.

use chrono::{DateTime, Utc};
use lyceum_kernel::SchoolId;
use sea_orm::entity::prelude::*;

lyceum_kernel::id!(PaymentMethodId, "A payment method of a school.");

super::word!(
    /// Where a payment method stands.
    MethodState {
        /// The provider is being asked for its page.
        Pending = "pending",
        /// Somebody has to fill in the provider's page.
        RequiresAction = "requires_action",
        /// Can be charged.
        Active = "active",
        /// Was not set up.
        Failed = "failed",
    }
);

/// A row of `payment_methods`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_methods")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The method.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentMethodId,
    /// Where it stands.
    pub state: MethodState,
    /// `card`, `sepa_debit`, … as the provider says.
    pub kind: Option<String>,
    /// The card's brand.
    pub brand: Option<String>,
    /// The last four digits.
    pub last4: Option<String>,
    /// The card's last month.
    pub exp_month: Option<i32>,
    /// The card's last year.
    pub exp_year: Option<i32>,
    /// Whether it is charged by itself.
    pub is_default: bool,
    /// What the provider calls it.
    pub provider_ref: Option<String>,
    /// The page on which it is set up.
    pub action_url: Option<String>,
    /// When the latest event about it happened.
    pub event_at: Option<DateTime<Utc>>,
    /// Raised by every change.
    pub version: i64,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was removed.
    pub deleted_at: Option<DateTime<Utc>>,
}
super::unrelated!();
