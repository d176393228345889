//! Row 27: what may happen once happens once.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::{asked, publish, save, start, statements, submit};
use crate::courses::Campus;
use crate::tenancy::id_of;

#[tokio::test]
async fn row_27_a_hundred_starts_are_one_attempt() {
    let campus = Campus::open().await;
    let test = id_of(&publish(&campus, statements(3), json!({"max_attempts": 1})).await);
    let path = format!("/v1/tests/{test}/attempts");
    let starts = join_all((0..100).map(|_| campus.student.post(&path, json!({})))).await;
    let made = starts.iter().filter(|reply| reply.status == 201).count();
    for reply in &starts {
        assert!(reply.status.is_success(), "{} {}", reply.status, reply.json);
    }
    let ids: std::collections::BTreeSet<_> = starts.iter().map(|reply| id_of(&reply.json)).collect();
    assert_eq!((made, ids.len()), (1, 1));
}

#[tokio::test]
async fn row_27_a_hundred_submits_are_one_result() {
    let campus = Campus::open().await;
    let student = &campus.student;
    let test = id_of(&publish(&campus, statements(3), json!({"max_attempts": 1})).await);
    let attempt = start(student, &test).await;
    let (id, questions) = (id_of(&attempt), asked(&attempt));
    save(student, &id, &questions[0], 1, json!(true)).await.expect(200);
    let path = format!("/v1/attempts/{id}/submit");
    let submits = (0..100).map(|n| {
        let request = student.request(Method::POST, &path);
        let request = if n % 3 == 0 { request.header("idempotency-key", &format!("key {}", n % 2)) } else { request };
        request.send()
    });
    let submits = join_all(submits).await;
    let bodies: std::collections::BTreeSet<_> = submits.iter().map(|reply| reply.expect(200).to_string()).collect();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    assert_eq!(submits[0].json["version"], 2, "ended once");
    let audit = campus.admin.get("/v1/admin/audit-logs?action=assessments.attempt_submitted").await;
    assert_eq!(audit.expect(200).as_array().expect("a list").len(), 1);
    assert_eq!(submit(student, &id).await.expect(200)["score"], 1);
}

#[tokio::test]
async fn row_27_the_last_attempt_in_one_step_is_taken_once() {
    let campus = Campus::open().await;
    let test = id_of(&publish(&campus, statements(2), json!({"max_attempts": 2})).await);
    let path = format!("/v1/tests/{test}/submit");
    let replies = join_all((0..20).map(|_| campus.student.post(&path, json!({"answers": {}})))).await;
    let done = replies.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(done, 2, "{:?}", replies.iter().map(|reply| reply.status).collect::<Vec<_>>());
    assert!(replies.iter().all(|reply| reply.status == 200 || reply.status == 409));
}

#[tokio::test]
async fn saves_and_a_submit_at_once_lose_nothing_that_was_answered() {
    let campus = Campus::open().await;
    let student = &campus.student;
    let test = id_of(&publish(&campus, statements(20), json!({})).await);
    let attempt = start(student, &test).await;
    let (id, questions) = (id_of(&attempt), asked(&attempt));
    let saves = join_all(questions.iter().map(|question| save(student, &id, question, 1, json!(true))));
    let (saves, result) = futures_util::future::join(saves, submit(student, &id)).await;
    let kept = saves.iter().filter(|reply| reply.status == 200).count();
    assert!(saves.iter().all(|reply| reply.status == 200 || reply.problem(409) == "attempt-closed"));
    assert_eq!(result.expect(200)["score"], kept);
}

#[tokio::test]
async fn the_way_of_an_answer_is_short() {
    let campus = Campus::open().await;
    let (few, many) = (cost(&campus, 2).await, cost(&campus, 40).await);
    eprintln!("statements for one answer, a batch, handing in, one step: {few:?}");
    assert_eq!(few, many, "the same however many questions");
    assert!(few[0] <= 2 && few[1] <= 2, "one to hold the attempt, one to write");
    assert!(few[2] <= 6 && few[3] <= 6, "one of them tells those who listen");
}

/// Statements for one answer, a batch, handing in, and all of it in one step. The least of three: when sessions were last used is written
/// down every few seconds.
async fn cost(campus: &Campus, questions: usize) -> [u64; 4] {
    let student = &campus.student;
    let test = id_of(&publish(campus, statements(questions), json!({})).await);
    let mut least = [u64::MAX; 4];
    for _ in 0..3 {
        let attempt = start(student, &test).await;
        let (id, asked) = (id_of(&attempt), asked(&attempt));
        save(student, &id, &asked[0], 1, json!(true)).await.expect(200);
        let one = campus.app.queries_of(save(student, &id, &asked[0], 2, json!(false))).await;
        let batch: Vec<_> = asked.iter().map(|id| json!({"question_id": id, "seq": 3, "answer": true})).collect();
        let path = format!("/v1/attempts/{id}/answers");
        let all = campus.app.queries_of(student.put(&path, json!({"answers": batch}))).await;
        let handed_in = campus.app.queries_of(submit(student, &id)).await;
        let answers: serde_json::Map<_, _> = asked.iter().map(|id| (id.clone(), json!(true))).collect();
        let path = format!("/v1/tests/{test}/submit");
        let in_one_step = campus.app.queries_of(student.post(&path, json!({"answers": answers}))).await;
        for (least, now) in least.iter_mut().zip([one, all, handed_in, in_one_step]) {
            *least = now.min(*least);
        }
    }
    least
}
