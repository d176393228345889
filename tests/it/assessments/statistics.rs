//! Statistics of a test: what STATISTICS asks for, fresh after each submission.

use serde_json::{Value, json};

use super::{asked, publish, statements};
use crate::courses::Campus;
use crate::support::client::Client;
use crate::tenancy::{enrol, id_of};

async fn take(who: &Client, test: &str, questions: &[String], right: &[bool]) {
    let answers: serde_json::Map<_, _> =
        questions.iter().cloned().zip(right.iter().map(|right| json!(right))).collect();
    who.post(&format!("/v1/tests/{test}/submit"), json!({ "answers": answers })).await.expect(200);
}

fn near(found: &Value, expected: f64) {
    let found = found.as_f64().expect("a number");
    assert!((found - expected).abs() < 1e-9, "{found} {expected}");
}

#[tokio::test]
async fn statistics_are_fresh_and_count_by_the_grading_method() {
    let campus = Campus::open().await;
    let view = publish(&campus, statements(3), json!({})).await;
    let (test, questions) = (id_of(&view), asked(&view));
    let path = format!("/v1/tests/{test}/statistics");
    let none = campus.teacher.get(&path).await;
    assert_eq!(
        (&none.expect(200)["n"], &none.json["mean"], &none.json["cic"]),
        (&json!(0), &Value::Null, &Value::Null)
    );
    let (root, school) = (&campus.root, &campus.school);
    let others = [
        enrol(&campus.app, root, school, "ben@northfield.example", "student").await,
        enrol(&campus.app, root, school, "eva@northfield.example", "student").await,
    ];
    take(&campus.student, &test, &questions, &[true, false, false]).await;
    take(&others[0], &test, &questions, &[true, true, false]).await;
    take(&others[1], &test, &questions, &[true, true, true]).await;
    // Staff trying it out count for nothing.
    take(&campus.teacher, &test, &questions, &[false, false, false]).await;
    let three = campus.teacher.get(&path).await;
    let body = three.expect(200);
    assert_eq!(body["n"], 3);
    near(&body["mean"], 2.0);
    near(&body["sd"], 1.0);
    near(&body["cic"], 100.0 * 1.5 * (1.0 - (2.0 / 3.0)));
    assert_eq!(
        (&body["questions"][0]["facility"], &body["questions"][0]["discrimination_index"]),
        (&json!(1.0), &Value::Null)
    );
    assert_eq!(body["questions"][1]["options"], json!([{"id": "false", "count": 1}, {"id": "true", "count": 2}]));
    near(&body["questions"][1]["random_guess"], 0.5);
    // A better attempt takes the place of the first.
    take(&campus.student, &test, &questions, &[true, true, true]).await;
    let better = campus.teacher.get(&path).await;
    assert_eq!(better.expect(200)["n"], 3);
    near(&better.json["mean"], 8.0 / 3.0);
    // By another method others count.
    campus
        .teacher
        .patch(&format!("/v1/tests/{test}"), json!({"settings": {"grading_method": "first"}}))
        .await
        .expect(200);
    near(&campus.teacher.get(&path).await.expect(200)["mean"], 2.0);
    campus
        .teacher
        .patch(&format!("/v1/tests/{test}"), json!({"settings": {"grading_method": "average"}}))
        .await
        .expect(200);
    assert_eq!(campus.teacher.get(&path).await.expect(200)["n"], 4);
    assert_eq!(campus.student.get(&path).await.problem(403), "permission-missing");
    assert_eq!(campus.colleague.get(&path).await.problem(403), "not-your-test");
    let costs = campus.app.queries_of(campus.teacher.get(&path)).await;
    assert!(costs <= 2, "{costs} statements for what is at hand");
}
