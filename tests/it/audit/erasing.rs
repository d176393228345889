//! Erasing a person takes what the log says of them, and leaves the chains whole.

use std::collections::BTreeSet;

use chrono::Duration;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::json;

use super::{LOG, behind, ids, whole};
use crate::support::{App, PASSWORD};

/// Everything that all tables hold, as text, blobs in hexadecimal.
#[expect(clippy::disallowed_methods, reason = "a dump")]
async fn dump(db: &DatabaseConnection) -> String {
    use lyceum_migration::ownership::{PLATFORM_TABLES, SCHOOL_TABLES};
    let backend = db.get_database_backend();
    let mut text = String::new();
    for table in PLATFORM_TABLES.iter().chain(SCHOOL_TABLES) {
        let sql = if backend == sea_orm::DbBackend::Postgres {
            format!("SELECT t::text AS line FROM {table} t")
        } else {
            let sql = format!(
                "SELECT group_concat('quote(\"' || name || '\")', ' || ''|'' || ') AS line FROM pragma_table_info('{table}')"
            );
            let row = db.query_one_raw(Statement::from_string(backend, sql)).await.expect("columns").expect("a row");
            format!("SELECT {} AS line FROM {table}", row.try_get::<String>("", "line").expect("columns"))
        };
        for row in db.query_all_raw(Statement::from_string(backend, sql)).await.expect("rows") {
            text.push_str(&[table, ": ", &row.try_get::<String>("", "line").expect("a line"), "\n"].concat());
        }
    }
    text.to_lowercase()
}

fn hexed(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn erasing_a_person_leaves_no_trace_of_them_and_whole_chains() {
    let app = App::start().await;
    let admin = app.super_admin().await;
    let email = "zelda.quill@lyceum.example";
    let person = app.member(email).await;
    let id = person.user_id.clone().expect("an id");
    let request = person.request(reqwest::Method::PATCH, "/v1/me").header("user-agent", "Zeldaphone/1.0");
    request.json(&json!({"full_name": "Zelda Quillfeather", "username": "zeldaq"})).send().await.expect(200);
    let wrong = json!({"email": email, "password": "not the right one"});
    app.anonymous().post("/v1/auth/login", wrong).await.expect(401);
    app.anonymous().post("/v1/auth/password/forgot", json!({"email": email})).await;
    let keyed = admin.request(reqwest::Method::POST, &format!("/v1/users/{id}/password-reset"));
    keyed.header("idempotency-key", "reset-for-zelda").send().await.expect(202);
    app.drain_outbox().await;

    let mut needles: BTreeSet<String> =
        ["zelda.quill", "zelda quill", "quillfeather", "zeldaq", "zeldaphone"].map(str::to_owned).into();
    for filter in ["actor_id", "target_id"] {
        let entries = admin.get(&format!("{LOG}?limit=100&{filter}={id}")).await;
        for entry in entries.expect(200).as_array().expect("a list") {
            if entry["actor_id"].as_str() != admin.user_id.as_deref() {
                needles.extend(entry["ip"].as_str().map(str::to_owned));
            }
        }
    }
    assert!(needles.len() > 6, "there are addresses to look for: {needles:?}");
    let db = behind(&app).await;
    let before = dump(&db).await;
    for needle in &needles {
        assert!(before.contains(needle) || before.contains(&hexed(needle)), "{needle} is there to be erased");
    }

    let gone = person.request(reqwest::Method::DELETE, "/v1/me").json(&json!({"password": PASSWORD})).send().await;
    gone.expect(204);
    app.drain_outbox().await;
    app.clock.advance(Duration::seconds(61));
    app.drain_outbox().await;
    let after = dump(&db).await;
    for needle in &needles {
        let found = |line: &&str| line.contains(needle.as_str()) || line.contains(&hexed(needle));
        let left: Vec<_> = after.lines().filter(found).collect();
        assert!(left.is_empty(), "{needle} is still in {left:#?}");
    }
    assert!(whole(&app).await);
    // What was done, by whom and to whom is still there.
    let entries = admin.get(&format!("{LOG}?limit=100&target_id={id}")).await;
    let entries = entries.expect(200).as_array().expect("a list").clone();
    assert!(entries.iter().all(|e| e["before"].is_null() && e["after"].is_null()), "{entries:?}");
    assert!(entries.iter().filter(|e| e["erased_at"].is_string()).count() > 3, "{entries:?}");
    let record = admin.get(&format!("{LOG}?target_id={id}&action={}", lyceum_audit::PERSON_ERASED)).await;
    assert_eq!(ids(&record).len(), 1);
}
