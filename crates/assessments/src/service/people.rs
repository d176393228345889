//! What assessments keep of a person: told to them, and forgotten with them.

use lyceum_kernel::{Scope, UserId};
use lyceum_platform::uow::Tx;
use serde_json::{Value, json};

use super::AssessmentsService;
use crate::error::AssessmentError;
use crate::repo::people;

impl AssessmentsService {
    /// Everything that assessments keep about a person, for the export of personal data.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn personal_data(&self, person: UserId) -> Result<Value, AssessmentError> {
        let db = self.platform.db.read(Scope::Platform);
        let attempts = people::attempts(&db, person).await?;
        let answers = people::answers(&db, person).await?;
        let of = |attempt: &crate::model::attempt::Model| {
            let answers = answers.iter().filter(|answer| answer.attempt_id == attempt.id);
            let answers = answers.map(|answer| {
                json!({
                    "question_id": answer.question_id, "answer": answer.response, "saved_at": answer.saved_at,
                    "points": answer.points, "comment": answer.comment,
                })
            });
            json!({
                "id": attempt.id, "school_id": attempt.school_id, "test_id": attempt.test_id, "number": attempt.number,
                "state": attempt.state, "started_at": attempt.started_at, "finished_at": attempt.finished_at,
                "score": attempt.score, "max_score": attempt.max_score, "answers": answers.collect::<Vec<_>>(),
            })
        };
        Ok(json!({ "attempts": attempts.iter().map(of).collect::<Vec<_>>() }))
    }

    /// Takes what a person wrote in their own words, what was said to them, and what their clients reported. Scores stay: they are
    /// the school's, and the ids in them say nothing once the account is anonymous.
    pub(crate) async fn forget_person(&self, tx: &Tx, person: UserId) -> Result<(), AssessmentError> {
        people::forget_words(tx.conn(), person).await?;
        Ok(people::forget_events(tx.conn(), person).await?)
    }
}
