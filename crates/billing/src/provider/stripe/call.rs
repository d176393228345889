//! One call to Stripe: form-encoded, bounded in time and size, its answer sorted into what can be done about it.

use std::time::Duration;

use lyceum_platform::config::BillingConfig;
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;

use super::super::ProviderError;

/// The largest answer that is read, in bytes.
const MOST: usize = 1 << 20;

/// The version of the API that this is written against.
const API_VERSION: &str = "2024-06-20";

/// An HTTP client with the account's key.
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    key: SecretString,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Client {
    pub(super) fn new(config: &BillingConfig) -> Result<Self, ProviderError> {
        let timeout = Duration::from_secs(config.stripe_timeout_s);
        let http = reqwest::Client::builder()
            .timeout(timeout)
            .connect_timeout(timeout.min(Duration::from_secs(5)))
            .redirect(Policy::none())
            .user_agent(concat!("lyceum/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| ProviderError::Away(error.without_url().to_string()))?;
        let key = config.stripe_secret_key.clone().unwrap_or_default();
        Ok(Self { http, base: config.stripe_base_url.clone(), key })
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, ProviderError> {
        self.send(self.http.get(format!("{}{path}", self.base))).await
    }

    /// `POST`; under the same key Stripe does it once and answers the same again.
    pub(super) async fn post<F: Serialize + Sync + ?Sized>(
        &self,
        path: &str,
        fields: &F,
        key: &str,
    ) -> Result<Value, ProviderError> {
        let body = serde_urlencoded::to_string(fields).map_err(|error| ProviderError::Rejected(error.to_string()))?;
        let mut request = self.http.post(format!("{}{path}", self.base)).body(body);
        request = request.header("content-type", "application/x-www-form-urlencoded");
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        self.send(request).await
    }

    async fn send(&self, request: RequestBuilder) -> Result<Value, ProviderError> {
        let away = |error: reqwest::Error| ProviderError::Away(error.without_url().to_string());
        let request = request.bearer_auth(self.key.expose_secret()).header("stripe-version", API_VERSION);
        let mut response = request.send().await.map_err(away)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(away)? {
            if body.len() + chunk.len() > MOST {
                return Err(ProviderError::Away("the answer is too large".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        let answer = serde_json::from_slice(&body);
        if status.is_success() {
            return answer.map_err(|_| ProviderError::Away("the answer is not JSON".to_owned()));
        }
        Err(refusal(status, &answer.unwrap_or_default()))
    }
}

/// What is to be made of an answer that is no success.
fn refusal(status: StatusCode, answer: &Value) -> ProviderError {
    let word = |name: &str| answer.pointer(&format!("/error/{name}")).and_then(Value::as_str);
    let code = word("decline_code").or(word("code")).or(word("type")).unwrap_or("unknown");
    let code: String = code.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect();
    match status {
        StatusCode::PAYMENT_REQUIRED => {
            let reference = answer.pointer("/error/payment_intent/id").and_then(Value::as_str).map(str::to_owned);
            ProviderError::Declined { code, reference }
        }
        // 409: the same key is being worked on. 401, 403: the operator's key is wrong, which an operator can mend.
        StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            ProviderError::Away(format!("{status} {code}"))
        }
        status if status.is_client_error() => ProviderError::Rejected(format!("{status} {code}")),
        status => ProviderError::Away(format!("{status} {code}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_are_sorted_by_what_can_be_done() {
        let card = json!({"error": {"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds",
            "payment_intent": {"id": "pi_1"}}});
        let declined = refusal(StatusCode::PAYMENT_REQUIRED, &card);
        assert!(matches!(declined, ProviderError::Declined { code, reference }
            if code == "insufficient_funds" && reference.as_deref() == Some("pi_1")));
        assert!(matches!(refusal(StatusCode::BAD_REQUEST, &Value::Null), ProviderError::Rejected(_)));
        for status in [500, 502, 503, 429, 409, 401] {
            let status = StatusCode::from_u16(status).unwrap();
            assert!(matches!(refusal(status, &Value::Null), ProviderError::Away(_)), "{status}");
        }
    }
}
