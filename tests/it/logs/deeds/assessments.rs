//! What is done to question banks, questions, tests and attempts.

use serde_json::{Value, json};

use super::{Auditor, Deed, changed, done, gone, made};
use crate::support::Client;
use crate::tenancy::{enrol, found, id_of};

pub(super) const DEEDS: &[Deed] = &[
    made("POST /v1/question-banks", &["assessments.bank_created"]),
    changed("PUT /v1/question-banks/{id}", &["assessments.bank_changed"]),
    changed("PATCH /v1/question-banks/{id}", &["assessments.bank_changed"]),
    gone("DELETE /v1/question-banks/{id}", &["assessments.bank_deleted"]),
    made("POST /v1/question-banks/{id}/restore", &["assessments.bank_restored"]),
    made("POST /v1/question-banks/{id}/questions", &["assessments.question_created"]),
    made("POST /v1/question-banks/{id}/import", &["assessments.questions_imported"]),
    changed("PUT /v1/questions/{id}", &["assessments.question_changed"]),
    changed("PATCH /v1/questions/{id}", &["assessments.question_changed"]),
    gone("DELETE /v1/questions/{id}", &["assessments.question_deleted"]),
    made("POST /v1/questions/{id}/restore", &["assessments.question_restored"]),
    made("POST /v1/tests", &["assessments.test_created"]),
    changed("PUT /v1/tests/{id}", &["assessments.test_changed"]),
    changed("PATCH /v1/tests/{id}", &["assessments.test_changed"]),
    changed("POST /v1/tests/{id}/publish", &["assessments.test_published"]),
    gone("DELETE /v1/tests/{id}", &["assessments.test_deleted"]),
    made("POST /v1/tests/{id}/restore", &["assessments.test_restored"]),
    made("PUT /v1/tests/{id}/overrides/{user_id}", &["assessments.override_set"]),
    gone("DELETE /v1/tests/{id}/overrides/{user_id}", &["assessments.override_removed"]),
    made("PUT /v1/tests/{id}/group-overrides/{group_id}", &["assessments.override_set"]),
    gone("DELETE /v1/tests/{id}/group-overrides/{group_id}", &["assessments.override_removed"]),
    made("POST /v1/tests/{id}/submit", &["assessments.attempt_submitted"]),
    made("POST /v1/tests/{id}/attempts", &["assessments.attempt_started"]),
    // Answers keep their own history; what clients report is one.
    done("PUT /v1/attempts/{id}/answers", &[]),
    done("PUT /v1/attempts/{id}/answers/{question_id}", &[]),
    done("POST /v1/attempts/{id}/events", &[]),
    changed("POST /v1/attempts/{id}/submit", &["assessments.attempt_submitted"]),
    changed("POST /v1/attempts/{id}/add-time", &["assessments.time_added"]),
    changed("POST /v1/attempts/{id}/force-submit", &["assessments.attempt_closed"]),
    made("POST /v1/tests/{id}/regrade", &["assessments.regrade_started"]),
    changed("POST /v1/regrades/{id}/revert", &["assessments.regrade_reverted"]),
    changed("POST /v1/regrades/{id}/cancel", &["assessments.regrade_cancelled"]),
    changed("PATCH /v1/attempts/{id}/answers/{question_id}/grade", &["assessments.answer_graded"]),
];

#[tokio::test]
async fn row_44_what_is_done_to_questions_and_tests_is_in_the_audit_log_once() {
    let mut a = Auditor::start().await;
    let root = a.app.super_admin().await;
    let school = found(&a.app, &root, "northfield").await;
    let teacher = &enrol(&a.app, &root, &school.id, "grace@northfield.example", "teacher").await;
    let student = &enrol(&a.app, &root, &school.id, "sofia@northfield.example", "student").await;
    a.school = Some(school.id);
    let bank = id_of(&a.does(teacher, "POST /v1/question-banks", &[], json!({"name": "Light"})).await.json);
    a.does(teacher, "PUT /v1/question-banks/{id}", &[&bank], json!({"name": "Light and life"})).await;
    a.does(teacher, "PATCH /v1/question-banks/{id}", &[&bank], json!({"shared": false})).await;
    let body = |text: &str| json!({"type": "true_false", "text": text, "correct": true});
    let made = a.does(teacher, "POST /v1/question-banks/{id}/questions", &[&bank], body("Is it?")).await;
    a.does(teacher, "POST /v1/question-banks/{id}/import", &[&bank], json!("Is it? {T}")).await;
    let question = id_of(&made.json);
    a.does(teacher, "PUT /v1/questions/{id}", &[&question], body("Is it so?")).await;
    a.does(teacher, "PATCH /v1/questions/{id}", &[&question], json!({"difficulty": 3})).await;
    a.does(teacher, "DELETE /v1/questions/{id}", &[&question], Value::Null).await;
    a.does(teacher, "POST /v1/questions/{id}/restore", &[&question], Value::Null).await;
    a.does(teacher, "DELETE /v1/question-banks/{id}", &[&bank], Value::Null).await;
    a.does(teacher, "POST /v1/question-banks/{id}/restore", &[&bank], Value::Null).await;
    tests_are_taken(&mut a, teacher, student).await;
    a.has_done_all(DEEDS);
}

async fn tests_are_taken(a: &mut Auditor, teacher: &Client, student: &Client) {
    let question = |text: &str| json!({"type": "true_false", "text": text, "correct": true});
    let body = json!({"title": "Light", "questions": [question("Is it?")]});
    let test = id_of(&a.does(teacher, "POST /v1/tests", &[], body).await.json);
    let body = json!({"title": "Light and life", "questions": [question("Is it?"), question("Was it?")]});
    let made = a.does(teacher, "PUT /v1/tests/{id}", &[&test], body).await;
    let asked = made.json["questions"][0]["question_id"].as_str().expect("an id").to_owned();
    a.does(teacher, "PATCH /v1/tests/{id}", &[&test], json!({"settings": {"pass_mark": 50}})).await;
    a.does(teacher, "POST /v1/tests/{id}/publish", &[&test], Value::Null).await;
    let group = id_of(teacher.post("/v1/groups", json!({"name": "Blue"})).await.expect(201));
    let person = student.user_id.clone().expect("an id");
    for (route, subject) in
        [("PUT /v1/tests/{id}/overrides/{user_id}", &person), ("PUT /v1/tests/{id}/group-overrides/{group_id}", &group)]
    {
        a.does(teacher, route, &[&test, subject], json!({"added_minutes": 5})).await;
    }
    a.does(teacher, "DELETE /v1/tests/{id}/overrides/{user_id}", &[&test, &person], Value::Null).await;
    a.does(teacher, "DELETE /v1/tests/{id}/group-overrides/{group_id}", &[&test, &group], Value::Null).await;
    a.does(student, "POST /v1/tests/{id}/submit", &[&test], json!({"answers": {}})).await;
    let begun = a.does(student, "POST /v1/tests/{id}/attempts", &[&test], json!({})).await;
    let attempt = id_of(&begun.json);
    let answer = json!({"answers": [{"question_id": asked, "seq": 1, "answer": true}]});
    a.does(student, "PUT /v1/attempts/{id}/answers", &[&attempt], answer).await;
    let answer = json!({"seq": 2, "answer": false});
    a.does(student, "PUT /v1/attempts/{id}/answers/{question_id}", &[&attempt, &asked], answer).await;
    a.does(student, "POST /v1/attempts/{id}/events", &[&attempt], json!({"kind": "focus_lost"})).await;
    a.does(student, "POST /v1/attempts/{id}/submit", &[&attempt], Value::Null).await;
    let grade = "PATCH /v1/attempts/{id}/answers/{question_id}/grade";
    a.does(teacher, grade, &[&attempt, &asked], json!({"points": 0.5})).await;
    let again = student.post(&format!("/v1/tests/{test}/attempts"), json!({})).await;
    let again = id_of(again.expect(201));
    a.does(teacher, "POST /v1/attempts/{id}/add-time", &[&again], json!({"seconds": 60})).await;
    a.does(teacher, "POST /v1/attempts/{id}/force-submit", &[&again], Value::Null).await;
    let regrade = a.does(teacher, "POST /v1/tests/{id}/regrade", &[&test], json!({"note": "Once more."})).await;
    a.app.drain_outbox().await;
    a.does(teacher, "POST /v1/regrades/{id}/revert", &[&id_of(&regrade.json)], Value::Null).await;
    a.app.drain_outbox().await;
    let dry = teacher.post(&format!("/v1/tests/{test}/regrade"), json!({"dry_run": true})).await;
    a.does(teacher, "POST /v1/regrades/{id}/cancel", &[&id_of(dry.expect(202))], Value::Null).await;
    a.does(teacher, "DELETE /v1/tests/{id}", &[&test], Value::Null).await;
    a.does(teacher, "POST /v1/tests/{id}/restore", &[&test], Value::Null).await;
}
