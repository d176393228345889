//! Saving answers: one statement to hold the attempt, one to write, whatever the number of answers. What is answered 200 is on disk.

use lyceum_kernel::{AttemptId, Fault, Principal};
use lyceum_platform::uow::{Answer, Committed, UnitOfWork};

use super::AssessmentsService;
use crate::dto::attempt::{BatchAnswer, PutAnswer, SavedAnswers};
use crate::error::AssessmentError;
use crate::model::answer::{Answered, Model};
use crate::model::attempt::{self, State};
use crate::model::question::QuestionId;
use crate::repo::attempts;

impl AssessmentsService {
    /// Saves answers of the caller's own attempt: all of them, or none.
    pub(crate) async fn save_answers(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        (id, sent): (AttemptId, Vec<BatchAnswer>),
    ) -> Result<Committed<SavedAnswers>, AssessmentError> {
        let school = who.school_id.ok_or(AssessmentError::NotFound)?;
        let tx = uow.begin().await?;
        let attempt = attempts::hold(tx.conn(), school, id).await?;
        let attempt = attempt.filter(|row| row.user_id == who.user_id).ok_or(AssessmentError::NotFound)?;
        if attempt.state != State::Open {
            return Err(AssessmentError::AttemptClosed);
        }
        if attempt.ends_at.is_some_and(|ends| tx.now() > ends) {
            return Err(AssessmentError::AttemptOver);
        }
        self.check_answers(tx.conn(), &attempt, &sent).await?;
        let count = u64::try_from(sent.len()).unwrap_or(u64::MAX);
        let saved = attempts::save(tx.conn(), latest(&attempt, sent, tx.now())).await?;
        let deadline = &attempt.deadline.0;
        let receipt = SavedAnswers {
            saved,
            superseded: count.saturating_sub(saved),
            server_time: tx.now(),
            deadline: deadline.at,
            accepted_until: deadline.accepted_until,
        };
        Ok(tx.commit(Answer::ok(receipt)).await?)
    }

    /// Saves one answer. A question that the attempt does not have is not there.
    pub(crate) async fn save_answer(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        (id, question_id, form): (AttemptId, QuestionId, PutAnswer),
    ) -> Result<Committed<SavedAnswers>, AssessmentError> {
        let PutAnswer { seq, answer, client_time } = form;
        let sent = vec![BatchAnswer { question_id, seq, answer, client_time }];
        self.save_answers(who, uow, (id, sent)).await.map_err(|error| match error {
            AssessmentError::AnswerMisfit(faults)
                if faults.iter().any(|fault| fault.pointer.ends_with("question_id")) =>
            {
                AssessmentError::NotFound
            }
            AssessmentError::AnswerMisfit(faults) => {
                let own = |fault: Fault| Fault { pointer: "/answer".to_owned(), ..fault };
                AssessmentError::AnswerMisfit(faults.into_iter().map(own).collect())
            }
            error => error,
        })
    }

    /// All of them are answers to questions of the attempt.
    async fn check_answers(
        &self,
        db: &impl sea_orm::ConnectionTrait,
        attempt: &attempt::Model,
        sent: &[BatchAnswer],
    ) -> Result<(), AssessmentError> {
        let asked = |answer: &BatchAnswer| {
            let item = attempt.paper.0.iter().find(|item| item.question_id == answer.question_id)?;
            Some((item.question_id, item.revision))
        };
        let mut faults = Vec::new();
        let mut keys = Vec::with_capacity(sent.len());
        for (place, answer) in sent.iter().enumerate() {
            match asked(answer) {
                Some(key) => keys.push(key),
                None => faults.push(misfit(place, "question_id", "is not a question of this attempt")),
            }
        }
        if faults.is_empty() {
            let revisions = self.revisions(db, attempt.school_id, &keys).await?;
            for (place, (answer, revision)) in sent.iter().zip(revisions).enumerate() {
                let verdict = answer.answer.as_ref().map(|answer| revision.content.body.judge(answer));
                if let Some(Err(what)) =
                    verdict.filter(|_| answer.answer.as_ref().is_some_and(|answer| !answer.is_blank()))
                {
                    faults.push(misfit(place, "answer", what.0));
                }
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(AssessmentError::AnswerMisfit(faults)) }
    }
}

fn misfit(place: usize, member: &str, what: &'static str) -> Fault {
    Fault::new(format!("/answers/{place}/{member}"), "misfit", what)
}

/// Of each question the answer with the highest count: a statement writes a row only once.
fn latest(attempt: &attempt::Model, mut sent: Vec<BatchAnswer>, now: chrono::DateTime<chrono::Utc>) -> Vec<Model> {
    sent.sort_by_key(|answer| (answer.question_id, std::cmp::Reverse(answer.seq)));
    sent.dedup_by_key(|answer| answer.question_id);
    let row = |answer: BatchAnswer| Model {
        school_id: attempt.school_id,
        attempt_id: attempt.id,
        question_id: answer.question_id,
        seq: answer.seq,
        response: answer.answer.map(Answered),
        saved_at: now,
        client_time: answer.client_time.map(lyceum_kernel::clock::to_micros),
        awaits_marking: false,
        points: None,
        comment: None,
        rubric: None,
        marker_id: None,
        second_points: None,
        second_marker_id: None,
    };
    sent.into_iter().map(row).collect()
}
