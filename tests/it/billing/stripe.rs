//! Payments through a server that speaks Stripe's shapes and misbehaves.

use chrono::{DateTime, Utc};
use lyceum_billing::provider::stripe::sign;
use lyceum_kernel::{Clock as _, SchoolId};
use serde_json::{Value, json};

use super::house::{House, WEBHOOK_SECRET};
use super::{invoices, subscribed, text};
use crate::support::Client;
use crate::support::client::Reply;
use crate::support::stripe::{Fault, StripeServer};

/// Sends an event as Stripe would.
async fn event(house: &House, id: &str, kind: &str, at: DateTime<Utc>, object: Value) -> Reply {
    let body =
        json!({"id": id, "object": "event", "type": kind, "created": at.timestamp(), "data": {"object": object}});
    let body = body.to_string().into_bytes();
    let signature = sign(&WEBHOOK_SECRET.into(), &body, house.clock.now());
    let request = house.nobody().request(reqwest::Method::POST, "/v1/billing/webhooks/stripe");
    let request =
        request.header("content-type", "application/json; charset=utf-8").header("stripe-signature", &signature);
    request.bytes(body).send().await
}

fn intent(school: SchoolId, payment: &str, amount: i64) -> Value {
    json!({
        "id": "pi_77", "object": "payment_intent", "amount": amount, "amount_received": amount, "currency": "eur",
        "status": "succeeded", "metadata": {"lyceum_school": school, "lyceum_payment": payment},
        "last_payment_error": {"code": "card_declined", "decline_code": "insufficient_funds"}
    })
}

async fn latest_payment(client: &Client, invoice: &str) -> Value {
    client.get(&format!("/v1/billing/invoices/{invoice}/payments")).await.expect(200)[0].clone()
}

/// A card, set up through the provider's page.
async fn card(house: &House, school: SchoolId, bursar: &Client, reference: &str) -> String {
    let begun = bursar.post_empty("/v1/billing/payment-methods").await;
    assert_eq!(begun.expect(202)["state"], "pending");
    let id = text(&begun.json["id"]);
    house.drain().await;
    let path = format!("/v1/billing/payment-methods/{id}");
    let waiting = bursar.get(&path).await;
    assert_eq!(waiting.expect(200)["state"], "requires_action");
    assert!(text(&waiting.json["action_url"]).starts_with("https://checkout.stripe.com/"));
    let object = json!({"id": "seti_1", "payment_method": reference, "metadata": {"lyceum_school": school, "lyceum_method": id}});
    let sent = event(house, &format!("evt_{id}"), "setup_intent.succeeded", house.clock.now(), object).await;
    sent.expect(200);
    house.drain().await;
    assert_eq!(bursar.get(&path).await.expect(200)["state"], "active");
    id
}

#[tokio::test]
async fn a_card_is_set_up_and_pays_open_invoices_by_itself() {
    let stripe = StripeServer::start().await;
    let house = House::with_stripe(&stripe).await;
    let (school, _, bursar) = subscribed(&house).await;
    let invoice = text(&invoices(&bursar).await[0]["id"]);
    let id = card(&house, school, &bursar, "pm_1").await;
    let shown = bursar.get(&format!("/v1/billing/payment-methods/{id}")).await;
    assert_eq!((&shown.expect(200)["last4"], &shown.json["is_default"]), (&json!("4242"), &json!(true)));
    house.pass_days(1).await;
    let paid = bursar.get(&format!("/v1/billing/invoices/{invoice}")).await;
    assert_eq!(paid.expect(200)["state"], "paid");
    let call = &stripe.calls("POST /v1/payment_intents")[0];
    assert_eq!(
        (&*call.fields["amount"], &*call.fields["currency"], &*call.fields["payment_method"]),
        ("29750", "eur", "pm_1")
    );
    assert!(call.key.as_deref().is_some_and(|key| key.starts_with("lyceum-payment-")));
    // The next period is charged without anybody asking.
    house.pass_days(32).await;
    assert!(invoices(&bursar).await.iter().all(|invoice| invoice["state"] == "paid"));
    assert_eq!((stripe.made("payment_intent"), stripe.made("customer")), (2, 1));
    bursar.delete(&format!("/v1/billing/payment-methods/{id}")).await.expect(204);
    house.drain().await;
    assert_eq!(stripe.calls("POST /v1/payment_methods/pm_1/detach").len(), 1);
}

#[tokio::test]
async fn however_the_provider_misbehaves_an_invoice_is_charged_once() {
    let stripe = StripeServer::start().await;
    let house = House::with_stripe(&stripe).await;
    let (school, _, bursar) = subscribed(&house).await;
    let invoice = text(&invoices(&bursar).await[0]["id"]);
    let method = card(&house, school, &bursar, "pm_1").await;
    bursar.patch(&format!("/v1/billing/payment-methods/{method}"), json!({"is_default": false})).await.expect(200);
    stripe.misbehave([Fault::Broken, Fault::LostAnswer, Fault::Garbage, Fault::Slow, Fault::LostAnswer]);
    let pay = format!("/v1/billing/invoices/{invoice}/pay");
    let begun = bursar.post(&pay, json!({"payment_method_id": method})).await;
    assert_eq!(begun.expect(202)["state"], "pending");
    assert_eq!(bursar.post(&pay, json!({})).await.problem(409), "payment-under-way");
    for _ in 0..8 {
        house.drain().await;
        house.clock.advance(chrono::Duration::hours(3));
    }
    assert_eq!(latest_payment(&bursar, &invoice).await["state"], "succeeded");
    assert_eq!(stripe.made("payment_intent"), 1);
    let keys: std::collections::BTreeSet<_> =
        stripe.calls("POST /v1/payment_intents").into_iter().map(|c| c.key).collect();
    assert_eq!((keys.len(), stripe.calls("POST /v1/payment_intents").len()), (1, 6));
    assert_eq!(bursar.get(&format!("/v1/billing/invoices/{invoice}")).await.expect(200)["state"], "paid");
}

#[tokio::test]
async fn a_declined_card_leaves_the_invoice_open_and_may_be_tried_again() {
    let stripe = StripeServer::start().await;
    let house = House::with_stripe(&stripe).await;
    let (school, _, bursar) = subscribed(&house).await;
    let invoice = text(&invoices(&bursar).await[0]["id"]);
    let method = card(&house, school, &bursar, "pm_1").await;
    stripe.misbehave([Fault::Declined]);
    house.pass_days(1).await;
    let payment = latest_payment(&bursar, &invoice).await;
    assert_eq!((&payment["state"], &payment["failure_code"]), (&json!("failed"), &json!("insufficient_funds")));
    let begun = bursar.post(&format!("/v1/billing/invoices/{invoice}/pay"), json!({"payment_method_id": method})).await;
    begun.expect(202);
    house.drain().await;
    assert_eq!(bursar.get(&format!("/v1/billing/invoices/{invoice}")).await.expect(200)["state"], "paid");
    // Those who run the school were told of the invoice, and once of the failure.
    for head in ["head1@school.example", "head2@school.example"] {
        let subjects = house.subjects_to(head);
        assert_eq!(subjects, ["Invoice INV-000001 for Northfield School", "The payment of invoice INV-000001 failed"]);
    }
}

/// A payment on the provider's page, waiting for its owner.
async fn waiting(house: &House, bursar: &Client) -> (String, String) {
    let invoice = text(&invoices(bursar).await[0]["id"]);
    let begun = bursar.post(&format!("/v1/billing/invoices/{invoice}/pay"), json!({})).await;
    let payment = text(&begun.expect(202)["id"]);
    house.drain().await;
    assert_eq!(latest_payment(bursar, &invoice).await["state"], "requires_action");
    (invoice, payment)
}

#[tokio::test]
async fn events_may_come_twice_and_in_any_order() {
    let stripe = StripeServer::start().await;
    let house = House::with_stripe(&stripe).await;
    let (school, root, bursar) = subscribed(&house).await;
    let (invoice, payment) = waiting(&house, &bursar).await;
    let now = house.clock.now();
    let object = intent(school, &payment, 29_750);
    let at = |seconds| now + chrono::Duration::seconds(seconds);
    event(&house, "evt_2", "payment_intent.payment_failed", at(2), object.clone()).await.expect(200);
    assert_eq!(latest_payment(&bursar, &invoice).await["failure_code"], "insufficient_funds");
    event(&house, "evt_1", "payment_intent.processing", at(1), object.clone()).await.expect(200);
    assert_eq!(latest_payment(&bursar, &invoice).await["state"], "failed", "older news");
    for _ in 0..3 {
        event(&house, "evt_3", "payment_intent.succeeded", at(0), object.clone()).await.expect(200);
    }
    event(&house, "evt_4", "payment_intent.payment_failed", at(9), object.clone()).await.expect(200);
    assert_eq!(latest_payment(&bursar, &invoice).await["state"], "succeeded");
    let paid = root.get(&format!("/v1/billing/invoices/{invoice}")).await;
    assert_eq!((&paid.expect(200)["state"], &paid.json["version"]), (&json!("paid"), &json!(4)), "paid once");
    event(&house, "evt_5", "invoice.something_new", at(9), json!({})).await.expect(200);
    event(&house, "evt_6", "payment_intent.succeeded", at(9), json!({"id": "pi_foreign"})).await.expect(200);
}

#[tokio::test]
async fn one_event_that_comes_many_times_at_once_counts_once() {
    let stripe = StripeServer::start().await;
    let house = House::with_stripe(&stripe).await;
    let (school, _, bursar) = subscribed(&house).await;
    let (invoice, payment) = waiting(&house, &bursar).await;
    let object = intent(school, &payment, 29_750);
    let now = house.clock.now();
    // Other events of the same payment beside it, older and newer.
    let deliveries = (0..12).map(|n| {
        let (id, kind) = match n % 3 {
            0 => ("evt_1".to_owned(), "payment_intent.succeeded"),
            1 => (format!("evt_p{n}"), "payment_intent.processing"),
            _ => (format!("evt_f{n}"), "payment_intent.payment_failed"),
        };
        let (house, object) = (&house, object.clone());
        async move { event(house, &id, kind, now + chrono::Duration::seconds(n), object).await }
    });
    for reply in futures_util::future::join_all(deliveries).await {
        // What is not taken in now is sent again.
        assert!(matches!(reply.status.as_u16(), 200 | 409 | 503), "{}", reply.json);
    }
    event(&house, "evt_1", "payment_intent.succeeded", now, object).await.expect(200);
    assert_eq!(latest_payment(&bursar, &invoice).await["state"], "succeeded");
    let paid = bursar.get(&format!("/v1/billing/invoices/{invoice}")).await;
    assert_eq!(paid.expect(200)["state"], "paid");
    assert_eq!(house.audited("billing.invoice_paid").await, 1);
}

#[tokio::test]
async fn what_is_signed_but_no_event_changes_nothing() {
    let stripe = StripeServer::start().await;
    let house = House::with_stripe(&stripe).await;
    let now = house.clock.now();
    let stamp = now.timestamp();
    let odd = [
        json!([]),
        json!({"id": "evt_1"}),
        json!({"id": "", "type": "x", "created": stamp, "data": {"object": {}}}),
        json!({"id": "evt_2", "type": "x", "created": i64::MAX, "data": {"object": {}}}),
        json!({"id": "e".repeat(200), "type": "x", "created": stamp, "data": {"object": {}}}),
    ];
    for body in odd {
        let body = body.to_string().into_bytes();
        let signature = sign(&WEBHOOK_SECRET.into(), &body, now);
        let request = house.nobody().request(reqwest::Method::POST, "/v1/billing/webhooks/stripe");
        let request = request.header("content-type", "application/json").header("stripe-signature", &signature);
        assert_eq!(request.bytes(body).send().await.problem(403), "signature-invalid");
    }
    // Of our own things that are not there, of another sort, or nothing at all.
    for (number, object) in [
        json!({"metadata": {"lyceum_school": "x", "lyceum_payment": 7}}),
        json!({"metadata": {"lyceum_school": uuid::Uuid::now_v7(), "lyceum_payment": uuid::Uuid::now_v7()}}),
        json!({"metadata": null}),
        json!(null),
    ]
    .into_iter()
    .enumerate()
    {
        for kind in ["payment_intent.succeeded", "setup_intent.succeeded", "checkout.session.expired"] {
            event(&house, &format!("evt_{number}_{kind}"), kind, now, object.clone()).await.expect(200);
        }
    }
    assert_eq!(house.audited("billing.invoice_paid").await, 0);
}

#[tokio::test]
async fn a_payment_of_another_sum_pays_nothing() {
    let stripe = StripeServer::start().await;
    let house = House::with_stripe(&stripe).await;
    let (school, _, bursar) = subscribed(&house).await;
    let (invoice, payment) = waiting(&house, &bursar).await;
    let object = intent(school, &payment, 1);
    event(&house, "evt_1", "payment_intent.succeeded", house.clock.now(), object).await.expect(200);
    let known = latest_payment(&bursar, &invoice).await;
    assert_eq!((&known["state"], &known["failure_code"]), (&json!("failed"), &json!("sum_mismatch")));
    // Nor does one in another school's name.
    let (_, payment) = waiting(&house, &bursar).await;
    let object = intent(house.school("Southfield School"), &payment, 29_750);
    event(&house, "evt_2", "payment_intent.succeeded", house.clock.now(), object).await.expect(200);
    assert_eq!(latest_payment(&bursar, &invoice).await["state"], "requires_action");
}

#[tokio::test]
async fn only_what_stripe_signed_lately_is_taken_in() {
    let stripe = StripeServer::start().await;
    let house = House::with_stripe(&stripe).await;
    let body = json!({"id": "evt_1", "type": "x", "created": 1, "data": {"object": {}}}).to_string().into_bytes();
    let send = |signature: String, body: Vec<u8>| {
        let request = house.nobody().request(reqwest::Method::POST, "/v1/billing/webhooks/stripe");
        request.header("content-type", "application/json").header("stripe-signature", &signature).bytes(body).send()
    };
    let now = house.clock.now();
    let good = sign(&WEBHOOK_SECRET.into(), &body, now);
    send(good.clone(), body.clone()).await.expect(200);
    let mut changed = body.clone();
    changed.push(b' ');
    assert_eq!(send(good, changed).await.problem(403), "signature-invalid");
    let old = sign(&WEBHOOK_SECRET.into(), &body, now - chrono::Duration::seconds(301));
    assert_eq!(send(old, body.clone()).await.problem(403), "signature-invalid");
    let foreign = sign(&"whsec_other".into(), &body, now);
    assert_eq!(send(foreign, body.clone()).await.problem(403), "signature-invalid");
    let manual = House::start().await;
    let request = manual.nobody().request(reqwest::Method::POST, "/v1/billing/webhooks/stripe").json(&json!({}));
    assert_eq!(request.send().await.problem(403), "signature-invalid");
}
