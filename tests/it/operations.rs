//! What operators see and do: health, metrics, the commands of the program, starting and stopping it.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::client::{Client, Reply};
use crate::support::program::Place;
use crate::support::{App, eventually};

const OPS_TOKEN: &str = "ops-token-of-the-tests";

/// A system whose details are hidden, behind a proxy that it trusts.
async fn guarded() -> App {
    App::start_with(|config| {
        config.telemetry.health_details_public = false;
        config.telemetry.metrics_public = false;
        config.security.ops_token = Some(OPS_TOKEN.into());
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    })
    .await
}

async fn as_stranger(client: &Client, path: &str) -> Reply {
    client.request(Method::GET, path).header("x-forwarded-for", "203.0.113.9").send().await
}

fn members(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[tokio::test]
async fn health_tells_how_everything_is() {
    let app = App::start().await;
    let reply = app.anonymous().get("/health").await;
    let body = reply.expect(200);
    assert_eq!(body["status"], "up", "{body}");
    assert!(body["version"].is_string() && body["uptime_s"].is_u64(), "{body}");
    let mut checks = members(&body["checks"]);
    checks.sort_unstable();
    assert_eq!(checks, ["database", "email", "redis", "storage"]);
    for (name, check) in body["checks"].as_object().expect("checks") {
        let in_use = name != "redis" || app.system.platform.redis.is_some();
        assert_eq!(check["status"], if in_use { "up" } else { "disabled" }, "{name}: {check}");
        assert_eq!(check["latency_ms"].is_number(), in_use, "{name}: {check}");
    }
    assert!(body["system"]["cpu_percent"].is_number(), "{body}");
    assert!(body["system"]["memory"]["rss_bytes"].as_u64().is_some_and(|rss| rss > 1 << 20), "{body}");
    assert!(reply.header("cache-control").is_none_or(|c| c.contains("no-")), "{:?}", reply.headers);
}

#[tokio::test]
async fn strangers_are_told_the_status_only() {
    let app = guarded().await;
    let client = app.anonymous();
    assert_eq!(members(as_stranger(&client, "/health").await.expect(200)), ["status"]);
    assert_eq!(members(as_stranger(&client.with_token("wrong"), "/health").await.expect(200)), ["status"]);
    assert!(as_stranger(&client.with_token(OPS_TOKEN), "/health").await.expect(200)["checks"].is_object());
    assert!(client.get("/health").await.expect(200)["checks"].is_object(), "the loopback interface is told");
    // An address that a stranger puts before their own is not believed.
    let spoofed = client.request(Method::GET, "/health").header("x-forwarded-for", "127.0.0.1, 203.0.113.9");
    assert_eq!(members(spoofed.send().await.expect(200)), ["status"]);
}

#[tokio::test]
async fn a_proxy_on_this_machine_that_is_not_trusted_makes_nobody_an_operator() {
    let app = App::start_with(|config| {
        config.telemetry.health_details_public = false;
        config.telemetry.metrics_public = false;
    })
    .await;
    for (name, value) in
        [("x-forwarded-for", "203.0.113.9"), ("forwarded", "for=203.0.113.9"), ("x-real-ip", "203.0.113.9")]
    {
        let forwarded = app.anonymous().request(Method::GET, "/health").header(name, value).send().await;
        assert_eq!(members(forwarded.expect(200)), ["status"], "{name}");
        app.anonymous().request(Method::GET, "/metrics").header(name, value).send().await.problem(403);
    }
}

#[tokio::test]
async fn row_42_metrics_are_for_operators() {
    let app = guarded().await;
    let client = app.anonymous();
    assert_eq!(as_stranger(&client, "/metrics").await.problem(403), "forbidden");
    assert_eq!(as_stranger(&client.with_token("wrong"), "/metrics").await.problem(403), "forbidden");
    as_stranger(&client.with_token(OPS_TOKEN), "/metrics").await.expect(200);
    client.get("/metrics").await.expect(200);
    let off = App::start_with(|config| config.telemetry.metrics_enabled = false).await;
    off.anonymous().get("/metrics").await.problem(404);
}

#[tokio::test]
async fn metrics_count_requests_by_template_and_show_what_is_used() {
    let app = App::start().await;
    let admin = app.super_admin().await;
    let id = "019aa5d2-6f00-7c3e-8000-0000000000aa";
    admin.get(&format!("/v1/users/{id}")).await.problem(404);
    app.anonymous().get("/no/such/place").await.problem(404);
    app.drain_outbox().await;
    let reply = app.anonymous().get("/metrics").await;
    reply.expect(200);
    assert!(reply.header("content-type").is_some_and(|kind| kind.starts_with("text/plain")), "{:?}", reply.headers);
    let text = String::from_utf8(reply.bytes.clone()).expect("UTF-8");
    for wanted in [
        "http_requests_total{method=\"GET\",route=\"/v1/users/{id}\",status=\"404\"}",
        "http_requests_total{method=\"OTHER\",route=\"unmatched\",status=\"404\"}",
        "http_request_duration_seconds_bucket{method=\"GET\",route=\"/v1/users/{id}\",le=\"0.005\"}",
        "http_requests_in_flight",
        "lyceum_db_connections{pool=\"reader\",state=\"idle\"}",
        "lyceum_db_statements",
        "lyceum_jobs_finished_total",
        "process_resident_memory_bytes",
        "process_open_fds",
        "process_uptime_seconds",
    ] {
        assert!(text.contains(wanted), "{wanted} is missing in\n{text}");
    }
    assert!(!text.contains(id) && !text.contains("/no/such/place"), "labels are bounded");
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        assert!(line.rsplit_once(' ').is_some_and(|(_, value)| value.parse::<f64>().is_ok()), "{line}");
    }
}

#[tokio::test]
async fn liveness_asks_nothing_and_readiness_turns_first() {
    let app = App::start().await;
    let client = app.anonymous();
    let queries =
        app.queries_of(async { assert_eq!(client.get("/health/live").await.expect(200)["status"], "up") }).await;
    assert_eq!(queries, 0);
    client.get("/health/ready").await.expect(200);
    app.system.web.readiness().drain();
    assert_eq!(client.get("/health/ready").await.expect(503)["status"], "down");
    client.get("/health/live").await.expect(200);
    let served = client.get("/.well-known/jwks.json").await;
    served.expect(200);
    assert_eq!(served.header("connection"), Some("close"));
}

#[tokio::test]
async fn operators_routes_answer_whatever_is_asked_of_them() {
    let app = App::start().await;
    for path in ["/health", "/health/live", "/health/ready", "/metrics"] {
        app.anonymous().get(&format!("{path}?verbose=true")).await.problem(422);
        let other = app.anonymous().delete(path).await;
        other.problem(405);
        assert_eq!(other.header("allow").map(|allow| allow.contains("GET")), Some(true), "{path}");
    }
}

#[test]
fn every_fault_of_a_configuration_is_named_at_once() {
    let place = Place::new()
        .set("PORT", "99999")
        .set("DATABASE_URL", "mysql://localhost/lyceum")
        .set("SMTP_URL", "http://mail.example.org")
        .set("LYCEUM__SERVER__PUBLIC_URL", "nonsense")
        .set("LYCEUM__SECURITY__SECRET_KEY", "short")
        .set("LYCEUM__SERVER__WORKRES", "3");
    let refused = place.run(&["config", "check"]);
    let named = refused.refused();
    for key in ["server.port", "database.url", "smtp.url", "server.public_url", "security.secret_key", "workres"] {
        assert!(named.to_lowercase().contains(key), "{key} is not named in\n{named}");
    }
    assert!(!place.data_dir().exists(), "a check makes nothing");
    // What cannot be served is not served either, with the same words.
    assert_eq!(place.run(&["serve"]).refused(), named);
}

#[test]
fn a_sound_configuration_is_shown_without_its_secrets() {
    let secret = "a-long-and-lonely-walk-on-the-shore-7";
    let place = Place::new()
        .set("LYCEUM__SECURITY__SECRET_KEY", secret)
        .set("LYCEUM__SECURITY__OPS_TOKEN", OPS_TOKEN)
        .set("DATABASE_URL", "postgres://lyceum:hunter22222@db.example.org/lyceum");
    let shown = place.run(&["config", "check"]);
    let shown = shown.succeeded();
    assert!(shown.contains("The configuration is sound"), "{shown}");
    for hidden in [secret, OPS_TOKEN, "hunter22222"] {
        assert!(!shown.contains(hidden), "{hidden} is shown in\n{shown}");
    }
}

#[test]
fn row_50_production_does_not_start_without_secrets_of_its_own() {
    let bare = Place::new().set("LYCEUM_PROFILE", "production");
    let refused = bare.run(&["serve"]);
    for key in ["security.secret_key", "server.public_url"] {
        assert!(refused.refused().contains(key), "{}", refused.stderr);
    }
    let address = "https://lyceum.example.org";
    for weak in ["changeme-changeme-changeme-changeme", "too short", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
        let place = Place::new()
            .set("LYCEUM_PROFILE", "production")
            .set("LYCEUM__SERVER__PUBLIC_URL", address)
            .set("LYCEUM__SECURITY__SECRET_KEY", weak);
        let refused = place.run(&["serve"]);
        assert!(refused.refused().contains("security.secret_key"), "{weak}: {}", refused.stderr);
        assert!(!refused.stderr.contains(weak), "a secret is quoted: {}", refused.stderr);
    }
}

#[test]
fn migrations_are_applied_reverted_and_listed() {
    let place = Place::new();
    let listed = |word: &str| {
        let status = place.run(&["migrate", "status"]);
        status.succeeded().lines().filter(|line| line.starts_with(word)).count()
    };
    let all = listed("pending");
    assert!(all > 5 && listed("applied") == 0);
    place.run(&["migrate", "up", "2"]).succeeded();
    assert_eq!((listed("applied"), listed("pending")), (2, all - 2));
    assert!(place.run(&["migrate", "up"]).succeeded().starts_with(&format!("{} migrations applied", all - 2)));
    assert_eq!((listed("applied"), listed("pending")), (all, 0));
    assert!(place.run(&["migrate", "up"]).succeeded().starts_with("0 migrations applied"));
    place.run(&["migrate", "down"]).succeeded();
    assert_eq!(listed("pending"), 1);
    let status = place.run(&["migrate", "status"]);
    let first = status.succeeded().lines().next().and_then(|line| line.split_whitespace().nth(1)).expect("a name");
    place.run(&["migrate", "down", "--to", first]).succeeded();
    assert_eq!(listed("applied"), 1);
    assert!(place.run(&["migrate", "down", "--to", "nonsense"]).refused().contains("nonsense"));
    place.run(&["migrate", "down"]).succeeded();
    place.run(&["migrate", "up"]).succeeded();
    assert_eq!((listed("applied"), listed("pending")), (all, 0));
}

#[test]
fn administrators_are_made_on_the_command_line_only() {
    let place = Place::new();
    let create = |email: &str, password: &str| {
        place.run_with_input(&["admin", "create", "--email", email, "--password-stdin"], password)
    };
    let made = create("root@lyceum.example", "quiet harbour lantern\n");
    assert!(made.succeeded().contains("root@lyceum.example is a super admin"), "{made:?}");
    assert!(!format!("{made:?}").contains("quiet harbour"), "the password is shown");
    create("root@lyceum.example", "another quiet harbour\n").refused();
    create("other@lyceum.example", "password123\n").refused();
    create("other@lyceum.example", "\n").refused();
    create("no address", "quiet harbour lantern\n").refused();
    let argument = place.run(&["admin", "create", "--email", "other@lyceum.example", "--password", "x"]);
    assert_eq!(argument.status.code(), Some(2), "a password on the command line is seen by everybody");
}

#[test]
fn the_document_and_new_keys_come_from_the_command_line() {
    let place = Place::new();
    let document: Value = serde_json::from_str(place.run(&["openapi"]).succeeded()).expect("JSON");
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")));
    assert!(document["paths"]["/v1/auth/login"]["post"].is_object());
    place.run(&["migrate", "up"]).succeeded();
    let (first, second) = (place.run(&["keys", "rotate"]), place.run(&["keys", "rotate"]));
    assert!(first.succeeded().contains("new signing key"), "{first:?}");
    assert_ne!(first.succeeded(), second.succeeded());
    assert!(place.run(&["jobs", "retry"]).succeeded().starts_with("0 jobs"));
}

#[test]
fn a_worker_of_its_own_needs_a_database_that_can_be_shared() {
    assert!(Place::new().run(&["worker"]).refused().contains("PostgreSQL"));
    assert_eq!(Place::new().run(&["dance"]).status.code(), Some(2));
}

#[tokio::test]
async fn the_server_is_asked_for_its_health_and_shares_its_place_with_nobody() {
    let place = Place::new();
    let server = place.serve();
    let asking = Place::new().set("PORT", server.port());
    assert_eq!(asking.run(&["health"]).succeeded().trim(), "ready");
    asking.run(&["health", "--live"]).succeeded();
    assert!(place.run(&["serve"]).refused().contains("another lyceum"));
    assert!(Place::new().set("PORT", server.port()).run(&["serve"]).refused().contains("cannot listen"));
    server.terminate();
    let (ended, log) = server.ended(Duration::from_secs(10)).await;
    assert!(ended.success(), "{log}");
    assert!(asking.run(&["health"]).refused().contains("no server"));
}

/// The head of an answer.
async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("an answer"));
    }
    String::from_utf8(head).expect("ASCII")
}

/// A login that the server has begun to read: the rest of its body comes later.
async fn half_a_login(address: &str) -> (TcpStream, &'static [u8]) {
    const BODY: &[u8] = b"{\"email\":\"nobody@lyceum.example\",\"password\":\"quiet harbour\"}";
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let head = format!(
        "POST /v1/auth/login HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Expect: 100-continue\r\n\r\n",
        BODY.len()
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    // The answer to `Expect` says that the handler waits for the body.
    assert!(read_head(&mut stream).await.starts_with("HTTP/1.1 100"));
    (stream, BODY)
}

#[tokio::test]
async fn on_sigterm_requests_in_flight_are_finished() {
    let place = Place::new();
    let server = place.serve();
    let address = server.address.clone();
    let (mut stream, body) = half_a_login(&address).await;
    server.terminate();
    eventually(Duration::from_secs(10), "the server listens no more", async || {
        TcpStream::connect(&address).await.is_err()
    })
    .await;
    stream.write_all(body).await.expect("sent");
    let head = read_head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 401"), "{head}");
    assert!(head.to_lowercase().contains("connection: close"), "{head}");
    drop(stream);
    let (status, log) = server.ended(Duration::from_secs(10)).await;
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("server.stopped"), "{log}");
}

#[tokio::test]
async fn an_idle_server_stops_at_once() {
    let server = Place::new().serve();
    let began = Instant::now();
    server.terminate();
    let (status, log) = server.ended(Duration::from_secs(10)).await;
    assert_eq!(status.code(), Some(0), "{log}");
    eprintln!("an idle server stopped after {:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_production_server_says_that_it_is_not_ready_before_it_refuses_anybody() {
    let place = Place::new()
        .set("LYCEUM_PROFILE", "production")
        .without("LYCEUM__SECURITY__ARGON2__MEMORY_KIB")
        .set("LYCEUM__SERVER__HOST", "127.0.0.1")
        .set("LYCEUM__SERVER__PUBLIC_URL", "https://lyceum.example.org")
        .set("LYCEUM__SECURITY__SECRET_KEY", "3f9b1c07d25e48a6b0417ce92d8f5a63");
    let server = place.serve();
    let get = async |path: &str| {
        let answer = reqwest::get(format!("http://{}{path}", server.address)).await;
        answer.map(|answer| answer.status().as_u16()).unwrap_or_default()
    };
    assert_eq!(get("/health/ready").await, 200);
    server.terminate();
    eventually(Duration::from_secs(2), "readiness turns 503", async || get("/health/ready").await == 503).await;
    assert_eq!(get("/.well-known/jwks.json").await, 200, "requests are still served");
    let (status, log) = server.ended(Duration::from_secs(15)).await;
    assert_eq!(status.code(), Some(0), "{log}");
}
