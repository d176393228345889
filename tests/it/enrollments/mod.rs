//! Enrolments through the API: who takes part in which course.

mod completions;
mod counting;
mod crowd;
mod imports;
mod killed;
mod life;
mod oneself;
mod places;
mod progress;
mod school;
mod taken;

use serde_json::{Value, json};

use crate::courses::{Campus, make};
use crate::support::Client;

/// The account of a client.
pub fn id(who: &Client) -> String {
    who.user_id.clone().expect("an id")
}

impl Campus {
    /// Settles how people come into a course.
    pub async fn settle(&self, course: &str, settings: Value) {
        self.teacher.put(&format!("/v1/courses/{course}/enrollment-settings"), settings).await.expect(200);
    }

    /// Staff of the school who can be written to and are no more than a row: they never log in.
    pub async fn pupil(&self, name: &str) -> String {
        let body = json!({"email": format!("{name}@northfield.example"), "full_name": name, "role": "student"});
        make(&self.admin, "/v1/users", body).await
    }

    /// The teacher enrols somebody.
    pub async fn enrolled(&self, course: &str, user: &str) -> Value {
        let made = self.teacher.post("/v1/enrollments", json!({"course_id": course, "user_id": user})).await;
        made.expect(201).clone()
    }

    /// Everybody in a course, as the administrator sees it.
    pub async fn register(&self, course: &str) -> Vec<Value> {
        let list = self.admin.get(&format!("/v1/enrollments?course_id={course}&limit=100")).await;
        list.expect(200).as_array().expect("a list").clone()
    }

    /// How many places are taken, and how many wait: as it is kept, which must be as it is counted.
    pub async fn places(&self, course: &str) -> (usize, usize) {
        let kept = self.teacher.get(&format!("/v1/courses/{course}/places")).await;
        let kept = kept.expect(200);
        let all = self.register(course).await;
        let holds =
            |row: &&Value| row["role"] == "student" && row["status"] != "waiting" && row["status"] != "withdrawn";
        let counted = (all.iter().filter(holds).count(), all.iter().filter(|row| row["status"] == "waiting").count());
        assert_eq!((&kept["taken"], &kept["waiting"]), (&json!(counted.0), &json!(counted.1)));
        counted
    }
}
