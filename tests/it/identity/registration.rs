//! Registration and activation.

use chrono::Duration;
use futures_util::future::join_all;
use serde_json::json;

use super::{audited, comparable, count, hashes, log_in, made, try_login};
use crate::support::{App, PASSWORD};

#[tokio::test]
async fn an_account_comes_to_life_when_its_address_is_proven() {
    let app = App::start().await;
    let client = app.anonymous();
    let body =
        json!({"email": "Ada@School.example", "password": PASSWORD, "username": "ada", "full_name": "Ada Byron"});
    client.post("/v1/auth/register", body).await.expect(202);
    assert_eq!(try_login(&client, "ada", PASSWORD).await.problem(403), "account-not-activated");
    app.drain_outbox().await;
    let mail = app.mail_to("Ada@School.example").expect("a link");
    assert!(mail.text.contains("Ada Byron") && mail.text.contains("/activate?token="), "{}", mail.text);
    assert!(mail.html.replace("&#x2f;", "/").contains("/activate?token="), "{}", mail.html);
    let token = mail.token();
    let activate = || client.post("/v1/auth/activate", json!({"token": token}));
    let tries = join_all((0..8).map(|_| activate())).await;
    assert_eq!(tries.iter().filter(|reply| reply.status == 204).count(), 1);
    assert!(tries.iter().all(|reply| matches!(reply.status.as_u16(), 204 | 410)));
    log_in(&client, "ADA", PASSWORD).await;
    log_in(&client, "ada@school.example", PASSWORD).await;
    assert_eq!(audited(&app, "identity.account_activated").await, 1);
    let me = app.login("ada@school.example", PASSWORD).await.get("/v1/me").await;
    assert_eq!((&me.expect(200)["email"], &me.json["role"]), (&json!("Ada@School.example"), &json!("member")));
}

#[tokio::test]
async fn row_5_a_taken_address_gets_the_same_answer_after_the_same_work_and_its_owner_is_told() {
    let app = App::start().await;
    app.member("ada@school.example").await;
    let client = app.anonymous();
    let register = async |email: &str, password: &str| {
        let before = hashes(&app);
        let body = json!({"email": email, "password": password, "full_name": "Mallory"});
        let reply = client.post("/v1/auth/register", body).await;
        assert_eq!(hashes(&app) - before, 1, "{email}");
        reply.expect(202);
        comparable(&reply)
    };
    let fresh = register("new@school.example", "quite another phrase").await;
    assert_eq!(register("ADA@school.example", "quite another phrase").await, fresh);
    // Waiting for its activation, an address is as good as taken.
    assert_eq!(register("new@school.example", "quite another phrase").await, fresh);
    app.drain_outbox().await;
    let told = app.mail_to("ada@school.example").expect("a notice");
    assert_eq!(told.subject, "You already have an account");
    assert!(!told.text.contains("Mallory") && !told.html.contains("Mallory"), "strangers write nothing into it");
    // Nothing about the account has changed.
    try_login(&client, "ada@school.example", "quite another phrase").await.problem(401);
    let me = app.login("ada@school.example", PASSWORD).await.get("/v1/me").await;
    assert_eq!(me.expect(200)["full_name"], "A Member");
    assert_eq!(count(&app, "SELECT COUNT(*) AS n FROM accounts", vec![]).await, 2);
}

#[tokio::test]
async fn parallel_registrations_make_one_account_and_answer_alike() {
    let app = App::start().await;
    let client = app.anonymous();
    let register = |n: usize| {
        let email = if n.is_multiple_of(2) { "race@school.example" } else { "RACE@school.example" };
        client.post("/v1/auth/register", json!({"email": email, "password": PASSWORD}))
    };
    let replies = join_all((0..12).map(register)).await;
    for reply in &replies {
        reply.expect(202);
        assert_eq!(comparable(reply), comparable(&replies[0]));
    }
    assert_eq!(count(&app, "SELECT COUNT(*) AS n FROM accounts", vec![]).await, 1);
}

#[tokio::test]
async fn a_taken_username_is_told() {
    let app = App::start().await;
    let root = app.super_admin().await;
    made(&root, "taken").await;
    let client = app.anonymous();
    let body = json!({"email": "new@school.example", "password": PASSWORD, "username": "TAKEN"});
    assert_eq!(client.post("/v1/auth/register", body).await.problem(409), "username-taken");
    let body = json!({"email": "new@school.example", "password": PASSWORD, "username": "free"});
    client.post("/v1/auth/register", body).await.expect(202);
}

#[tokio::test]
async fn row_23_nobody_registers_more_than_is_listed() {
    let app = App::start().await;
    let client = app.anonymous();
    for (field, value) in [
        ("role", json!("super_admin")),
        ("platform_role", json!("super_admin")),
        ("roles", json!(["admin"])),
        ("is_active", json!(true)),
        ("is_verified", json!(true)),
        ("activated_at", json!("2026-01-01T00:00:00Z")),
        ("school_id", json!("00000000-0000-7000-8000-000000000000")),
        ("id", json!("00000000-0000-7000-8000-000000000000")),
        ("created_by", json!("00000000-0000-7000-8000-000000000000")),
        ("version", json!(7)),
        ("password_hash", json!("x")),
        ("mfa_enabled", json!(false)),
        ("score", json!(100)),
    ] {
        let mut body = json!({"email": "new@school.example", "password": PASSWORD});
        body[field] = value;
        assert_eq!(client.post("/v1/auth/register", body).await.pointers(), [format!("/{field}")]);
    }
    assert_eq!(count(&app, "SELECT COUNT(*) AS n FROM accounts", vec![]).await, 0);
}

#[tokio::test]
async fn addresses_that_are_none_are_refused() {
    let app = App::start().await;
    let client = app.anonymous();
    for email in [
        "",
        "ada",
        "ada@",
        "@school.example",
        "a b@school.example",
        "ada@school..example",
        "ada@school.example\r\nBcc: x@y.example",
        "ada@-school.example",
        "\"ada\"@school.example",
        &format!("{}@school.example", "a".repeat(65)),
    ] {
        let body = json!({"email": email, "password": PASSWORD});
        assert_eq!(client.post("/v1/auth/register", body).await.pointers(), ["/email"], "{email}");
    }
}

#[tokio::test]
async fn an_activation_is_sent_again_and_expires() {
    let app = App::start().await;
    let client = app.anonymous();
    let body = json!({"email": "ada@school.example", "password": PASSWORD});
    client.post("/v1/auth/register", body).await.expect(202);
    app.drain_outbox().await;
    let first = app.mail_to("ada@school.example").expect("a link").token();
    app.clock.advance(Duration::days(3));
    let activate = async |token: &str| client.post("/v1/auth/activate", json!({"token": token})).await;
    assert_eq!(activate(&first).await.problem(410), "one-time-token-expired");
    let resend = json!({"email": "ada@school.example"});
    client.post("/v1/auth/activation/resend", resend.clone()).await.expect(202);
    app.drain_outbox().await;
    let second = app.mail_to("ada@school.example").expect("a link").token();
    assert_ne!(second, first);
    activate(&second).await.expect(204);
    // Whoever is activated, and whoever is not there, gets no letter.
    let sent = app.mails().len();
    client.post("/v1/auth/activation/resend", resend).await.expect(202);
    client.post("/v1/auth/activation/resend", json!({"email": "nobody@school.example"})).await.expect(202);
    app.drain_outbox().await;
    assert_eq!(app.mails().len(), sent);
}

#[tokio::test]
async fn tokens_that_never_were_are_unknown_whatever_they_look_like() {
    let app = App::start().await;
    let client = app.anonymous();
    let forged = |prefix: &str| format!("{prefix}{}", "A".repeat(70));
    let others = ["", "x", "../../etc/passwd"].map(str::to_owned);
    let long = "A".repeat(100_000);
    for token in [forged("lyc_act_"), forged("lyc_pas_"), forged("lyc_ref_"), long].into_iter().chain(others) {
        for (path, body) in [
            ("/v1/auth/activate", json!({"token": token})),
            ("/v1/auth/password/reset", json!({"token": token, "password": PASSWORD})),
            ("/v1/me/email/confirm", json!({"token": token})),
            ("/v1/me/email/undo", json!({"token": token})),
        ] {
            assert_eq!(client.post(path, body).await.problem(404), "one-time-token-unknown", "{path}");
        }
    }
}

#[tokio::test]
async fn a_closed_deployment_takes_nobody() {
    let app = App::start_with(|config| config.security.self_registration = false).await;
    let body = json!({"email": "ada@school.example", "password": PASSWORD});
    let before = hashes(&app);
    assert_eq!(app.anonymous().post("/v1/auth/register", body).await.problem(403), "registration-closed");
    assert_eq!(hashes(&app), before);
}
