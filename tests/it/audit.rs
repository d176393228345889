//! The audit log: read, exported, sealed in the order of commits, verified, erased.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::Duration;
use lyceum_audit::{AuditService, Break, Chain, Fault, Verdict};
use lyceum_kernel::{RequestId, SchoolId, id::uuid_v7};
use lyceum_platform::uow::audit::{Column, Entity, Model};
use lyceum_platform::uow::{Audit, AuditOutcome, Cause};
use lyceum_platform::{Db, Platform};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseConnection, EntityTrait, IntoActiveModel, QueryFilter, Statement};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::client::{Client, Reply};
use crate::support::program::Place;
use crate::support::{App, PASSWORD, database, variable};

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_45_the_log_only_grows() {
    let app = App::start().await;
    write(&app.system.platform, None, 3).await;
    let db = behind(&app).await;
    let unsealed = ["UPDATE audit_log SET action = 'x'", "UPDATE audit_log SET ip = '::1'", "DELETE FROM audit_log"];
    for sql in unsealed {
        assert!(meddle(&db, sql).await.is_err(), "{sql}");
    }
    app.drain_outbox().await;
    let sealed = [
        "UPDATE audit_log SET chain_seq = NULL",
        "UPDATE audit_log SET chain_seq = chain_seq + 100",
        "UPDATE audit_log SET link = NULL",
        "UPDATE audit_log SET values_salt = NULL",
        "UPDATE audit_log SET \"after\" = NULL",
        "UPDATE audit_log SET \"after\" = NULL, values_salt = NULL",
        "UPDATE audit_log SET at = at, request_id = 'x'",
        "DELETE FROM audit_log",
        "UPDATE audit_checkpoints SET seq = seq + 1",
        "DELETE FROM audit_checkpoints",
        "DELETE FROM audit_chains",
        "UPDATE audit_chains SET seq = 1",
    ];
    for sql in sealed {
        assert!(meddle(&db, sql).await.is_err(), "{sql}");
    }
    if app.on_postgres() {
        assert!(meddle(&db, "TRUNCATE audit_log").await.is_err());
    }
    assert!(whole(&app).await);
}

async fn verdict(app: &App, chain: Chain) -> Verdict {
    let mut verdicts = app.system.audit.verify(Some(chain)).await.expect("verified");
    assert_eq!(verdicts.len(), 1);
    verdicts.remove(0)
}

async fn whole(app: &App) -> bool {
    app.system.audit.verify(None).await.expect("verified").iter().all(|verdict| verdict.broken.is_none())
}

/// Without the triggers, as whoever owns the database could have it.
async fn disarm(db: &DatabaseConnection) {
    let on = |name: &str, table: &str| {
        if db.get_database_backend() == sea_orm::DbBackend::Postgres {
            format!("DROP TRIGGER {name} ON {table}")
        } else {
            format!("DROP TRIGGER {name}")
        }
    };
    for (name, table) in [
        ("tr_audit_log_update", "audit_log"),
        ("tr_audit_log_delete", "audit_log"),
        ("tr_audit_chains_back", "audit_chains"),
        ("tr_audit_chains_delete", "audit_chains"),
    ] {
        meddle(db, &on(name, table)).await.expect("dropped");
    }
}

/// A system with ten sealed entries in the platform's chain and five in a school's, and no triggers.
async fn disarmed() -> (App, DatabaseConnection, SchoolId) {
    let app = App::start().await;
    let school = SchoolId(Uuid::from_u128(0x5c00_1000));
    let platform = &app.system.platform;
    for _ in 0..5 {
        write(platform, None, 2).await;
        write(platform, Some(school), 1).await;
    }
    app.system.audit.seal_pending().await.expect("sealed");
    let db = behind(&app).await;
    disarm(&db).await;
    (app, db, school)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_45_verification_finds_the_first_entry_that_was_meddled_with() {
    let cases: [(&[&str], i64, Fault); 12] = [
        (&["UPDATE audit_log SET action = 'tests.other' WHERE chain_seq = 4 AND school_id IS NULL"], 4, Fault::Altered),
        (&["UPDATE audit_log SET outcome = 'denied' WHERE chain_seq >= 7 AND school_id IS NULL"], 7, Fault::Altered),
        (&["UPDATE audit_log SET \"after\" = '{\"n\": 99}' WHERE chain_seq = 3"], 3, Fault::ValuesAltered),
        (&["UPDATE audit_log SET ip = '192.0.2.1' WHERE chain_seq = 2"], 2, Fault::OriginAltered),
        (
            &[
                "UPDATE audit_log SET \"after\" = NULL, \"before\" = NULL, values_salt = NULL, erased_at = at WHERE chain_seq = 5",
            ],
            5,
            Fault::Removed,
        ),
        (&["DELETE FROM audit_log WHERE chain_seq = 6"], 6, Fault::Missing),
        (&["DELETE FROM audit_log WHERE chain_seq = 10"], 10, Fault::Missing),
        (&["DELETE FROM audit_log WHERE chain_seq = 1"], 1, Fault::Missing),
        (
            &[
                "UPDATE audit_log SET chain_seq = -8 WHERE chain_seq = 8 AND school_id IS NULL",
                "UPDATE audit_log SET chain_seq = 8 WHERE chain_seq = 9 AND school_id IS NULL",
                "UPDATE audit_log SET chain_seq = 9 WHERE chain_seq = -8 AND school_id IS NULL",
            ],
            8,
            Fault::Reordered,
        ),
        (
            &[
                "DELETE FROM audit_log WHERE chain_seq = 10 AND school_id IS NULL",
                "UPDATE audit_chains SET seq = 9, link = (SELECT link FROM audit_log WHERE chain_seq = 9 AND school_id IS NULL) \
                 WHERE chain_id = '00000000-0000-0000-0000-000000000000' OR hex(chain_id) = '00000000000000000000000000000000'",
            ],
            9,
            Fault::HeadForged,
        ),
        (&["DELETE FROM audit_chains"], 1, Fault::Headless),
        (
            &[
                "UPDATE audit_log SET chain_seq = NULL, link = NULL, request_id = 'forged' WHERE chain_seq = 10 AND school_id IS NULL",
            ],
            10,
            Fault::Missing,
        ),
    ];
    for (meddling, seq, fault) in cases {
        let (app, db, school) = disarmed().await;
        assert!(whole(&app).await);
        for sql in meddling {
            // Each database spells bytes in its own way.
            let sql = if app.on_postgres() {
                sql.replace(" OR hex(chain_id) = '00000000000000000000000000000000'", "")
            } else {
                sql.replace("chain_id = '00000000-0000-0000-0000-000000000000' OR ", "")
            };
            assert!(meddle(&db, &sql).await.expect("done") > 0, "{sql}");
        }
        let Verdict { broken, verified, .. } = verdict(&app, Chain::PLATFORM).await;
        let Some(Break { seq: found, fault: what, .. }) = broken else { panic!("{meddling:?} went unseen") };
        assert_eq!((found, what), (seq, fault), "{meddling:?}");
        assert!(verified < seq || fault == Fault::HeadForged, "{meddling:?}: {verified}");
        // What is sealed afterwards hides nothing.
        app.clock.advance(Duration::seconds(1));
        write(&app.system.platform, None, 1).await;
        let _ = app.system.audit.seal_pending().await;
        assert!(verdict(&app, Chain::PLATFORM).await.broken.is_some(), "{meddling:?} was hidden");
        let school = verdict(&app, Chain::of(school)).await;
        let touched = meddling
            .iter()
            .any(|sql| !sql.contains("school_id") && !sql.contains("chain_seq = 6") && !sql.contains("chain_seq = 10"));
        assert_eq!(school.broken.is_some(), touched, "{meddling:?}: the other chain");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_verifies_and_fails_at_a_break() {
    let (app, db, school) = disarmed().await;
    let place = Place::new()
        .set("DATABASE_URL", &app.database_url)
        .set("LYCEUM_DATA_DIR", &app.data_dir().display().to_string());
    let ended = place.run(&["audit", "verify"]);
    assert!(ended.status.success(), "{ended:?}");
    assert!(ended.stdout.contains("platform: 10 entries hold, 0 await their seal"), "{ended:?}");
    assert!(ended.stdout.contains(&format!("school {school}: 5 entries hold")), "{ended:?}");
    meddle(&db, "UPDATE audit_log SET action = 'x' WHERE chain_seq = 4 AND school_id IS NULL").await.expect("done");
    let ended = place.run(&["audit", "verify", "--platform"]);
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(ended.stdout.contains("platform: broken at 4 ("), "{ended:?}");
    assert!(place.run(&["audit", "verify", "--school", &school.to_string()]).status.success());
}

/// A row as a writer would insert it, in a transaction of the test's own.
async fn insert(db: &impl ConnectionTrait, platform: &Platform, school: Option<SchoolId>, note: &str) -> Uuid {
    let now = platform.clock.now();
    let row = Model {
        id: uuid_v7(now, &*platform.entropy),
        at: now,
        school_id: school,
        actor_id: None,
        actor_session: None,
        action: "tests.written".to_owned(),
        target_type: note.to_owned(),
        target_id: None,
        outcome: AuditOutcome::Success,
        before: None,
        after: None,
        ip: None,
        user_agent: None,
        request_id: "r".to_owned(),
        subject_id: None,
        chain_id: None,
        chain_seq: None,
        origin_salt: None,
        origin_digest: None,
        values_salt: None,
        values_digest: None,
        link: None,
        erased_at: None,
    };
    let id = row.id;
    Entity::insert(row.into_active_model()).exec_without_returning(db).await.expect("inserted");
    id
}

#[expect(clippy::disallowed_methods, reason = "the test looks at all rows")]
async fn written(db: &Db) -> Vec<Model> {
    let db = db.read(lyceum_kernel::Scope::Platform);
    Entity::find().filter(Column::Action.eq("tests.written")).all(&db).await.expect("rows")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_commits_late_is_sealed_late_and_not_skipped() {
    let app = App::start().await;
    if !app.on_postgres() {
        return; // One writer: nobody overtakes.
    }
    let platform = &app.system.platform;
    let slow = platform.db.begin().await.expect("begun");
    let slow_id = insert(&slow, platform, None, "slow").await;
    let quick = platform.db.begin().await.expect("begun");
    let quick_id = insert(&quick, platform, None, "quick").await;
    quick.commit().await.expect("committed");
    app.system.audit.seal_pending().await.expect("sealed");
    slow.commit().await.expect("committed");
    app.system.audit.seal_pending().await.expect("sealed");
    let rows: BTreeMap<_, _> = written(&platform.db).await.into_iter().map(|row| (row.id, row.chain_seq)).collect();
    assert!(rows[&quick_id].is_some() && rows[&slow_id].is_some(), "{rows:?}");
    assert!(rows[&quick_id] < rows[&slow_id], "in the order of commits: {rows:?}");
    assert!(whole(&app).await);
}

/// Writers of several schools commit and roll back while several sealers are at work.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_and_sealers_make_whole_chains() {
    const WRITERS: u64 = 8;
    const ROUNDS: u64 = 25;
    let app = App::start().await;
    let platform = app.system.platform.clone();
    let (done, finished) = tokio::sync::watch::channel(false);
    let sealers: Vec<_> = (0..3)
        .map(|_| {
            let (service, finished) = (AuditService::new(platform.clone()), finished.clone());
            tokio::spawn(async move {
                while !*finished.borrow() {
                    // Another sealer may be at it.
                    let _ = service.seal_pending().await;
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let platform = platform.clone();
            tokio::spawn(async move {
                let mut committed = Vec::new();
                for round in 0..ROUNDS {
                    let dice = (writer * 31 + round * 17) % 11;
                    let school = (dice % 3 > 0).then(|| SchoolId(Uuid::from_u128(u128::from(dice % 3))));
                    let tx = platform.db.begin().await.expect("begun");
                    let id = insert(&tx, &platform, school, &format!("writer {writer}")).await;
                    for _ in 0..dice * 3 {
                        tokio::task::yield_now().await;
                    }
                    if dice == 5 {
                        tx.rollback().await;
                    } else {
                        tx.commit().await.expect("committed");
                        committed.push((school, id));
                    }
                }
                committed
            })
        })
        .collect();
    let mut committed = Vec::new();
    for writer in writers {
        committed.push(writer.await.expect("it wrote"));
    }
    done.send(true).expect("the sealers listen");
    for sealer in sealers {
        sealer.await.expect("it sealed");
    }
    app.system.audit.seal_pending().await.expect("sealed");

    let rows: BTreeMap<_, _> = written(&platform.db).await.into_iter().map(|row| (row.id, row)).collect();
    assert_eq!(rows.keys().copied().collect::<BTreeSet<_>>(), committed.iter().flatten().map(|(_, id)| *id).collect());
    for of_one_writer in &committed {
        let mut last: BTreeMap<Option<SchoolId>, i64> = BTreeMap::new();
        for (school, id) in of_one_writer {
            let seq = rows[id].chain_seq.expect("a seal");
            let before = last.insert(*school, seq);
            assert!(before < Some(seq), "what one wrote after another stands after it: {before:?}, {seq}");
        }
    }
    assert!(whole(&app).await);
}

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

/// How fast the sealer is: `cargo test --release --test it -- --ignored sealing_rate --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn sealing_rate() {
    const ROWS: usize = 40_000;
    let app = App::start().await;
    let platform = &app.system.platform;
    for n in 0..ROWS / 500 {
        write(platform, Some(SchoolId(Uuid::from_u128(n as u128 % 20))), 500).await;
    }
    let began = std::time::Instant::now();
    let sealed = app.system.audit.seal_pending().await.expect("sealed");
    let sealing = began.elapsed().as_secs_f64();
    let began = std::time::Instant::now();
    assert!(whole(&app).await);
    let verifying = began.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = |seconds: f64| sealed as f64 / seconds;
    println!("sealed {sealed} rows: {:.0}/s; verified: {:.0}/s", rate(sealing), rate(verifying));

    // Beside writers: how long they take with and without the sealer.
    for sealing in [false, true] {
        let stop = tokio_util::sync::CancellationToken::new();
        let sealer = sealing.then(|| {
            let (service, stop) = (Arc::clone(&app.system.audit), stop.clone());
            tokio::spawn(async move {
                while !stop.is_cancelled() {
                    service.seal_pending().await.expect("sealed");
                }
            })
        });
        let mut times = Vec::new();
        let began = std::time::Instant::now();
        while began.elapsed().as_secs() < 5 {
            let asked = std::time::Instant::now();
            write(platform, None, 5).await;
            times.push(asked.elapsed());
        }
        stop.cancel();
        if let Some(sealer) = sealer {
            sealer.await.expect("it sealed");
        }
        times.sort_unstable();
        let place = |share: usize| times[times.len() * share / 1000];
        println!(
            "sealer {sealing}: {} units of work of 5 rows; p50 {:?} p99 {:?} max {:?}",
            times.len(),
            place(500),
            place(990),
            times[times.len() - 1]
        );
    }
    assert!(variable("LYCEUM_TEST_POSTGRES_URL").is_none() || rate(sealing) >= 2_000.0);
}
