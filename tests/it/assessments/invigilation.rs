//! What is heard and done at a test while it is taken.

use std::time::Duration;

use lyceum_platform::config::Config;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use super::{asked, publish, save, start, statements, submit};
use crate::courses::Campus;
use crate::support::socket::Socket;
use crate::support::{App, Client, PASSWORD, database};
use crate::tenancy::{found, id_of};

/// Somebody's socket at a test, and how it was greeted.
async fn at(app: &App, who: &Client, test: &str) -> (Socket, Value) {
    let mut socket = app.socket(who, &format!("/v1/ws/tests/{test}")).await;
    let hello = socket.event().await;
    (socket, hello)
}

/// The next event of this name, whatever comes before it.
async fn hear(socket: &mut Socket, name: &str) -> Value {
    loop {
        let event = socket.event().await;
        if event["event"] == name {
            return event["data"].clone();
        }
    }
}

async fn refusal(app: &App, who: &Client, test: &str) -> (u16, Value) {
    let bearer = format!("Bearer {}", who.token.as_deref().expect("a token"));
    let path = format!("/v1/ws/tests/{test}");
    Socket::open(app.address(), &path, &[("authorization", &bearer)]).await.expect_err("refused")
}

#[tokio::test]
async fn whoever_invigilates_hears_a_test_being_taken() {
    let campus = Campus::open().await;
    let (app, teacher, student) = (&campus.app, &campus.teacher, &campus.student);
    let test = id_of(&publish(&campus, statements(3), json!({"time_limit_s": 3600})).await);
    let (mut watch, hello) = at(app, teacher, &test).await;
    assert_eq!((&hello["event"], &hello["data"]["running"]), (&json!("watching"), &json!(0)));
    let (mut own, hello) = at(app, student, &test).await;
    assert_eq!((&hello["event"], &hello["data"]["attempt"]), (&json!("attending"), &Value::Null));

    let attempt = start(student, &test).await;
    let (id, questions) = (id_of(&attempt), asked(&attempt));
    let started = hear(&mut watch, "started").await;
    assert_eq!((&started["id"], &started["questions"], &started["answered"]), (&json!(id), &json!(3), &json!(0)));
    assert_eq!(started["user_id"].as_str(), student.user_id.as_deref());
    assert_eq!(hear(&mut own, "begun").await["deadline"], attempt["deadline"]);

    save(student, &id, &questions[0], 1, json!(true)).await.expect(200);
    assert_eq!(hear(&mut watch, "progress").await["answered"], 1);
    // Taken back, it is none any more.
    save(student, &id, &questions[0], 2, Value::Null).await.expect(200);
    save(student, &id, &questions[1], 1, json!(false)).await.expect(200);
    save(student, &id, &questions[2], 1, json!(true)).await.expect(200);
    while hear(&mut watch, "progress").await["answered"] != 2 {}
    let running = teacher.get(&format!("/v1/tests/{test}/invigilation?total=true")).await;
    assert_eq!((&running.expect(200)[0]["answered"], &running.json[0]["quiet"]), (&json!(2), &json!(false)));
    assert_eq!(running.header("x-total-count"), Some("1"));

    own.say("report", json!({"kind": "focus_lost", "client_time": "2026-11-21T10:00:00Z"})).await;
    let kept = hear(&mut own, "recorded").await;
    assert_eq!(hear(&mut watch, "reported").await, kept);
    own.say("report", json!({"kind": "slept"})).await;
    assert_eq!(hear(&mut own, "error").await["code"], "invalid");
    let events = teacher.get(&format!("/v1/attempts/{id}/events")).await;
    assert!(events.expect(200).as_array().expect("a list").contains(&kept), "{}", events.json);

    app.clock.advance(chrono::Duration::seconds(121));
    assert_eq!(hear(&mut watch, "quiet").await["id"], json!(id));
    save(student, &id, &questions[0], 3, json!(true)).await.expect(200);
    let progress = hear(&mut watch, "progress").await;
    assert_eq!((&progress["answered"], &progress["quiet"]), (&json!(3), &json!(false)));

    submit(student, &id).await.expect(200);
    let submitted = hear(&mut watch, "submitted").await;
    assert_eq!((&submitted["id"], &submitted["state"]), (&json!(id), &json!("submitted")));
    assert_eq!(hear(&mut own, "ended").await["state"], "submitted");
    own.say("report", json!({"kind": "pasted"})).await;
    assert_eq!(hear(&mut own, "error").await["code"], "attempt-closed");
    watch.say("report", json!({"kind": "pasted"})).await;
    assert_eq!(hear(&mut watch, "error").await["code"], "not-taking-part");
}

#[tokio::test]
async fn added_time_holds_at_once_and_is_heard_of() {
    let campus = Campus::open().await;
    let (app, teacher, student) = (&campus.app, &campus.teacher, &campus.student);
    let test = id_of(&publish(&campus, statements(1), json!({"time_limit_s": 600})).await);
    let attempt = start(student, &test).await;
    let id = id_of(&attempt);
    let (mut own, hello) = at(app, student, &test).await;
    assert_eq!(hello["data"]["attempt"]["deadline"], attempt["deadline"]);
    let (mut watch, hello) = at(app, teacher, &test).await;
    assert_eq!(hello["data"]["running"], 1);
    let path = format!("/v1/attempts/{id}/add-time");
    let given = teacher.post(&path, json!({"seconds": 90})).await;
    assert_eq!((&given.expect(200)["deadline"]["extra_s"], &given.json["version"]), (&json!(90), &json!(2)));
    assert_eq!(hear(&mut own, "deadline").await["deadline"], given.json["deadline"]);
    assert_eq!(hear(&mut watch, "time_changed").await["deadline"], given.json["deadline"]);
    // On top of what was added, and of what is different for the person.
    let user = student.user_id.as_deref().expect("an id");
    let own_override = format!("/v1/tests/{test}/overrides/{user}");
    teacher.put(&own_override, json!({"added_minutes": 1})).await.expect(200);
    assert_eq!(hear(&mut own, "deadline").await["deadline"]["extra_s"], 150);
    teacher.post(&path, json!({"seconds": 30})).await.expect(200);
    assert_eq!(hear(&mut own, "deadline").await["deadline"]["extra_s"], 180);
    teacher.delete(&own_override).await.expect(204);
    assert_eq!(hear(&mut own, "deadline").await["deadline"]["extra_s"], 120);
    // A repeated request adds once.
    let once = || {
        let request = teacher.request(reqwest::Method::POST, &path).header("idempotency-key", "five");
        request.json(&json!({"seconds": 300})).send()
    };
    assert_eq!(once().await.expect(200), once().await.expect(200));
    let saved = save(student, &id, &asked(&attempt)[0], 1, json!(true)).await;
    let shown = student.get(&format!("/v1/attempts/{id}")).await;
    assert_eq!(shown.expect(200)["deadline"]["extra_s"], 420);
    assert_eq!(saved.expect(200)["deadline"], shown.json["deadline"]["at"]);
    app.clock.advance(chrono::Duration::seconds(600 + 300));
    let student = &super::back(&campus).await;
    save(student, &id, &asked(&attempt)[0], 2, json!(true)).await.expect(200);
    let teacher = &crate::tenancy::switch(&app.login("grace@northfield.example", PASSWORD).await, &campus.school).await;
    assert_eq!(teacher.post(&path, json!({"seconds": 0})).await.problem(422), "invalid");
    for _ in 0..6 {
        teacher.post(&path, json!({"seconds": 86_400})).await.expect(200);
    }
    assert_eq!(teacher.post(&path, json!({"seconds": 86_400})).await.problem(409), "full");
    assert_eq!(student.post(&path, json!({"seconds": 60})).await.problem(403), "permission-missing");
    submit(student, &id).await.expect(200);
    assert_eq!(teacher.post(&path, json!({"seconds": 60})).await.problem(409), "attempt-closed");
    let admin = crate::tenancy::switch(&app.login("admin@northfield.example", PASSWORD).await, &campus.school).await;
    let audit = admin.get("/v1/admin/audit-logs?action=assessments.time_added").await;
    assert_eq!(audit.expect(200).as_array().expect("a list").len(), 9);
}

#[tokio::test]
async fn clients_that_come_and_go_are_seen_and_a_closed_attempt_is_heard_of() {
    let campus = Campus::open().await;
    let (app, teacher, student) = (&campus.app, &campus.teacher, &campus.student);
    let test = id_of(&publish(&campus, statements(1), json!({})).await);
    let id = id_of(&start(student, &test).await);
    let (mut watch, _) = at(app, teacher, &test).await;
    let (own, _) = at(app, student, &test).await;
    assert_eq!(hear(&mut watch, "connected").await["attempt_id"], json!(id));
    drop(own);
    let gone = hear(&mut watch, "disconnected").await;
    assert_eq!((&gone["attempt_id"], gone["user_id"].as_str()), (&json!(id), student.user_id.as_deref()));
    // Back on another device; the attempt is where it was.
    let (mut own, hello) = at(app, student, &test).await;
    assert_eq!(hello["data"]["attempt"]["id"], json!(id));
    hear(&mut watch, "connected").await;
    let kinds = teacher.get(&format!("/v1/attempts/{id}/events")).await;
    let kinds = crate::courses::each(kinds.expect(200), "kind");
    assert_eq!(kinds, ["socket_opened", "socket_closed", "socket_opened"]);
    teacher.post_empty(&format!("/v1/attempts/{id}/force-submit")).await.expect(200);
    assert_eq!(hear(&mut own, "ended").await["state"], "closed");
    assert_eq!(hear(&mut watch, "submitted").await["state"], "closed");
    // What a client makes up to be the server's is not taken.
    let second = id_of(&start(student, &test).await);
    let events = format!("/v1/attempts/{second}/events");
    assert_eq!(student.post(&events, json!({"kind": "socket_closed"})).await.problem(422), "invalid");
}

#[tokio::test]
async fn so_much_is_kept_of_one_attempt() {
    let campus = Campus::open().await;
    let student = &campus.student;
    let test = id_of(&publish(&campus, statements(1), json!({})).await);
    let id = id_of(&start(student, &test).await);
    let database = database::connect(&campus.app.database_url).await;
    let (new, numbers) = match database.get_database_backend() {
        sea_orm::DbBackend::Postgres => ("gen_random_uuid()", "generate_series(1, 999) n"),
        _ => (
            "randomblob(16)",
            "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999) SELECT i FROM n)",
        ),
    };
    let sql = format!(
        "INSERT INTO attempt_events (school_id, id, attempt_id, kind, client_time, created_at) \
         SELECT school_id, {new}, id, 'pasted', NULL, started_at FROM attempts, {numbers}"
    );
    database.execute_unprepared(&sql).await.expect("rows");
    let events = format!("/v1/attempts/{id}/events");
    student.post(&events, json!({"kind": "copied"})).await.expect(201);
    assert_eq!(student.post(&events, json!({"kind": "copied"})).await.problem(409), "full");
    save(student, &id, &asked(student.get(&format!("/v1/attempts/{id}")).await.expect(200))[0], 1, json!(true))
        .await
        .expect(200);
}

#[tokio::test]
async fn who_gets_in_and_who_is_shown_out() {
    let campus = Campus::open().await;
    let (app, teacher, student) = (&campus.app, &campus.teacher, &campus.student);
    let draft = teacher.post("/v1/tests", json!({"title": "Dark", "questions": statements(1)})).await;
    let draft = id_of(draft.expect(201));
    assert_eq!(refusal(app, student, &draft).await.0, 404);
    let there = found(app, &campus.root, "southfield").await;
    assert_eq!(refusal(app, &there.admin, &draft).await.0, 404);
    let course = campus.course().await;
    let made =
        teacher.post("/v1/tests", json!({"title": "Shade", "course_id": course, "questions": statements(1)})).await;
    let of_course = id_of(made.expect(201));
    teacher.post_empty(&format!("/v1/tests/{of_course}/publish")).await.expect(200);
    let (status, problem) = refusal(app, student, &of_course).await;
    assert!(
        status == 403 && problem["type"].as_str().is_some_and(|kind| kind.ends_with("/not-taking-part")),
        "{problem}"
    );
    // Whoever runs the school watches until there is nothing to watch.
    let (mut watch, hello) = at(app, &campus.admin, &draft).await;
    assert_eq!(hello["event"], "watching");
    teacher.delete(&format!("/v1/tests/{draft}")).await.expect(204);
    assert_eq!(watch.closed().await.0, 1008);
    // A teacher who is none any more.
    let (mut watch, _) = at(app, teacher, &of_course).await;
    let path = format!("/v1/schools/{}/members/{}", campus.school, teacher.user_id.as_deref().expect("an id"));
    campus.admin.patch(&path, json!({"roles": ["student"]})).await.expect(200);
    let (code, after) = watch.closed().await;
    assert_eq!(code, 1008);
    assert!(after < Duration::from_secs(4), "{after:?}");
}

#[tokio::test]
async fn what_happens_on_one_node_is_heard_on_the_other() {
    if database::postgres_server().is_none() {
        return;
    }
    for without_redis in [false, true] {
        let change = |config: &mut Config| {
            if without_redis {
                config.redis.url = None;
            }
        };
        let campus = Campus::open_with(change).await;
        let second = campus.app.second_node(change).await;
        let test = id_of(&publish(&campus, statements(1), json!({"time_limit_s": 600})).await);
        let (mut watch, _) = at(&second, &campus.teacher, &test).await;
        let (mut own, _) = at(&second, &campus.student, &test).await;
        let attempt = start(&campus.student, &test).await;
        let id = id_of(&attempt);
        assert_eq!(hear(&mut watch, "started").await["id"], json!(id));
        hear(&mut own, "begun").await;
        save(&campus.student, &id, &asked(&attempt)[0], 1, json!(true)).await.expect(200);
        assert_eq!(hear(&mut watch, "progress").await["answered"], 1);
        campus.teacher.post(&format!("/v1/attempts/{id}/add-time"), json!({"seconds": 60})).await.expect(200);
        assert_eq!(hear(&mut own, "deadline").await["deadline"]["extra_s"], 60);
        campus.teacher.post_empty(&format!("/v1/attempts/{id}/force-submit")).await.expect(200);
        assert_eq!(hear(&mut own, "ended").await["state"], "closed");
        assert_eq!(hear(&mut watch, "submitted").await["state"], "closed");
    }
}
