//! The route that the provider calls.

use lyceum_web::{Committed, Public, Route, State, UnitOfWork, post};
use serde_json::json;

use super::answers::SignedBody;
use crate::error::BillingError;
use crate::service::{BillingService, Received};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        post("/v1/billing/webhooks/stripe", receive_stripe_event)
            .summary("Take in an event of Stripe's")
            .describe(
                "Signed as Stripe signs (`Stripe-Signature`, v1, five minutes). Each event takes effect once, in whatever order they come; \
                 types that mean nothing here are answered alike.",
            )
            .idempotency_exempt()
            .example(json!({
                "id": "evt_1", "type": "payment_intent.succeeded", "created": 1_795_248_000,
                "data": {"object": {"id": "pi_1", "object": "payment_intent", "metadata": {}}}
            }))
            .problem("signature-invalid", 403, "The signature is missing, wrong or too old, or Stripe is not configured here."),
    ]
}

async fn receive_stripe_event(
    _: Public,
    service: State<BillingService>,
    work: UnitOfWork,
    event: SignedBody,
) -> Result<Committed<Received>, BillingError> {
    service.receive_event(work, &event.bytes, &event.signature).await
}
