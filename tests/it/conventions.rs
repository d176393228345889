//! The manners of every endpoint: problems, bodies, paging, validators, idempotency, headers.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{App, PASSWORD};

/// Somebody without an address, as a member of staff makes them.
fn person(username: impl AsRef<str>) -> Value {
    json!({"username": username.as_ref(), "password": PASSWORD, "role": "member"})
}

#[tokio::test]
async fn row_37_hostile_json_is_refused_quickly_and_precisely() {
    let app = App::start().await;
    let admin = app.super_admin().await;
    let deep = |n: usize| format!("{{\"username\":{}{}}}", "[".repeat(n), "]".repeat(n));
    let cases: Vec<(Vec<u8>, u16)> = vec![
        (b"{".to_vec(), 400),
        (b"".to_vec(), 400),
        (b"{\"username\":\"a\",}".to_vec(), 400),
        (b"\xff\xfe{}".to_vec(), 400),
        (br#"{"username":"\ud800"}"#.to_vec(), 400),
        (br#"{"username":1e400}"#.to_vec(), 400),
        (br#"{"username":NaN}"#.to_vec(), 400),
        (br#"{"username":"anna","username":"bert"}"#.to_vec(), 400),
        (deep(129).into_bytes(), 400),
        ("[".repeat(100_000).into_bytes(), 400),
        (b"[]".to_vec(), 422),
        (b"null".to_vec(), 422),
        (br#"{"username":5}"#.to_vec(), 422),
        (br#"{"username":"an\u0000na"}"#.to_vec(), 422),
        (br#"{"username":"anna","is_super":true}"#.to_vec(), 422),
        (vec![b' '; 10 << 20], 413),
    ];
    for (body, status) in cases {
        let started = Instant::now();
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        let request = admin.request(Method::POST, "/v1/users");
        let reply = request.header("content-type", "application/json").bytes(body).send().await;
        assert_eq!(reply.status.as_u16(), status, "{shown}: {}", reply.json);
        reply.problem(status);
        // The limit is 50 ms in a release build; here it only has to be nowhere near a parser gone astray.
        assert!(started.elapsed() < Duration::from_millis(500), "{shown} took {:?}", started.elapsed());
    }
}

#[tokio::test]
async fn all_faults_of_a_body_are_named_at_once_with_pointers() {
    let app = App::start().await;
    let reply = app.anonymous().post("/v1/auth/register", json!({"email": "no address", "password": "short"})).await;
    assert_eq!(reply.problem(422), "invalid");
    let mut pointers = reply.pointers();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/email", "/password"]);
    let unknown = app.anonymous().post("/v1/auth/login", json!({"username": "a", "password": "b", "x": 1})).await;
    assert_eq!(unknown.pointers(), ["/x"]);
}

#[tokio::test]
async fn only_json_is_taken_where_json_is_wanted() {
    let app = App::start().await;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "multipart/form-data"] {
        let request = app.anonymous().request(Method::POST, "/v1/auth/login").header("content-type", kind);
        let reply = request.bytes(br#"{"username":"a","password":"b"}"#.to_vec()).send().await;
        reply.problem(415);
    }
    let request = app.anonymous().request(Method::POST, "/v1/auth/login").header("content-encoding", "gzip");
    request.header("content-type", "application/json").bytes(vec![31, 139, 8]).send().await.problem(415);
}

#[tokio::test]
async fn unknown_and_repeated_query_parameters_are_invalid() {
    let app = App::start().await;
    let admin = app.super_admin().await;
    for (query, pointer) in [
        ("?page=2", "page"),
        ("?limit=0", "limit"),
        ("?limit=101", "limit"),
        ("?limit=ten", "limit"),
        ("?limit=1000000000", "limit"),
        ("?limit=5&limit=6", "limit"),
        ("?cursor=%20", "cursor"),
        ("?sort=password", "sort"),
        ("?deleted=perhaps", "deleted"),
    ] {
        let reply = admin.get(&format!("/v1/users{query}")).await;
        assert_eq!(reply.pointers(), [pointer], "{query}");
    }
}

#[tokio::test]
async fn lists_are_walked_by_links_and_every_row_is_met_once() {
    let app = App::start().await;
    let admin = app.super_admin().await;
    for n in 0..7 {
        admin.post("/v1/users", person(format!("pupil{n}"))).await.expect(201);
    }
    let mut seen = Vec::new();
    let mut next = Some("/v1/users?limit=3".to_owned());
    while let Some(path) = next {
        let page = admin.get(&path).await;
        let rows = page.expect(200).as_array().expect("a bare array").clone();
        assert!(rows.len() <= 3);
        seen.extend(rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()));
        next = page.header("link").map(|link| {
            let target = link.split_once('<').and_then(|(_, rest)| rest.split_once('>')).expect("a target").0;
            assert!(link.contains("rel=\"next\""), "{link}");
            target.split_once("/v1").map(|(_, rest)| format!("/v1{rest}")).expect("a path")
        });
    }
    let total = admin.get("/v1/users?total=true&limit=1").await;
    assert_eq!(total.header("x-total-count"), Some("8"));
    assert_eq!(seen.len(), 8);
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 8);
}

#[tokio::test]
async fn a_list_costs_the_same_queries_at_any_length() {
    let app = App::start().await;
    let admin = app.super_admin().await;
    for n in 0..3 {
        admin.post("/v1/users", person(format!("few{n}"))).await.expect(201);
    }
    let few = app.queries_of(admin.get("/v1/users?limit=100")).await;
    for n in 0..40 {
        admin.post("/v1/users", person(format!("many{n}"))).await.expect(201);
    }
    let many = app.queries_of(admin.get("/v1/users?limit=100")).await;
    assert_eq!(few, many);
    assert!(many <= 2, "{many} queries for a page");
}

#[tokio::test]
async fn versions_guard_against_lost_updates() {
    let app = App::start().await;
    let admin = app.super_admin().await;
    let made = admin.post("/v1/users", person("vera")).await;
    made.expect(201);
    let path = made.header("location").expect("a location").to_owned();
    let path = &path[path.find("/v1").expect("a path")..];
    let shown = admin.get(path).await;
    let etag = shown.header("etag").expect("an ETag").to_owned();
    let same = admin.request(Method::GET, path).header("if-none-match", &etag).send().await;
    assert_eq!(same.status, 304);
    assert!(same.bytes.is_empty());
    assert_eq!(same.header("etag"), Some(&*etag));

    let patch = json!({"full_name": "Vera V."}).to_string().into_bytes();
    let first = admin.request(Method::PATCH, path).header("if-match", &etag);
    let first = first.header("content-type", "application/merge-patch+json").bytes(patch.clone()).send().await;
    first.expect(200);
    let second = admin.request(Method::PATCH, path).header("if-match", &etag);
    let second = second.header("content-type", "application/merge-patch+json").bytes(patch).send().await;
    second.problem(412);
    let changed = admin.request(Method::GET, path).header("if-none-match", &etag).send().await;
    assert_eq!(changed.expect(200)["full_name"], "Vera V.");
}

#[tokio::test]
async fn an_idempotency_key_makes_a_post_happen_once() {
    let app = App::start().await;
    let admin = app.super_admin().await;
    let post = |key: &'static str, body: Value| {
        admin.request(Method::POST, "/v1/users").header("idempotency-key", key).json(&body).send()
    };
    let body = person("once");
    let first = post("k-1", body.clone()).await;
    first.expect(201);
    let second = post("k-1", body.clone()).await;
    assert_eq!(second.expect(201), first.expect(201));
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(second.header("location"), first.header("location"));
    assert_eq!(second.header("etag"), first.header("etag"));
    post("k-1", person("other")).await.problem(422);
    // Without the key the same body meets the username's uniqueness.
    admin.post("/v1/users", body.clone()).await.problem(409);

    let racing = person("race");
    let replies = futures_util::future::join_all((0..20).map(|_| post("k-2", racing.clone()))).await;
    let ids: std::collections::HashSet<_> = replies.iter().map(|r| r.expect(201)["id"].to_string()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(replies.iter().filter(|r| r.header("idempotency-replayed").is_none()).count(), 1);
}

#[tokio::test]
async fn row_41_security_headers_are_on_every_answer() {
    let app = App::start().await;
    let admin = app.super_admin().await;
    let replies = [
        admin.get("/v1/me").await,
        admin.get("/v1/users/00000000-0000-7000-8000-000000000000").await,
        app.anonymous().get("/v1/me").await,
        app.anonymous().get("/nowhere").await,
        app.anonymous().request(Method::from_bytes(b"TRACE").expect("TRACE"), "/v1/me").send().await,
        app.anonymous().post("/v1/auth/login", json!({})).await,
    ];
    for reply in replies {
        let status = reply.status;
        let header = |name| reply.header(name).unwrap_or_default().to_owned();
        assert!(header("strict-transport-security").contains("max-age="), "{status}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{status}");
        assert!(header("content-security-policy").contains("default-src 'none'"), "{status}");
        assert!(header("content-security-policy").contains("frame-ancestors 'none'"), "{status}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{status}");
        assert!(!header("cache-control").is_empty(), "{status}");
        assert!(!header("x-request-id").is_empty(), "{status}");
        assert!(reply.header("server").is_none(), "{status}");
    }
}

#[tokio::test]
async fn row_42_methods_that_are_not_there_are_405_with_allow() {
    let app = App::start().await;
    for (method, path) in
        [("DELETE", "/v1/auth/login"), ("TRACE", "/v1/me"), ("PROPFIND", "/v1/users"), ("PUT", "/health")]
    {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let reply = app.anonymous().request(method, path).send().await;
        reply.problem(405);
        assert!(reply.header("allow").is_some_and(|allow| !allow.is_empty()));
    }
    let head = app.anonymous().request(Method::HEAD, "/health/live").send().await;
    assert_eq!(head.status, 200);
    assert!(head.bytes.is_empty());
    app.anonymous().get("/v1/nothing/here").await.problem(404);
}

#[tokio::test]
async fn request_ids_are_taken_when_sound_and_made_when_not() {
    let app = App::start().await;
    let ask = |id: &'static str| app.anonymous().request(Method::GET, "/v1/me").header("x-request-id", id).send();
    let sound = ask("client-17.a_B").await;
    assert_eq!(sound.header("x-request-id"), Some("client-17.a_B"));
    assert_eq!(sound.expect(401)["request_id"], "client-17.a_B");
    for unsound in ["a b", "<script>", "x".repeat(65).leak()] {
        assert_ne!(ask(unsound).await.header("x-request-id"), Some(unsound));
    }
}

#[tokio::test]
async fn row_40_only_listed_origins_may_read_answers() {
    let app = App::start_with(|config| {
        config.server.cors_allowed_origins = vec!["https://app.school.example".to_owned()];
    })
    .await;
    let ask =
        |origin: &'static str| app.anonymous().request(Method::GET, "/health/live").header("origin", origin).send();
    let allowed = ask("https://app.school.example").await;
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://app.school.example"));
    for origin in
        ["https://evil.example", "null", "https://app.school.example.evil.example", "http://app.school.example"]
    {
        let reply = ask(origin).await;
        assert!(reply.header("access-control-allow-origin").is_none(), "{origin}");
    }
    let preflight =
        app.anonymous().request(Method::OPTIONS, "/v1/users").header("origin", "https://app.school.example");
    let preflight = preflight.header("access-control-request-method", "POST");
    let preflight = preflight.header("access-control-request-headers", "authorization,content-type,idempotency-key");
    let preflight = preflight.send().await;
    assert!(preflight.status.is_success(), "{}", preflight.status);
    assert!(preflight.header("access-control-allow-methods").is_some_and(|m| m.contains("POST")));
    assert!(preflight.header("access-control-allow-credentials").is_none());
}

#[tokio::test]
async fn row_38_requests_are_limited_and_told_so() {
    let app = App::start_with(|config| {
        config.limits.enabled = true;
        config.limits.requests_per_minute = 10;
    })
    .await;
    let member = app.member("mia@school.example").await;
    let mut last = None;
    for _ in 0..12 {
        let reply = member.get("/v1/me").await;
        assert!(reply.header("ratelimit").is_some(), "{:?}", reply.headers);
        assert!(reply.header("ratelimit-policy").is_some());
        last = Some(reply);
    }
    let refused = last.expect("a reply");
    assert_eq!(refused.problem(429), "too-many-requests");
    assert!(refused.header("retry-after").is_some());
    // Somebody else is not slowed down.
    app.member("max@school.example").await.get("/v1/me").await.expect(200);
}
