//! Plans, subscriptions, invoices and payments.

use lyceum_billing::provider::stripe::sign;
use lyceum_kernel::Clock as _;
use serde_json::{Value, json};

use super::{Auditor, Deed, changed, done, gone, made};
use crate::support::App;
use crate::support::stripe::StripeServer;
use crate::tenancy::{found, id_of, switch};

const SECRET: &str = "whsec_of_the_walk";

pub(super) const DEEDS: &[Deed] = &[
    made("POST /v1/billing/plans", &["billing.plan_created"]),
    changed("PUT /v1/billing/plans/{id}", &["billing.plan_changed"]),
    changed("PATCH /v1/billing/plans/{id}", &["billing.plan_changed"]),
    gone("DELETE /v1/billing/plans/{id}", &["billing.plan_deleted"]),
    made("POST /v1/billing/plans/{id}/restore", &["billing.plan_restored"]),
    made("POST /v1/billing/prices", &["billing.price_created"]),
    changed("PUT /v1/billing/prices/{id}", &["billing.price_changed"]),
    changed("PATCH /v1/billing/prices/{id}", &["billing.price_changed"]),
    gone("DELETE /v1/billing/prices/{id}", &["billing.price_deleted"]),
    made("POST /v1/billing/prices/{id}/restore", &["billing.price_restored"]),
    // The first period is invoiced with it.
    made("POST /v1/billing/subscription", &["billing.invoice_issued", "billing.subscription_started"]),
    changed("PUT /v1/billing/subscription", &["billing.subscription_changed"]),
    changed("PATCH /v1/billing/subscription", &["billing.subscription_changed"]),
    changed("DELETE /v1/billing/subscription", &["billing.subscription_cancelled"]),
    made("PUT /v1/billing/customer", &["billing.customer_changed"]),
    changed("PATCH /v1/billing/customer", &["billing.customer_changed"]),
    made("POST /v1/billing/invoices", &["billing.invoice_drafted"]),
    changed("PUT /v1/billing/invoices/{id}", &["billing.invoice_changed"]),
    changed("PATCH /v1/billing/invoices/{id}", &["billing.invoice_changed"]),
    gone("DELETE /v1/billing/invoices/{id}", &["billing.invoice_deleted"]),
    made("POST /v1/billing/invoices/{id}/restore", &["billing.invoice_restored"]),
    made("POST /v1/billing/invoices/{id}/finalise", &["billing.invoice_issued"]),
    changed("POST /v1/billing/invoices/{id}/mark-paid", &["billing.invoice_paid"]),
    changed("POST /v1/billing/invoices/{id}/void", &["billing.invoice_closed"]),
    changed("POST /v1/billing/invoices/{id}/mark-uncollectible", &["billing.invoice_closed"]),
    made("POST /v1/billing/invoices/{id}/pay", &["billing.payment_begun"]),
    done("POST /v1/billing/payment-methods", &["billing.payment_method_begun"]),
    changed("PUT /v1/billing/payment-methods/{id}", &["billing.payment_method_changed"]),
    changed("PATCH /v1/billing/payment-methods/{id}", &["billing.payment_method_changed"]),
    done("DELETE /v1/billing/payment-methods/{id}", &["billing.payment_method_removed"]),
    // What the event changes is in the log, and the provider is nobody of ours.
    done("POST /v1/billing/webhooks/stripe", &["billing.payment_changed", "billing.invoice_paid"]),
];

fn draft() -> Value {
    json!({"currency": "EUR", "lines": [{"description": "Setting up", "unit_amount": 500, "tax_basis_points": 0}]})
}

#[tokio::test]
async fn row_44_what_is_done_about_money_is_in_the_audit_log_once() {
    let stripe = StripeServer::start().await;
    let base = stripe.base.clone();
    let app = App::start_with(|config| {
        config.billing.provider = lyceum_platform::config::BillingProvider::Stripe;
        config.billing.stripe_secret_key = Some("sk_test_lyceum".into());
        config.billing.stripe_webhook_secret = Some(SECRET.into());
        config.billing.stripe_base_url = base;
    })
    .await;
    let mut a = Auditor::of(app).await;
    let school = found(&a.app, &a.app.super_admin().await, "northfield").await;
    let root = switch(&school.root, &school.id).await;
    let admin = &school.admin;
    a.school = Some(school.id.clone());

    let plan = json!({"code": "standard", "name": "Standard"});
    let id = id_of(&a.does(&root, "POST /v1/billing/plans", &[], plan.clone()).await.json);
    a.does(&root, "PUT /v1/billing/plans/{id}", &[&id], json!({"code": "standard", "name": "Standard 2"})).await;
    a.does(&root, "PATCH /v1/billing/plans/{id}", &[&id], json!({"name": "Standard"})).await;
    a.does(&root, "DELETE /v1/billing/plans/{id}", &[&id], Value::Null).await;
    a.does(&root, "POST /v1/billing/plans/{id}/restore", &[&id], Value::Null).await;
    let price = json!({"plan_id": id, "currency": "EUR", "unit_amount": 250, "interval": "month"});
    let price = id_of(&a.does(&root, "POST /v1/billing/prices", &[], price).await.json);
    a.does(&root, "PUT /v1/billing/prices/{id}", &[&price], json!({"nickname": "2026", "is_active": false})).await;
    a.does(&root, "DELETE /v1/billing/prices/{id}", &[&price], Value::Null).await;
    a.does(&root, "POST /v1/billing/prices/{id}/restore", &[&price], Value::Null).await;
    a.does(&root, "PATCH /v1/billing/prices/{id}", &[&price], json!({"is_active": true})).await;

    let start = json!({"price_id": price, "seats": 10});
    a.does(admin, "POST /v1/billing/subscription", &[], start).await;
    a.does(admin, "PUT /v1/billing/subscription", &[], json!({"price_id": price, "seats": 5})).await;
    let end = json!({"cancel_at_period_end": true});
    a.does(admin, "PATCH /v1/billing/subscription", &[], end).await;
    a.does(admin, "PUT /v1/billing/customer", &[], json!({"name": "Northfield Trust"})).await;
    a.does(admin, "PATCH /v1/billing/customer", &[], json!({"country": "GB"})).await;

    let mut issued = Vec::new();
    for _ in 0..4 {
        let id = id_of(&a.does(&root, "POST /v1/billing/invoices", &[], draft()).await.json);
        if issued.is_empty() {
            a.does(&root, "PUT /v1/billing/invoices/{id}", &[&id], draft()).await;
            a.does(&root, "PATCH /v1/billing/invoices/{id}", &[&id], json!({"terms_days": 30})).await;
            a.does(&root, "DELETE /v1/billing/invoices/{id}", &[&id], Value::Null).await;
            a.does(&root, "POST /v1/billing/invoices/{id}/restore", &[&id], Value::Null).await;
        }
        a.does(&root, "POST /v1/billing/invoices/{id}/finalise", &[&id], Value::Null).await;
        issued.push(id);
    }
    a.does(&root, "POST /v1/billing/invoices/{id}/mark-paid", &[&issued[0]], json!({"reference": "bank 1"})).await;
    a.does(&root, "POST /v1/billing/invoices/{id}/void", &[&issued[1]], Value::Null).await;
    a.does(&root, "POST /v1/billing/invoices/{id}/mark-uncollectible", &[&issued[2]], Value::Null).await;
    let payment = a.does(admin, "POST /v1/billing/invoices/{id}/pay", &[&issued[3]], json!({})).await;
    a.app.drain_outbox().await;
    a.provider_tells(&school.id, &id_of(&payment.json)).await;

    let method = a.does(admin, "POST /v1/billing/payment-methods", &[], Value::Null).await;
    let method = id_of(&method.json);
    a.app.drain_outbox().await;
    let ready = json!({"id": "seti_1", "payment_method": "pm_1", "metadata": {"lyceum_school": school.id, "lyceum_method": method}});
    a.event("evt_ready", "setup_intent.succeeded", ready).await.expect(200);
    a.app.drain_outbox().await;
    a.does(admin, "PUT /v1/billing/payment-methods/{id}", &[&method], json!({"is_default": false})).await;
    a.does(admin, "PATCH /v1/billing/payment-methods/{id}", &[&method], json!({"is_default": true})).await;
    a.does(admin, "DELETE /v1/billing/payment-methods/{id}", &[&method], Value::Null).await;
    a.does(admin, "DELETE /v1/billing/subscription", &[], Value::Null).await;
    a.has_done_all(DEEDS);
}

impl Auditor {
    async fn event(&self, id: &str, kind: &str, object: Value) -> crate::support::client::Reply {
        let now = self.app.clock.now();
        let body = json!({"id": id, "type": kind, "created": now.timestamp(), "data": {"object": object}});
        let body = body.to_string().into_bytes();
        let signature = sign(&SECRET.into(), &body, now);
        let request = self.app.anonymous().request(reqwest::Method::POST, "/v1/billing/webhooks/stripe");
        request
            .header("content-type", "application/json")
            .header("stripe-signature", &signature)
            .bytes(body)
            .send()
            .await
    }

    /// The provider says that a payment came in: nobody of ours acts.
    async fn provider_tells(&mut self, school: &str, payment: &str) {
        let route = "POST /v1/billing/webhooks/stripe";
        let object = json!({
            "id": "pi_1", "amount_received": 500, "currency": "eur", "status": "succeeded",
            "metadata": {"lyceum_school": school, "lyceum_payment": payment}
        });
        let reply = self.event("evt_paid", "payment_intent.succeeded", object).await;
        reply.expect(200);
        let rows = self.rows(&reply).await;
        let actions: Vec<_> = rows.iter().map(|row| row.action.as_str()).collect();
        let deed = DEEDS.iter().find(|deed| deed.route == route).expect("a line");
        assert_eq!(actions, deed.actions);
        assert!(
            rows.iter()
                .all(|row| row.actor.is_none() && row.school.map(|id| id.to_string()).as_deref() == Some(school))
        );
        self.done.insert(route);
    }
}
