//! One's own account.

use reqwest::Method;
use serde_json::json;

use super::{count, made};
use crate::support::{App, Client, PASSWORD, Reply};

async fn patch_if(client: &Client, etag: &str, body: serde_json::Value) -> Reply {
    let request = client.request(Method::PATCH, "/v1/me").header("if-match", etag);
    request.header("content-type", "application/merge-patch+json").bytes(body.to_string().into_bytes()).send().await
}

#[tokio::test]
async fn a_profile_is_patched_and_replaced() {
    let app = App::start().await;
    let ada = app.member("ada@school.example").await;
    let patch = json!({"username": "ada", "locale": "de-AT", "time_zone": "Europe/Vienna"});
    let patched = ada.patch("/v1/me", patch).await;
    assert_eq!(patched.expect(200)["username"], "ada");
    assert_eq!(patched.json["full_name"], "A Member");
    let version = patched.json["version"].as_i64().expect("a version");
    // What changes nothing is no new version.
    assert_eq!(ada.patch("/v1/me", json!({"username": "ada"})).await.expect(200)["version"], version);
    assert_eq!(ada.patch("/v1/me", json!({})).await.expect(200)["version"], version);
    let emptied = ada.patch("/v1/me", json!({"full_name": null, "locale": null})).await;
    assert_eq!((&emptied.expect(200)["full_name"], &emptied.json["locale"]), (&json!(null), &json!("en")));
    let put = ada.put("/v1/me", json!({"full_name": "Ada King"})).await;
    assert_eq!(put.expect(200)["full_name"], "Ada King");
    assert_eq!((&put.json["username"], &put.json["time_zone"]), (&json!(null), &json!("UTC")));
    assert_eq!(ada.get("/v1/me").await.expect(200), &put.json);
}

#[tokio::test]
async fn an_entity_tag_belongs_to_one_account() {
    let app = App::start().await;
    let ada = app.member("ada@school.example").await;
    let bea = app.member("bea@school.example").await;
    let tag = ada.get("/v1/me").await.header("etag").expect("an ETag").to_owned();
    let ask = async |client: &Client, tag: &str| {
        client.request(Method::GET, "/v1/me").header("if-none-match", tag).send().await
    };
    let same = ask(&ada, &tag).await;
    assert_eq!(same.status, 304);
    assert_eq!(same.header("etag"), Some(&*tag));
    assert_eq!(same.header("cache-control"), Some("private, no-cache"));
    assert!(
        same.headers
            .get_all("vary")
            .iter()
            .any(|v| v.to_str().is_ok_and(|v| v.to_ascii_lowercase().contains("authorization")))
    );
    // A client that logs in as somebody else with the same cache must not see the first one's account.
    assert_eq!(ask(&bea, &tag).await.expect(200)["email"], "bea@school.example");
    patch_if(&bea, &tag, json!({"full_name": "Not Ada"})).await.problem(412);

    let patched = patch_if(&ada, &tag, json!({"full_name": "Ada King"})).await;
    patched.expect(200);
    let next = patched.header("etag").expect("an ETag").to_owned();
    assert_ne!(next, tag);
    patch_if(&ada, &tag, json!({"full_name": "Too late"})).await.problem(412);
    assert_eq!(ask(&ada, &tag).await.expect(200)["full_name"], "Ada King");
    assert_eq!(ask(&ada, &next).await.status, 304);
    patch_if(&ada, "*", json!({"full_name": "Ada"})).await.expect(200);
    patch_if(&ada, "W/\"1-me\"", json!({"full_name": "Weak"})).await.problem(412);
    patch_if(&ada, "no tag", json!({"full_name": "None"})).await.problem(400);
}

#[tokio::test]
async fn a_warm_answer_costs_no_query_and_is_never_stale() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let ada = app.member("ada@school.example").await;
    ada.get("/v1/me").await.expect(200);
    if !app.on_postgres() {
        assert_eq!(app.queries_of(ada.get("/v1/me")).await, 0);
    }
    let path = format!("/v1/users/{}", ada.user_id.as_deref().expect("an id"));
    root.patch(&path, json!({"full_name": "As staff write it"})).await.expect(200);
    assert_eq!(ada.get("/v1/me").await.expect(200)["full_name"], "As staff write it");
}

#[tokio::test]
async fn row_23_nobody_gives_themselves_more_than_is_listed() {
    let app = App::start().await;
    let ada = app.member("ada@school.example").await;
    let before = ada.get("/v1/me").await.expect(200).clone();
    for (field, value) in [
        ("role", json!("super_admin")),
        ("roles", json!(["super_admin"])),
        ("platform_role", json!("super_admin")),
        ("permissions", json!(["user:read"])),
        ("email", json!("other@school.example")),
        ("is_active", json!(true)),
        ("is_verified", json!(true)),
        ("activated_at", json!("2026-01-01T00:00:00Z")),
        ("mfa_enabled", json!(false)),
        ("must_change_password", json!(false)),
        ("password", json!("chosen without the old one")),
        ("id", json!("00000000-0000-7000-8000-000000000000")),
        ("school_id", json!("00000000-0000-7000-8000-000000000000")),
        ("created_by", json!("00000000-0000-7000-8000-000000000000")),
        ("version", json!(99)),
        ("score", json!(100)),
        ("deleted_at", json!(null)),
        ("avatar_file_id", json!("00000000-0000-7000-8000-000000000000")),
    ] {
        let mut body = json!({"full_name": "Changed"});
        body[field] = value;
        assert_eq!(ada.patch("/v1/me", body.clone()).await.pointers(), [format!("/{field}")]);
        assert_eq!(ada.put("/v1/me", body).await.pointers(), [format!("/{field}")]);
    }
    assert_eq!(ada.get("/v1/me").await.expect(200), &before);
    let members = "SELECT COUNT(*) AS n FROM accounts WHERE platform_role = 'member' AND version = $1";
    assert_eq!(count(&app, members, vec![before["version"].as_i64().into()]).await, 1);
}

#[tokio::test]
async fn a_username_is_one_persons_whatever_its_case_and_somebody_keeps_a_name() {
    let app = App::start().await;
    let root = app.super_admin().await;
    made(&root, "first").await;
    let ada = app.member("ada@school.example").await;
    assert_eq!(ada.patch("/v1/me", json!({"username": "FIRST"})).await.problem(409), "username-taken");
    let client = app.anonymous();
    let only = client.with_token(super::log_in(&client, "first", PASSWORD).await.access);
    assert_eq!(only.patch("/v1/me", json!({"username": null})).await.problem(409), "login-name-missing");
    assert_eq!(only.put("/v1/me", json!({})).await.problem(409), "login-name-missing");
}

#[tokio::test]
async fn values_out_of_their_shape_are_named() {
    let app = App::start().await;
    let ada = app.member("ada@school.example").await;
    for (field, value) in [
        ("username", json!("a")),
        ("username", json!("two words")),
        ("username", json!("x".repeat(65))),
        ("full_name", json!("")),
        ("full_name", json!("   ")),
        ("full_name", json!("line\nbreak")),
        ("full_name", json!("x".repeat(201))),
        ("locale", json!("not a locale")),
        ("time_zone", json!("Mars/Olympus")),
        ("time_zone", json!(5)),
    ] {
        let body = json!({field: value});
        assert_eq!(ada.patch("/v1/me", body.clone()).await.pointers(), [format!("/{field}")], "{value}");
        assert_eq!(ada.put("/v1/me", body).await.pointers(), [format!("/{field}")], "{value}");
    }
}

#[tokio::test]
async fn permissions_follow_the_role() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let ada = app.member("ada@school.example").await;
    assert_eq!(ada.get("/v1/me/permissions").await.expect(200)["permissions"], json!([]));
    let all = root.get("/v1/me/permissions").await;
    let names = all.expect(200)["permissions"].as_array().expect("names").clone();
    assert!(names.contains(&json!("user:read")) && names.contains(&json!("user:delete")), "{names:?}");
    assert!(names.is_sorted_by_key(|name| name.as_str().map(str::to_owned)));
}
