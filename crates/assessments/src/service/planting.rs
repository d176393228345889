//! What the demo plants: tests as their owners would make them, and attempts at them.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use lyceum_kernel::{Principal, TestId};
use lyceum_platform::PlatformError;
use lyceum_platform::uow::UnitOfWork;
use serde_json::Value;

use super::AssessmentsService;
use super::attempts::{audit, facts, new_attempt};
use super::finishing::tell_ended;
use crate::dto::attempt::Answers;
use crate::dto::test_form::PutTest;
use crate::error::AssessmentError;
use crate::model::attempt::{Model, State};
use crate::model::{ScopedTable as _, answer};
use crate::repo::attempts;

/// What somebody answers to a question.
#[derive(Debug, Clone, PartialEq)]
pub enum PlantedAnswer {
    /// What is right.
    Right,
    /// This, as `POST /v1/tests/{id}/submit` takes it.
    This(Value),
    /// Nothing.
    Nothing,
}

/// An attempt that has been made.
#[derive(Debug, Clone)]
pub struct PlantedAttempt {
    /// The test: one without draws.
    pub test: TestId,
    /// When it was handed in.
    pub at: DateTime<Utc>,
    /// How long it took.
    pub took: TimeDelta,
    /// The answers, in the order of the test's questions.
    pub answers: Vec<PlantedAnswer>,
}

impl AssessmentsService {
    /// Makes a test out of what `POST /v1/tests` takes, and publishes it.
    ///
    /// # Errors
    /// What is not a test, or the database.
    pub async fn plant_test(
        &self,
        who: &Principal,
        (first, second): (UnitOfWork, UnitOfWork),
        body: Value,
    ) -> Result<TestId, AssessmentError> {
        let form: PutTest = serde_json::from_value(body).map_err(PlatformError::from)?;
        let made = self.create_test(who, first, form).await?;
        let view: Value = serde_json::from_slice(&made.body).map_err(PlatformError::from)?;
        let id = view["id"].as_str().and_then(|id| id.parse().ok()).ok_or(AssessmentError::NotFound)?;
        self.publish_test(who, second, id).await?;
        Ok(id)
    }

    /// Takes a test as somebody did some time ago.
    ///
    /// # Errors
    /// What keeps somebody from taking it now, or the database.
    pub async fn plant_attempt(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        new: PlantedAttempt,
    ) -> Result<(), AssessmentError> {
        let PlantedAttempt { test: id, at, took, answers } = new;
        let taker = self.taker(who, id, (None, None)).await?;
        let test = &taker.blueprint.row;
        let keys: Vec<_> = taker.blueprint.fixed.iter().map(|item| (item.question_id, item.revision)).collect();
        let revisions = self.revisions(&self.platform.db.read(who.scope()), test.school_id, &keys).await?;
        let mut given = BTreeMap::new();
        for (revision, answer) in revisions.iter().zip(answers) {
            let response = match answer {
                PlantedAnswer::Right => revision.content.body.ideal(),
                PlantedAnswer::This(value) => serde_json::from_value(value).map_err(PlatformError::from)?,
                PlantedAnswer::Nothing => None,
            };
            given.insert(revision.question_id.to_string(), response);
        }
        let mut tx = uow.begin().await?;
        let past = attempts::of_person(tx.conn(), (test.school_id, id), who.user_id).await?;
        let open = Model { started_at: at - took, ..new_attempt(&tx, who.user_id, &taker, &past)? };
        let saved = self.answered(&tx, &open, &Answers(given)).await?;
        let done = Model { state: State::Submitted, finished_at: Some(at), updated_at: at, ..open };
        let (row, waiting) = self.graded(tx.conn(), test, done, &saved).await?;
        if !attempts::insert(tx.conn(), &row).await? {
            return Err(AssessmentError::AttemptOpen);
        }
        let rows = saved.into_iter().map(|saved| answer::Model {
            awaits_marking: waiting.contains(&saved.question_id),
            saved_at: at,
            ..saved
        });
        answer::Entity::add(tx.conn(), rows.collect::<Vec<_>>()).await?;
        tx.audit(audit("assessments.attempt_submitted", &row).after(facts(&row)));
        tell_ended(&mut tx, test, &row);
        Ok(tx.commit_quietly().await?)
    }
}
