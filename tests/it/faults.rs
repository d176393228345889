//! What keeps working while something is away, what gives way, and how it comes back: database, Redis, mail server.
//!
//! The servers stand behind proxies that refuse, hang and cut. Tests that need a server which was not named
//! (`LYCEUM_TEST_POSTGRES_URL`, `LYCEUM_TEST_REDIS_URL`) have nothing to do.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use lyceum_platform::config::Config;
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::support::client::{Client, Reply};
use crate::support::proxy::Proxy;
use crate::support::smtp::SmtpServer;
use crate::support::{App, Mail, PASSWORD, database, eventually, variable};

/// A system whose PostgreSQL stands behind a proxy; none without a server.
async fn behind_a_proxy(change: impl FnOnce(&mut Config)) -> Option<(App, Proxy)> {
    database::postgres_server()?;
    let mut proxy = None;
    let app = App::start_with(|config| {
        let before = Proxy::before(config.database.url.expose_secret());
        config.database.url = before.url().into();
        proxy = Some(before);
        change(config);
    })
    .await;
    Some((app, proxy.expect("a proxy")))
}

/// An answer and how long it took.
async fn timed(request: impl Future<Output = Reply>) -> (Reply, Duration) {
    let began = Instant::now();
    let reply = request.await;
    (reply, began.elapsed())
}

#[track_caller]
fn away(reply: &Reply) {
    assert_eq!(reply.problem(503), "unavailable", "{}", reply.json);
    let wait = reply.header("retry-after").and_then(|wait| wait.parse::<u64>().ok());
    assert!(wait.is_some_and(|wait| (1..=30).contains(&wait)), "{:?}", reply.headers);
}

/// What must go on while the database is away, and that everything else says so at once.
async fn without_the_database(client: &Client, admin: &Client) {
    for _ in 0..20 {
        let (reply, took) = timed(admin.get("/v1/users")).await;
        away(&reply);
        assert!(took < Duration::from_millis(500), "the breaker is open, but an answer took {took:?}");
    }
    let login = json!({"email": "anna@lyceum.example", "password": PASSWORD});
    away(&client.post("/v1/auth/login", login).await);
    let (live, took) = timed(client.get("/health/live")).await;
    live.expect(200);
    assert!(took < Duration::from_millis(500), "{took:?}");
    eventually(Duration::from_secs(3), "readiness turns 503", async || client.get("/health/ready").await.status == 503)
        .await;
    eventually(Duration::from_secs(3), "health turns 503", async || client.get("/health").await.status == 503).await;
    let health = client.get("/health").await;
    assert_eq!(health.expect(503)["checks"]["database"]["status"], "down", "{}", health.json);
    assert_eq!(client.get("/.well-known/jwks.json").await.expect(200)["keys"].as_array().map(Vec::len), Some(1));
}

/// Waits until requests succeed again, and readiness with them.
async fn comes_back(client: &Client, admin: &Client) -> Duration {
    let took = eventually(Duration::from_secs(2), "the first success", async || {
        admin.get("/v1/users").await.status.is_success()
    })
    .await;
    for _ in 0..20 {
        admin.get("/v1/users").await.expect(200);
    }
    eventually(Duration::from_secs(2), "readiness", async || client.get("/health/ready").await.status == 200).await;
    took
}

#[tokio::test]
async fn a_database_that_is_down_costs_a_503_at_once_and_nothing_when_it_is_back() {
    let Some((app, proxy)) = behind_a_proxy(|_| {}).await else { return };
    let (client, admin) = (app.anonymous(), app.super_admin().await);
    admin.get("/v1/users").await.expect(200);
    client.get("/.well-known/jwks.json").await.expect(200);
    for round in 0..2 {
        proxy.refuse().await;
        let (first, took) = timed(admin.get("/v1/users")).await;
        away(&first);
        assert!(took < Duration::from_secs(2), "the first answer took {took:?}");
        without_the_database(&client, &admin).await;
        proxy.pass().await;
        let back = comes_back(&client, &admin).await;
        eprintln!("down, round {round}: first 503 after {took:?}, first success {back:?} after the database");
    }
}

#[tokio::test]
async fn a_database_that_hangs_costs_a_503_within_the_statement_timeout() {
    let Some((app, proxy)) = behind_a_proxy(|_| {}).await else { return };
    let (client, admin) = (app.anonymous(), app.super_admin().await);
    admin.get("/v1/users").await.expect(200);
    client.get("/.well-known/jwks.json").await.expect(200);
    proxy.hang().await;
    let body = json!({"username": "pupil", "password": PASSWORD});
    let ((read, one), (write, other)) =
        tokio::join!(timed(admin.get("/v1/users")), timed(admin.post("/v1/users", body)));
    away(&read);
    away(&write);
    let took = one.max(other);
    assert!(took < Duration::from_secs(5), "{took:?}");
    without_the_database(&client, &admin).await;
    proxy.pass().await;
    let back = comes_back(&client, &admin).await;
    eprintln!("hung: first 503 after {took:?}, first success {back:?} after the database");
}

#[tokio::test]
async fn connections_that_are_cut_are_not_noticed() {
    let Some((app, proxy)) = behind_a_proxy(|_| {}).await else { return };
    let admin = app.super_admin().await;
    for round in 0..5 {
        proxy.cut();
        admin.get("/v1/users").await.expect(200);
        proxy.cut();
        admin.post("/v1/users", json!({"username": format!("pupil{round}"), "password": PASSWORD})).await.expect(201);
    }
}

#[tokio::test]
async fn row_46_an_outage_opens_nothing() {
    let Some((app, proxy)) = behind_a_proxy(|_| {}).await else { return };
    let (member, gone) = (app.member("anna@lyceum.example").await, app.member("bert@lyceum.example").await);
    member.get("/v1/me").await.expect(200);
    gone.get("/v1/me").await.expect(200);
    gone.post_empty("/v1/auth/logout").await.expect(204);
    proxy.refuse().await;
    // What this node knows may be served for as long as it hears of revocations, and not longer.
    let closed = eventually(Duration::from_secs(2), "what is cached is served no more", async || {
        let reply = member.get("/v1/me").await;
        assert!(matches!(reply.status.as_u16(), 200 | 503), "{}", reply.json);
        reply.status == 503
    })
    .await;
    eprintln!("a warm session was refused {closed:?} after the database went");
    for _ in 0..5 {
        away(&member.get("/v1/me").await);
        away(&gone.get("/v1/me").await);
        let garbage = app.anonymous().with_token("garbage").get("/v1/me").await;
        assert!(matches!(garbage.status.as_u16(), 401 | 503), "{}", garbage.json);
    }
    proxy.pass().await;
    eventually(Duration::from_secs(2), "the session", async || member.get("/v1/me").await.status == 200).await;
    gone.get("/v1/me").await.problem(401);
}

#[tokio::test]
async fn what_was_tried_during_an_outage_is_done_once_when_tried_again() {
    let Some((app, proxy)) = behind_a_proxy(|_| {}).await else { return };
    let admin = app.super_admin().await;
    let body = json!({"username": "pupil", "password": PASSWORD});
    let send = async || {
        let request = admin.request(Method::POST, "/v1/users").header("idempotency-key", "once");
        request.json(&body).send().await
    };
    // Cut somewhere in the middle: whether it was done is not known, so the client tries again until it is.
    let cutting = async {
        for _ in 0..20 {
            proxy.cut();
            tokio::task::yield_now().await;
        }
    };
    let (first, ()) = tokio::join!(send(), cutting);
    assert!(matches!(first.status.as_u16(), 201 | 503), "{}", first.json);
    proxy.refuse().await;
    away(&send().await);
    proxy.pass().await;
    eventually(Duration::from_secs(2), "the account is made", async || send().await.status == 201).await;
    let made = admin.get("/v1/users?q=pupil&total=true").await;
    made.expect(200);
    assert_eq!(made.header("x-total-count"), Some("1"));
}

#[tokio::test]
async fn row_50_a_pool_that_is_used_up_answers_503_and_the_database_is_not_blamed() {
    let change = |config: &mut Config| {
        config.database.max_connections = 1;
        config.database.min_connections = 0;
        config.database.acquire_timeout_s = 1;
    };
    let Some((app, _proxy)) = behind_a_proxy(change).await else { return };
    let admin = app.super_admin().await;
    let held = app.system.platform.db.begin().await.expect("the one connection");
    let (reply, took) = timed(admin.get("/v1/users")).await;
    away(&reply);
    assert!((Duration::from_millis(900)..Duration::from_secs(3)).contains(&took), "{took:?}");
    held.rollback().await;
    admin.get("/v1/users").await.expect(200);
}

/// A system whose Redis stands behind a proxy, with limits; none without a server.
async fn with_redis_behind_a_proxy() -> Option<(App, Proxy)> {
    let redis = Proxy::before(&variable("LYCEUM_TEST_REDIS_URL")?);
    let app = App::start_with(|config| {
        config.redis.url = Some(redis.url().into());
        config.limits.enabled = true;
        config.limits.requests_per_minute = 100_000;
    })
    .await;
    Some((app, redis))
}

/// How long each of `count` requests takes.
async fn latencies(client: &Client, count: usize) -> Vec<Duration> {
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        let (reply, took) = timed(client.get("/v1/me")).await;
        reply.expect(200);
        all.push(took);
    }
    all.sort_unstable();
    all
}

/// Everything that Redis only helps with.
async fn without_redis(app: &App, email: &str) {
    let login = json!({"email": email, "password": PASSWORD});
    let pair = app.anonymous().post("/v1/auth/login", login.clone()).await;
    let (access, refresh) = (pair.expect(200)["access_token"].clone(), pair.json["refresh_token"].clone());
    app.anonymous().post("/v1/auth/refresh", json!({"refresh_token": refresh})).await.expect(200);
    let session = app.anonymous().with_token(access.as_str().expect("a token"));
    session.get("/v1/me").await.expect(200);
    session.post_empty("/v1/auth/logout").await.expect(204);
    session.get("/v1/me").await.problem(401);
    // Limits hold on each node by itself.
    let guesser = app.anonymous();
    for _ in 0..5 {
        guesser.post("/v1/auth/login", json!({"email": email, "password": "not the one"})).await.problem(401);
    }
    let limited = guesser.post("/v1/auth/login", json!({"email": email, "password": "not the one"})).await;
    assert_eq!(limited.problem(429), "too-many-failures");
    assert!(limited.header("retry-after").is_some());
    app.anonymous().post("/v1/auth/login", login).await.expect(200);
}

async fn redis_is(app: &App, status: &str) -> bool {
    let health = app.anonymous().get("/health").await;
    let overall = if status == "up" { "up" } else { "degraded" };
    health.expect(200)["checks"]["redis"]["status"] == status && health.json["status"] == overall
}

async fn redis_goes_and_comes_back(hang: bool) {
    let Some((app, redis)) = with_redis_behind_a_proxy().await else { return };
    let name = if hang { "hung" } else { "down" };
    let member = app.member("anna@lyceum.example").await;
    let before = latencies(&member, 400).await;
    if hang {
        redis.hang().await;
    } else {
        redis.refuse().await;
    }
    let during = latencies(&member, 400).await;
    let p99 = |all: &[Duration]| all[all.len() * 99 / 100];
    eprintln!("redis {name}: p99 {:?} before, {:?} during, slowest {:?}", p99(&before), p99(&during), during[399]);
    // Only the first who meet the outage wait for the time limit: three of them, until the breaker opens.
    let slow = during.iter().filter(|took| **took > Duration::from_millis(400)).count();
    assert!(slow <= 3, "{slow} requests waited for Redis");
    without_redis(&app, "anna@lyceum.example").await;
    eventually(Duration::from_secs(3), "health tells", async || redis_is(&app, "down").await).await;
    redis.pass().await;
    let back = eventually(Duration::from_secs(5), "Redis is used again", async || {
        redis_is(&app, "up").await
            && app.system.platform.redis.as_ref().is_some_and(lyceum_platform::redis::Redis::is_available)
    })
    .await;
    eprintln!("redis {name}: in use again {back:?} after it was back");
}

#[tokio::test]
async fn redis_may_be_down() {
    redis_goes_and_comes_back(false).await;
}

#[tokio::test]
async fn redis_may_hang() {
    redis_goes_and_comes_back(true).await;
}

#[tokio::test]
async fn a_server_starts_without_redis() {
    let app = App::start_with(|config| {
        // Nobody listens on the discard port.
        config.redis.url = Some("redis://127.0.0.1:9".into());
        config.limits.enabled = true;
    })
    .await;
    app.member("anna@lyceum.example").await;
    without_redis(&app, "anna@lyceum.example").await;
}

/// A system whose mail server stands behind a proxy.
async fn with_mail_behind_a_proxy() -> (App, SmtpServer, Proxy) {
    let server = SmtpServer::start().await;
    let proxy = Proxy::before(&server.url());
    let url = proxy.url().to_owned();
    let app = App::start_with(|config| {
        config.smtp.url = Some(url.into());
        config.smtp.timeout_s = 1;
    })
    .await;
    (app, server, proxy)
}

async fn register(app: &App, number: usize) -> Duration {
    let body = json!({"email": format!("pupil{number}@lyceum.example"), "password": PASSWORD});
    let (reply, took) = timed(app.anonymous().post("/v1/auth/register", body)).await;
    reply.expect(202);
    took
}

fn ids(messages: &[String]) -> Vec<String> {
    messages.iter().map(|raw| Mail::parse(raw.as_bytes()).message_id).collect()
}

#[tokio::test]
async fn mail_waits_for_its_server_and_none_is_lost() {
    let (app, server, proxy) = with_mail_behind_a_proxy().await;
    register(&app, 0).await;
    proxy.refuse().await;
    let mut slowest = Duration::ZERO;
    for number in 1..20 {
        slowest = slowest.max(register(&app, number).await);
    }
    eprintln!("mail server down: the slowest registration took {slowest:?}");
    assert!(slowest < Duration::from_secs(1), "a registration waited for the mail server: {slowest:?}");
    for _ in 0..3 {
        app.drain_outbox().await;
        app.clock.advance(chrono::Duration::hours(2));
    }
    assert!(server.messages().is_empty());
    let health = app.anonymous().get("/health").await;
    assert_eq!(health.expect(200)["checks"]["email"]["status"], "down", "{}", health.json);
    assert_eq!(health.json["status"], "degraded");
    app.anonymous().get("/health/ready").await.expect(200);
    proxy.pass().await;
    app.clock.advance(chrono::Duration::hours(8));
    let began = Instant::now();
    app.drain_outbox().await;
    eprintln!("20 letters were delivered in {:?}", began.elapsed());
    let sent = server.messages();
    assert_eq!(sent.len(), 20);
    assert_eq!(ids(&sent).into_iter().collect::<BTreeSet<_>>().len(), 20);
    let readers: BTreeSet<_> = sent.iter().map(|raw| Mail::parse(raw.as_bytes()).to).collect();
    assert_eq!(readers.len(), 20);
    app.clock.advance(chrono::Duration::days(1));
    app.drain_outbox().await;
    assert_eq!(server.messages().len(), 20, "nothing is sent twice");
}

#[tokio::test]
async fn a_mail_server_that_hangs_holds_up_neither_registration_nor_readiness() {
    let (app, server, proxy) = with_mail_behind_a_proxy().await;
    proxy.hang().await;
    assert!(register(&app, 0).await < Duration::from_secs(1));
    let (ready, took) = timed(app.anonymous().get("/health/ready")).await;
    ready.expect(200);
    assert!(took < Duration::from_secs(1), "readiness waited for the mail server: {took:?}");
    app.drain_outbox().await;
    proxy.pass().await;
    app.clock.advance(chrono::Duration::hours(8));
    app.drain_outbox().await;
    let arrived: BTreeSet<_> = ids(&server.messages()).into_iter().collect();
    assert_eq!(arrived.len(), 1);
}

#[tokio::test]
async fn a_letter_refused_for_now_comes_again_with_the_same_id() {
    let (app, server, _proxy) = with_mail_behind_a_proxy().await;
    server.refuse_next(3);
    register(&app, 0).await;
    for _ in 0..4 {
        app.drain_outbox().await;
        app.clock.advance(chrono::Duration::hours(8));
    }
    assert_eq!(server.refused().len(), 3);
    assert_eq!(server.messages().len(), 1);
    let all: BTreeSet<_> = ids(&server.refused()).into_iter().chain(ids(&server.messages())).collect();
    assert_eq!(all.len(), 1, "every try has the same Message-ID: {all:?}");
    assert!(server.refused().iter().all(|raw| *raw == server.messages()[0]), "and the same bytes");
}
