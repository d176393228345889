//! The audit log: read, exported, sealed in the order of commits, verified, erased.

mod erasing;
mod sealing;
mod verifying;

use lyceum_kernel::{RequestId, SchoolId};
use lyceum_platform::Platform;
use lyceum_platform::uow::{Audit, Cause};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::client::{Client, Reply};
use crate::support::{App, PASSWORD, database};

const LOG: &str = "/v1/admin/audit-logs";

async fn table(client: &Client, query: &str) -> Reply {
    client.request(reqwest::Method::GET, &format!("{LOG}{query}")).header("accept", "text/csv").send().await
}

fn ids(reply: &Reply) -> Vec<String> {
    reply.expect(200).as_array().expect("a list").iter().map(|e| e["id"].as_str().expect("an id").to_owned()).collect()
}

/// Writes entries as a job would: nobody acts.
async fn write(platform: &Platform, school: Option<SchoolId>, count: usize) {
    let cause = Cause::new(RequestId::new(platform.clock.now(), &*platform.entropy));
    let mut tx = platform.unit_of_work(cause).begin().await.expect("begun");
    for n in 0..count {
        let entry = Audit::of("tests.thing_done", "thing", Uuid::nil()).school(school);
        tx.audit(entry.before(json!({"n": n})).after(json!({"n": n + 1, "note": "=1+1", "half": 0.5})));
    }
    tx.commit_quietly().await.expect("committed");
}

#[tokio::test]
async fn deeds_are_listed_newest_first_filtered_and_paged() {
    let app = App::start().await;
    let admin = app.super_admin().await;
    let body = json!({"username": "zora", "password": PASSWORD, "role": "member"});
    let zora = admin.post("/v1/users", body).await.expect(201)["id"].as_str().expect("an id").to_owned();
    admin.patch(&format!("/v1/users/{zora}"), json!({"full_name": "Zora"})).await.expect(200);
    app.drain_outbox().await;

    let all = admin.get(&format!("{LOG}?limit=100&total=true")).await;
    let total = ids(&all).len();
    assert_eq!(all.header("x-total-count"), Some(&*total.to_string()));
    assert!(ids(&all).is_sorted_by(|a, b| a > b), "newest first");
    let about = admin.get(&format!("{LOG}?target_id={zora}&target_type=account&outcome=success")).await;
    let actions: Vec<_> = about.expect(200).as_array().expect("a list").iter().map(|e| e["action"].clone()).collect();
    assert_eq!(actions, ["identity.account_changed", "identity.account_created"]);
    let change = &about.json[0];
    assert_eq!((&change["before"]["full_name"], &change["after"]["full_name"]), (&Value::Null, &json!("Zora")));
    assert_eq!(change["actor_id"].as_str(), admin.user_id.as_deref());
    assert!(change["ip"].as_str().is_some_and(|ip| ip.starts_with("127.")), "{change}");
    assert!(change["session_id"].is_string() && change["request_id"].is_string());
    assert!(change["seal"]["seq"].is_i64(), "{change}");

    // Pages join to the whole.
    let mut paged = Vec::new();
    let mut next = Some(format!("{LOG}?limit=2"));
    while let Some(path) = next {
        let page = admin.get(&path).await;
        paged.extend(ids(&page));
        next = page.header("link").map(|link| {
            let url = link.split(['<', '>']).nth(1).expect("a reference");
            url[url.find("/v1").expect("a path")..].to_owned()
        });
    }
    assert_eq!(paged, ids(&all));

    let id = change["id"].as_str().expect("an id");
    assert_eq!(admin.get(&format!("{LOG}/{id}")).await.expect(200), change);
    assert_eq!(admin.get(&format!("{LOG}/{}", Uuid::max())).await.problem(404), "not-found");
    let at = change["at"].as_str().expect("a time").replace('+', "%2B");
    assert_eq!(ids(&admin.get(&format!("{LOG}?from={at}&target_id={zora}")).await), [id]);
    assert!(!ids(&admin.get(&format!("{LOG}?to={at}&target_id={zora}")).await).contains(&id.to_owned()));
    assert_eq!(ids(&admin.get(&format!("{LOG}?action=identity.no_such_thing")).await), [""; 0]);
    let actor = admin.user_id.clone().expect("an id");
    assert!(!ids(&admin.get(&format!("{LOG}?actor_id={actor}&action=identity.account_created")).await).is_empty());
    assert_eq!(admin.get(&format!("{LOG}?who=me")).await.pointers(), ["who"]);
}

#[tokio::test]
async fn a_page_costs_the_same_however_long_the_log_is() {
    let app = App::start().await;
    let admin = app.super_admin().await;
    write(&app.system.platform, None, 10).await;
    let few = app.queries_of(admin.get(&format!("{LOG}?limit=10"))).await;
    write(&app.system.platform, None, 1_000).await;
    let many = app.queries_of(admin.get(&format!("{LOG}?limit=100"))).await;
    assert_eq!(few, many);
}

#[tokio::test]
async fn row_34_the_table_holds_every_entry_and_no_formula() {
    let app = App::start().await;
    let admin = app.super_admin().await;
    write(&app.system.platform, None, 1_203).await;
    for agent in ["=HYPERLINK(\"http://evil.example\")", "+1", "-1", "@SUM(A1)"] {
        let request = admin.request(reqwest::Method::PATCH, "/v1/me").header("user-agent", agent);
        request.json(&json!({"full_name": format!("Root {agent}")})).send().await.expect(200);
    }
    let reply = table(&admin, "?limit=5").await;
    reply.expect(200);
    assert_eq!(reply.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    assert_eq!(reply.header("content-disposition"), Some("attachment; filename=\"audit-log.csv\""));
    assert!(reply.header("vary").is_some_and(|vary| vary.contains("Accept")));
    let text = String::from_utf8(reply.bytes).expect("UTF-8");
    let listed = admin.get(&format!("{LOG}?total=true")).await;
    let total: usize = listed.header("x-total-count").expect("a count").parse().expect("a number");
    assert!(text.ends_with("\r\n"));
    let lines: Vec<_> = text.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), total + 1, "a line for the columns and one for each entry");
    assert!(lines[0].starts_with("id,at,school_id,actor_id,"));
    for cell in ["\"'=HYPERLINK(\"\"http://evil.example\"\")\"", ",'+1,", ",'-1,", ",'@SUM(A1),"] {
        assert!(text.contains(cell), "{cell}");
    }
    let one = table(&admin, "?action=identity.no_such_thing").await;
    assert_eq!(String::from_utf8_lossy(&one.bytes).lines().count(), 1);
}

/// A plain connection to the database behind the program's back.
async fn behind(app: &App) -> DatabaseConnection {
    database::connect(&app.database_url).await
}

#[expect(clippy::disallowed_methods, reason = "what the program would never do")]
async fn meddle(db: &DatabaseConnection, sql: &str) -> Result<u64, sea_orm::DbErr> {
    db.execute_raw(Statement::from_string(db.get_database_backend(), sql)).await.map(|done| done.rows_affected())
}

async fn whole(app: &App) -> bool {
    app.system.audit.verify(None).await.expect("verified").iter().all(|verdict| verdict.broken.is_none())
}
