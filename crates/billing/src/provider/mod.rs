//! The port to whoever collects payments. Every call goes over the network, so it is made by jobs and never within a transaction.
//!
//! Calls are repeated until they are answered: each carries a key that stays the same over all tries, under which the provider
//! does the thing once. What happens at the provider later comes back as signed events, or not at all, twice, and in any order.

mod manual;
pub mod stripe;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use lyceum_kernel::SchoolId;
use lyceum_platform::config::{BillingProvider, Config};

pub use manual::Manual;
pub use stripe::Stripe;

use crate::model::invoice::InvoiceId;
use crate::model::payment::{PaymentId, PaymentState};
use crate::model::payment_method::PaymentMethodId;

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The bank or the provider refused the payment: the provider's code, and its id of the payment.
    #[error("the payment was refused: {code}")]
    Declined {
        /// The provider's word for the reason.
        code: String,
        /// What the provider calls the payment, if it told.
        reference: Option<String>,
    },
    /// The provider does not take the call as it is; another try will not help.
    #[error("the provider refused the call: {0}")]
    Rejected(String),
    /// No answer, or one that says to try again.
    #[error("the provider did not answer: {0}")]
    Away(String),
    /// This provider does no such thing.
    #[error("the provider does no such thing")]
    Unsupported,
}

/// Whom the provider charges.
#[derive(Debug, Clone)]
pub struct Payer {
    /// Which school.
    pub school: SchoolId,
    /// Its name on invoices.
    pub name: String,
    /// Where questions go.
    pub email: Option<String>,
}

/// One payment of one invoice.
#[derive(Debug, Clone)]
pub struct Charge {
    /// Which school.
    pub school: SchoolId,
    /// Which payment.
    pub payment: PaymentId,
    /// Which invoice.
    pub invoice: InvoiceId,
    /// Its number.
    pub number: String,
    /// In minor units.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// What the provider calls the school.
    pub customer: String,
    /// What the provider calls the payment method.
    pub method: Option<String>,
    /// Where people come back to.
    pub return_url: String,
}

/// Where a payment stands after a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charged {
    /// The state.
    pub state: PaymentState,
    /// What the provider calls it.
    pub reference: Option<String>,
    /// A page on which somebody must act.
    pub action_url: Option<String>,
    /// Why it failed.
    pub failure_code: Option<String>,
}

/// What a payment method looks like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MethodDetails {
    /// `card`, `sepa_debit`, …
    pub kind: String,
    /// The card's brand.
    pub brand: Option<String>,
    /// The last four digits.
    pub last4: Option<String>,
    /// The card's last month.
    pub exp_month: Option<i32>,
    /// The card's last year.
    pub exp_year: Option<i32>,
}

/// A signed event, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What the provider calls the event.
    pub id: String,
    /// What happened, in the provider's word.
    pub kind: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What it means for us.
    pub news: News,
}

/// What an event means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Nothing.
    Nothing,
    /// A payment stands differently.
    Payment {
        /// Whose.
        school: SchoolId,
        /// Which.
        payment: PaymentId,
        /// How.
        charged: Charged,
        /// What was charged, if the event tells.
        sum: Option<(i64, String)>,
    },
    /// A payment method was set up.
    MethodReady {
        /// Whose.
        school: SchoolId,
        /// Which.
        method: PaymentMethodId,
        /// What the provider calls it.
        reference: String,
    },
    /// A payment method was not set up.
    MethodFailed {
        /// Whose.
        school: SchoolId,
        /// Which.
        method: PaymentMethodId,
    },
}

/// Collects payments.
#[async_trait]
pub trait PaymentProvider: Send + Sync + 'static {
    /// Whether it collects at all; invoices are paid by transfer otherwise.
    fn collects(&self) -> bool;

    /// Makes the school known, and answers what the provider calls it.
    async fn open_customer(&self, school: SchoolId) -> Result<String, ProviderError>;

    /// Tells a known school's name and address.
    async fn update_customer(&self, customer: &str, payer: &Payer) -> Result<(), ProviderError>;

    /// Opens a page on which a payment method is set up, and answers its address.
    async fn set_up_method(
        &self,
        customer: &str,
        school: SchoolId,
        method: PaymentMethodId,
        return_url: &str,
    ) -> Result<String, ProviderError>;

    /// What a payment method looks like.
    async fn method_details(&self, reference: &str) -> Result<MethodDetails, ProviderError>;

    /// Forgets a payment method.
    async fn forget_method(&self, reference: &str) -> Result<(), ProviderError>;

    /// Charges the payment method, or opens a page on which the invoice is paid.
    async fn charge(&self, charge: &Charge) -> Result<Charged, ProviderError>;

    /// Reads an event: its raw body and its signature.
    ///
    /// # Errors
    /// Nothing is told of why a signature is not accepted.
    fn read_notice(&self, body: &[u8], signature: &str, now: DateTime<Utc>) -> Result<Notice, ProviderError>;
}

/// The provider that the configuration names.
///
/// # Errors
/// When its client cannot be built.
pub fn configured(config: &Config) -> Result<Arc<dyn PaymentProvider>, ProviderError> {
    match config.billing.provider {
        BillingProvider::Manual => Ok(Arc::new(Manual)),
        BillingProvider::Stripe => Ok(Arc::new(Stripe::new(&config.billing)?)),
    }
}
