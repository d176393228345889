//! Stripe, over its REST API (form-encoded, <https://docs.stripe.com/api>).
//!
//! Subscriptions, invoices and their numbers are ours; of Stripe we use customers, payment methods, payment intents and its hosted
//! pages. Every object that we make carries our ids in its metadata, so that an event finds its row although the answer to
//! the call that made it was lost.

mod call;
mod event;
mod signature;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use lyceum_kernel::SchoolId;
use lyceum_platform::config::BillingConfig;
use serde_json::Value;

use super::{Charge, Charged, MethodDetails, Notice, Payer, PaymentProvider, ProviderError};
use crate::model::payment::PaymentState;
use crate::model::payment_method::PaymentMethodId;
use call::Client;
pub use signature::sign;

/// The client of one Stripe account.
#[derive(Debug)]
pub struct Stripe {
    client: Client,
    webhook_secret: secrecy::SecretString,
}

impl Stripe {
    /// From the configuration.
    ///
    /// # Errors
    /// When the HTTP client cannot be built.
    pub fn new(config: &BillingConfig) -> Result<Self, ProviderError> {
        Ok(Self {
            client: Client::new(config)?,
            webhook_secret: config.stripe_webhook_secret.clone().unwrap_or_default(),
        })
    }
}

/// Fields of a form, in order.
type Fields = Vec<(&'static str, String)>;

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

/// The name of a thing that was made; an answer without it is no answer.
fn id_of(value: &Value) -> Result<String, ProviderError> {
    text(value, "/id").ok_or_else(|| ProviderError::Away("an answer without an id".to_owned()))
}

/// What a payment intent says of a payment.
fn charged(intent: &Value) -> Charged {
    let state = match intent.pointer("/status").and_then(Value::as_str) {
        Some("succeeded") => PaymentState::Succeeded,
        Some("processing") => PaymentState::Processing,
        Some("requires_action" | "requires_confirmation" | "requires_capture") => PaymentState::RequiresAction,
        Some("canceled") => PaymentState::Cancelled,
        _ => PaymentState::Failed,
    };
    Charged {
        state,
        reference: text(intent, "/id"),
        action_url: text(intent, "/next_action/redirect_to_url/url"),
        failure_code: failure(intent),
    }
}

fn failure(intent: &Value) -> Option<String> {
    text(intent, "/last_payment_error/decline_code").or_else(|| text(intent, "/last_payment_error/code"))
}

#[async_trait]
impl PaymentProvider for Stripe {
    fn collects(&self) -> bool {
        true
    }

    async fn open_customer(&self, school: SchoolId) -> Result<String, ProviderError> {
        // Nothing that may change is sent: a repetition with the same key must be the same request.
        let fields = vec![("metadata[lyceum_school]", school.to_string())];
        let customer = self.client.post("/v1/customers", &fields, &format!("lyceum-customer-{school}")).await?;
        id_of(&customer)
    }

    async fn update_customer(&self, customer: &str, payer: &Payer) -> Result<(), ProviderError> {
        let email = payer.email.clone().unwrap_or_default();
        let fields = vec![("name", payer.name.clone()), ("email", email)];
        // Setting is idempotent by itself.
        self.client.post(&format!("/v1/customers/{customer}"), &fields, "").await.map(drop)
    }

    async fn set_up_method(
        &self,
        customer: &str,
        school: SchoolId,
        method: PaymentMethodId,
        return_url: &str,
    ) -> Result<String, ProviderError> {
        let fields: Fields = vec![
            ("mode", "setup".to_owned()),
            ("customer", customer.to_owned()),
            ("payment_method_types[0]", "card".to_owned()),
            ("success_url", return_url.to_owned()),
            ("cancel_url", return_url.to_owned()),
            ("metadata[lyceum_school]", school.to_string()),
            ("metadata[lyceum_method]", method.to_string()),
            ("setup_intent_data[metadata][lyceum_school]", school.to_string()),
            ("setup_intent_data[metadata][lyceum_method]", method.to_string()),
        ];
        let session = self.client.post("/v1/checkout/sessions", &fields, &format!("lyceum-method-{method}")).await?;
        text(&session, "/url").ok_or_else(|| ProviderError::Away("a page without an address".to_owned()))
    }

    async fn method_details(&self, reference: &str) -> Result<MethodDetails, ProviderError> {
        let method = self.client.get(&format!("/v1/payment_methods/{reference}")).await?;
        let kind = text(&method, "/type").unwrap_or_else(|| "other".to_owned());
        let number = |name: &str| {
            let number = method.pointer(&format!("/{kind}/{name}")).and_then(Value::as_i64)?;
            i32::try_from(number).ok()
        };
        Ok(MethodDetails {
            brand: text(&method, &format!("/{kind}/brand")),
            last4: text(&method, &format!("/{kind}/last4")),
            exp_month: number("exp_month"),
            exp_year: number("exp_year"),
            kind,
        })
    }

    async fn forget_method(&self, reference: &str) -> Result<(), ProviderError> {
        let path = format!("/v1/payment_methods/{reference}/detach");
        match self.client.post(&path, &Fields::new(), &format!("lyceum-detach-{reference}")).await {
            // It was forgotten before.
            Ok(_) | Err(ProviderError::Rejected(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn charge(&self, charge: &Charge) -> Result<Charged, ProviderError> {
        let key = format!("lyceum-payment-{}", charge.payment);
        let currency = charge.currency.to_ascii_lowercase();
        let metadata = |prefix: &str| {
            [
                (format!("{prefix}[lyceum_school]"), charge.school.to_string()),
                (format!("{prefix}[lyceum_payment]"), charge.payment.to_string()),
                (format!("{prefix}[lyceum_invoice]"), charge.invoice.to_string()),
            ]
        };
        let given = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let description = format!("Invoice {}", charge.number);
        if let Some(method) = &charge.method {
            let mut fields = vec![
                given("amount", &charge.amount.to_string()),
                given("currency", &currency),
                given("customer", &charge.customer),
                given("payment_method", method),
                given("confirm", "true"),
                given("off_session", "true"),
                given("description", &description),
            ];
            fields.extend(metadata("metadata"));
            let intent = self.client.post("/v1/payment_intents", &fields, &key).await?;
            return Ok(charged(&intent));
        }
        let mut fields = vec![
            given("mode", "payment"),
            given("customer", &charge.customer),
            given("line_items[0][quantity]", "1"),
            given("line_items[0][price_data][currency]", &currency),
            given("line_items[0][price_data][unit_amount]", &charge.amount.to_string()),
            given("line_items[0][price_data][product_data][name]", &description),
            given("success_url", &charge.return_url),
            given("cancel_url", &charge.return_url),
        ];
        fields.extend(metadata("metadata"));
        fields.extend(metadata("payment_intent_data[metadata]"));
        let session = self.client.post("/v1/checkout/sessions", &fields, &key).await?;
        let action_url = text(&session, "/url");
        // The intent behind the page gets its name later: until then the payment goes by its metadata.
        Ok(Charged { state: PaymentState::RequiresAction, reference: None, action_url, failure_code: None })
    }

    fn read_notice(&self, body: &[u8], signature: &str, now: DateTime<Utc>) -> Result<Notice, ProviderError> {
        if !signature::holds(&self.webhook_secret, body, signature, now) {
            return Err(ProviderError::Rejected("the signature does not hold".to_owned()));
        }
        event::read(body)
    }
}
