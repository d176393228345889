//! Blocks that are completed by tests: passed, handed in, marked anew; once, whatever is told how often.

use serde_json::{Value, json};

use super::completions::lessons;
use super::id;
use crate::assessments::{asked, save, start, statements, submit};
use crate::courses::{Campus, make};
use crate::support::client::Client;
use crate::tenancy::{enrol, id_of};

/// A published test of a course.
async fn test_of(campus: &Campus, course: &str, questions: Value) -> Value {
    let body = json!({"title": "Light", "course_id": course, "questions": questions, "settings": {"pass_mark": 60}});
    let made = campus.teacher.post("/v1/tests", body).await;
    let id = id_of(made.expect(201));
    campus.teacher.post_empty(&format!("/v1/tests/{id}/publish")).await.expect(200).clone()
}

/// A block with a test in it.
async fn quiz(campus: &Campus, section: &str, test: &str, completion: &str) -> String {
    let body = json!({"title": "Quiz", "type": "quiz", "test_id": test, "completion": completion});
    make(&campus.teacher, &format!("/v1/sections/{section}/blocks"), body).await
}

/// Takes a test of two statements in one step, so many of them rightly, and lets everybody hear of it.
async fn take(campus: &Campus, who: &Client, test: &Value, right: usize) {
    let answers: serde_json::Map<_, _> =
        asked(test).into_iter().enumerate().map(|(place, question)| (question, json!(place < right))).collect();
    who.post(&format!("/v1/tests/{}/submit", id_of(test)), json!({ "answers": answers })).await.expect(200);
    campus.app.drain_outbox().await;
}

/// How often something about completions was done.
async fn done(campus: &Campus, action: &str) -> String {
    let log = campus.admin.get(&format!("/v1/admin/audit-logs?action=enrollments.{action}&total=true&limit=1")).await;
    log.expect(200);
    log.header("x-total-count").expect("a number").to_owned()
}

#[tokio::test]
async fn a_test_that_is_passed_completes_its_block_once() {
    let campus = Campus::open().await;
    let (course, section, lessons) = lessons(&campus, 1).await;
    let test = test_of(&campus, &course, statements(2)).await;
    let block = quiz(&campus, &section, &id_of(&test), "passed").await;
    let completion = format!("/v1/blocks/{block}/completion");
    let other = enrol(&campus.app, &campus.root, &campus.school, "emmy@northfield.example", "student").await;
    campus.enrolled(&course, &id(&other)).await;

    take(&campus, &campus.student, &test, 1).await;
    campus.student.get(&completion).await.problem(404);
    assert_eq!(campus.student.put(&completion, json!({})).await.problem(409), "completes-itself");
    take(&campus, &campus.student, &test, 2).await;
    let first = campus.student.get(&completion).await;
    assert_eq!((&first.expect(200)["means"], &first.json["version"]), (&json!("passed"), &json!(1)));
    // Neither passing once more nor failing changes anything.
    take(&campus, &campus.student, &test, 2).await;
    take(&campus, &campus.student, &test, 0).await;
    assert_eq!(campus.student.get(&completion).await.expect(200), &first.json);
    assert_eq!(done(&campus, "block_completed").await, "1");
    other.get(&completion).await.problem(404);
    // It is the learner's to talk about, not to take back.
    assert_eq!(campus.student.delete(&completion).await.problem(409), "completes-itself");
    campus.student.put(&completion, json!({"feedback": "Easy."})).await.expect(200);
    // With the last block the course is completed.
    campus.student.put(&format!("/v1/blocks/{}/completion", lessons[0]), json!({})).await.expect(200);
    let progress = campus.student.get(&format!("/v1/courses/{course}/progress")).await;
    progress.expect(200);
    let rows = campus.register(&course).await;
    let mine = rows.iter().find(|row| row["user_id"] == id(&campus.student).as_str()).expect("a row");
    assert_eq!(mine["status"], "completed", "{}", progress.json);
    // Who teaches tries it out and completes nothing; who does not take part any more does not either.
    take(&campus, &campus.teacher, &test, 2).await;
    let theirs = rows.iter().find(|row| row["user_id"] == id(&other).as_str()).expect("a row");
    let path = format!("/v1/tests/{}/submit", id_of(&test));
    let answers: serde_json::Map<_, _> = asked(&test).into_iter().map(|question| (question, json!(true))).collect();
    other.post(&path, json!({ "answers": answers })).await.expect(200);
    campus
        .teacher
        .patch(&format!("/v1/enrollments/{}", id_of(theirs)), json!({"status": "withdrawn"}))
        .await
        .expect(200);
    campus.app.drain_outbox().await;
    assert_eq!(done(&campus, "block_completed").await, "2");
}

#[tokio::test]
async fn what_is_handed_in_is_completed_at_once_and_what_is_marked_anew_follows_its_marks() {
    let campus = Campus::open().await;
    let (course, section, _) = lessons(&campus, 1).await;
    let test = test_of(&campus, &course, json!([{"type": "essay", "text": "Why?", "points": 10}])).await;
    let test = id_of(&test);
    let (handed_in, passed) =
        (quiz(&campus, &section, &test, "submitted").await, quiz(&campus, &section, &test, "passed").await);
    let path = |block: &str| format!("/v1/blocks/{block}/completion");
    let attempt = start(&campus.student, &test).await;
    let question = asked(&attempt)[0].clone();
    let attempt = id_of(&attempt);
    save(&campus.student, &attempt, &question, 1, json!("Because.")).await.expect(200);
    campus.app.drain_outbox().await;
    campus.student.get(&path(&handed_in)).await.problem(404);
    submit(&campus.student, &attempt).await.expect(200);
    campus.app.drain_outbox().await;
    let first = campus.student.get(&path(&handed_in)).await;
    assert_eq!((&first.expect(200)["means"], &first.json["version"]), (&json!("submitted"), &json!(1)));
    campus.student.get(&path(&passed)).await.problem(404);
    // As it is marked, and marked anew.
    let grade = format!("/v1/attempts/{attempt}/answers/{question}/grade");
    for (points, there) in [(9, true), (8, true), (2, false), (3, false), (10, true)] {
        campus.teacher.patch(&grade, json!({ "points": points })).await.expect(200);
        campus.app.drain_outbox().await;
        let status = if there { 200 } else { 404 };
        assert_eq!(campus.student.get(&path(&passed)).await.status, status, "{points}");
    }
    assert_eq!(campus.student.get(&path(&handed_in)).await.expect(200), &first.json);
    assert_eq!(
        (done(&campus, "block_completed").await, done(&campus, "completion_taken_back").await),
        ("3".into(), "1".into())
    );
    // What the marks took away is not the learner's to bring back.
    campus.teacher.patch(&grade, json!({"points": 0})).await.expect(200);
    campus.app.drain_outbox().await;
    let rows = campus.teacher.get(&format!("/v1/blocks/{passed}/completions?deleted=only")).await;
    let gone = id_of(&rows.expect(200)[0]);
    let back = campus.student.post_empty(&format!("/v1/completions/{gone}/restore")).await;
    assert_eq!(back.problem(409), "completes-itself");
}

#[tokio::test]
async fn a_block_names_a_test_that_its_author_may_use() {
    let campus = Campus::open().await;
    let (course, section, _) = lessons(&campus, 1).await;
    let test = id_of(&test_of(&campus, &course, statements(1)).await);
    let path = format!("/v1/sections/{section}/blocks");
    let quiz = |test: &str| json!({"title": "Quiz", "type": "quiz", "test_id": test});
    let block = make(&campus.teacher, &path, quiz(&test)).await;
    let none = "019aa5d2-6f00-7c3e-8000-5d1f1f6f2e05";
    assert_eq!(campus.teacher.post(&path, quiz(none)).await.problem(409), "unknown-test");
    let block = format!("/v1/blocks/{block}");
    assert_eq!(campus.teacher.patch(&block, json!({"test_id": none})).await.problem(409), "unknown-test");
    // Somebody else's.
    let made = campus.colleague.post("/v1/tests", json!({"title": "Theirs", "questions": statements(1)})).await;
    let theirs = id_of(made.expect(201));
    assert_eq!(campus.teacher.patch(&block, json!({"test_id": theirs})).await.problem(409), "unknown-test");
    campus.teacher.patch(&block, json!({"test_id": null})).await.expect(200);
    campus.teacher.patch(&block, json!({"test_id": test})).await.expect(200);
    // What it names stays when the test goes; it can be changed all the same.
    campus.teacher.delete(&format!("/v1/tests/{test}")).await.expect(204);
    campus.teacher.patch(&block, json!({"title": "Still there"})).await.expect(200);
}
