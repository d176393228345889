//! Sessions: seen, ended, and dead with the next request.

use std::time::{Duration as Wait, Instant};

use reqwest::Method;
use serde_json::json;

use super::{OTHER_PASSWORD, Pair, audited, log_in, made, renew, status_of};
use crate::support::{App, Client, PASSWORD};

const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0";

async fn log_in_with(client: &Client, agent: &str, name: &str) -> Pair {
    let body = json!({"username": name, "password": PASSWORD});
    let request = client.request(Method::POST, "/v1/auth/login").header("user-agent", agent);
    Pair::of(&request.json(&body).send().await)
}

#[tokio::test]
async fn row_11_logging_out_ends_access_and_refresh_with_the_next_request() {
    let app = App::start().await;
    let root = app.super_admin().await;
    made(&root, "lou").await;
    let client = app.anonymous();
    let (one, two) = (log_in(&client, "lou", PASSWORD).await, log_in(&client, "lou", PASSWORD).await);
    // Warm caches: what was verified a moment ago must not be remembered.
    assert_eq!(status_of(&client, &one.access).await, 200);
    assert_eq!(status_of(&client, &two.access).await, 200);
    let gone = client.with_token(&*one.access).post_empty("/v1/auth/logout").await;
    gone.expect(204);
    assert_eq!(status_of(&client, &one.access).await, 401);
    renew(&client, &one.refresh).await.problem(401);
    client.with_token(&*one.access).post_empty("/v1/auth/logout").await.problem(401);
    assert_eq!(status_of(&client, &two.access).await, 200);
    assert_eq!(audited(&app, "identity.logout").await, 1);
    assert_eq!(audited(&app, "identity.token_reuse").await, 0);
}

#[tokio::test]
async fn row_11_logging_out_everywhere_ends_every_session_and_nobody_elses() {
    let app = App::start().await;
    let root = app.super_admin().await;
    made(&root, "lou").await;
    made(&root, "max").await;
    let client = app.anonymous();
    let mut pairs = Vec::new();
    for _ in 0..3 {
        pairs.push(log_in(&client, "lou", PASSWORD).await);
    }
    let max = log_in(&client, "max", PASSWORD).await;
    client.with_token(&*pairs[0].access).post_empty("/v1/auth/logout-all").await.expect(204);
    for pair in &pairs {
        assert_eq!(status_of(&client, &pair.access).await, 401);
        renew(&client, &pair.refresh).await.problem(401);
    }
    assert_eq!(status_of(&client, &max.access).await, 200);
}

#[tokio::test]
async fn row_11_other_nodes_hear_of_it_within_two_seconds() {
    let app = App::start().await;
    if !app.on_postgres() {
        return; // SQLite has one node.
    }
    let second = app.second_node(|_| {}).await;
    let root = app.super_admin().await;
    made(&root, "lou").await;
    let pair = log_in(&app.anonymous(), "lou", PASSWORD).await;
    let there = second.anonymous();
    assert_eq!(status_of(&there, &pair.access).await, 200);
    app.anonymous().with_token(&*pair.access).post_empty("/v1/auth/logout").await.expect(204);
    let started = Instant::now();
    while status_of(&there, &pair.access).await != 401 {
        assert!(started.elapsed() < Wait::from_secs(2), "the other node still lets the token in");
    }
    renew(&there, &pair.refresh).await.problem(401);
}

#[tokio::test]
async fn row_12_sessions_show_device_address_and_use_and_can_be_ended() {
    let app = App::start().await;
    let root = app.super_admin().await;
    made(&root, "sina").await;
    let (laptop, phone) = (app.anonymous(), app.anonymous());
    let one = log_in_with(&laptop, FIREFOX, "sina").await;
    app.clock.advance(chrono::Duration::minutes(10));
    let two = log_in_with(&phone, "LyceumApp/1.2 (Android 14)\t", "sina").await;
    let (laptop, phone) = (laptop.with_token(&*one.access), phone.with_token(&*two.access));
    laptop.get("/v1/me").await.expect(200);

    let listed = laptop.get("/v1/auth/sessions?total=true").await;
    let sessions = listed.expect(200).as_array().expect("a list").clone();
    assert_eq!(listed.header("x-total-count"), Some("2"));
    let devices: Vec<_> = sessions.iter().map(|session| session["device"].as_str().expect("a device")).collect();
    assert_eq!(devices, ["LyceumApp on Android", "Firefox on Windows"]);
    let current: Vec<_> = sessions.iter().map(|session| session["current"].as_bool().expect("a flag")).collect();
    assert_eq!(current, [false, true]);
    for session in &sessions {
        assert!(session["ip"].as_str().expect("an address").starts_with("127."));
        let mut fields: Vec<_> = session.as_object().expect("a session").keys().map(String::as_str).collect();
        fields.sort_unstable();
        // Row 24: no hash and no generation among them.
        let shown = ["created_at", "current", "device", "expires_at", "id", "ip", "last_used_at", "school_id", "scope"];
        assert_eq!(fields, shown);
    }
    assert!(sessions[1]["last_used_at"].as_str() > sessions[1]["created_at"].as_str(), "{}", sessions[1]);

    let other = format!("/v1/auth/sessions/{}", sessions[0]["id"].as_str().expect("an id"));
    assert_eq!(laptop.get(&other).await.expect(200)["device"], "LyceumApp on Android");
    phone.get("/v1/me").await.expect(200);
    laptop.delete(&other).await.expect(204);
    phone.get("/v1/me").await.problem(401);
    renew(&phone, &two.refresh).await.problem(401);
    laptop.get("/v1/me").await.expect(200);
    laptop.delete(&other).await.problem(404);
    laptop.get(&other).await.problem(404);
    assert_eq!(laptop.get("/v1/auth/sessions").await.expect(200).as_array().map(Vec::len), Some(1));
    assert_eq!(audited(&app, "identity.session_revoked").await, 1);
}

#[tokio::test]
async fn row_12_all_other_sessions_end_in_one_call() {
    let app = App::start().await;
    let root = app.super_admin().await;
    made(&root, "sina").await;
    let client = app.anonymous();
    let (one, two) = (log_in(&client, "sina", PASSWORD).await, log_in(&client, "sina", PASSWORD).await);
    assert_eq!(status_of(&client, &one.access).await, 200);
    client.with_token(&*two.access).delete("/v1/auth/sessions").await.expect(204);
    assert_eq!(status_of(&client, &one.access).await, 401);
    assert_eq!(status_of(&client, &two.access).await, 200);
    renew(&client, &two.refresh).await.expect(200);
}

#[tokio::test]
async fn row_12_other_peoples_sessions_cannot_be_seen_or_ended() {
    let app = App::start().await;
    let root = app.super_admin().await;
    made(&root, "sina").await;
    let client = app.anonymous();
    let pair = log_in(&client, "sina", PASSWORD).await;
    let sina = client.with_token(&*pair.access);
    let id = sina.get("/v1/auth/sessions").await.expect(200)[0]["id"].as_str().expect("an id").to_owned();
    let unknown = "00000000-0000-7000-8000-000000000000";
    for method in [Method::GET, Method::DELETE] {
        // Not even staff: and the answer is that of an id that never was.
        let theirs = root.request(method.clone(), &format!("/v1/auth/sessions/{id}")).send().await;
        let nothing = root.request(method, &format!("/v1/auth/sessions/{unknown}")).send().await;
        assert_eq!((theirs.problem(404), &theirs.json["detail"]), (nothing.problem(404), &nothing.json["detail"]));
    }
    sina.get("/v1/me").await.expect(200);
}

#[tokio::test]
async fn row_12_a_disabled_account_is_out_at_once() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let id = made(&root, "dan").await;
    let client = app.anonymous();
    let pair = log_in(&client, "dan", PASSWORD).await;
    assert_eq!(status_of(&client, &pair.access).await, 200);
    root.patch(&format!("/v1/users/{id}"), json!({"is_active": false})).await.expect(200);
    assert_eq!(status_of(&client, &pair.access).await, 401);
    renew(&client, &pair.refresh).await.problem(401);
    // Let in again, the old session stays dead.
    root.patch(&format!("/v1/users/{id}"), json!({"is_active": true})).await.expect(200);
    assert_eq!(status_of(&client, &pair.access).await, 401);
    renew(&client, &pair.refresh).await.problem(401);
    log_in(&client, "dan", PASSWORD).await;
}

#[tokio::test]
async fn row_12_a_changed_password_ends_the_other_sessions() {
    let app = App::start().await;
    let ada = app.member("ada@school.example").await;
    let client = app.anonymous();
    let other = log_in(&client, "ada@school.example", PASSWORD).await;
    assert_eq!(status_of(&client, &other.access).await, 200);
    let change = json!({"current_password": PASSWORD, "new_password": OTHER_PASSWORD});
    ada.post("/v1/auth/password/change", change).await.expect(204);
    assert_eq!(status_of(&client, &other.access).await, 401);
    renew(&client, &other.refresh).await.problem(401);
    ada.get("/v1/me").await.expect(200);
    app.drain_outbox().await;
    assert_eq!(app.mail_to("ada@school.example").expect("a notice").subject, "Your password was changed");
}
