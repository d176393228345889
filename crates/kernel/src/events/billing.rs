//! What billing tells the others.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event;
use crate::SchoolId;

/// An invoice was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoicePaid {
    /// Whose.
    pub school_id: SchoolId,
    /// Which.
    pub invoice_id: Uuid,
    /// The number on it.
    pub number: Option<String>,
    /// In minor units, tax included.
    pub total: i64,
    /// ISO 4217.
    pub currency: String,
}
event!(InvoicePaid, "billing.invoice_paid.v1");

/// A school's subscription came into another state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionChanged {
    /// Whose.
    pub school_id: SchoolId,
    /// `trial`, `active`, `past_due` or `cancelled`.
    pub state: String,
}
event!(SubscriptionChanged, "billing.subscription_changed.v1");
