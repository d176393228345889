//! Invoices: lines, tax, numbers, states, documents, reports.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::house::House;
use super::{invoices, subscribed, text};

fn draft() -> Value {
    json!({
        "currency": "EUR",
        "lines": [
            {"description": "Setting up", "quantity": 3, "unit_amount": 1_005, "tax_basis_points": 1_900},
            {"description": "Discount", "unit_amount": -5, "tax_basis_points": 1_000}
        ]
    })
}

#[tokio::test]
async fn a_draft_is_written_issued_and_never_changed_again() {
    let house = House::start().await;
    let school = house.school("Łódź & Söhne — Δοκιμή школа");
    let (root, bursar) = (house.root(Some(school)), house.bursar(school));
    let made = root.post("/v1/billing/invoices", draft()).await;
    // 3015 × 19 % = 572.85 → 573; −5 × 10 % = −0.5 → −1.
    let sums = |body: &Value| [body["subtotal"].as_i64(), body["tax"].as_i64(), body["total"].as_i64()];
    assert_eq!(sums(made.expect(201)), [Some(3_010), Some(572), Some(3_582)]);
    let path = format!("/v1/billing/invoices/{}", text(&made.json["id"]));
    bursar.get(&path).await.problem(404);
    assert!(invoices(&bursar).await.is_empty() && invoices(&root).await.len() == 1);
    let less = json!({"lines": [{"description": "Gift", "unit_amount": -1, "tax_basis_points": 0}]});
    assert_eq!(root.patch(&path, less).await.problem(409), "negative-total");
    let patched = root.patch(&path, json!({"terms_days": 30, "note": "Thank you.\nSee you."})).await;
    assert_eq!(patched.expect(200)["lines"].as_array().map(Vec::len), Some(2));
    root.delete(&path).await.expect(204);
    root.post_empty(&format!("{path}/restore")).await.expect(200);
    let issued = root.post_empty(&format!("{path}/finalise")).await;
    assert_eq!((&issued.expect(200)["state"], &issued.json["number"]), (&json!("open"), &json!("INV-000001")));
    assert_eq!(root.patch(&path, json!({"terms_days": 1})).await.problem(409), "invoice-state");
    assert_eq!(root.delete(&path).await.problem(409), "invoice-state");
    assert_eq!(root.post_empty(&format!("{path}/finalise")).await.problem(409), "invoice-state");
    assert_eq!(bursar.post(&format!("{path}/pay"), json!({})).await.problem(409), "paid-by-transfer");
    root.post_empty(&format!("{path}/mark-uncollectible")).await.expect(200);
    let paid = root.post(&format!("{path}/mark-paid"), json!({"reference": "bank 4711"})).await;
    assert_eq!((&paid.expect(200)["state"], &paid.json["paid_reference"]), (&json!("paid"), &json!("bank 4711")));
    assert_eq!(root.post_empty(&format!("{path}/void")).await.problem(409), "invoice-state");
    let file = bursar.get(&format!("{path}.pdf")).await;
    file.expect(200);
    assert_eq!(file.header("content-type"), Some("application/pdf"));
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"INV-000001.pdf\""));
    assert!(file.bytes.starts_with(b"%PDF-") && file.bytes.len() < 200_000, "{} bytes", file.bytes.len());
    if let Some(folder) = crate::support::variable("LYCEUM_TEST_KEEP_PDF") {
        std::fs::write(folder, &file.bytes).expect("kept");
    }
}

#[tokio::test]
async fn numbers_have_no_gaps_whatever_races_and_fails() {
    let house = House::start().await;
    let schools = [house.school("North"), house.school("South")];
    let mut drafts = Vec::new();
    for school in schools {
        let root = house.root(Some(school));
        for _ in 0..12 {
            let id = text(&root.post("/v1/billing/invoices", draft()).await.expect(201)["id"]);
            drafts.push((root.clone(), format!("/v1/billing/invoices/{id}/finalise")));
        }
    }
    // Each twice: the second of the two fails, and takes no number.
    let tries = drafts.iter().chain(&drafts).map(|(root, path)| root.post_empty(path));
    let replies = futures_util::future::join_all(tries).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 24);
    for school in schools {
        let numbers: BTreeSet<_> =
            invoices(&house.root(Some(school))).await.iter().map(|i| text(&i["number"])).collect();
        let wanted: BTreeSet<_> = (1..=12).map(|n| format!("INV-{n:06}")).collect();
        assert_eq!(numbers, wanted);
    }
}

#[tokio::test]
async fn an_invoice_bears_what_the_school_wants_it_to_and_keeps_it() {
    let house = House::start().await;
    let school = house.school("Northfield School");
    let bursar = house.bursar(school);
    let shown = bursar.get("/v1/billing/customer").await;
    assert_eq!((&shown.expect(200)["name"], &shown.json["version"]), (&json!("Northfield School"), &json!(0)));
    let body = json!({"name": "Northfield Trust", "email": "bursar@northfield.example", "address": "1 Lane\nTown", "country": "GB"});
    let stale =
        bursar.request(reqwest::Method::PUT, "/v1/billing/customer").header("if-match", "\"7-billing_customer\"");
    stale.json(&body).send().await.problem(412);
    let put = bursar.put("/v1/billing/customer", body).await;
    assert_eq!((&put.expect(200)["version"], &put.json["tax_id"]), (&json!(1), &json!(null)));
    let patched = bursar.patch("/v1/billing/customer", json!({"tax_id": "GB 123", "email": null})).await;
    assert_eq!((&patched.expect(200)["tax_id"], &patched.json["email"]), (&json!("GB 123"), &json!(null)));
    bursar.patch("/v1/billing/customer", json!({"country": "gb"})).await.problem(422);
}

#[tokio::test]
async fn revenue_is_summed_by_currency_and_never_over_currencies() {
    let house = House::start().await;
    let (_, root, bursar) = subscribed(&house).await;
    let invoice = text(&invoices(&bursar).await[0]["id"]);
    root.post(&format!("/v1/billing/invoices/{invoice}/mark-paid"), json!({})).await.expect(200);
    let mut yen = draft();
    yen["currency"] = json!("JPY");
    let yen = text(&root.post("/v1/billing/invoices", yen).await.expect(201)["id"]);
    root.post_empty(&format!("/v1/billing/invoices/{yen}/finalise")).await.expect(200);
    bursar.get("/v1/billing/reports/revenue").await.problem(403);
    let report = root.get("/v1/billing/reports/revenue").await;
    assert_eq!(
        report.expect(200)["revenue"],
        json!([
            {"currency": "EUR", "invoiced": 29_750, "paid": 29_750, "tax_paid": 4_750, "outstanding": 0, "invoices_issued": 1, "invoices_paid": 1},
            {"currency": "JPY", "invoiced": 3_582, "paid": 0, "tax_paid": 0, "outstanding": 3_582, "invoices_issued": 1, "invoices_paid": 0}
        ])
    );
    assert_eq!(report.json["subscriptions"], json!([{"state": "active", "subscriptions": 1, "seats": 100}]));
    let series = root.get("/v1/billing/reports/revenue/series?period=week").await;
    assert_eq!(series.expect(200)["points"].as_array().map(Vec::len), Some(2));
    let backwards = root.get("/v1/billing/reports/revenue/series?from=2026-02-01&to=2026-01-01").await;
    assert_eq!(backwards.expect(200)["points"], json!([]));
}

#[tokio::test]
async fn a_list_of_invoices_costs_the_same_queries_at_any_length() {
    let house = House::start().await;
    let (_, root, bursar) = subscribed(&house).await;
    let counted = |before: u64| house.platform.db.queries() - before;
    let before = house.platform.db.queries();
    bursar.get("/v1/billing/invoices?limit=100").await.expect(200);
    let few = counted(before);
    for _ in 0..30 {
        root.post("/v1/billing/invoices", draft()).await.expect(201);
    }
    let before = house.platform.db.queries();
    root.get("/v1/billing/invoices?limit=100").await.expect(200);
    assert_eq!(counted(before), few);
}

#[tokio::test]
async fn an_idempotency_key_writes_one_invoice() {
    let house = House::start().await;
    let root = house.root(Some(house.school("Northfield School")));
    for _ in 0..3 {
        let request = root.request(reqwest::Method::POST, "/v1/billing/invoices").header("idempotency-key", "once");
        request.json(&draft()).send().await.expect(201);
    }
    assert_eq!(invoices(&root).await.len(), 1);
}
