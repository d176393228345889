//! Sockets of the whole system: tickets, one's own socket, and what ends it, on this node and on others.

use std::time::Duration;

use lyceum_kernel::UserId;
use lyceum_platform::config::Config;
use lyceum_web::socket::{Push, Topic, publish};
use serde_json::{Value, json};

use crate::support::socket::{Refusal, Socket};
use crate::support::{App, Client, PASSWORD, database};
use crate::tenancy::{enrol, found};

/// How soon a revocation holds everywhere.
const EVERYWHERE: Duration = Duration::from_secs(2);

/// A ticket, bought with somebody's token.
async fn ticket(who: &Client) -> String {
    let bought = who.post_empty("/v1/ws/tickets").await;
    bought.expect(200)["ticket"].as_str().expect("a ticket").to_owned()
}

async fn with_ticket(app: &App, ticket: &str) -> Result<Socket, Refusal> {
    Socket::open(app.address(), &format!("/v1/ws/me?ticket={ticket}"), &[]).await
}

#[tokio::test]
async fn a_ticket_opens_one_socket_however_many_try() {
    let app = App::start().await;
    let anna = app.member("anna@lyceum.example").await;
    for _ in 0..3 {
        let ticket = ticket(&anna).await;
        let tries = (0..50).map(|_| with_ticket(&app, &ticket));
        let outcomes = futures_util::future::join_all(tries).await;
        let (open, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!(open.len(), 1, "one of fifty");
        for refusal in refused {
            let (status, problem) = refusal.expect_err("refused");
            assert_eq!(status, 401, "{problem}");
        }
    }
}

#[tokio::test]
async fn a_ticket_is_good_for_half_a_minute_and_no_longer_than_its_token() {
    let app = App::start().await;
    let anna = app.member("anna@lyceum.example").await;
    let (early, late) = (ticket(&anna).await, ticket(&anna).await);
    app.clock.advance(chrono::Duration::seconds(29));
    with_ticket(&app, &early).await.expect("in time");
    app.clock.advance(chrono::Duration::seconds(1));
    assert_eq!(with_ticket(&app, &late).await.expect_err("too late").0, 401);
    // Of a token that has ten seconds left.
    let anna = app.login("anna@lyceum.example", PASSWORD).await;
    app.clock.advance(chrono::Duration::seconds(890));
    let last = ticket(&anna).await;
    let mut socket = with_ticket(&app, &last).await.expect("in time");
    assert_eq!(socket.event().await["event"], "standing");
    assert_eq!(socket.event().await["event"], "token.expiring");
    app.clock.advance(chrono::Duration::seconds(10));
    assert_eq!(socket.closed().await.0, 4401);
}

#[tokio::test]
async fn a_ticket_is_worth_nothing_once_its_session_is_over_and_nothing_but_a_ticket() {
    let app = App::start().await;
    let anna = app.member("anna@lyceum.example").await;
    let bought = ticket(&anna).await;
    assert_eq!(anna.anonymous().with_token(&bought).get("/v1/me").await.problem(401), "invalid-token");
    let token = anna.token.clone().expect("a token");
    assert_eq!(with_ticket(&app, &token).await.expect_err("a token is no ticket").0, 401);
    let mut forged = bought.clone();
    forged.replace_range(forged.len() - 2.., if bought.ends_with("AA") { "BB" } else { "AA" });
    assert_eq!(with_ticket(&app, &forged).await.expect_err("forged").0, 401);
    anna.post_empty("/v1/auth/logout").await.expect(204);
    assert_eq!(with_ticket(&app, &bought).await.expect_err("the session is over").0, 401);
}

#[tokio::test]
async fn row_13_a_ticket_is_kept_as_a_hash_alone_and_not_for_long() {
    let app = App::start().await;
    let anna = app.member("anna@lyceum.example").await;
    for _ in 0..3 {
        ticket(&anna).await;
        app.clock.advance(chrono::Duration::seconds(31));
    }
    let last = ticket(&anna).await;
    let kept = kept_tickets(&app).await;
    assert_eq!(kept.len(), 1, "those that expired are forgotten: {kept:?}");
    assert!(!kept[0].contains(&last), "{kept:?}");
    with_ticket(&app, &last).await.expect("a socket");
    assert_eq!(kept_tickets(&app).await, Vec::<String>::new());
}

/// Everything of the rows of tickets, as text.
async fn kept_tickets(app: &App) -> Vec<String> {
    use sea_orm::ConnectionTrait as _;
    let database = database::connect(&app.database_url).await;
    let sql = "SELECT id, token_hash, data FROM one_time_tokens WHERE purpose = 'socket_ticket'";
    let rows = database.query_all_raw(sea_orm::Statement::from_string(database.get_database_backend(), sql)).await;
    let text = |row: &sea_orm::QueryResult| {
        let hash: Vec<u8> = row.try_get("", "token_hash").expect("a hash");
        let data: Value = row.try_get("", "data").expect("claims");
        format!("{} {data}", String::from_utf8_lossy(&hash))
    };
    rows.expect("rows").iter().map(text).collect()
}

#[tokio::test]
async fn everybody_has_a_socket_of_their_own() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let tom = enrol(&app, &school.root, &school.id, "tom@lyceum.example", "teacher").await;
    let mut socket = app.socket(&tom, "/v1/ws/me").await;
    let hello = socket.event().await;
    assert_eq!(hello["event"], "standing");
    assert_eq!(hello["data"]["user_id"], json!(tom.user_id));
    assert_eq!(hello["data"]["school_id"], school.id);
    assert_eq!(hello["data"]["roles"], json!(["teacher", "member"]));
    // Another role that leaves the socket open is told of.
    let path = format!("/v1/schools/{}/members/{}", school.id, tom.user_id.as_deref().expect("an id"));
    school.admin.patch(&path, json!({"roles": ["student"]})).await.expect(200);
    assert_eq!(socket.event().await["data"]["roles"], json!(["student", "member"]));
    socket.hears_nothing().await;
    // A token of the same session takes its place.
    socket.say("authenticate", json!({"token": tom.token})).await;
    assert_eq!(socket.event().await["event"], "authenticated");
    let stranger = app.member("zoe@lyceum.example").await;
    socket.say("authenticate", json!({"token": stranger.token})).await;
    assert_eq!(socket.closed().await.0, 4403);
}

#[tokio::test]
async fn whoever_imports_hears_how_it_gets_on_and_nobody_else_does() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let mut mine = app.own_socket(&school.admin).await;
    let other = enrol(&app, &school.root, &school.id, "olga@lyceum.example", "school_admin").await;
    let mut others = app.own_socket(&other).await;
    let table = "email,full_name\na@pupils.example,A\nnonsense,B\nc@pupils.example,C\n";
    crate::tenancy::imports::imported(&app, &school.admin, "?on_error=skip", table).await;
    let mut states = Vec::new();
    let last = loop {
        let event = mine.event().await;
        assert_eq!(event["event"], "import", "{event}");
        states.push(event["data"]["state"].as_str().expect("a state").to_owned());
        if event["data"]["state"] == "done" {
            break event["data"].clone();
        }
    };
    assert_eq!((&last["total"], &last["error_count"], &last["step"]), (&json!(3), &json!(1), &Value::Null));
    states.dedup();
    assert_eq!(states, ["queued", "running", "done"]);
    others.hears_nothing().await;
}

/// What ends a session or the right to be there, and by whom it is done.
async fn endings(node: &App, other: &App) -> Vec<(&'static str, Duration)> {
    let school = found(node, &node.super_admin().await, "northfield").await;
    let mut took = Vec::new();
    let member = format!("/v1/schools/{}/members", school.id);
    for what in ["logout", "revoked", "disabled", "password", "removed", "suspended"] {
        let email = format!("{what}@lyceum.example");
        let tom = enrol(node, &school.root, &school.id, &email, "teacher").await;
        let id = tom.user_id.clone().expect("an id");
        let mut sockets = [node.own_socket(&tom).await, other.own_socket(&tom).await];
        let second = node.login(&email, PASSWORD).await;
        match what {
            "logout" => _ = tom.post_empty("/v1/auth/logout").await.expect(204),
            "revoked" => _ = second.delete("/v1/auth/sessions").await.expect(204),
            "disabled" => {
                let disable = json!({"is_active": false});
                _ = school.root.patch(&format!("/v1/users/{id}"), disable).await.expect(200);
            }
            "password" => {
                let change = json!({"current_password": PASSWORD, "new_password": "another quiet harbour"});
                _ = second.post("/v1/auth/password/change", change).await.expect(204);
            }
            "removed" => _ = school.admin.delete(&format!("{member}/{id}")).await.expect(204),
            _ => {
                let suspend = json!({"status": "suspended"});
                _ = school.root.patch(&format!("/v1/schools/{}", school.id), suspend).await.expect(200);
            }
        }
        for socket in &mut sockets {
            let (code, after) = socket.closed().await;
            assert_eq!(code, 4401, "{what}");
            assert!(after <= EVERYWHERE, "{what}: only after {after:?}");
            took.push((what, after));
        }
    }
    took
}

#[tokio::test]
async fn row_11_what_ends_a_session_ends_its_sockets() {
    let app = App::start().await;
    let took = endings(&app, &app).await;
    eprintln!("on one node: {took:?}");
}

#[tokio::test]
async fn row_11_what_ends_a_session_ends_its_sockets_on_other_nodes_too() {
    for without_redis in [false, true] {
        let change = |config: &mut Config| {
            if without_redis {
                config.redis.url = None;
            }
        };
        let Some((first, second)) = two_nodes(change).await else { return };
        let took = endings(&first, &second).await;
        eprintln!("on two nodes (redis: {}): {took:?}", first.system.platform.redis.is_some());
    }
}

async fn two_nodes(change: impl Fn(&mut Config)) -> Option<(App, App)> {
    database::postgres_server()?;
    let first = App::start_with(&change).await;
    let second = first.second_node(&change).await;
    Some((first, second))
}

#[tokio::test]
async fn a_ticket_bought_on_one_node_opens_one_socket_on_any() {
    let Some((first, second)) = two_nodes(|_| {}).await else { return };
    let anna = first.member("anna@lyceum.example").await;
    let bought = ticket(&anna).await;
    let tries = (0..50).map(|number| with_ticket(if number % 2 == 0 { &first } else { &second }, &bought));
    let outcomes = futures_util::future::join_all(tries).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
}

#[tokio::test]
async fn what_is_published_on_one_node_is_heard_on_the_other() {
    let Some((first, second)) = two_nodes(|_| {}).await else { return };
    if first.system.platform.redis.is_none() {
        return;
    }
    let anna = first.member("anna@lyceum.example").await;
    let user: UserId = anna.user_id.as_deref().expect("an id").parse().expect("a UUID");
    let mut sockets = [first.own_socket(&anna).await, second.own_socket(&anna).await];
    for number in 0..100 {
        let node = if number % 2 == 0 { &first } else { &second };
        let push = Push::message(&json!({ "event": "number", "data": number }));
        publish(&node.system.platform.bus, &Topic::of_person(user), &push);
    }
    for socket in &mut sockets {
        let mut heard = Vec::new();
        while heard.len() < 100 {
            heard.push(socket.event().await["data"].as_u64().expect("a number"));
        }
        // Those of each node in their order, and each once.
        let (even, odd): (Vec<u64>, Vec<u64>) = heard.iter().partition(|number| *number % 2 == 0);
        assert!(even.is_sorted() && odd.is_sorted(), "{heard:?}");
        heard.sort_unstable();
        assert_eq!(heard, (0..100).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn sockets_are_counted() {
    let app = App::start().await;
    let anna = app.member("anna@lyceum.example").await;
    let _socket = app.own_socket(&anna).await;
    let metrics = app.anonymous().get("/metrics").await;
    let metrics = String::from_utf8(metrics.bytes).expect("text");
    for name in ["websocket_connections{route=\"/v1/ws/me\"}", "websocket_frames_total{direction=\"out\"}"] {
        assert!(metrics.contains(name), "{name} is not among\n{metrics}");
    }
}
