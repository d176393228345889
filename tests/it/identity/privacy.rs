//! Export and erasure of personal data.

use reqwest::Method;
use serde_json::json;

use super::{audited, delete_with, dump, lines_with, log_in, renew, status_of, try_login, uuid};
use crate::support::{App, PASSWORD};

const ADA: &str = "ada.lovelace@school.example";

#[tokio::test]
async fn an_export_holds_everything_about_its_owner_and_no_hash() {
    let app = App::start().await;
    let ada = app.member(ADA).await;
    app.member("somebody.else@school.example").await;
    ada.patch("/v1/me", json!({"username": "countess"})).await.expect(200);
    ada.post("/v1/me/email", json!({"email": "ada@new.example", "password": PASSWORD})).await.expect(202);
    let export = ada.get("/v1/me/export").await;
    let data = export.expect(200);
    assert_eq!(data["account"]["email"], ADA);
    assert_eq!(data["account"]["username"], "countess");
    assert_eq!(data["sessions"].as_array().map(Vec::len), Some(1));
    assert!(data["sessions"][0]["ip"].as_str().expect("an address").starts_with("127."));
    let purposes: Vec<_> = data["open_links"].as_array().expect("links").iter().map(|link| &link["purpose"]).collect();
    assert!(purposes.contains(&&json!("email_change")) && purposes.contains(&&json!("email_undo")), "{purposes:?}");
    let text = String::from_utf8_lossy(&export.bytes);
    for absent in ["argon2", "hash", "somebody.else", "lyc_"] {
        assert!(!text.contains(absent), "{absent} in {text}");
    }
    assert!(
        export
            .header("cache-control")
            .is_some_and(|control| control.contains("private") || control.contains("no-store"))
    );
    app.anonymous().get("/v1/me/export").await.problem(401);
}

#[tokio::test]
async fn erasing_takes_the_password_and_leaves_nobody_behind() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let ada = app.member(ADA).await;
    let id = ada.user_id.clone().expect("an id");
    let client = app.anonymous();
    let other = log_in(&client, ADA, PASSWORD).await;
    assert_eq!(
        delete_with(&ada, "/v1/me", &json!({"password": "a wrong password"})).await.problem(403),
        "reauthentication-failed"
    );
    ada.delete("/v1/me").await.problem(415);
    ada.get("/v1/me").await.expect(200);

    delete_with(&ada, "/v1/me", &json!({"password": PASSWORD})).await.expect(204);
    assert_eq!(status_of(&client, &other.access).await, 401);
    ada.get("/v1/me").await.problem(401);
    renew(&client, &other.refresh).await.problem(401);
    assert_eq!(try_login(&client, ADA, PASSWORD).await.problem(401), "invalid-credentials");
    // Staff see it no more, neither among the living nor among the deleted, and cannot bring it back.
    root.get(&format!("/v1/users/{id}")).await.problem(404);
    root.post_empty(&format!("/v1/users/{id}/restore")).await.problem(404);
    let deleted = root.get("/v1/users?deleted=only").await;
    assert_eq!(deleted.expect(200), &json!([]));
    app.drain_outbox().await;
    assert!(app.mail_to(ADA).expect("a farewell").subject.to_lowercase().contains("account"));

    // The address is free again, for an account that has nothing of the old one.
    let again = app.member(ADA).await;
    assert_ne!(again.user_id, Some(id));
    assert_eq!(again.get("/v1/me").await.expect(200)["username"], json!(null));
}

#[tokio::test]
async fn erasing_leaves_no_personal_data_in_any_table_and_the_account_is_still_auditable() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let client = app.anonymous();
    let register =
        json!({"email": ADA, "password": PASSWORD, "username": "enchantress", "full_name": "Ada Byron King"});
    let request = client.request(Method::POST, "/v1/auth/register").header("idempotency-key", "register-ada");
    request.json(&register).send().await.expect(202);
    app.drain_outbox().await;
    let token = app.mail_to(ADA).expect("a link").token();
    client.post("/v1/auth/activate", json!({"token": token})).await.expect(204);
    let body = json!({"email": ADA, "password": PASSWORD});
    let login = client.request(Method::POST, "/v1/auth/login").header("user-agent", "Babbage-Engine/1.0");
    let pair = super::Pair::of(&login.json(&body).send().await);
    let ada = client.with_token(&*pair.access);
    let id = ada.get("/v1/me").await.expect(200)["id"].as_str().expect("an id").to_owned();

    // A life that leaves traces: other names, letters, changes by staff, failures, a change of address under way.
    ada.patch("/v1/me", json!({"username": "numbergirl", "full_name": "Augusta Ada"})).await.expect(200);
    root.patch(&format!("/v1/users/{id}"), json!({"full_name": "Lady Lovelace"})).await.expect(200);
    client.post("/v1/auth/password/forgot", json!({"email": "ADA.Lovelace@school.example"})).await.expect(202);
    client.post("/v1/auth/activation/resend", json!({"email": ADA})).await.expect(202);
    client.post("/v1/auth/register", register).await.expect(202);
    try_login(&client, ADA, "a wrong password").await.problem(401);
    let change = json!({"email": "augusta@new.example", "password": PASSWORD});
    let request = ada.request(Method::POST, "/v1/me/email").header("idempotency-key", "change-address");
    request.json(&change).send().await.expect(202);
    app.drain_outbox().await;
    let confirm = app.mail_to("augusta@new.example").expect("a link").token();
    client.post("/v1/me/email/confirm", json!({"token": confirm})).await.expect(204);
    ada.post("/v1/me/email", json!({"email": "third@new.example", "password": PASSWORD})).await.expect(202);
    let before = audited(&app, "identity.email_changed").await;
    let kept = dump(&app).await.lines().filter(|line| line.starts_with("audit_log:")).count();

    delete_with(&ada, "/v1/me", &json!({"password": PASSWORD})).await.expect(204);
    app.drain_outbox().await;
    let dump = dump(&app).await;
    for trace in [
        ADA,
        "augusta@new.example",
        "third@new.example",
        "enchantress",
        "numbergirl",
        "Ada Byron King",
        "Augusta Ada",
        "Lady Lovelace",
        "Babbage-Engine",
    ] {
        let mut found = lines_with(&dump, trace);
        // The log is sealed; it takes personal values out by itself, and its own tests hold it to that.
        found.retain(|line| !line.starts_with("audit_log:"));
        assert_eq!(found, Vec::<&str>::new(), "{trace}");
    }
    // What happened is still told, about an account without a name: also the erasure, and that values were taken out of the log.
    assert_eq!(dump.lines().filter(|line| line.starts_with("audit_log:")).count(), kept + 2);
    assert_eq!(audited(&app, "identity.email_changed").await, before);
    let mine = "SELECT COUNT(*) AS n FROM audit_log WHERE target_id = $1";
    assert!(super::count(&app, mine, vec![uuid(&id).into()]).await >= 8);
    assert_eq!(audited(&app, "identity.account_erased").await, 1);
    // Nobody else has lost anything.
    assert_eq!(root.get("/v1/me").await.expect(200)["full_name"], "Root");
    assert!(!lines_with(&dump, "lyceum.example").is_empty());
}

#[tokio::test]
async fn links_of_an_erased_account_open_nothing() {
    let app = App::start().await;
    let ada = app.member(ADA).await;
    let client = app.anonymous();
    client.post("/v1/auth/password/forgot", json!({"email": ADA})).await.expect(202);
    app.drain_outbox().await;
    let reset = app.mail_to(ADA).expect("a link").token();
    delete_with(&ada, "/v1/me", &json!({"password": PASSWORD})).await.expect(204);
    let body = json!({"token": reset, "password": super::OTHER_PASSWORD});
    client.post("/v1/auth/password/reset", body).await.problem(404);
}
