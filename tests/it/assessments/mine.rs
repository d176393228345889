//! What somebody has taken, and what is due next.

use chrono::Duration;
use lyceum_kernel::Clock as _;
use serde_json::{Value, json};

use super::{publish, start, statements, submit};
use crate::courses::Campus;
use crate::tenancy::id_of;

/// The titles of what is due.
fn due(list: &Value) -> Vec<(String, String)> {
    let text = |one: &Value, name: &str| one[name].as_str().expect("a text").to_owned();
    list.as_array().expect("a list").iter().map(|one| (text(one, "test_id"), text(one, "state"))).collect()
}

#[tokio::test]
async fn what_is_due_first_comes_first_with_ones_own_dates() {
    let campus = Campus::open().await;
    let (teacher, student, now) = (&campus.teacher, &campus.student, campus.app.clock.now());
    let exam = async |settings: Value| id_of(&publish(&campus, statements(1), settings).await);
    let open = exam(json!({})).await;
    let late = exam(json!({"closes_at": now + Duration::hours(5)})).await;
    let soon = exam(json!({"closes_at": now + Duration::hours(2), "max_attempts": 1})).await;
    let later = exam(json!({"opens_at": now + Duration::hours(1), "closes_at": now + Duration::hours(3)})).await;
    let over = exam(json!({"closes_at": now + Duration::minutes(1)})).await;
    let longer = exam(json!({"closes_at": now + Duration::minutes(1)})).await;
    let user = student.user_id.as_deref().expect("an id");
    let allowance = json!({"closes_at": now + Duration::hours(4), "added_minutes": 10});
    teacher.put(&format!("/v1/tests/{longer}/overrides/{user}"), allowance).await.expect(200);
    let running = exam(json!({"time_limit_s": 3600})).await;
    let attempt = start(student, &running).await;
    campus.app.clock.advance(Duration::minutes(5));
    let list = student.get("/v1/me/tests?total=true").await;
    let state = |id: &String, state: &str| (id.clone(), state.to_owned());
    let expected = [
        state(&running, "running"),
        state(&soon, "open"),
        state(&later, "upcoming"),
        state(&longer, "open"),
        state(&late, "open"),
        state(&open, "open"),
    ];
    assert_eq!(due(list.expect(200)), expected);
    assert_eq!(list.header("x-total-count"), Some("6"));
    assert!(!list.json.to_string().contains(&over));
    let first = &list.json[0];
    assert_eq!((&first["attempt_id"], &first["attempts_made"]), (&attempt["id"], &json!(1)));
    assert_eq!(first["due_at"], attempt["deadline"]["at"]);
    assert_eq!((&list.json[1]["attempts_left"], &list.json[5]["due_at"]), (&json!(1), &Value::Null));
    assert_eq!(list.json[3]["extra_s"], 600);
    // Page by page the same.
    let mut walked = Vec::new();
    let mut next = Some("/v1/me/tests?limit=2".to_owned());
    while let Some(path) = next {
        let page = student.get(&path).await;
        walked.extend(due(page.expect(200)));
        next = page.header("link").map(crate::courses::next);
    }
    assert_eq!(walked, expected);
    // What was taken for the last time is not due any more.
    let done = id_of(&start(student, &soon).await);
    submit(student, &done).await.expect(200);
    assert!(!student.get("/v1/me/tests").await.expect(200).to_string().contains(&soon));
    let costs = campus.app.queries_of(student.get("/v1/me/tests")).await;
    assert!(costs <= 8, "{costs} statements");
    assert_eq!(campus.admin.get("/v1/me/tests").await.expect(200), &json!([]));
}

#[tokio::test]
async fn ones_history_is_there_with_scores_as_far_as_they_may_be_seen() {
    let campus = Campus::open().await;
    let student = &campus.student;
    let closes = campus.app.clock.now() + Duration::hours(2);
    let hidden = json!({"closes_at": closes, "review": {"right_after": {}, "later": {}}});
    let shown = id_of(&publish(&campus, statements(2), json!({})).await);
    let secret = id_of(&publish(&campus, statements(2), hidden).await);
    for test in [&shown, &secret, &shown] {
        let attempt = id_of(&start(student, test).await);
        submit(student, &attempt).await.expect(200);
        campus.app.clock.advance(Duration::minutes(1));
    }
    let list = student.get("/v1/me/attempts?total=true").await;
    let rows = list.expect(200).as_array().expect("a list");
    let tests: Vec<_> = rows.iter().map(|row| row["test_id"].as_str().expect("an id")).collect();
    assert_eq!(tests, [&shown, &secret, &shown]);
    assert_eq!(list.header("x-total-count"), Some("3"));
    assert_eq!((&rows[0]["score"], &rows[0]["percent"], &rows[1]["score"]), (&json!(0), &json!(0.0), &Value::Null));
    assert_eq!(rows[0]["test_title"], "Light");
    let some = student.get(&format!("/v1/me/attempts?test_id={secret}")).await;
    assert_eq!(some.expect(200).as_array().map(Vec::len), Some(1));
    assert_eq!(student.get("/v1/me/statistics").await.expect(200)["attempts"], 2);
    // Once the test is closed for everybody, the policy tells all.
    campus.app.clock.advance(Duration::hours(3));
    let student = super::back(&campus).await;
    assert_eq!(student.get("/v1/me/statistics").await.expect(200)["attempts"], 3);
    assert_eq!(student.get("/v1/me/attempts").await.expect(200)[1]["score"], 0);
    let costs = campus.app.queries_of(student.get("/v1/me/attempts")).await;
    assert!(costs <= 3, "{costs} statements");
    // Of a test that was deleted nothing is seen.
    let teacher = campus.app.login("grace@northfield.example", crate::support::PASSWORD).await;
    let teacher = crate::tenancy::switch(&teacher, &campus.school).await;
    teacher.delete(&format!("/v1/tests/{shown}")).await.expect(204);
    assert_eq!(student.get("/v1/me/attempts").await.expect(200).as_array().map(Vec::len), Some(1));
}
