//! What the tests of a course, of a group and of a person come to.

use reqwest::Method;
use serde_json::{Value, json};

use super::{asked, statements};
use crate::courses::Campus;
use crate::support::client::Client;
use crate::tenancy::{enrol, id_of};

/// A published test of a course.
async fn exam(campus: &Campus, course: &str, title: &str, settings: Value) -> (String, Vec<String>) {
    let body = json!({"title": title, "course_id": course, "questions": statements(4), "settings": settings});
    let made = campus.teacher.post("/v1/tests", body).await;
    let test = id_of(made.expect(201));
    campus.teacher.post_empty(&format!("/v1/tests/{test}/publish")).await.expect(200);
    (test, asked(&made.json))
}

/// Takes a test with the first so many answers right.
async fn take(who: &Client, (test, questions): &(String, Vec<String>), right: usize) {
    let answers = questions.iter().enumerate().map(|(n, id)| (id.clone(), json!(n < right)));
    let answers: serde_json::Map<_, _> = answers.collect();
    who.post(&format!("/v1/tests/{test}/submit"), json!({ "answers": answers })).await.expect(200);
}

fn near(found: &Value, expected: f64) {
    let found = found.as_f64().expect("a number");
    assert!((found - expected).abs() < 1e-9, "{found} {expected}");
}

#[tokio::test]
async fn courses_groups_and_people_have_statistics() {
    let campus = Campus::open().await;
    let (teacher, student) = (&campus.teacher, &campus.student);
    let course = campus.course().await;
    let ben = enrol(&campus.app, &campus.root, &campus.school, "ben@northfield.example", "student").await;
    let (sofia, other) = (student.user_id.clone().expect("an id"), ben.user_id.clone().expect("an id"));
    for user in [&sofia, &other] {
        campus.enrolled(&course, user).await;
    }
    let first = exam(&campus, &course, "=cmd()", json!({"pass_mark": 50})).await;
    let second = exam(&campus, &course, "Second", json!({"grading_method": "average"})).await;
    for (who, test, right) in
        [(student, &first, 1), (student, &first, 3), (&ben, &first, 1), (student, &second, 4), (student, &second, 2)]
    {
        take(who, test, right).await;
    }
    let path = format!("/v1/courses/{course}/statistics");
    let found = teacher.get(&path).await;
    let body = found.expect(200);
    let tests = body["tests"].as_array().expect("a list");
    assert_eq!(tests.iter().map(|test| test["attempts"].as_u64()).collect::<Vec<_>>(), [Some(3), Some(2)]);
    // Sofia: the better of both, and the mean of both.
    near(&tests[0]["percent"]["mean"], 50.0);
    near(&tests[1]["percent"]["mean"], 75.0);
    assert_eq!((&tests[0]["passed"], &tests[0]["failed"], &tests[1]["passed"]), (&json!(1), &json!(1), &Value::Null));
    assert_eq!(body["percent"]["n"], 2);
    near(&body["percent"]["mean"], 50.0);
    near(&body["percent"]["sd"], 1250.0_f64.sqrt());
    let tag = found.header("etag").expect("a tag");
    let again = teacher.request(Method::GET, &path).header("if-none-match", tag).send().await;
    assert_eq!(again.status.as_u16(), 304);
    let table = teacher.request(Method::GET, &path).header("accept", "text/csv").send().await;
    table.expect(200);
    let text = String::from_utf8_lossy(&table.bytes).into_owned();
    assert!(text.contains(",'=cmd(),3,2,50,50,") && text.lines().count() == 4, "{text}");

    let group = id_of(campus.admin.post("/v1/groups", json!({"name": "Blue"})).await.expect(201));
    assert!(campus.admin.put(&format!("/v1/groups/{group}/members/{other}"), Value::Null).await.status.is_success());
    let blue = teacher.get(&format!("{path}?group_id={group}")).await;
    assert_eq!(blue.expect(200)["percent"]["n"], 1);
    let blue = teacher.get(&format!("/v1/groups/{group}/statistics")).await;
    assert_eq!(blue.expect(200)["tests"].as_array().map(Vec::len), Some(1));
    near(&blue.json["percent"]["mean"], 25.0);
    let colleague = campus.colleague.get(&format!("/v1/groups/{group}/statistics")).await;
    assert_eq!(colleague.expect(200)["tests"], json!([]));

    let person = format!("/v1/users/{sofia}/statistics");
    for who in [teacher, student] {
        let found = who.get(&person).await;
        let body = found.expect(200);
        assert_eq!((&body["attempts"], &body["passed"], &body["failed"]), (&json!(4), &json!(1), &json!(0)));
        near(&body["percent"]["mean"], 75.0);
        assert_eq!(body["months"][0]["attempts"], 4);
        assert_eq!(body["tests"].as_array().map(Vec::len), Some(2));
    }
    assert_eq!(student.get("/v1/me/statistics").await.expect(200), &student.get(&person).await.json);
    // A colleague sees somebody, and nothing of what is not theirs; a student sees nobody.
    assert_eq!(campus.colleague.get(&person).await.expect(200)["attempts"], 0);
    assert_eq!(ben.get(&person).await.problem(404), "not-found");
    assert_eq!(campus.colleague.get(&path).await.problem(403), "not-your-course");
    assert_eq!(student.get(&path).await.problem(403), "permission-missing");
    let costs = campus.app.queries_of(teacher.get(&path)).await;
    assert!(costs <= 7, "{costs} statements");
    // Once nothing has changed for a while, what was said is at hand; a submission is in it all the same.
    campus.app.clock.advance(chrono::Duration::minutes(1));
    teacher.get(&path).await.expect(200);
    let fewer = campus.app.queries_of(teacher.get(&path)).await;
    assert!(fewer < costs, "{fewer} statements");
    take(&ben, &second, 4).await;
    near(&teacher.get(&path).await.expect(200)["tests"][1]["percent"]["mean"], 87.5);
}
