//! Subscriptions: trial, seats, renewal, overdue, lapse, cancellation.

use serde_json::json;

use super::house::House;
use super::{invoices, price, subscribed, text};

#[tokio::test]
async fn a_trial_costs_nothing_and_becomes_a_subscription() {
    let house = House::start().await;
    let school = house.school("Northfield School");
    let (root, bursar) = (house.root(Some(school)), house.bursar(school));
    let price = price(&root, 30, 250).await;
    bursar.get("/v1/billing/subscription").await.problem(404);
    assert_eq!(bursar.get("/v1/billing/usage").await.expect(200)["seat_limit"], json!(null));
    let made = bursar.post("/v1/billing/subscription", json!({"price_id": price, "seats": 40})).await;
    assert_eq!(made.expect(201)["state"], "trial");
    let again = bursar.post("/v1/billing/subscription", json!({"price_id": price, "seats": 40})).await;
    assert_eq!(again.problem(409), "already-subscribed");
    house.drain().await;
    assert_eq!(house.town.terms(school).expect("told").seat_limit, Some(40));
    // In a trial seats change at once, both ways, and for nothing.
    for seats in [60, 50] {
        let patched = bursar.patch("/v1/billing/subscription", json!({"seats": seats})).await;
        assert_eq!(patched.expect(200)["seats"], seats);
    }
    assert!(invoices(&bursar).await.is_empty());
    house.pass_days(31).await;
    let now = bursar.get("/v1/billing/subscription").await;
    assert_eq!(now.expect(200)["state"], "active");
    let [invoice] = &invoices(&bursar).await[..] else { panic!("one invoice") };
    assert_eq!(
        (&invoice["subtotal"], &invoice["tax"], &invoice["total"]),
        (&json!(12_500), &json!(2_375), &json!(14_875))
    );
    assert_eq!(house.town.terms(school).expect("told").seat_limit, Some(50));
}

#[tokio::test]
async fn seats_are_added_at_once_for_the_rest_of_the_period_and_taken_away_with_the_next() {
    let house = House::start().await;
    let (school, root, bursar) = subscribed(&house).await;
    let first = &invoices(&bursar).await[0];
    assert_eq!((first["number"].as_str(), &first["total"]), (Some("INV-000001"), &json!(29_750)));
    house.pass_days(10).await;
    let more = bursar.patch("/v1/billing/subscription", json!({"seats": 120})).await;
    assert_eq!(more.expect(200)["seats"], 120);
    let list = invoices(&bursar).await;
    assert_eq!((list[0]["origin"].as_str(), list[0]["number"].as_str()), (Some("seats"), Some("INV-000002")));
    // 20 seats × 250, some 20 of some 30 days.
    let subtotal = list[0]["subtotal"].as_i64().expect("an amount");
    assert!((3_100..=3_600).contains(&subtotal) && subtotal % 20 == 0, "{subtotal}");
    house.drain().await;
    assert_eq!(house.town.terms(school).expect("told").seat_limit, Some(120));

    house.town.take_seats(school, 90);
    assert_eq!(bursar.patch("/v1/billing/subscription", json!({"seats": 80})).await.problem(409), "seats-in-use");
    let fewer = bursar.patch("/v1/billing/subscription", json!({"seats": 95})).await;
    assert_eq!((&fewer.expect(200)["seats"], &fewer.json["next_seats"]), (&json!(120), &json!(95)));
    assert_eq!(bursar.get("/v1/billing/usage").await.expect(200)["seats_left"], 30);
    for invoice in invoices(&bursar).await {
        let path = format!("/v1/billing/invoices/{}/mark-paid", text(&invoice["id"]));
        root.post(&path, json!({"reference": "bank 1"})).await.expect(200);
    }
    house.pass_days(22).await;
    let renewed = bursar.get("/v1/billing/subscription").await;
    assert_eq!((&renewed.expect(200)["seats"], &renewed.json["next_seats"]), (&json!(95), &json!(null)));
    assert_eq!(invoices(&bursar).await[0]["subtotal"], 95 * 250);
    assert_eq!(bursar.patch("/v1/billing/subscription", json!({"seats": 5_001})).await.problem(409), "too-many-seats");
}

#[tokio::test]
async fn a_school_that_does_not_pay_can_only_read_until_it_does() {
    let house = House::start().await;
    let (school, root, bursar) = subscribed(&house).await;
    house.pass_days(15).await;
    let state = bursar.get("/v1/billing/subscription").await;
    assert_eq!((&state.expect(200)["state"], &state.json["lapsed_at"]), (&json!("past_due"), &json!(null)));
    assert!(!house.town.terms(school).expect("told").lapsed, "there are days of grace");
    house.pass_days(14).await;
    assert!(house.town.terms(school).expect("told").lapsed);
    assert_eq!(bursar.get("/v1/billing/usage").await.expect(200)["read_only"], true);
    let invoice = text(&invoices(&bursar).await[0]["id"]);
    bursar.post(&format!("/v1/billing/invoices/{invoice}/mark-paid"), json!({})).await.problem(403);
    root.post(&format!("/v1/billing/invoices/{invoice}/mark-paid"), json!({})).await.expect(200);
    house.drain().await;
    assert!(!house.town.terms(school).expect("told").lapsed);
    assert_eq!(bursar.get("/v1/billing/subscription").await.expect(200)["state"], "active");
    // Nothing more is paid: it ends with the period after the one that is paid.
    house.pass_days(70).await;
    let over = bursar.get("/v1/billing/subscription").await;
    assert_eq!((&over.expect(200)["state"], &over.json["cancel_reason"]), (&json!("cancelled"), &json!("unpaid")));
    assert!(house.town.terms(school).expect("told").lapsed);
    assert_eq!(invoices(&bursar).await.len(), 2, "a subscription that is over is not invoiced");
}

#[tokio::test]
async fn it_ends_with_its_period_if_the_school_wants_it_so() {
    let house = House::start().await;
    let (school, root, bursar) = subscribed(&house).await;
    let invoice = text(&invoices(&bursar).await[0]["id"]);
    root.post(&format!("/v1/billing/invoices/{invoice}/mark-paid"), json!({})).await.expect(200);
    let shown = bursar.get("/v1/billing/subscription").await;
    let etag = shown.header("etag").expect("an ETag").to_owned();
    for wanted in [true, false, true] {
        let patched = bursar.patch("/v1/billing/subscription", json!({"cancel_at_period_end": wanted})).await;
        assert_eq!(patched.expect(200)["cancel_at_period_end"], wanted);
    }
    let stale = bursar.request(reqwest::Method::DELETE, "/v1/billing/subscription").header("if-match", &etag);
    stale.send().await.problem(412);
    house.pass_days(33).await;
    let over = bursar.get("/v1/billing/subscription").await;
    assert_eq!((&over.expect(200)["state"], &over.json["cancel_reason"]), (&json!("cancelled"), &json!("requested")));
    assert!(house.town.terms(school).expect("told").lapsed);
    assert_eq!(invoices(&bursar).await.len(), 1);
    let patched = bursar.patch("/v1/billing/subscription", json!({"seats": 300})).await;
    assert_eq!(patched.problem(409), "subscription-over");
}

#[tokio::test]
async fn plans_and_prices_are_versioned_withdrawn_and_restored() {
    let house = House::start().await;
    let root = house.root(None);
    let plan = root.post("/v1/billing/plans", json!({"code": "basic", "name": "Basic"})).await;
    let id = text(&plan.expect(201)["id"]);
    let taken = root.post("/v1/billing/plans", json!({"code": "basic", "name": "Other"})).await;
    assert_eq!(taken.problem(409), "plan-code-taken");
    let path = format!("/v1/billing/plans/{id}");
    let price = json!({"plan_id": id, "currency": "JPY", "unit_amount": 100, "interval": "year"});
    let price = text(&root.post("/v1/billing/prices", price).await.expect(201)["id"]);
    assert_eq!(root.delete(&path).await.problem(409), "plan-on-sale");
    root.patch(&format!("/v1/billing/prices/{price}"), json!({"is_active": false})).await.expect(200);
    root.delete(&path).await.expect(204);
    root.get(&path).await.problem(404);
    assert_eq!(root.get("/v1/billing/plans?deleted=only").await.expect(200).as_array().map(Vec::len), Some(1));
    root.post_empty(&format!("{path}/restore")).await.expect(200);
    let replaced = root.put(&path, json!({"code": "basic", "name": "Basic 2", "max_seats": 10})).await;
    assert_eq!(replaced.expect(200)["max_seats"], 10);
    let bad = root
        .post("/v1/billing/prices", json!({"plan_id": id, "currency": "EUX", "unit_amount": -1, "interval": "month"}))
        .await;
    bad.problem(422);
    let school = house.school("Northfield School");
    let start = json!({"price_id": price, "seats": 5});
    assert_eq!(house.bursar(school).post("/v1/billing/subscription", start).await.problem(409), "not-for-sale");
}
