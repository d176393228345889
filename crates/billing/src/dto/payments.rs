//! Payments and payment methods.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::model::invoice::InvoiceId;
use crate::model::payment::{self, PaymentId, PaymentState};
use crate::model::payment_method::{self, MethodState, PaymentMethodId};

/// A payment of an invoice through the provider.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f3001", "invoice_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2e01", "payment_method_id": null,
    "state": "requires_action", "amount": 74375, "currency": "EUR", "action_url": "https://checkout.stripe.com/c/pay/cs_1",
    "failure_code": null, "version": 2, "created_at": "2026-11-02T09:00:00Z", "updated_at": "2026-11-02T09:00:01Z"
}))]
#[expect(clippy::struct_field_names, reason = "the names that clients see")]
pub struct Payment {
    /// The payment.
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
    /// The page on which somebody must pay or confirm, while it requires action.
    pub action_url: Option<String>,
    /// Why it failed, in the provider's word.
    pub failure_code: Option<String>,
    /// Raised by every change.
    pub version: i64,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<payment::Model> for Payment {
    fn from(payment: payment::Model) -> Self {
        let payment::Model {
            school_id: _,
            id,
            invoice_id,
            payment_method_id,
            state,
            amount,
            currency,
            provider_ref: _,
            action_url,
            failure_code,
            event_at: _,
            version,
            created_at,
            updated_at,
        } = payment;
        Self {
            id,
            invoice_id,
            payment_method_id,
            state,
            amount,
            currency,
            action_url: action_url.filter(|_| state == PaymentState::RequiresAction),
            failure_code,
            version,
            created_at,
            updated_at,
        }
    }
}

/// How an invoice is to be paid.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"payment_method_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f3101"}))]
pub struct PayInvoice {
    /// What is charged; without it a page of the provider asks.
    #[serde(default)]
    pub payment_method_id: Option<PaymentMethodId>,
}

/// A payment method that the provider keeps.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f3101", "state": "active", "kind": "card", "brand": "visa", "last4": "4242",
    "exp_month": 12, "exp_year": 2030, "is_default": true, "action_url": null, "version": 3,
    "created_at": "2026-11-02T09:00:00Z", "updated_at": "2026-11-02T09:02:00Z"
}))]
pub struct PaymentMethod {
    /// The method.
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
    /// The page on which it is set up, while it requires action.
    pub action_url: Option<String>,
    /// Raised by every change.
    pub version: i64,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<payment_method::Model> for PaymentMethod {
    fn from(method: payment_method::Model) -> Self {
        let payment_method::Model {
            school_id: _,
            id,
            state,
            kind,
            brand,
            last4,
            exp_month,
            exp_year,
            is_default,
            provider_ref: _,
            action_url,
            event_at: _,
            version,
            created_at,
            updated_at,
            deleted_at: _,
        } = method;
        let action_url = action_url.filter(|_| state == MethodState::RequiresAction);
        Self {
            id,
            state,
            kind,
            brand,
            last4,
            exp_month,
            exp_year,
            is_default,
            action_url,
            version,
            created_at,
            updated_at,
        }
    }
}

/// What can be changed about a payment method.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"is_default": true}))]
pub struct PutPaymentMethod {
    /// Whether invoices are charged to it by themselves; the one before no longer is.
    pub is_default: bool,
}

/// A merge patch of a payment method.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"is_default": true}))]
pub struct PatchPaymentMethod {
    /// Whether invoices are charged to it by themselves; the one before no longer is.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(nullable = false)]
    pub is_default: Option<bool>,
}
