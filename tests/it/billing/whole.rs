//! Billing with the schools that there really are: seats are sold here and taken there, and a school that does not pay can only be
//! read.

use chrono::Duration;
use futures_util::future::join_all;
use serde_json::json;

use super::{invoices, price, text};
use crate::support::{App, Client, PASSWORD};
use crate::tenancy::{found, switch};

/// A school on a deployment, and who acts in it. Sessions do not outlive the days that pass: everybody logs in when needed.
struct Stage {
    app: App,
    school: String,
}

impl Stage {
    async fn set() -> Self {
        let app = App::start_with(|config| config.billing.tax_basis_points = 1_900).await;
        let school = found(&app, &app.super_admin().await, "northfield").await.id;
        Self { app, school }
    }

    /// The school's administrator.
    async fn admin(&self) -> Client {
        self.app.login("admin@northfield.example", PASSWORD).await
    }

    /// Whoever runs the deployment, in the school.
    async fn root(&self) -> Client {
        switch(&self.app.super_admin().await, &self.school).await
    }

    /// Subscribes to so many seats.
    async fn subscribe(&self, trial_days: i32, seats: i32) {
        let price = price(&self.root().await, trial_days, 250).await;
        let start = json!({"price_id": price, "seats": seats});
        self.admin().await.post("/v1/billing/subscription", start).await.expect(201);
        self.app.drain_outbox().await;
    }

    /// Lets days pass, one after the other, and what happens meanwhile happen.
    async fn pass_days(&self, days: i64) {
        for _ in 0..days {
            self.app.clock.advance(Duration::days(1));
            self.app.drain_outbox().await;
        }
    }

    async fn state(&self) -> String {
        text(&self.admin().await.get("/v1/billing/subscription").await.expect(200)["state"])
    }

    /// The school can be read and not be written to, by nobody who acts there, but billing goes on.
    async fn is_read_only(&self) {
        for client in [self.admin().await, self.root().await] {
            client.get("/v1/users").await.expect(200);
            client.get("/v1/groups").await.expect(200);
            client.get("/v1/roles").await.expect(200);
            let role = json!({"name": "librarian", "title": "Librarian", "rank": 15});
            for refused in [
                client.post("/v1/users", pupil("late")).await,
                client.post("/v1/groups", json!({"name": "Late"})).await,
                client.post("/v1/roles", role).await,
            ] {
                assert_eq!(refused.problem(403), "school-read-only");
            }
            assert_eq!(client.get("/v1/billing/usage").await.expect(200)["read_only"], true);
        }
        let shown = self.admin().await.get(&format!("/v1/schools/{}", self.school)).await;
        assert_eq!(shown.expect(200)["writable"], false);
    }

    async fn is_writable(&self, name: &str) {
        let admin = self.admin().await;
        assert_eq!(admin.get("/v1/billing/usage").await.expect(200)["read_only"], false);
        admin.post("/v1/groups", json!({"name": name})).await.expect(201);
    }
}

fn pupil(username: &str) -> serde_json::Value {
    json!({"username": username, "password": PASSWORD, "role": "student"})
}

#[tokio::test]
async fn seats_that_are_sold_are_the_seats_that_can_be_taken() {
    let stage = Stage::set().await;
    let admin = stage.admin().await;
    admin.post("/v1/users", pupil("first")).await.expect(201);
    assert_eq!(
        admin.get("/v1/billing/usage").await.expect(200)["seat_limit"],
        json!(null),
        "no subscription, no limit"
    );
    let price = price(&stage.root().await, 0, 250).await;
    let few = admin.post("/v1/billing/subscription", json!({"price_id": price, "seats": 1})).await;
    assert_eq!(few.problem(409), "seats-in-use", "the administrator and a pupil are there");
    stage.subscribe(0, 4).await;
    assert_eq!(admin.get(&format!("/v1/schools/{}", stage.school)).await.expect(200)["seat_limit"], 4);

    // Two seats are left: of ten who come at once two get one.
    let replies = join_all((0..10).map(|n| {
        let admin = admin.clone();
        async move { admin.post("/v1/users", pupil(&format!("pupil{n}"))).await }
    }))
    .await;
    let seated: Vec<_> = replies.iter().filter(|reply| reply.status == 201).collect();
    assert_eq!(seated.len(), 2);
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        assert_eq!(reply.problem(409), "no-seat-left");
    }
    let usage = admin.get("/v1/billing/usage").await;
    assert_eq!(
        usage.expect(200),
        &json!({"seats_used": 4, "seat_limit": 4, "seats_left": 0, "state": "active", "read_only": false})
    );
    let members = admin.get("/v1/users?total=true&is_active=true").await;
    members.expect(200);
    assert_eq!(members.header("x-total-count"), Some("4"), "seats are members");

    // Whoever leaves, or is kept out, leaves a seat.
    let leaver = format!("/v1/users/{}", text(&seated[0].json["id"]));
    admin.delete(&leaver).await.expect(204);
    assert_eq!(admin.get("/v1/billing/usage").await.expect(200)["seats_left"], 1);
    admin.post("/v1/users", pupil("next")).await.expect(201);
    assert_eq!(admin.post_empty(&format!("{leaver}/restore")).await.problem(409), "no-seat-left");
    let other = format!("/v1/users/{}", text(&seated[1].json["id"]));
    admin.patch(&other, json!({"is_active": false})).await.expect(200);
    admin.post_empty(&format!("{leaver}/restore")).await.expect(200);
    assert_eq!(admin.patch(&other, json!({"is_active": true})).await.problem(409), "no-seat-left");

    // More seats hold at once; fewer than are taken cannot be had.
    admin.patch("/v1/billing/subscription", json!({"seats": 5})).await.expect(200);
    stage.app.drain_outbox().await;
    admin.patch(&other, json!({"is_active": true})).await.expect(200);
    assert_eq!(admin.patch("/v1/billing/subscription", json!({"seats": 4})).await.problem(409), "seats-in-use");
    assert_eq!(admin.post("/v1/users", pupil("toomany")).await.problem(409), "no-seat-left");
}

#[tokio::test]
async fn a_school_that_does_not_pay_after_its_trial_can_be_read_until_it_does() {
    let stage = Stage::set().await;
    stage.subscribe(30, 10).await;
    assert_eq!(stage.state().await, "trial");
    stage.is_writable("In the trial").await;
    stage.pass_days(31).await;
    assert_eq!(stage.state().await, "active");
    stage.is_writable("After the trial").await;
    // Fourteen days to pay, then fourteen days of grace.
    stage.pass_days(15).await;
    assert_eq!(stage.state().await, "past_due");
    stage.is_writable("In grace").await;
    stage.pass_days(14).await;
    assert_eq!(stage.state().await, "past_due");
    stage.is_read_only().await;
    let owed = invoices(&stage.admin().await).await;
    let root = stage.root().await;
    for invoice in &owed {
        let path = format!("/v1/billing/invoices/{}/mark-paid", text(&invoice["id"]));
        root.post(&path, json!({"reference": "bank 1"})).await.expect(200);
    }
    stage.app.drain_outbox().await;
    stage.is_writable("After paying").await;
    assert_eq!(stage.state().await, "active");
}

#[tokio::test]
async fn a_school_that_cancels_can_be_read_until_it_subscribes_again() {
    let stage = Stage::set().await;
    stage.subscribe(0, 10).await;
    // At the end of the period.
    let admin = stage.admin().await;
    admin.patch("/v1/billing/subscription", json!({"cancel_at_period_end": true})).await.expect(200);
    let invoice = text(&invoices(&admin).await[0]["id"]);
    stage.root().await.post(&format!("/v1/billing/invoices/{invoice}/mark-paid"), json!({})).await.expect(200);
    stage.is_writable("Still paid for").await;
    stage.pass_days(32).await;
    assert_eq!(stage.state().await, "cancelled");
    stage.is_read_only().await;
    stage.subscribe(0, 10).await;
    stage.is_writable("Back again").await;
    // And at once.
    stage.admin().await.delete("/v1/billing/subscription").await.expect(204);
    stage.app.drain_outbox().await;
    stage.is_read_only().await;
}

#[tokio::test]
async fn invoices_are_told_of_by_mail() {
    let stage = Stage::set().await;
    stage.subscribe(0, 10).await;
    let letter = stage.app.mail_to("admin@northfield.example").expect("a letter");
    assert_eq!(letter.subject, "Invoice INV-000001 for northfield school");
    let number = text(&invoices(&stage.admin().await).await[0]["id"]);
    for part in ["29.75 EUR", &format!("/v1/billing/invoices/{number}.pdf")] {
        assert!(letter.text.contains(part), "{part}: {}", letter.text);
    }
    // From now on they go where the school wants them.
    let bursar = json!({"name": "Northfield Trust", "email": "bursar@trust.example"});
    stage.admin().await.put("/v1/billing/customer", bursar).await.expect(200);
    stage.admin().await.patch("/v1/billing/subscription", json!({"seats": 12})).await.expect(200);
    stage.app.drain_outbox().await;
    stage.app.drain_outbox().await;
    let of = |address: &str| stage.app.mails().into_iter().filter(|mail| mail.to == address).count();
    assert_eq!(
        stage.app.mail_to("bursar@trust.example").expect("a letter").subject,
        "Invoice INV-000002 for northfield school"
    );
    assert_eq!(of("bursar@trust.example"), 1);
    assert_eq!(
        stage.app.mails().iter().filter(|mail| mail.subject.contains("INV-")).count(),
        2,
        "one letter an invoice"
    );
}
