//! Tests: made, changed, drawn, published, deleted, and who sees what of them.

use serde_json::{Value, json};

use super::questions::all_types;
use super::{asked, publish, start, statements, submit};
use crate::courses::{Campus, each, make};
use crate::tenancy::id_of;

#[tokio::test]
async fn questions_given_inline_go_to_the_tests_own_bank_once() {
    let campus = Campus::open().await;
    let teacher = &campus.teacher;
    let body = json!({"title": "Light", "questions": all_types(), "sections": [{"title": "All"}]});
    let made = teacher.post("/v1/tests", body.clone()).await;
    let test = made.expect(201).clone();
    let path = format!("/v1/tests/{}", id_of(&test));
    assert_eq!(test["max_score"], 16.5);
    // The same again changes nothing; neither the questions nor the version.
    let same = teacher.put(&path, body.clone()).await;
    assert_eq!(same.expect(200), &test);
    let bank = format!("/v1/question-banks/{}/questions?limit=100", test["bank_id"].as_str().expect("a bank"));
    assert_eq!(teacher.get(&bank).await.expect(200).as_array().expect("a list").len(), 9);
    assert!(each(teacher.get("/v1/question-banks").await.expect(200), "id").is_empty());
    // One question fewer is another revision of the test.
    let fewer = teacher.patch(&path, json!({"questions": all_types()[1..]})).await;
    assert_eq!((&fewer.expect(200)["revision"], fewer.json["version"].as_i64()), (&json!(2), Some(2)));
    assert_eq!(asked(&fewer.json), asked(&test)[1..]);
    // A question is followed to its latest revision, unless it is pinned.
    let first = asked(&fewer.json)[0].clone();
    let tag = teacher.get(&path).await.header("etag").expect("a tag").to_owned();
    teacher.patch(&format!("/v1/questions/{first}"), json!({"points": 4})).await.expect(200);
    let followed = teacher.get(&path).await;
    assert_eq!(
        (&followed.expect(200)["questions"][0]["revision"], &followed.json["questions"][0]["points"]),
        (&json!(2), &json!(4))
    );
    assert_ne!(followed.header("etag"), Some(tag.as_str()));
    let pinned =
        teacher.patch(&path, json!({"questions": [{"question_id": first, "revision": 1, "points": 2.5}]})).await;
    let shown = &pinned.expect(200)["questions"][0];
    assert_eq!((&shown["revision"], &shown["pinned"], &shown["points"]), (&json!(1), &json!(true), &json!(2.5)));
}

#[tokio::test]
async fn what_a_test_cannot_be_is_said() {
    let campus = Campus::open().await;
    let teacher = &campus.teacher;
    let never = crate::authorisation::NEVER;
    let course = campus.course().await;
    let question = statements(1)[0].clone();
    let hidden = make(&campus.colleague, "/v1/question-banks", json!({"name": "Mine", "shared": false})).await;
    let theirs = make(&campus.colleague, &format!("/v1/question-banks/{hidden}/questions"), question.clone()).await;
    let flawed = json!({"type": "single_choice", "text": "x", "options": [{"text": "a"}, {"text": "b"}]});
    for (body, code) in [
        (json!({"course_id": never}), "unknown-course"),
        (json!({"questions": [{"question_id": never}]}), "unknown-question"),
        (json!({"questions": [{"question_id": theirs}]}), "unknown-question"),
        (json!({"questions": [question, flawed]}), "question-flawed"),
        (json!({"settings": {"draws": [{"bank_id": hidden, "count": 1}]}}), "unknown-bank"),
        (
            json!({"settings": {"opens_at": "2027-01-02T00:00:00Z", "closes_at": "2027-01-01T00:00:00Z"}}),
            "dates-reversed",
        ),
        (json!({"settings": {"addresses": ["1.2.3"]}}), "bad-address"),
        (json!({"questions": [{"type": "true_false", "text": "x", "correct": true, "section": 1}]}), "unknown-section"),
    ] {
        let mut whole = body.clone();
        whole["title"] = "A test".into();
        assert_eq!(teacher.post("/v1/tests", whole).await.problem(409), code, "{body}");
    }
    assert_eq!(
        campus.colleague.post("/v1/tests", json!({"title": "x", "course_id": course})).await.problem(409),
        "unknown-course"
    );
    let empty = make(teacher, "/v1/tests", json!({"title": "Empty", "course_id": course})).await;
    assert_eq!(teacher.post_empty(&format!("/v1/tests/{empty}/publish")).await.problem(409), "test-empty");
    let bank = make(teacher, "/v1/question-banks", json!({"name": "Few"})).await;
    let draw = json!({"settings": {"draws": [{"bank_id": bank, "count": 2}]}});
    teacher.patch(&format!("/v1/tests/{empty}"), draw).await.expect(200);
    assert_eq!(teacher.post_empty(&format!("/v1/tests/{empty}/publish")).await.problem(409), "draw-too-small");
    for refused in [
        teacher.post("/v1/tests", json!({"title": "x", "settings": {"time_limit_s": 0}})).await,
        teacher.post("/v1/tests", json!({"title": "x", "settings": {"fast": true}})).await,
        teacher.post("/v1/tests", json!({"title": "x", "owner_id": never})).await,
        teacher.patch(&format!("/v1/tests/{empty}"), json!({"settings": {"pass_mark": 101}})).await,
    ] {
        assert_eq!(refused.problem(422), "invalid");
    }
}

#[tokio::test]
async fn a_draft_is_its_staffs_and_a_test_is_seen_by_those_whom_it_is_for() {
    let campus = Campus::open().await;
    let (teacher, student) = (&campus.teacher, &campus.student);
    let course = make(teacher, "/v1/courses", json!({"title": "Light", "visibility": "private"})).await;
    let body = json!({"title": "In the course", "course_id": course, "questions": statements(1)});
    let of_course = make(teacher, "/v1/tests", body).await;
    let of_school = make(teacher, "/v1/tests", json!({"title": "For all", "questions": statements(1)})).await;
    for test in [&of_course, &of_school] {
        let path = format!("/v1/tests/{test}");
        assert_eq!(student.get(&path).await.problem(404), "not-found");
        teacher.post_empty(&format!("{path}/publish")).await.expect(200);
    }
    assert_eq!(teacher.post_empty(&format!("/v1/tests/{of_school}/publish")).await.problem(409), "wrong-status");
    // A course that they do not see: neither do they see its tests.
    assert_eq!(student.get(&format!("/v1/tests/{of_course}")).await.problem(404), "not-found");
    assert_eq!(each(student.get("/v1/tests").await.expect(200), "title"), ["For all"]);
    assert_eq!(each(teacher.get("/v1/tests").await.expect(200), "title"), ["In the course", "For all"]);
    assert!(each(student.get(&format!("/v1/tests?course_id={course}")).await.expect(200), "id").is_empty());
    // Whoever sees a course without taking part in it does not take its tests.
    let known = campus.course().await;
    let body = json!({"title": "For those who take part", "course_id": known, "questions": statements(1)});
    let inside = make(teacher, "/v1/tests", body).await;
    teacher.post_empty(&format!("/v1/tests/{inside}/publish")).await.expect(200);
    let (path, user) = (format!("/v1/tests/{inside}"), student.user_id.as_deref().expect("an id"));
    assert!(asked(student.get(&path).await.expect(200)).is_empty());
    assert_eq!(student.post(&format!("{path}/attempts"), json!({})).await.problem(403), "not-taking-part");
    assert_eq!(student.post(&format!("{path}/submit"), json!({"answers": {}})).await.problem(403), "not-taking-part");
    campus.enrolled(&known, user).await;
    assert_eq!(asked(student.get(&path).await.expect(200)).len(), 1);
    student.post(&format!("{path}/attempts"), json!({})).await.expect(201);
    assert_eq!(
        campus.colleague.patch(&format!("/v1/tests/{of_school}"), json!({"title": "x"})).await.problem(403),
        "not-your-test"
    );
    assert_eq!(student.patch(&format!("/v1/tests/{of_school}"), json!({})).await.problem(403), "permission-missing");
    let shown = student.get(&format!("/v1/tests/{of_school}")).await;
    assert_eq!(shown.expect(200)["settings"]["in_one_step"], true);
    assert_eq!(asked(&shown.json).len(), 1);
}

#[tokio::test]
async fn a_deleted_test_comes_back_with_its_attempts() {
    let campus = Campus::open().await;
    let test = id_of(&publish(&campus, statements(2), json!({})).await);
    let attempt = id_of(&start(&campus.student, &test).await);
    submit(&campus.student, &attempt).await.expect(200);
    let path = format!("/v1/tests/{test}");
    campus.teacher.delete(&path).await.expect(204);
    for gone in [
        campus.student.get(&path).await,
        campus.teacher.get(&path).await,
        campus.student.get(&format!("/v1/attempts/{attempt}/review")).await,
        campus.student.post(&format!("{path}/attempts"), json!({})).await,
        campus.colleague.post_empty(&format!("{path}/restore")).await,
    ] {
        assert_eq!(gone.problem(404), "not-found");
    }
    assert_eq!(each(campus.teacher.get("/v1/tests?deleted=only").await.expect(200), "id"), [test.as_str()]);
    campus.teacher.post_empty(&format!("{path}/restore")).await.expect(200);
    assert_eq!(campus.teacher.post_empty(&format!("{path}/restore")).await.problem(409), "not-deleted");
    campus.student.get(&format!("/v1/attempts/{attempt}/review")).await.expect(200);
}

#[tokio::test]
async fn draws_and_orders_hang_on_the_attempts_seed() {
    let campus = Campus::open().await;
    let teacher = &campus.teacher;
    let bank = make(teacher, "/v1/question-banks", json!({"name": "Many"})).await;
    for n in 0..12 {
        let body = json!({"type": "multiple_choice", "text": format!("Which of {n}?"), "tags": [if n < 9 { "drawn" } else { "other" }],
            "options": [{"text": "a", "correct": true}, {"text": "b"}, {"text": "c"}, {"text": "d"}]});
        teacher.post(&format!("/v1/question-banks/{bank}/questions"), body).await.expect(201);
    }
    let settings = json!({"draws": [{"bank_id": bank, "count": 4, "tag": "DRAWN", "points": 0.5}],
        "shuffle_questions": true, "shuffle_options": true});
    let test = id_of(&publish(&campus, statements(2), settings).await);
    let mut papers = std::collections::BTreeSet::new();
    for _ in 0..6 {
        let attempt = start(&campus.student, &test).await;
        assert_eq!(attempt["max_score"], 4);
        let again = campus.student.get(&format!("/v1/attempts/{}", id_of(&attempt))).await;
        assert_eq!(again.expect(200)["questions"], attempt["questions"], "it stays as it was");
        let orders: Vec<Value> =
            attempt["questions"].as_array().expect("questions").iter().map(|q| q["options"].clone()).collect();
        papers.insert((asked(&attempt), json!(orders).to_string()));
        submit(&campus.student, &id_of(&attempt)).await.expect(200);
    }
    assert!(papers.len() > 1);
    let one_step = campus.student.post(&format!("/v1/tests/{test}/submit"), json!({"answers": {}})).await;
    assert_eq!(one_step.problem(409), "attempt-required");
}
