//! Two nodes on one database: what happens on one holds on the other. Needs PostgreSQL; without it there is nothing to do.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lyceum_platform::config::Config;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::smtp::SmtpServer;
use crate::support::{App, Mail, PASSWORD, database, eventually};

/// How soon a revocation holds everywhere.
const EVERYWHERE: Duration = Duration::from_secs(2);

/// Two nodes, with Redis where the tests have one.
async fn two_nodes(change: impl Fn(&mut Config)) -> Option<(App, App)> {
    database::postgres_server()?;
    let first = App::start_with(&change).await;
    let second = first.second_node(&change).await;
    Some((first, second))
}

/// With Redis, if there is one, and without.
async fn with_and_without_redis() -> Vec<(App, App)> {
    let mut pairs = Vec::new();
    pairs.extend(two_nodes(|_| {}).await);
    pairs.extend(two_nodes(|config| config.redis.url = None).await);
    pairs
}

/// The same person on another node.
fn on(node: &App, client: &Client) -> Client {
    node.anonymous().with_token(client.token.clone().expect("a token"))
}

async fn refused(client: &Client) -> bool {
    let reply = client.get("/v1/me").await;
    assert!(matches!(reply.status.as_u16(), 200 | 401), "{}", reply.json);
    reply.status == 401
}

#[tokio::test]
async fn row_11_logging_out_on_one_node_ends_the_session_on_the_other() {
    for (first, second) in with_and_without_redis().await {
        let here = first.member("anna@lyceum.example").await;
        let there = on(&second, &here);
        for client in [&here, &there] {
            client.get("/v1/me").await.expect(200);
        }
        here.post_empty("/v1/auth/logout").await.expect(204);
        here.get("/v1/me").await.problem(401);
        let took = eventually(EVERYWHERE, "the other node knows", async || refused(&there).await).await;
        eprintln!("logout: known on the other node after {took:?} (redis: {})", first.system.platform.redis.is_some());
    }
}

#[tokio::test]
async fn row_12_who_is_disabled_on_one_node_is_out_on_the_other() {
    for (first, second) in with_and_without_redis().await {
        let admin = first.super_admin().await;
        let member = second.member("anna@lyceum.example").await;
        member.get("/v1/me").await.expect(200);
        let path = format!("/v1/users/{}", member.user_id.as_deref().expect("an id"));
        admin.patch(&path, json!({"is_active": false})).await.expect(200);
        let took = eventually(EVERYWHERE, "the other node knows", async || refused(&member).await).await;
        eprintln!("disabled: known on the other node after {took:?}");
        let login = json!({"email": "anna@lyceum.example", "password": PASSWORD});
        assert_eq!(second.anonymous().post("/v1/auth/login", login).await.problem(403), "account-disabled");
    }
}

#[tokio::test]
async fn a_change_of_password_on_one_node_ends_the_sessions_on_the_other() {
    let Some((first, second)) = two_nodes(|_| {}).await else { return };
    let here = first.member("anna@lyceum.example").await;
    let there = second.login("anna@lyceum.example", PASSWORD).await;
    there.get("/v1/me").await.expect(200);
    let change = json!({"current_password": PASSWORD, "new_password": "another quiet harbour"});
    here.post("/v1/auth/password/change", change).await.expect(204);
    eventually(EVERYWHERE, "the other node knows", async || refused(&there).await).await;
    on(&second, &here).get("/v1/me").await.expect(200);
}

#[tokio::test]
async fn row_10_keys_are_rotated_without_a_failed_request() {
    let Some((first, second)) = two_nodes(|_| {}).await else { return };
    let member = first.member("anna@lyceum.example").await;
    let clients = [member.clone(), on(&second, &member)];
    let (stop, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let traffic: Vec<_> = clients
        .iter()
        .cloned()
        .map(|client| {
            let (stop, served) = (Arc::clone(&stop), Arc::clone(&served));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    client.get("/v1/me").await.expect(200);
                    let login = json!({"email": "anna@lyceum.example", "password": PASSWORD});
                    let pair = client.anonymous().post("/v1/auth/login", login).await;
                    let fresh = client.with_token(pair.expect(200)["access_token"].as_str().expect("a token"));
                    fresh.get("/v1/me").await.expect(200);
                    served.fetch_add(3, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let old = kids(&first).await;
    let kid = first.system.identity.rotate_signing_key().await.expect("a new key");
    // Published on both nodes before it signs.
    for node in [&first, &second] {
        eventually(EVERYWHERE, "the new key is published", async || kids(node).await.contains(&kid)).await;
        assert_ne!(signer(&node.login("anna@lyceum.example", PASSWORD).await), kid);
    }
    // Now it signs, and tokens of both nodes count on both.
    first.clock.advance(chrono::Duration::seconds(91));
    for (node, other) in [(&first, &second), (&second, &first)] {
        let fresh = node.login("anna@lyceum.example", PASSWORD).await;
        assert_eq!(signer(&fresh), kid);
        on(other, &fresh).get("/v1/me").await.expect(200);
    }
    let enough = served.load(Ordering::Relaxed) + 60;
    eventually(Duration::from_mins(1), "traffic goes on", async || served.load(Ordering::Relaxed) >= enough).await;
    stop.store(true, Ordering::Relaxed);
    for task in traffic {
        task.await.expect("no request failed");
    }
    eprintln!("{} requests over two nodes during a rotation, none failed", served.load(Ordering::Relaxed));
    // A key that is retired is worth nothing on either node.
    let cause = lyceum_platform::uow::Cause::new(lyceum_kernel::RequestId::parse("retiring").expect("an id"));
    let work = first.system.platform.unit_of_work(cause);
    first.system.identity.retire_key(work, old.first().expect("a key")).await.expect("retired");
    for client in clients {
        eventually(EVERYWHERE, "the old token is worthless", async || refused(&client).await).await;
    }
    assert!(!kids(&second).await.contains(old.first().expect("a key")));
}

async fn kids(node: &App) -> BTreeSet<String> {
    let keys = node.anonymous().get("/.well-known/jwks.json").await;
    let keys = keys.expect(200)["keys"].as_array().expect("keys").clone();
    keys.iter().map(|key| key["kid"].as_str().expect("a key id").to_owned()).collect()
}

/// The key that signed somebody's token.
fn signer(client: &Client) -> String {
    let token = client.token.as_deref().expect("a token");
    let header = token.split('.').next().expect("a header");
    let header = URL_SAFE_NO_PAD.decode(header).expect("base64url");
    let header: Value = serde_json::from_slice(&header).expect("JSON");
    header["kid"].as_str().expect("a key id").to_owned()
}

#[tokio::test]
async fn a_key_used_on_both_nodes_at_once_does_it_once() {
    let Some((first, second)) = two_nodes(|_| {}).await else { return };
    let here = first.super_admin().await;
    let there = on(&second, &here);
    for round in 0..10 {
        let body = json!({"username": format!("pupil{round}"), "password": PASSWORD});
        let key = format!("round-{round}");
        let send = async |client: &Client| {
            let request = client.request(Method::POST, "/v1/users").header("idempotency-key", &key);
            request.json(&body).send().await
        };
        let (one, two) = tokio::join!(send(&here), send(&there));
        assert_eq!(one.expect(201)["id"], two.expect(201)["id"]);
        assert_eq!(one.bytes, two.bytes);
        let replayed = |reply: &crate::support::Reply| reply.header("idempotency-replayed") == Some("true");
        assert_ne!(replayed(&one), replayed(&two), "exactly one was done");
    }
    let all = here.get("/v1/users?q=pupil&total=true").await;
    all.expect(200);
    assert_eq!(all.header("x-total-count"), Some("10"));
}

#[tokio::test]
async fn a_refresh_token_used_on_both_nodes_at_once_has_one_successor() {
    let Some((first, second)) = two_nodes(|_| {}).await else { return };
    first.member("anna@lyceum.example").await;
    let login = json!({"email": "anna@lyceum.example", "password": PASSWORD});
    let pair = first.anonymous().post("/v1/auth/login", login).await;
    let mut token = pair.expect(200)["refresh_token"].clone();
    for _ in 0..10 {
        let body = json!({"refresh_token": token});
        let (here, there) = (first.anonymous(), second.anonymous());
        let (one, two) =
            tokio::join!(here.post("/v1/auth/refresh", body.clone()), there.post("/v1/auth/refresh", body));
        assert_eq!(one.expect(200)["refresh_token"], two.expect(200)["refresh_token"]);
        assert_eq!(one.json["access_token"], two.json["access_token"]);
        token = one.json["refresh_token"].clone();
    }
}

#[tokio::test]
async fn jobs_run_once_however_many_nodes_there_are() {
    let mail = SmtpServer::start().await;
    let url = mail.url();
    let change = |config: &mut Config| {
        config.smtp.url = Some(url.clone().into());
        config.jobs.run_in_server = true;
        config.jobs.poll_ms = 10;
    };
    let Some((first, second)) = two_nodes(change).await else { return };
    for number in 0..30 {
        let node = if number % 2 == 0 { &first } else { &second };
        let body = json!({"email": format!("pupil{number}@lyceum.example"), "password": PASSWORD});
        node.anonymous().post("/v1/auth/register", body).await.expect(202);
    }
    eventually(Duration::from_secs(20), "all mail is sent", async || mail.messages().len() >= 30).await;
    // Both go on looking for work; there is none.
    first.drain_outbox().await;
    second.drain_outbox().await;
    let ids: BTreeSet<_> = mail.messages().iter().map(|raw| Mail::parse(raw.as_bytes()).message_id).collect();
    assert_eq!((mail.messages().len(), ids.len()), (30, 30));
}

#[tokio::test]
async fn whoever_is_removed_or_demoted_on_one_node_loses_access_on_the_other() {
    for (first, second) in with_and_without_redis().await {
        let school = crate::tenancy::found(&first, &first.super_admin().await, "northfield").await;
        for (email, demoted) in [("tom@lyceum.example", false), ("zoe@lyceum.example", true)] {
            let here = crate::tenancy::enrol(&first, &school.root, &school.id, email, "teacher").await;
            let there = on(&second, &here);
            there.get("/v1/users").await.expect(200);
            let path = format!("/v1/schools/{}/members/{}", school.id, here.user_id.as_deref().expect("an id"));
            if demoted {
                school.admin.patch(&path, json!({"roles": ["student"]})).await.expect(200);
            } else {
                school.admin.delete(&path).await.expect(204);
            }
            here.get("/v1/users").await.problem(403);
            let took =
                eventually(EVERYWHERE, "the other node knows", async || there.get("/v1/users").await.status == 403)
                    .await;
            eprintln!(
                "removed or demoted: known on the other node after {took:?} (redis: {})",
                first.system.platform.redis.is_some()
            );
        }
    }
}
