//! Billing: who comes in, subscriptions, invoices and their numbers, documents, payments through Stripe.

mod gates;
mod house;
mod invoices;
mod stripe;
mod subscriptions;
mod whole;

use lyceum_kernel::SchoolId;
use serde_json::{Value, json};

use crate::support::Client;
use house::House;

/// A plan with a price for a month; answers the price's id.
async fn price(root: &Client, trial_days: i32, unit_amount: i64) -> String {
    let code = format!("plan-{}", uuid::Uuid::now_v7().simple());
    let plan = json!({"code": code, "name": "Standard", "trial_days": trial_days, "max_seats": 5_000});
    let plan = root.post("/v1/billing/plans", plan).await.expect(201)["id"].clone();
    let price = json!({"plan_id": plan, "currency": "EUR", "unit_amount": unit_amount, "interval": "month"});
    text(&root.post("/v1/billing/prices", price).await.expect(201)["id"])
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is text")).to_owned()
}

/// A school that pays 250 for each of its 100 seats a month.
async fn subscribed(house: &House) -> (SchoolId, Client, Client) {
    let school = house.school("Northfield School");
    let (root, bursar) = (house.root(Some(school)), house.bursar(school));
    let price = price(&root, 0, 250).await;
    bursar.post("/v1/billing/subscription", json!({"price_id": price, "seats": 100})).await.expect(201);
    house.drain().await;
    (school, root, bursar)
}

/// The school's invoices, the latest first.
async fn invoices(client: &Client) -> Vec<Value> {
    client.get("/v1/billing/invoices?limit=100").await.expect(200).as_array().expect("a list").clone()
}
