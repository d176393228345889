//! What Stripe's events mean for us. Types that we do not know mean nothing.

use chrono::DateTime;
use serde::Deserialize;
use serde_json::Value;

use super::super::{Charged, News, Notice, ProviderError};
use super::{charged, failure, text};
use crate::model::payment::PaymentState;

/// The envelope, as far as it is looked at.
#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    created: i64,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Value,
}

/// Longest id and type that are kept.
const MOST: usize = 120;

/// Reads the body of an event whose signature holds.
pub(super) fn read(body: &[u8]) -> Result<Notice, ProviderError> {
    let event: Event = serde_json::from_slice(body).map_err(|_| ProviderError::Rejected("not an event".to_owned()))?;
    let at = DateTime::from_timestamp(event.created, 0);
    let at = at.ok_or_else(|| ProviderError::Rejected("an event of no time".to_owned()))?;
    if event.id.is_empty() || event.id.len() > MOST || event.kind.len() > MOST {
        return Err(ProviderError::Rejected("not an event".to_owned()));
    }
    let news = news(&event.kind, &event.data.object).unwrap_or(News::Nothing);
    Ok(Notice { id: event.id, kind: event.kind, at, news })
}

/// What our own object behind Stripe's is called.
fn ours<T: std::str::FromStr>(object: &Value, name: &str) -> Option<T> {
    text(object, &format!("/metadata/{name}"))?.parse().ok()
}

/// Nothing for types that mean nothing to us, and for objects that we did not make.
fn news(kind: &str, object: &Value) -> Option<News> {
    match kind {
        "payment_intent.succeeded"
        | "payment_intent.processing"
        | "payment_intent.requires_action"
        | "payment_intent.payment_failed"
        | "payment_intent.canceled" => payment(kind, object),
        "checkout.session.expired" => expired(object),
        "setup_intent.succeeded" => Some(News::MethodReady {
            school: ours(object, "lyceum_school")?,
            method: ours(object, "lyceum_method")?,
            reference: text(object, "/payment_method")?,
        }),
        "setup_intent.setup_failed" | "setup_intent.canceled" => {
            Some(News::MethodFailed { school: ours(object, "lyceum_school")?, method: ours(object, "lyceum_method")? })
        }
        _ => None,
    }
}

/// The type of the event says where the payment stands: the object inside may be newer than the event.
fn payment(kind: &str, intent: &Value) -> Option<News> {
    let state = match kind {
        "payment_intent.succeeded" => PaymentState::Succeeded,
        "payment_intent.processing" => PaymentState::Processing,
        "payment_intent.requires_action" => PaymentState::RequiresAction,
        "payment_intent.canceled" => PaymentState::Cancelled,
        _ => PaymentState::Failed,
    };
    let amount = intent.pointer("/amount_received").or(intent.pointer("/amount")).and_then(Value::as_i64);
    let currency = text(intent, "/currency").map(|currency| currency.to_ascii_uppercase());
    let failure_code = if state == PaymentState::Failed { failure(intent) } else { None };
    Some(News::Payment {
        school: ours(intent, "lyceum_school")?,
        payment: ours(intent, "lyceum_payment")?,
        charged: Charged { state, failure_code, ..charged(intent) },
        sum: amount.zip(currency),
    })
}

/// A page that nobody used.
fn expired(session: &Value) -> Option<News> {
    let school = ours(session, "lyceum_school")?;
    if let Some(method) = ours(session, "lyceum_method") {
        return Some(News::MethodFailed { school, method });
    }
    let charged = Charged { state: PaymentState::Cancelled, reference: None, action_url: None, failure_code: None };
    Some(News::Payment { school, payment: ours(session, "lyceum_payment")?, charged, sum: None })
}
