//! Requests and views of marking by people.

use chrono::{DateTime, Utc};
use lyceum_kernel::{AttemptId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::model::question::QuestionId;
use crate::points::{Points, Worth};
use crate::question::Response;

/// What was given for one criterion of a rubric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CriterionMark {
    /// The criterion.
    #[validate(length(min = 1, max = 36))]
    #[schema(min_length = 1, max_length = 36)]
    pub id: String,
    /// What was given for it.
    pub points: Worth,
}

/// What somebody gives for an answer.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"points": 3.5, "comment": "Well argued."}))]
pub struct GradeAnswer {
    /// In all, at most what the question is worth. It counts instead of what was given before, or by itself.
    pub points: Worth,
    /// For whoever answered.
    #[serde(default)]
    #[validate(length(max = 5000))]
    #[schema(max_length = 5000)]
    pub comment: Option<String>,
    /// Criterion by criterion: kept, not summed up.
    #[serde(default)]
    #[validate(length(max = 30), nested)]
    #[schema(max_items = 30, required = false)]
    pub rubric: Vec<CriterionMark>,
}

/// An answer that waits for a person.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "attempt_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f6001", "user_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01",
    "question_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f4002", "text": "Why is the sky blue?", "answer": "Because of Rayleigh.",
    "max_points": 5, "finished_at": "2026-11-21T08:10:00Z", "first_marker_id": null
}))]
pub struct AwaitedAnswer {
    /// The attempt.
    pub attempt_id: AttemptId,
    /// Whose it is.
    pub user_id: UserId,
    /// The question.
    pub question_id: QuestionId,
    /// What was asked, in Markdown.
    pub text: String,
    /// What was answered.
    pub answer: Option<Response>,
    /// What there is to have.
    pub max_points: Points,
    /// When the attempt was handed in or closed.
    pub finished_at: Option<DateTime<Utc>>,
    /// Who has marked it already, where two do.
    pub first_marker_id: Option<UserId>,
}
