//! Row 24: no route tells a student the key before the review policy does.

use chrono::Duration;
use lyceum_kernel::Clock as _;
use reqwest::Method;
use serde_json::{Value, json};

use super::questions::all_types;
use super::{asked, save, start};
use crate::authorisation;
use crate::courses::{Campus, make};
use crate::tenancy::id_of;

/// Every type, with a word in everything that tells the key.
fn marked() -> Vec<Value> {
    let mut all = all_types();
    all[0]["options"][1]["feedback"] = "KEYWORD".into();
    all[2]["feedback_true"] = "KEYWORD".into();
    all[3]["answers"][0]["feedback"] = "KEYWORD".into();
    all[4]["answers"] = json!([{"pattern": "KEYWORD"}]);
    all[8]["sample_answer"] = "KEYWORD".into();
    all[8]["marking_notes"] = "KEYWORD".into();
    for question in &mut all {
        question["feedback"] = "KEYWORD".into();
    }
    all
}

#[tokio::test]
async fn row_24_no_route_tells_a_student_the_key() {
    let campus = Campus::open().await;
    let (teacher, student) = (&campus.teacher, &campus.student);
    let now = campus.app.clock.now();
    let course = campus.course().await;
    campus.enrolled(&course, student.user_id.as_deref().expect("an id")).await;
    let bank = make(teacher, "/v1/question-banks", json!({"name": "KEYWORD bank"})).await;
    let loose = make(teacher, &format!("/v1/question-banks/{bank}/questions"), marked()[0].clone()).await;
    let none = json!({"answers": true, "score": true, "points": false, "feedback": false, "key": false});
    let settings = json!({"closes_at": now + Duration::hours(2), "draws": [{"bank_id": bank, "count": 1}], "access_code": "KEYWORD",
        "shuffle_options": true, "review": {"right_after": none, "later": none}});
    let body = json!({"title": "Exam", "course_id": course, "questions": marked(), "settings": settings});
    let test = id_of(teacher.post("/v1/tests", body).await.expect(201));
    teacher.post_empty(&format!("/v1/tests/{test}/publish")).await.expect(200);
    let open = make(
        teacher,
        "/v1/tests",
        json!({"title": "Quiz", "course_id": course, "questions": marked(),
        "settings": {"closes_at": now + Duration::hours(2), "review": {"right_after": none, "later": none}}}),
    )
    .await;
    teacher.post_empty(&format!("/v1/tests/{open}/publish")).await.expect(200);
    let path = format!("/v1/tests/{test}/attempts");
    let running = student.post(&path, json!({"access_code": "KEYWORD"})).await.expect(201).clone();
    for question in asked(&running) {
        for wrong in [json!("nowhere"), json!({"x": "y"}), json!([0.5]), json!(true), json!("KEY")] {
            silent("saving", &save(student, &id_of(&running), &question, 1, wrong).await.bytes);
        }
    }
    let submitted = student.post(&format!("/v1/tests/{open}/submit"), json!({"answers": {}})).await;
    let over = id_of(submitted.expect(200));
    silent("one step", &submitted.bytes);
    let regrade = teacher.post(&format!("/v1/tests/{open}/regrade"), json!({"note": "KEYWORD"})).await;
    let regrade = id_of(regrade.expect(202));
    campus.app.drain_outbox().await;
    let group = make(&campus.admin, "/v1/groups", json!({"name": "Blue"})).await;

    let mut answered = 0;
    for row in authorisation::rows() {
        let (method, template) = row.split();
        let user = student.user_id.as_deref().expect("an id");
        let me = user.to_owned();
        for id in
            [&test, &open, &id_of(&running), &over, &bank, &loose, &asked(&running)[0], &course, &regrade, &group, &me]
        {
            let fill = |part: &str| match part {
                "{user_id}" => user.to_owned(),
                "{question_id}" => asked(&running)[0].clone(),
                _ if part.starts_with('{') => id.clone(),
                _ => part.to_owned(),
            };
            let ours = [
                "/v1/tests",
                "/v1/attempts",
                "/v1/question",
                "/v1/courses",
                "/v1/blocks",
                "/v1/sections",
                "/v1/regrades",
                "/v1/groups",
                "/v1/users/{id}/statistics",
                "/v1/me/attempts",
                "/v1/me/statistics",
                "/v1/me/tests",
            ];
            let harmless = method == Method::GET || template.ends_with("/submit") || template.ends_with("/attempts");
            if !ours.iter().any(|prefix| template.starts_with(prefix)) || !harmless {
                continue;
            }
            let path: Vec<_> = template.split('/').map(fill).collect();
            let path = path.join("/");
            let request = student.request(method.clone(), &path);
            let reply = match row.body {
                Some(body) => request.json(&body()).send().await,
                None => request.send().await,
            };
            silent(row.route, &reply.bytes);
            let headers = format!("{:?}", reply.headers);
            silent(row.route, headers.as_bytes());
            // Neither does a table, or that one asks again.
            if method == Method::GET && reply.status.is_success() {
                let table = student.request(Method::GET, &path).header("accept", "text/csv").send().await;
                silent(row.route, &table.bytes);
                if let Some(tag) = reply.header("etag") {
                    let again = student.request(Method::GET, &path).header("if-none-match", tag).send().await;
                    silent(row.route, &again.bytes);
                }
            }
            answered += usize::from(reply.status.is_success());
        }
    }
    assert!(answered >= 15, "only {answered} were answered");

    // Once it is closed for everybody, the policy tells all.
    student.post_empty(&format!("/v1/attempts/{}/submit", id_of(&running))).await.expect(200);
    campus.app.clock.advance(Duration::hours(3));
    let student = super::back(&campus).await;
    let review = student.get(&format!("/v1/attempts/{over}/review")).await;
    assert!(review.expect(200).to_string().contains("KEYWORD"));
    assert!(review.json["details"].as_object().expect("details").values().all(|one| !one["correct_answer"].is_null()));
}

#[tokio::test]
async fn row_24_a_test_with_extra_time_for_somebody_is_not_closed_for_them_before() {
    let campus = Campus::open().await;
    let (teacher, student) = (&campus.teacher, &campus.student);
    let closes = campus.app.clock.now() + Duration::hours(1);
    let none = json!({"answers": true, "score": true, "points": false, "feedback": false, "key": false});
    let settings = json!({"closes_at": closes, "review": {"right_after": none, "later": none}});
    let test = super::publish(&campus, json!(marked()), settings).await;
    let user = student.user_id.as_deref().expect("an id");
    let path = format!("/v1/tests/{}/overrides/{user}", id_of(&test));
    teacher.put(&path, json!({"added_minutes": 30})).await.expect(200);
    let attempt = id_of(&start(student, &id_of(&test)).await);
    super::submit(student, &attempt).await.expect(200);
    let review = format!("/v1/attempts/{attempt}/review");
    campus.app.clock.advance(Duration::minutes(70));
    let student = super::back(&campus).await;
    silent("before", &student.get(&review).await.bytes);
    campus.app.clock.advance(Duration::minutes(30));
    let student = super::back(&campus).await;
    assert!(student.get(&review).await.expect(200).to_string().contains("KEYWORD"));
}

#[tokio::test]
async fn row_24_neither_statistics_nor_tags_tell_whether_hidden_answers_were_right() {
    let campus = Campus::open().await;
    let (teacher, student) = (&campus.teacher, &campus.student);
    let closes = campus.app.clock.now() + Duration::hours(1);
    let none = json!({"answers": true});
    let settings = json!({"closes_at": closes, "pass_mark": 50, "review": {"right_after": none, "later": none}});
    // The same tests, and the same answers: right in one, wrong in the other.
    let mut told = Vec::new();
    for correct in [true, false] {
        let question = json!([{"type": "true_false", "text": "Leaves are green.", "correct": correct}]);
        let view = super::publish(&campus, question, settings.clone()).await;
        let test = id_of(&view);
        let answers = json!({"answers": {asked(&view)[0].clone(): true}});
        let done = student.post(&format!("/v1/tests/{test}/submit"), answers).await;
        assert!(done.expect(200)["score"].is_null());
        let attempt = id_of(&done.json);
        let user = student.user_id.clone().expect("an id");
        let mut all = Vec::new();
        for path in [
            format!("/v1/me/attempts?test_id={test}"),
            "/v1/me/statistics".to_owned(),
            format!("/v1/users/{user}/statistics"),
            format!("/v1/attempts/{attempt}"),
            format!("/v1/attempts/{attempt}/review"),
            format!("/v1/tests/{test}/attempts"),
        ] {
            for accept in ["application/json", "text/csv"] {
                let reply = student.request(Method::GET, &path).header("accept", accept).send().await;
                let bytes = String::from_utf8_lossy(&reply.bytes).into_owned();
                let bytes =
                    bytes.replace(&test, "test").replace(&attempt, "attempt").replace(&asked(&view)[0], "question");
                let time = |part: &str| part.starts_with("20") && part.ends_with('Z');
                let parts: Vec<_> = bytes.split('"').map(|part| if time(part) { "time" } else { part }).collect();
                all.push((reply.status, reply.header("etag").map(str::to_owned), parts.join("\"")));
            }
        }
        told.push(all);
        assert_eq!(student.get("/v1/me/statistics").await.expect(200)["attempts"], 0);
        teacher.delete(&format!("/v1/tests/{test}")).await.expect(204);
    }
    assert_eq!(told[0], told[1]);
}

/// Nothing that tells the key.
fn silent(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for secret in ["KEYWORD", "correct_answer", "\"correct\"", "\"tolerance\"", "\"pattern\"", "299792", "\"match\""] {
        assert!(!text.contains(secret), "{what} has {secret}: {text}");
    }
}
