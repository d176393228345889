//! Marking by people.

use serde_json::json;

use super::questions::all_types;
use super::{asked, publish, save, start, submit};
use crate::courses::Campus;
use crate::tenancy::id_of;

#[tokio::test]
async fn an_essay_waits_for_two_people_and_then_counts() {
    let campus = Campus::open().await;
    let (teacher, student) = (&campus.teacher, &campus.student);
    let mut essay = all_types()[8].clone();
    essay["two_markers"] = true.into();
    let view = publish(&campus, json!([all_types()[2], essay, all_types()[8]]), json!({"pass_mark": 50})).await;
    let (test, questions) = (id_of(&view), asked(&view));
    let queue = format!("/v1/tests/{test}/grading-queue");
    let attempt = id_of(&start(student, &test).await);
    save(student, &attempt, &questions[0], 1, json!(true)).await.expect(200);
    save(student, &attempt, &questions[1], 1, json!("Because.")).await.expect(200);
    save(student, &attempt, &questions[2], 1, json!("Therefore.")).await.expect(200);
    assert!(teacher.get(&queue).await.expect(200).as_array().expect("a list").is_empty());
    let grade = |question: &str| format!("/v1/attempts/{attempt}/answers/{question}/grade");
    assert_eq!(teacher.patch(&grade(&questions[1]), json!({"points": 1})).await.problem(409), "attempt-open");
    assert_eq!(submit(student, &attempt).await.expect(200)["graded"], false);
    let waiting = teacher.get(&format!("{queue}?total=true&limit=1")).await;
    assert_eq!(waiting.header("x-total-count"), Some("2"));
    let next = crate::courses::next(waiting.header("link").expect("more"));
    let second = teacher.get(&next).await;
    let mut words =
        [&waiting.expect(200)[0]["answer"], &second.expect(200)[0]["answer"]].map(|word| word.as_str().expect("text"));
    words.sort_unstable();
    assert_eq!(words, ["Because.", "Therefore."]);

    assert_eq!(teacher.patch(&grade(&questions[1]), json!({"points": 5.5})).await.problem(409), "too-many-points");
    let rubric = json!([{"id": "a", "points": 3}]);
    let first = teacher.patch(&grade(&questions[1]), json!({"points": 4, "comment": "Good.", "rubric": rubric})).await;
    assert_eq!(first.expect(200)["graded"], false);
    // The same person again is no second one.
    teacher.patch(&grade(&questions[1]), json!({"points": 5})).await.expect(200);
    assert_eq!(campus.admin.patch(&grade(&questions[1]), json!({"points": 2})).await.expect(200)["graded"], false);
    let done = teacher.patch(&grade(&questions[2]), json!({"points": 1})).await;
    let body = done.expect(200);
    assert_eq!((&body["graded"], &body["score"], &body["passed"]), (&json!(true), &json!(5.5), &json!(true)));
    assert!(teacher.get(&queue).await.expect(200).as_array().expect("a list").is_empty());
    // What was marked by itself may be marked otherwise.
    let tag = done.header("etag").expect("a tag").to_owned();
    let stale = teacher.request(reqwest::Method::PATCH, &grade(&questions[0])).header("if-match", "\"1-attempt\"");
    assert_eq!(stale.json(&json!({"points": 0})).send().await.problem(412), "stale");
    let fresh = teacher.request(reqwest::Method::PATCH, &grade(&questions[0])).header("if-match", &tag);
    assert_eq!(fresh.json(&json!({"points": 0})).send().await.expect(200)["score"], 4.5);
    let review = student.get(&format!("/v1/attempts/{attempt}/review")).await;
    assert_eq!(
        (&review.expect(200)["score"], review.json["details"][&questions[1]].get("comment")),
        (&json!(4.5), None)
    );
    for other in [&campus.student, &campus.colleague] {
        assert!(matches!(other.patch(&grade(&questions[0]), json!({"points": 1})).await.status.as_u16(), 403 | 404));
    }
}
