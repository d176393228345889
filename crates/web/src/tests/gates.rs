use actix_web::http::Method;
use serde_json::json;

use super::{Answer, Site, send};
use crate::{Authenticated, Caller, Json, Problem, Public, Routes, Valid, get, post};

mod perm {
    lyceum_kernel::permissions! {
        /// Reads things.
        ThingRead = "thing:read",
        /// Makes things.
        ThingCreate = "thing:create",
    }
}

async fn anybody(gate: Public) -> Result<Json<String>, Problem> {
    Ok(Json::new(gate.ctx.ip.map(|ip| ip.to_string()).unwrap_or_default()))
}

async fn somebody(gate: Authenticated) -> Result<Json<String>, Problem> {
    Ok(Json::new(gate.user_id.to_string()))
}

async fn reader(gate: Caller<perm::ThingRead>) -> Result<Json<String>, Problem> {
    Ok(Json::new(gate.user_id.to_string()))
}

#[derive(Debug, serde::Deserialize, validator::Validate, utoipa::ToSchema)]
struct Body {
    size: usize,
}

async fn maker(_: Caller<perm::ThingCreate>, body: Valid<Body>) -> Result<Json<usize>, Problem> {
    Ok(Json::new(body.size))
}

async fn payer(_: Caller<perm::ThingCreate>) -> Result<Json<bool>, Problem> {
    Ok(Json::new(true))
}

fn routes() -> Routes {
    assert_eq!(perm::ALL.len(), 2);
    Routes::new("things", "Things")
        .add(get("/anybody", anybody))
        .add(get("/somebody", somebody))
        .add(get("/reader", reader))
        .add(post("/maker", maker))
        .add(post("/payer", payer).while_suspended())
}

async fn fetch(site: &Site, path: &str, authorization: &[&str]) -> Answer {
    let app = site.serve(routes()).await;
    let headers: Vec<_> = authorization.iter().map(|value| ("authorization", *value)).collect();
    let method = if matches!(path, "/maker" | "/payer") { Method::POST } else { Method::GET };
    send(&app, method, path, &headers, "").await
}

#[actix_rt::test]
async fn each_gate_lets_in_whom_it_should() {
    let site = Site::new().await;
    assert_eq!(fetch(&site, "/anybody", &[]).await.body, json!("192.0.2.7"));
    assert_eq!(fetch(&site, "/somebody", &["Bearer reader"]).await.status.as_u16(), 200);
    assert_eq!(fetch(&site, "/reader", &["bearer reader"]).await.status.as_u16(), 200);
}

#[actix_rt::test]
async fn strangers_get_401_with_a_challenge() {
    let site = Site::new().await;
    let none = fetch(&site, "/somebody", &[]).await;
    assert_eq!(none.problem().1, "unauthenticated");
    assert_eq!(none.header("www-authenticate"), Some("Bearer realm=\"lyceum\""));
    for bad in [&["Bearer x"][..], &["Basic reader"], &["Bearer"], &["Bearer "], &["Bearer reader", "Bearer reader"]] {
        let answer = fetch(&site, "/reader", bad).await;
        assert_eq!(answer.problem().1, "invalid-token", "{bad:?}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"lyceum\", error=\"invalid_token\""));
    }
    assert_eq!(fetch(&site, "/somebody", &["Bearer broken"]).await.problem(), (500, "internal".to_owned(), vec![]));
}

#[actix_rt::test]
async fn a_missing_permission_is_403_before_the_body_is_looked_at() {
    let site = Site::new().await;
    assert_eq!(fetch(&site, "/maker", &["Bearer reader"]).await.problem().1, "permission-missing");
    assert_eq!(fetch(&site, "/maker", &["Bearer super"]).await.problem().0, 415);
}

#[actix_rt::test]
async fn a_suspended_or_lapsed_school_is_read_and_paid_for_but_not_written() {
    let site = Site::new().await;
    assert_eq!(fetch(&site, "/reader", &["Bearer lapsed"]).await.status.as_u16(), 200);
    let refused = fetch(&site, "/maker", &["Bearer lapsed"]).await;
    assert_eq!((refused.problem().0, &*refused.problem().1), (403, "school-read-only"));
    assert_eq!(fetch(&site, "/payer", &["Bearer lapsed"]).await.status.as_u16(), 200);
    let routes = routes();
    let documented = |path: &str| {
        let route = routes.routes().iter().find(|route| route.info().path == path).unwrap();
        route.description().problems.iter().any(|problem| problem.code == "school-read-only")
    };
    assert_eq!(["/reader", "/maker", "/payer"].map(documented), [false, true, false]);
}

#[actix_rt::test]
async fn requests_are_counted_per_address_account_and_school() {
    let site = Site::with(|config| {
        config.limits.enabled = true;
        config.limits.requests_per_minute = 2;
        config.limits.school_requests_per_minute = 3;
        config.limits.anonymous_requests_per_minute = 1;
    })
    .await;
    let first = fetch(&site, "/somebody", &["Bearer reader"]).await;
    assert_eq!(first.header("ratelimit-policy"), Some("\"account\";q=2;w=60, \"school\";q=3;w=60"));
    assert!(first.header("ratelimit").unwrap().starts_with("\"account\";r=1;t="), "{first:?}");
    assert_eq!(fetch(&site, "/somebody", &["Bearer reader"]).await.status.as_u16(), 200);
    let refused = fetch(&site, "/somebody", &["Bearer reader"]).await;
    assert_eq!(refused.problem().1, "too-many-requests");
    assert!(refused.header("retry-after").is_some() && refused.header("ratelimit").is_some());
    // Another account of the same school has its own quota, but shares the school's.
    assert_eq!(fetch(&site, "/somebody", &["Bearer super"]).await.status.as_u16(), 200);
    assert_eq!(fetch(&site, "/somebody", &["Bearer super"]).await.status.as_u16(), 429);
    assert_eq!(fetch(&site, "/anybody", &[]).await.status.as_u16(), 200);
    assert_eq!(fetch(&site, "/anybody", &[]).await.status.as_u16(), 429);
}
