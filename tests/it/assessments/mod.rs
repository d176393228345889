//! Assessments through the API: what teachers ask and what students answer.

mod attempts;
mod banks;
mod deadlines;
mod exchange;
mod invigilation;
mod key;
mod marking;
mod mine;
mod questions;
mod races;
mod regrading;
mod scores;
mod statistics;
mod statistics_speed;
mod tests;

use serde_json::{Value, json};

use crate::courses::Campus;
use crate::support::PASSWORD;
use crate::support::client::{Client, Reply};
use crate::tenancy::{id_of, switch};

/// A published test of the teacher's with these questions and settings.
pub async fn publish(campus: &Campus, questions: Value, settings: Value) -> Value {
    let body = json!({"title": "Light", "questions": questions, "settings": settings});
    let made = campus.teacher.post("/v1/tests", body).await;
    let id = id_of(made.expect(201));
    campus.teacher.post_empty(&format!("/v1/tests/{id}/publish")).await.expect(200).clone()
}

/// Statements that are true, so many.
pub fn statements(count: usize) -> Value {
    (0..count).map(|n| json!({"type": "true_false", "text": format!("{n} is a number."), "correct": true})).collect()
}

/// The ids of a test's or an attempt's questions.
pub fn asked(view: &Value) -> Vec<String> {
    let questions = view["questions"].as_array().expect("questions").iter();
    questions.map(|question| question["question_id"].as_str().expect("an id").to_owned()).collect()
}

/// The student, logged in again after the clock was moved far.
pub async fn back(campus: &Campus) -> Client {
    let student = campus.app.login("sofia@northfield.example", PASSWORD).await;
    switch(&student, &campus.school).await
}

/// Starts an attempt.
pub async fn start(who: &Client, test: &str) -> Value {
    who.post(&format!("/v1/tests/{test}/attempts"), json!({})).await.expect(201).clone()
}

/// Saves one answer.
pub async fn save(who: &Client, attempt: &str, question: &str, seq: i64, answer: Value) -> Reply {
    who.put(&format!("/v1/attempts/{attempt}/answers/{question}"), json!({"seq": seq, "answer": answer})).await
}

/// Hands an attempt in.
pub async fn submit(who: &Client, attempt: &str) -> Reply {
    who.post_empty(&format!("/v1/attempts/{attempt}/submit")).await
}
