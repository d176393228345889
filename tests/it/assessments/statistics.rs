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
    // What is the same again is not sent again.
    let tag = campus.teacher.get(&path).await.header("etag").expect("a tag").to_owned();
    let again = campus.teacher.request(reqwest::Method::GET, &path).header("if-none-match", &tag).send().await;
    assert_eq!(again.status.as_u16(), 304);
    let costs = campus.app.queries_of(campus.teacher.get(&path)).await;
    assert!(costs <= 2, "{costs} statements for what is at hand");
}

#[tokio::test]
async fn a_group_has_statistics_of_its_own_and_tables_hold_no_formulas() {
    let campus = Campus::open().await;
    let mut questions = statements(2);
    questions[0]["text"] = "=HYPERLINK(\"http://evil.example\")".into();
    let view = publish(&campus, questions, json!({})).await;
    let (test, questions) = (id_of(&view), asked(&view));
    let ben = enrol(&campus.app, &campus.root, &campus.school, "ben@northfield.example", "student").await;
    take(&campus.student, &test, &questions, &[true, false]).await;
    take(&ben, &test, &questions, &[false, true]).await;
    let group = id_of(campus.admin.post("/v1/groups", json!({"name": "Blue"})).await.expect(201));
    let path = format!("/v1/tests/{test}/statistics?group_id={group}");
    assert_eq!(campus.teacher.get(&path).await.expect(200)["n"], 0);
    let member = format!("/v1/groups/{group}/members/{}", ben.user_id.as_deref().expect("an id"));
    assert!(campus.admin.put(&member, Value::Null).await.status.is_success());
    let blue = campus.teacher.get(&path).await;
    assert_eq!((&blue.expect(200)["n"], &blue.json["questions"][0]["facility"]), (&json!(1), &json!(0.0)));
    let nowhere = format!("/v1/tests/{test}/statistics?group_id={}", crate::authorisation::NEVER);
    assert_eq!(campus.teacher.get(&nowhere).await.problem(404), "not-found");

    let path = format!("/v1/tests/{test}/statistics");
    let table = campus.teacher.request(reqwest::Method::GET, &path).header("accept", "text/csv").send().await;
    table.expect(200);
    let text = String::from_utf8_lossy(&table.bytes).into_owned();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(lines[0].starts_with("row,question_id,text,n,") && lines[1].starts_with("test,,,2,"), "{text}");
    assert!(lines[2].contains(",\"'=HYPERLINK(\"\"http://evil.example\"\")\",2,2,1,0.5,"), "{text}");
    // They correlate perfectly, against each other.
    assert!(lines[2].contains(",-100,"), "{text}");
}

#[tokio::test]
async fn questions_that_are_drawn_have_statistics_of_their_own() {
    let campus = Campus::open().await;
    let bank = id_of(campus.teacher.post("/v1/question-banks", json!({"name": "Bank"})).await.expect(201));
    for question in statements(2).as_array().expect("a list") {
        campus.teacher.post(&format!("/v1/question-banks/{bank}/questions"), question.clone()).await.expect(201);
    }
    let settings = json!({"draws": [{"bank_id": bank, "count": 1}]});
    let test = id_of(&publish(&campus, statements(1), settings).await);
    let mut drawn = std::collections::BTreeMap::<String, u64>::new();
    for name in ["ben", "eva", "kim", "joe"] {
        let who =
            enrol(&campus.app, &campus.root, &campus.school, &format!("{name}@northfield.example"), "student").await;
        let running = super::start(&who, &test).await;
        let questions = asked(&running);
        *drawn.entry(questions[1].clone()).or_default() += 1;
        super::save(&who, &id_of(&running), &questions[1], 1, json!(true)).await.expect(200);
        super::submit(&who, &id_of(&running)).await.expect(200);
    }
    let found = campus.teacher.get(&format!("/v1/tests/{test}/statistics")).await;
    let body = found.expect(200);
    assert_eq!((&body["questions"][1]["question_id"], &body["questions"][1]["n"]), (&Value::Null, &json!(4)));
    let told = body["drawn"].as_array().expect("a list").iter();
    let told = told.map(|one| (one["question_id"].as_str().expect("an id").to_owned(), one["n"].as_u64().expect("n")));
    assert_eq!(told.collect::<std::collections::BTreeMap<_, _>>(), drawn);
    assert!(body["drawn"][0]["effective_weight"].is_null());
}
