//! Row 26 of the security requirements: the server's clock decides when an attempt begins and ends.

use chrono::{DateTime, Duration, Utc};
use lyceum_kernel::Clock as _;
use serde_json::{Value, json};

use super::{asked, publish, save, start, statements, submit};
use crate::courses::Campus;
use crate::tenancy::{id_of, switch};

fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().expect("a time").parse().expect("a time")
}

#[tokio::test]
async fn row_26_before_within_and_after() {
    let campus = Campus::open().await;
    let student = &campus.student;
    let now = campus.app.clock.now();
    let settings = json!({"opens_at": now + Duration::minutes(10), "closes_at": now + Duration::minutes(100),
        "time_limit_s": 3600, "grace_s": 30, "max_attempts": 1});
    let test = id_of(&publish(&campus, statements(2), settings).await);
    let path = format!("/v1/tests/{test}/attempts");
    assert_eq!(student.post(&path, json!({})).await.problem(409), "not-open-yet");
    assert!(asked(student.get(&format!("/v1/tests/{test}")).await.expect(200)).is_empty());
    campus.app.clock.advance(Duration::minutes(11));
    let attempt = start(student, &test).await;
    let (id, questions) = (id_of(&attempt), asked(&attempt));
    let deadline = &attempt["deadline"];
    assert_eq!(time(&deadline["at"]) - time(&attempt["started_at"]), Duration::minutes(60));
    assert_eq!(time(&deadline["accepted_until"]) - time(&deadline["at"]), Duration::seconds(30));
    assert_eq!(deadline["limit_ends_at"], deadline["at"]);
    campus.app.clock.advance(Duration::minutes(60) + Duration::seconds(20));
    let student = &super::back(&campus).await;
    // The grace period is documented; a client's clock says what it likes.
    save(student, &id, &questions[0], 1, json!(true)).await.expect(200);
    campus.app.clock.advance(Duration::seconds(15));
    let late = json!({"seq": 2, "answer": false, "client_time": time(&attempt["started_at"])});
    let late = student.put(&format!("/v1/attempts/{id}/answers/{}", questions[0]), late).await;
    assert_eq!(late.problem(409), "attempt-over");
    let closed = submit(student, &id).await;
    assert_eq!((&closed.expect(200)["state"], &closed.json["score"]), (&json!("overdue"), &json!(1)));
    assert_eq!(student.post(&path, json!({})).await.problem(409), "no-attempt-left");
    campus.app.clock.advance(Duration::minutes(60));
    let student = super::back(&campus).await;
    assert_eq!(student.post(&path, json!({})).await.problem(409), "test-closed");
}

#[tokio::test]
async fn overdue_attempts_are_closed_by_themselves_exactly_once() {
    let campus = Campus::open().await;
    let student = &campus.student;
    let kept = id_of(&publish(&campus, statements(2), json!({"time_limit_s": 60})).await);
    let dropped = id_of(&publish(&campus, statements(1), json!({"time_limit_s": 60, "overdue": "abandon"})).await);
    let attempt = start(student, &kept).await;
    save(student, &id_of(&attempt), &asked(&attempt)[0], 1, json!(true)).await.expect(200);
    let other = start(student, &dropped).await;
    campus.app.drain_outbox().await;
    assert_eq!(student.get(&format!("/v1/attempts/{}", id_of(&attempt))).await.expect(200)["state"], "open");
    campus.app.clock.advance(Duration::seconds(61));
    for attempt in [&attempt, &other] {
        let id = id_of(attempt).parse().expect("an id");
        let school = campus.school.parse().expect("an id");
        let work = || {
            let now = campus.app.clock.now();
            let cause =
                lyceum_platform::Cause::new(lyceum_kernel::RequestId::new(now, &*campus.app.system.platform.entropy));
            campus.app.system.platform.unit_of_work(cause)
        };
        let close = || campus.app.system.assessments.close_overdue(work(), (school, id));
        for closed in futures_util::future::join_all((0..8).map(|_| close())).await {
            closed.expect("closed, or closed already");
        }
    }
    let review = student.get(&format!("/v1/attempts/{}/review", id_of(&attempt))).await;
    assert_eq!(
        (&review.expect(200)["state"], &review.json["score"], &review.json["version"]),
        (&json!("overdue"), &json!(1), &json!(2))
    );
    let review = student.get(&format!("/v1/attempts/{}/review", id_of(&other))).await;
    assert_eq!((&review.expect(200)["state"], review.json.get("score")), (&json!("abandoned"), None));
}

#[tokio::test]
async fn extra_time_reaches_an_attempt_that_runs_and_goes_beyond_the_lock_date() {
    let campus = Campus::open().await;
    let (teacher, student) = (&campus.teacher, &campus.student);
    let now = campus.app.clock.now();
    let settings = json!({"closes_at": now + Duration::minutes(60), "time_limit_s": 3600});
    let test = id_of(&publish(&campus, statements(1), settings).await);
    let path = format!("/v1/tests/{test}");
    let attempt = start(student, &test).await;
    let ends =
        async || time(&student.get(&format!("/v1/attempts/{}", id_of(&attempt))).await.expect(200)["deadline"]["at"]);
    let first = ends().await;
    let group = id_of(campus.admin.post("/v1/groups", json!({"name": "Blue"})).await.expect(201));
    let user = student.user_id.as_deref().expect("an id");
    assert!(campus.admin.put(&format!("/v1/groups/{group}/members/{user}"), Value::Null).await.status.is_success());
    teacher.put(&format!("{path}/group-overrides/{group}"), json!({"added_minutes": 5})).await.expect(200);
    assert_eq!(ends().await - first, Duration::minutes(5));
    let own = format!("{path}/overrides/{user}");
    let made = teacher.put(&own, json!({"added_percent": 25})).await;
    assert_eq!(made.expect(200)["version"], 1);
    // A quarter of the hour, and what the group has beside it.
    assert_eq!(ends().await - first, Duration::minutes(20));
    let parts = student.get(&format!("/v1/attempts/{}", id_of(&attempt))).await;
    assert_eq!(parts.expect(200)["deadline"]["extra_s"], 1200);
    teacher.patch(&path, json!({"settings": {"time_limit_s": null}})).await.expect(200);
    assert_eq!(ends().await, now_micros(now) + Duration::minutes(65), "without a limit no share of it");
    assert_eq!(teacher.get(&format!("{path}/overrides")).await.expect(200).as_array().expect("a list").len(), 2);
    teacher.delete(&own).await.expect(204);
    teacher.delete(&own).await.problem(404);
    let never = crate::authorisation::NEVER;
    teacher.put(&format!("{path}/overrides/{never}"), json!({})).await.problem(404);
    assert_eq!(campus.colleague.put(&own, json!({})).await.problem(403), "not-your-test");
    assert_eq!(student.put(&own, json!({"added_minutes": 99})).await.problem(403), "permission-missing");
    // Another beginning, for one person.
    let later =
        id_of(&publish(&campus, statements(1), json!({"opens_at": now + Duration::hours(5), "max_attempts": 1})).await);
    let early = json!({"opens_at": now, "max_attempts": 2});
    teacher.put(&format!("/v1/tests/{later}/overrides/{user}"), early).await.expect(200);
    for _ in 0..2 {
        submit(student, &id_of(&start(student, &later).await)).await.expect(200);
    }
    assert_eq!(student.post(&format!("/v1/tests/{later}/attempts"), json!({})).await.problem(409), "no-attempt-left");
}

fn now_micros(now: DateTime<Utc>) -> DateTime<Utc> {
    lyceum_kernel::clock::to_micros(now)
}

#[tokio::test]
async fn invigilators_close_and_read_what_clients_report() {
    let campus = Campus::open().await;
    let (teacher, student) = (&campus.teacher, &campus.student);
    let test = id_of(&publish(&campus, statements(1), json!({})).await);
    let attempt = id_of(&start(student, &test).await);
    let events = format!("/v1/attempts/{attempt}/events");
    student.post(&events, json!({"kind": "focus_lost", "client_time": "2026-11-21T10:00:00Z"})).await.expect(201);
    assert_eq!(student.post(&events, json!({"kind": "slept"})).await.problem(422), "invalid");
    assert_eq!(campus.colleague.post(&events, json!({"kind": "pasted"})).await.problem(404), "not-found");
    assert_eq!(teacher.get(&events).await.expect(200)[0]["kind"], "focus_lost");
    assert_eq!(student.get(&events).await.problem(403), "permission-missing");
    let force = format!("/v1/attempts/{attempt}/force-submit");
    assert_eq!(student.post_empty(&force).await.problem(403), "permission-missing");
    assert_eq!(campus.colleague.post_empty(&force).await.problem(404), "not-found");
    assert_eq!(teacher.post_empty(&force).await.expect(200)["state"], "closed");
    assert_eq!(teacher.post_empty(&force).await.problem(409), "attempt-closed");
    assert_eq!(student.post(&events, json!({"kind": "pasted"})).await.problem(409), "attempt-closed");
    let list = teacher.get(&format!("/v1/tests/{test}/attempts?state=closed")).await;
    assert_eq!(list.expect(200)[0]["user_id"].as_str(), student.user_id.as_deref());
    // In another school there is no such thing.
    let there = crate::tenancy::found(&campus.app, &campus.root, "southfield").await;
    let root = switch(&campus.root, &there.id).await;
    assert_eq!(root.post_empty(&force).await.problem(404), "not-found");
}
