use std::time::{Duration, Instant};

use actix_web::http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use validator::Validate;

use super::{Answer, Site, send};
use crate::{Form, Json, MergeField, Patch, Problem, Public, Routes, Valid, patch, post};

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct Thing {
    #[validate(length(min = 1, max = 8))]
    #[schema(min_length = 1, max_length = 8)]
    name: String,
    #[validate(range(min = 1))]
    #[serde(default = "one")]
    count: u32,
}

fn one() -> u32 {
    1
}

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct ThingPatch {
    #[serde(default)]
    #[validate(length(min = 1))]
    #[schema(value_type = Option<String>, min_length = 1)]
    name: MergeField<String>,
}

async fn make(_: Public, body: Valid<Thing>) -> Result<Json<Thing>, Problem> {
    Ok(Json::new(body.into_inner()))
}

async fn change(_: Public, body: Patch<ThingPatch>) -> Result<Json<ThingPatch>, Problem> {
    Ok(Json::new(body.into_inner()))
}

async fn fill(_: Public, Form(body): Form<Thing>) -> Result<Json<Thing>, Problem> {
    Ok(Json::new(body))
}

fn routes() -> Routes {
    Routes::new("things", "Things").add(post("/things", make)).add(patch("/things", change)).add(post("/form", fill))
}

async fn post_with(content_type: &str, extra: &[(&str, &str)], body: impl Into<bytes::Bytes>) -> Answer {
    let app = Site::with(|config| config.server.max_body_bytes = 1 << 20).await;
    let app = app.serve(routes()).await;
    let mut headers = vec![("content-type", content_type)];
    headers.extend_from_slice(extra);
    send(&app, Method::POST, "/things", &headers, body).await
}

async fn json(body: impl Into<bytes::Bytes>) -> (u16, String, Vec<String>) {
    post_with("application/json", &[], body).await.problem()
}

#[actix_rt::test]
async fn a_good_body_becomes_a_value() {
    let answer = post_with("application/json; charset=UTF-8", &[], r#"{"name":"x"}"#).await;
    assert_eq!((answer.status.as_u16(), &answer.body), (200, &json!({"name": "x", "count": 1})));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[actix_rt::test]
async fn faults_of_form_are_400() {
    for (body, code) in [
        ("", "empty-body"),
        ("{", "malformed-json"),
        (r#"{"name":"x"}{}"#, "malformed-json"),
        (r#"{"name":"x","name":"y"}"#, "duplicate-key"),
        (r#"{"name":"\ud800"}"#, "malformed-json"),
        (r#"{"count":1e999}"#, "malformed-json"),
    ] {
        assert_eq!(json(body).await, (400, code.to_owned(), vec![]), "{body}");
    }
    assert_eq!(json("[".repeat(100_000)).await.1, "json-too-deep");
}

#[actix_rt::test]
async fn faults_of_shape_and_value_are_422_with_pointers() {
    for (body, pointers) in [
        ("{}", vec!["/name"]),
        (r#"{"name":"x","role":"admin"}"#, vec!["/role"]),
        (r#"{"name":1}"#, vec!["/name"]),
        ("[]", vec![""]),
        (r#"{"name":"a\u0000"}"#, vec!["/name"]),
        (r#"{"name":"far too long","count":0}"#, vec!["/count", "/name"]),
    ] {
        let (status, code, found) = json(body).await;
        assert_eq!(
            (status, code.as_str(), found),
            (422, "invalid", pointers.into_iter().map(String::from).collect()),
            "{body}"
        );
    }
}

#[actix_rt::test]
async fn answers_stay_small_whatever_was_sent() {
    let key = "k".repeat(500_000);
    for body in [format!(r#"{{"name":"x","{key}":1}}"#), format!(r#"{{"{key}":1,"{key}":2}}"#)] {
        assert!(post_with("application/json", &[], body).await.bytes.len() < 2_000);
    }
}

#[actix_rt::test]
async fn other_media_types_and_encodings_are_415() {
    for kind in ["text/plain", "application/json; charset=latin1", "", "application/merge-patch+json"] {
        assert_eq!(post_with(kind, &[], r#"{"name":"x"}"#).await.problem().1, "unsupported-media-type", "{kind}");
    }
    let answer = post_with("application/json", &[("content-encoding", "gzip")], "x").await;
    assert_eq!(answer.problem(), (415, "unsupported-encoding".to_owned(), vec![]));
}

#[actix_rt::test]
async fn large_bodies_are_413_announced_or_not() {
    let body = vec![b' '; (1 << 20) + 1];
    assert_eq!(post_with("application/json", &[], body).await.problem().1, "body-too-large");
    let lie = post_with("application/json", &[("content-length", "99999999999")], "{}").await;
    assert_eq!(lie.problem(), (413, "body-too-large".to_owned(), vec![]));
}

#[actix_rt::test]
async fn a_megabyte_of_anything_is_refused_quickly() {
    let app = Site::with(|config| config.server.max_body_bytes = 2 << 20).await;
    let app = app.serve(routes()).await;
    let headers = [("content-type", "application/json")];
    for body in ["{\"a\":".repeat(200_000), format!("{{\"name\":\"{}\"}}", "a".repeat(1 << 20)), "[0,".repeat(300_000)]
    {
        let start = Instant::now();
        let answer = send(&app, Method::POST, "/things", &headers, body).await;
        assert!(answer.status.is_client_error());
        let bound = Duration::from_millis(if cfg!(debug_assertions) { 3000 } else { 50 });
        assert!(start.elapsed() < bound, "{:?}", start.elapsed());
    }
}

#[actix_rt::test]
async fn patches_know_absent_null_and_set() {
    let app = Site::new().await;
    let app = app.serve(routes()).await;
    let patch = |kind: &'static str, body: &'static str| {
        let app = &app;
        async move { send(app, Method::PATCH, "/things", &[("content-type", kind)], body).await }
    };
    for kind in ["application/merge-patch+json", "application/json"] {
        assert_eq!(patch(kind, r#"{"name":"x"}"#).await.body, json!({"name": "x"}));
        assert_eq!(patch(kind, r#"{"name":null}"#).await.status.as_u16(), 200);
        assert_eq!(patch(kind, "{}").await.status.as_u16(), 200);
        assert_eq!(patch(kind, r#"{"name":""}"#).await.problem().2, ["/name"]);
        assert_eq!(patch(kind, r#"{"id":1}"#).await.problem().2, ["/id"]);
    }
    assert_eq!(patch("application/xml", "{}").await.status.as_u16(), 415);
}

#[actix_rt::test]
async fn forms_are_read_strictly_but_ignore_what_they_do_not_know() {
    let app = Site::new().await;
    let app = app.serve(routes()).await;
    let form = |body: &'static str| {
        let app = &app;
        async move { send(app, Method::POST, "/form", &[("content-type", "application/x-www-form-urlencoded")], body).await }
    };
    assert_eq!(form("name=a+b&count=3&client_id=x").await.body, json!({"name": "a b", "count": 3}));
    assert_eq!(form("count=3").await.problem().2, ["/name"]);
    assert_eq!(form("name=a&count=x").await.problem().2, ["/count"]);
    assert_eq!(form("name=a&name=b").await.problem().2, ["/name"]);
    assert_eq!(form("name=%00").await.problem().2, ["/name"]);
    assert_eq!(form("name=&count=0").await.problem().2, ["/count", "/name"]);
}
