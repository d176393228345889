use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use actix_web::http::Method;
use lyceum_platform::uow::{Answer as Reply, Committed, UnitOfWork};
use serde_json::json;

use super::{Answer, Site, send};
use crate::{Authenticated, Problem, Public, Routes, State, Valid, post};

#[derive(Debug, serde::Deserialize, validator::Validate, utoipa::ToSchema)]
struct Body {
    size: usize,
}

/// Counts how often something was really done.
#[derive(Default)]
struct Count(AtomicU32);

async fn add(
    _: Authenticated,
    count: State<Count>,
    uow: UnitOfWork,
    body: Valid<Body>,
) -> Result<Committed<u32>, Problem> {
    do_it(&count, uow, body.size).await
}

async fn add_publicly(_: Public, count: State<Count>, uow: UnitOfWork) -> Result<Committed<u32>, Problem> {
    do_it(&count, uow, 0).await
}

async fn secret(_: Public, count: State<Count>, uow: UnitOfWork) -> Result<Committed<u32>, Problem> {
    do_it(&count, uow, 0).await
}

async fn do_it(count: &Count, uow: UnitOfWork, number: usize) -> Result<Committed<u32>, Problem> {
    let tx = uow.begin().await?;
    if number == 3 {
        return Err(Problem::not_found());
    }
    let done = count.0.fetch_add(1, Ordering::SeqCst) + 1;
    Ok(tx.commit(Reply::created(done).location("/things/1")).await?)
}

fn routes() -> Routes {
    Routes::new("things", "Things")
        .state(Arc::new(Count::default()))
        .add(post("/things", add).status(201))
        .add(post("/public", add_publicly).status(201))
        .add(post("/secret", secret).status(201).idempotency_exempt())
}

async fn call<S>(app: &S, path: &str, token: &str, key: &str, body: &'static str) -> Answer
where
    S: actix_web::dev::Service<
            actix_http::Request,
            Response = actix_web::dev::ServiceResponse,
            Error = actix_web::Error,
        >,
{
    let authorization = format!("Bearer {token}");
    let headers = [("authorization", &*authorization), ("idempotency-key", key), ("content-type", "application/json")];
    send(app, Method::POST, path, &headers, body).await
}

#[actix_rt::test]
async fn a_repeated_request_gets_the_first_answer() {
    let site = Site::new().await;
    let app = site.serve(routes()).await;
    let first = call(&app, "/things", "reader", "k1", r#"{"size":1}"#).await;
    assert_eq!((first.status.as_u16(), &first.body, first.header("idempotency-replayed")), (201, &json!(1), None));
    let again = call(&app, "/things", "reader", "k1", r#"{"size":1}"#).await;
    assert_eq!((again.status.as_u16(), &again.bytes), (201, &first.bytes));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.header("location"), Some("/things/1"));
    assert_eq!(again.header("content-type"), Some("application/json"));
    // Another body, another key, another caller.
    assert_eq!(call(&app, "/things", "reader", "k1", r#"{"size":2}"#).await.problem().1, "idempotency-key-reused");
    assert_eq!(call(&app, "/things", "reader", "k2", r#"{"size":1}"#).await.body, json!(2));
    assert_eq!(call(&app, "/things", "super", "k1", r#"{"size":1}"#).await.body, json!(3));
}

#[actix_rt::test]
async fn a_failure_is_not_remembered_and_a_gate_comes_first() {
    let site = Site::new().await;
    let app = site.serve(routes()).await;
    assert_eq!(call(&app, "/things", "reader", "k", r#"{"size":3}"#).await.status.as_u16(), 404);
    assert_eq!(call(&app, "/things", "reader", "k", r#"{"size":1}"#).await.body, json!(1));
    assert_eq!(call(&app, "/things", "nobody", "k", r#"{"size":1}"#).await.status.as_u16(), 401);
}

#[actix_rt::test]
async fn strangers_are_told_apart_by_address_and_exempt_routes_ignore_the_key() {
    let site = Site::new().await;
    let app = site.serve(routes()).await;
    assert_eq!(call(&app, "/public", "", "k", "").await.body, json!(1));
    assert_eq!(call(&app, "/public", "", "k", "").await.header("idempotency-replayed"), Some("true"));
    assert_eq!(call(&app, "/secret", "", "k", "").await.body, json!(2));
    assert_eq!(call(&app, "/secret", "", "k", "").await.body, json!(3));
}

#[actix_rt::test]
async fn a_key_must_be_printable_and_short() {
    let site = Site::new().await;
    let app = site.serve(routes()).await;
    for bad in [String::new(), "a".repeat(256), "tab\tinside".to_owned()] {
        assert_eq!(
            call(&app, "/things", "reader", &bad, r#"{"size":0}"#).await.problem().1,
            "malformed-header",
            "{bad}"
        );
    }
    assert_eq!(call(&app, "/things", "reader", &"a".repeat(255), r#"{"size":0}"#).await.status.as_u16(), 201);
}
