//! Marking a test anew: keys that are corrected, questions that are voided, full credit; and putting former marks back.

use chrono::Duration;
use reqwest::Method;
use serde_json::{Value, json};

use super::questions::all_types;
use super::{asked, publish, save, start, statements, submit};
use crate::courses::Campus;
use crate::support::client::Client;
use crate::tenancy::{enrol, id_of};

/// A test of three statements that three people have taken, and the attempts.
struct Sat {
    campus: Campus,
    test: String,
    questions: Vec<String>,
    people: Vec<Client>,
    attempts: Vec<String>,
}

impl Sat {
    /// Each answers `true` to the first so many questions, `false` to the rest; all are true.
    async fn by(right: [usize; 3]) -> Self {
        let campus = Campus::open().await;
        let view = publish(&campus, statements(3), json!({"pass_mark": 60})).await;
        let (test, questions) = (id_of(&view), asked(&view));
        let mut people = vec![campus.student.clone()];
        for name in ["ben", "eva"] {
            let email = format!("{name}@northfield.example");
            people.push(enrol(&campus.app, &campus.root, &campus.school, &email, "student").await);
        }
        let mut attempts = Vec::new();
        for (who, right) in people.iter().zip(right) {
            let answers = questions.iter().enumerate().map(|(n, id)| (id.clone(), json!(n < right)));
            let answers: serde_json::Map<_, _> = answers.collect();
            let done = who.post(&format!("/v1/tests/{test}/submit"), json!({ "answers": answers })).await;
            attempts.push(id_of(done.expect(200)));
        }
        campus.app.drain_outbox().await;
        Self { campus, test, questions, people, attempts }
    }

    /// Asks for a regrade and lets it run.
    async fn regrade(&self, body: Value) -> Value {
        let started = self.campus.teacher.post(&format!("/v1/tests/{}/regrade", self.test), body).await;
        assert_eq!(started.expect(202)["state"], "queued");
        let place = started.header("location").expect("a place").to_owned();
        self.campus.app.drain_outbox().await;
        self.campus.teacher.get(&place[place.find("/v1/").expect("a path")..]).await.expect(200).clone()
    }

    /// The key of a question becomes `false`.
    async fn correct(&self, question: usize) {
        let path = format!("/v1/questions/{}", self.questions[question]);
        self.campus.teacher.patch(&path, json!({"correct": false})).await.expect(200);
    }

    /// Scores, what there is to have, and whether it is enough.
    async fn scores(&self) -> Vec<(f64, f64, bool)> {
        let mut scores = Vec::new();
        for attempt in &self.attempts {
            let review = self.campus.teacher.get(&format!("/v1/attempts/{attempt}/review")).await;
            let body = review.expect(200);
            let number = |name: &str| body[name].as_f64().expect("a number");
            scores.push((number("score"), number("max_score"), body["passed"].as_bool().expect("passed or not")));
        }
        scores
    }

    async fn mean(&self) -> f64 {
        let found = self.campus.teacher.get(&format!("/v1/tests/{}/statistics", self.test)).await;
        found.expect(200)["mean"].as_f64().expect("a mean")
    }

    async fn changes(&self, regrade: &Value) -> Vec<Value> {
        let found = self.campus.teacher.get(&format!("/v1/regrades/{}/changes", id_of(regrade))).await;
        found.expect(200).as_array().expect("a list").clone()
    }
}

#[tokio::test]
async fn a_corrected_key_is_tried_applied_and_put_back() {
    let sat = Sat::by([3, 2, 0]).await;
    let (teacher, test) = (&sat.campus.teacher, &sat.test);
    let before = sat.scores().await;
    assert_eq!(before, [(3.0, 3.0, true), (2.0, 3.0, true), (0.0, 3.0, false)]);
    assert!((sat.mean().await - 5.0 / 3.0).abs() < 1e-9);
    sat.correct(1).await;
    // Nothing changes by itself, and a dry run changes nothing.
    let dry = sat.regrade(json!({"dry_run": true})).await;
    assert_eq!((&dry["state"], &dry["done"], &dry["total"]), (&json!("done"), &json!(3), &json!(3)));
    assert_eq!(dry["result"], json!({"changed": 3, "raised": 1, "lowered": 2, "unchanged": 0}));
    let mut told: Vec<_> =
        sat.changes(&dry).await.iter().map(|one| one["difference"].as_f64().expect("points")).collect();
    told.sort_by(f64::total_cmp);
    assert_eq!(told, [-1.0, -1.0, 1.0]);
    assert_eq!(sat.scores().await, before);

    let done = sat.regrade(json!({"note": "The key was wrong."})).await;
    assert_eq!(done["result"]["changed"], 3);
    let question = json!([{"question_id": sat.questions[1], "action": "corrected_key", "revision": 2}]);
    assert_eq!(done["questions"], question);
    assert_eq!(sat.scores().await, [(2.0, 3.0, true), (1.0, 3.0, false), (1.0, 3.0, false)]);
    assert!((sat.mean().await - 4.0 / 3.0).abs() < 1e-9);
    let log = sat.campus.admin.get("/v1/admin/audit-logs?action=assessments.attempt_regraded&total=true").await;
    assert_eq!(log.header("x-total-count"), Some("3"), "{}", log.json);
    // Again changes nothing more.
    assert_eq!(sat.regrade(json!({})).await["result"]["changed"], 0);
    // The table is all of it.
    let path = format!("/v1/regrades/{}/changes", id_of(&done));
    let table = teacher.request(Method::GET, &path).header("accept", "text/csv").send().await;
    table.expect(200);
    assert_eq!(String::from_utf8_lossy(&table.bytes).lines().count(), 4);
    assert!(String::from_utf8_lossy(&table.bytes).contains(",3,2,-1,3,3,true,true"));

    // What was built upon it goes first.
    let revert = |regrade: &Value| format!("/v1/regrades/{}/revert", id_of(regrade));
    assert_eq!(teacher.post_empty(&revert(&done)).await.problem(409), "regrade-superseded");
    assert_eq!(teacher.post_empty(&revert(&dry)).await.problem(409), "regrade-not-done");
    let list = teacher.get(&format!("/v1/tests/{test}/regrades")).await;
    let latest = list.expect(200)[0].clone();
    assert_eq!(teacher.post_empty(&revert(&latest)).await.expect(202)["state"], "reverting");
    assert_eq!(teacher.post_empty(&revert(&done)).await.problem(409), "regrade-running");
    sat.campus.app.drain_outbox().await;
    teacher.post_empty(&revert(&done)).await.expect(202);
    sat.campus.app.drain_outbox().await;
    assert_eq!(sat.scores().await, before);
    assert!((sat.mean().await - 5.0 / 3.0).abs() < 1e-9);
    let shown = teacher.get(&format!("/v1/regrades/{}", id_of(&done))).await;
    assert_eq!(shown.expect(200)["state"], "reverted");
}

#[tokio::test]
async fn questions_are_voided_and_given_to_everybody_also_for_those_who_come_later() {
    let sat = Sat::by([3, 1, 0]).await;
    let of = |question: usize, action: &str| json!({"question_id": sat.questions[question], "action": action});
    let done = sat.regrade(json!({"questions": [of(0, "void"), of(2, "full_credit")]})).await;
    assert_eq!(done["result"], json!({"changed": 3, "raised": 1, "lowered": 1, "unchanged": 0}));
    assert_eq!(sat.scores().await, [(2.0, 2.0, true), (1.0, 2.0, false), (1.0, 2.0, false)]);
    let statistics = sat.campus.teacher.get(&format!("/v1/tests/{}/statistics", sat.test)).await;
    let body = statistics.expect(200);
    assert_eq!((&body["max_score"], &body["questions"][0]["facility"]), (&json!(2), &Value::Null));
    // Whoever ends an attempt from now on is marked in the same way.
    let answers: serde_json::Map<_, _> = sat.questions.iter().map(|id| (id.clone(), json!(false))).collect();
    let late = sat.people[2].post(&format!("/v1/tests/{}/submit", sat.test), json!({ "answers": answers })).await;
    assert_eq!((&late.expect(200)["score"], &late.json["max_score"]), (&json!(1), &json!(2)));
    assert_eq!(late.json["details"][&sat.questions[0]]["max_points"], 0);
    // Either key: nobody loses.
    sat.correct(1).await;
    let done = sat.regrade(json!({"questions": [of(1, "either_key"), of(0, "as_seen")]})).await;
    assert_eq!(done["result"]["lowered"], 0);
    assert_eq!(sat.scores().await, [(3.0, 3.0, true), (3.0, 3.0, true), (2.0, 3.0, true)]);
    // What was marked so after the regrade is put back as well.
    let path = format!("/v1/regrades/{}/revert", id_of(&done));
    sat.campus.teacher.post_empty(&path).await.expect(202);
    sat.campus.app.drain_outbox().await;
    assert_eq!(sat.scores().await, [(2.0, 2.0, true), (1.0, 2.0, false), (1.0, 2.0, false)]);
}

#[tokio::test]
async fn a_voided_essay_waits_for_nobody_until_it_is_put_back() {
    let campus = Campus::open().await;
    let (teacher, student) = (&campus.teacher, &campus.student);
    let view = publish(&campus, json!([all_types()[2], all_types()[8]]), json!({})).await;
    let (test, questions) = (id_of(&view), asked(&view));
    let attempt = id_of(&start(student, &test).await);
    save(student, &attempt, &questions[0], 1, json!(true)).await.expect(200);
    save(student, &attempt, &questions[1], 1, json!("Because.")).await.expect(200);
    assert_eq!(submit(student, &attempt).await.expect(200)["graded"], false);
    let queue = format!("/v1/tests/{test}/grading-queue");
    assert_eq!(teacher.get(&queue).await.expect(200).as_array().map(Vec::len), Some(1));
    let body = json!({"questions": [{"question_id": questions[1], "action": "void"}]});
    let started = teacher.post(&format!("/v1/tests/{test}/regrade"), body).await;
    let regrade = id_of(started.expect(202));
    // Only one at a time.
    let again = teacher.post(&format!("/v1/tests/{test}/regrade"), json!({})).await;
    assert_eq!(again.problem(409), "regrade-running");
    campus.app.drain_outbox().await;
    assert_eq!(teacher.get(&queue).await.expect(200).as_array().map(Vec::len), Some(0));
    let review = format!("/v1/attempts/{attempt}/review");
    assert_eq!(teacher.get(&review).await.expect(200)["graded"], true);
    teacher.post_empty(&format!("/v1/regrades/{regrade}/revert")).await.expect(202);
    campus.app.drain_outbox().await;
    assert_eq!(teacher.get(&queue).await.expect(200).as_array().map(Vec::len), Some(1));
    assert_eq!(teacher.get(&review).await.expect(200)["graded"], false);
}

#[tokio::test]
async fn a_regrade_is_called_off_and_is_nobody_elses() {
    let sat = Sat::by([3, 2, 1]).await;
    let (teacher, path) = (&sat.campus.teacher, format!("/v1/tests/{}/regrade", sat.test));
    sat.correct(0).await;
    assert_eq!(sat.campus.student.post(&path, json!({})).await.problem(403), "permission-missing");
    assert_eq!(sat.campus.colleague.post(&path, json!({})).await.problem(403), "not-your-test");
    let unknown = json!({"questions": [{"question_id": crate::authorisation::NEVER}]});
    assert_eq!(teacher.post(&path, unknown).await.problem(409), "unknown-question");
    let twice =
        json!({"questions": [{"question_id": sat.questions[0]}, {"question_id": sat.questions[0], "action": "void"}]});
    assert_eq!(teacher.post(&path, twice).await.problem(409), "question-twice");
    let before = sat.scores().await;
    let started = id_of(teacher.post(&path, json!({})).await.expect(202));
    assert_eq!(sat.campus.colleague.get(&format!("/v1/regrades/{started}")).await.problem(404), "not-found");
    let cancel = format!("/v1/regrades/{started}/cancel");
    assert_eq!(teacher.post_empty(&cancel).await.expect(200)["state"], "reverting");
    sat.campus.app.drain_outbox().await;
    assert_eq!(teacher.post_empty(&cancel).await.problem(409), "regrade-ended");
    assert_eq!(sat.scores().await, before);
    // An attempt that was under way is looked at once more a little later, and stays.
    sat.campus.app.clock.advance(Duration::seconds(30));
    sat.campus.app.drain_outbox().await;
    assert_eq!(sat.scores().await, before);
}

#[tokio::test]
async fn more_attempts_than_a_batch_holds_cost_as_many_batches() {
    let sat = Sat::by([3, 2, 1]).await;
    // Sixty attempts: on SQLite two batches.
    for _ in 0..19 {
        for who in &sat.people {
            let answers: serde_json::Map<_, _> = sat.questions.iter().map(|id| (id.clone(), json!(true))).collect();
            let who = who.unchecked();
            who.post(&format!("/v1/tests/{}/submit", sat.test), json!({ "answers": answers })).await.expect(200);
        }
    }
    sat.correct(2).await;
    let done = sat.regrade(json!({})).await;
    assert_eq!((&done["done"], &done["total"]), (&json!(60), &json!(60)));
    assert_eq!(done["result"], json!({"changed": 60, "raised": 2, "lowered": 58, "unchanged": 0}));
    let page = sat.campus.teacher.get(&format!("/v1/regrades/{}/changes?total=true&limit=50", id_of(&done))).await;
    assert_eq!(page.header("x-total-count"), Some("60"));
    let next = crate::courses::next(page.header("link").expect("more"));
    assert_eq!(sat.campus.teacher.get(&next).await.expect(200).as_array().map(Vec::len), Some(10));
}
