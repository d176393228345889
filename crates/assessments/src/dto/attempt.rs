//! Requests and views of attempts.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use lyceum_kernel::{AttemptId, TestId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{IntoParams, PartialSchema, ToSchema};
use validator::Validate;

use super::test::PublicQuestionMembers;
use crate::deadline::Deadline;
use crate::model::attempt::{self, State};
use crate::model::attempt_event::{self, AttemptEventId};
use crate::model::question::QuestionId;
use crate::model::settings::AccessCode;
use crate::points::Points;
use crate::question::{PublicBody, Remark, Response};

/// What it takes to start.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub struct StartAttempt {
    /// The code, where the test needs one.
    #[serde(default)]
    pub access_code: Option<AccessCode>,
}

/// What every question of an attempt has.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AttemptQuestionMembers {
    /// The question: answers name it.
    pub question_id: QuestionId,
    /// The section, from 0.
    pub section: u8,
    /// What it is worth.
    pub points: Points,
    /// What is asked, in Markdown.
    pub text: String,
    /// The count that the saved answer came with.
    pub seq: Option<i64>,
    /// What was saved.
    pub answer: Option<Response>,
}

/// A question of an attempt: without its key, with what was saved.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AttemptQuestion {
    /// What every question has.
    #[serde(flatten)]
    pub members: AttemptQuestionMembers,
    /// What is shown of its type.
    #[serde(flatten)]
    pub body: PublicBody,
}

impl PartialSchema for AttemptQuestion {
    fn schema() -> RefOr<Schema> {
        PublicBody::schema_with(&AttemptQuestionMembers::schema())
    }
}

impl ToSchema for AttemptQuestion {
    fn name() -> std::borrow::Cow<'static, str> {
        "AttemptQuestion".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        AttemptQuestionMembers::schemas(schemas);
        PublicBody::schemas(schemas);
    }
}

/// An attempt while it runs, and afterwards without its questions: those are for the review.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Attempt {
    /// The attempt.
    pub id: AttemptId,
    /// The test.
    pub test_id: TestId,
    /// Whose it is.
    pub user_id: UserId,
    /// Which of theirs, from 1.
    pub number: i32,
    /// Where it stands.
    pub state: State,
    /// Staff of the test trying it out: counts for nothing.
    pub trial: bool,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// When it was handed in or closed.
    pub finished_at: Option<DateTime<Utc>>,
    /// When it ends, and why then.
    pub deadline: Deadline,
    /// What the server's clock says: deadlines go by it.
    pub server_time: DateTime<Utc>,
    /// What there is to have.
    pub max_score: Points,
    /// The questions in their order; none once it is over.
    pub questions: Vec<AttemptQuestion>,
    /// Raised by every change but answers.
    pub version: i64,
}

impl Attempt {
    /// The row with its questions.
    pub fn of(row: &attempt::Model, questions: Vec<AttemptQuestion>, now: DateTime<Utc>) -> Self {
        Self {
            id: row.id,
            test_id: row.test_id,
            user_id: row.user_id,
            number: row.number,
            state: row.state,
            trial: row.trial,
            started_at: row.started_at,
            finished_at: row.finished_at,
            deadline: row.deadline.0,
            server_time: now,
            max_score: row.max_score,
            questions,
            version: row.version,
        }
    }
}

/// A question's public face, and what it is in an attempt.
impl From<PublicQuestionMembers> for AttemptQuestionMembers {
    fn from(members: PublicQuestionMembers) -> Self {
        let PublicQuestionMembers { question_id, section, points, text } = members;
        Self { question_id, section, points, text, seq: None, answer: None }
    }
}

/// An answer to be saved.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"seq": 3, "answer": "b"}))]
pub struct PutAnswer {
    /// The client's own count, higher with each change: what is older than what is saved changes nothing.
    #[validate(range(min = 0, max = 9_007_199_254_740_991_i64))]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub seq: i64,
    /// What is answered; null takes it back.
    #[serde(default)]
    pub answer: Option<Response>,
    /// What the client's clock says: kept, not believed. What counts is when the answer reaches the server.
    #[serde(default)]
    pub client_time: Option<DateTime<Utc>>,
}

/// One of several answers to be saved.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchAnswer {
    /// The question.
    pub question_id: QuestionId,
    /// The client's own count, higher with each change.
    #[validate(range(min = 0, max = 9_007_199_254_740_991_i64))]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub seq: i64,
    /// What is answered; null takes it back.
    #[serde(default)]
    pub answer: Option<Response>,
    /// What the client's clock says.
    #[serde(default)]
    pub client_time: Option<DateTime<Utc>>,
}

/// Answers to be saved at once: all of them, or none.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"answers": [
    {"question_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f4002", "seq": 3, "answer": "b"}
]}))]
pub struct PutAnswers {
    /// Of one question, the one with the highest count.
    #[validate(length(min = 1, max = 500), nested)]
    #[schema(min_items = 1, max_items = 500)]
    pub answers: Vec<BatchAnswer>,
}

/// What was saved is on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "saved": 1, "superseded": 0, "server_time": "2026-11-21T08:10:00Z", "deadline": "2026-11-21T09:00:00Z",
    "accepted_until": "2026-11-21T09:00:00Z"
}))]
pub struct SavedAnswers {
    /// How many answers are newer than what there was.
    pub saved: u64,
    /// How many are not, and changed nothing.
    pub superseded: u64,
    /// What the server's clock says.
    pub server_time: DateTime<Utc>,
    /// When the attempt ends.
    pub deadline: Option<DateTime<Utc>>,
    /// Until when answers are taken.
    pub accepted_until: Option<DateTime<Utc>>,
}

/// Answers to all questions of a test, in one step.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"answers": {"019aa5d2-6f00-7c3e-8000-5d1f1f6f4002": "b"}}))]
pub struct SubmitTest {
    /// By the id of the question. What is left out is not answered.
    pub answers: Answers,
}

/// Answers by the ids of questions.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(try_from = "BTreeMap<String, Option<Response>>")]
pub struct Answers(pub BTreeMap<String, Option<Response>>);

impl TryFrom<BTreeMap<String, Option<Response>>> for Answers {
    type Error = &'static str;

    fn try_from(answers: BTreeMap<String, Option<Response>>) -> Result<Self, Self::Error> {
        if answers.len() <= 500 { Ok(Self(answers)) } else { Err("must be at most 500 answers") }
    }
}

impl PartialSchema for Answers {
    fn schema() -> RefOr<Schema> {
        use utoipa::openapi::Ref;
        use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Type};
        let nothing = ObjectBuilder::new().schema_type(Type::Null);
        let answer = OneOfBuilder::new().item(nothing).item(Ref::from_schema_name("Answer")).build();
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(Schema::OneOf(answer)))))
            .max_properties(Some(500))
            .description(Some("Answers by the ids of questions."))
            .build()
            .into()
    }
}

impl ToSchema for Answers {
    fn name() -> std::borrow::Cow<'static, str> {
        "AnswersByQuestion".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push(("Answer".to_owned(), Response::schema()));
    }
}

/// What is told of one question: as much as the review policy allows.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ReviewedQuestion {
    /// What was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selected_option: Option<Response>,
    /// What it was worth; not there while it waits for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<Points>,
    /// What there was to have.
    pub max_points: Points,
    /// Whether it was right, all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correct: Option<bool>,
    /// What is right: an answer that is worth all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correct_answer: Option<Response>,
    /// What those are told who answered so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub remarks: Vec<Remark>,
    /// What everybody is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedback: Option<String>,
    /// What the person says who marked it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// An attempt that is over, as much of it as the review policy allows.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AttemptResult {
    /// The attempt.
    pub id: AttemptId,
    /// The test.
    pub test_id: TestId,
    /// Whose it is.
    pub user_id: UserId,
    /// Which of theirs, from 1.
    pub number: i32,
    /// How it ended.
    pub state: State,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// When it was handed in or closed.
    pub finished_at: Option<DateTime<Utc>>,
    /// Whether everything is marked.
    pub graded: bool,
    /// The points, of what is marked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<Points>,
    /// What there was to have.
    pub max_score: Points,
    /// Whether it is enough, where the test has a pass mark and everything is marked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed: Option<bool>,
    /// Question by question, by their ids.
    #[schema(value_type = BTreeMap<String, ReviewedQuestion>)]
    pub details: BTreeMap<QuestionId, ReviewedQuestion>,
    /// The questions in their order, as they were asked: without keys.
    pub questions: Vec<AttemptQuestion>,
    /// Raised by every change.
    pub version: i64,
}

/// An attempt in a list. Scores are there as the review policy allows.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f6001", "test_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f5001",
    "user_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "number": 1, "state": "submitted", "trial": false,
    "started_at": "2026-11-21T08:00:00Z", "finished_at": "2026-11-21T08:10:00Z", "graded": true, "score": 7.5,
    "max_score": 10, "passed": true, "version": 2, "updated_at": "2026-11-21T08:10:00Z"
}))]
pub struct AttemptSummary {
    /// The attempt.
    pub id: AttemptId,
    /// The test.
    pub test_id: TestId,
    /// Whose it is.
    pub user_id: UserId,
    /// Which of theirs, from 1.
    pub number: i32,
    /// Where it stands.
    pub state: State,
    /// Staff of the test trying it out: counts for nothing.
    pub trial: bool,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// When it was handed in or closed.
    pub finished_at: Option<DateTime<Utc>>,
    /// Whether everything is marked.
    pub graded: bool,
    /// The points; null where they are not to be seen.
    pub score: Option<Points>,
    /// What there is to have.
    pub max_score: Points,
    /// Whether it is enough; null where there is no pass mark, or it is not to be seen.
    pub passed: Option<bool>,
    /// Raised by every change but answers.
    pub version: i64,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl AttemptSummary {
    /// The row, with its score or without.
    pub fn of(row: &attempt::Model, scored: bool) -> Self {
        Self {
            id: row.id,
            test_id: row.test_id,
            user_id: row.user_id,
            number: row.number,
            state: row.state,
            trial: row.trial,
            started_at: row.started_at,
            finished_at: row.finished_at,
            graded: row.graded,
            score: row.score.filter(|_| scored),
            max_score: row.max_score,
            passed: row.passed.filter(|_| scored),
            version: row.version,
            updated_at: row.updated_at,
        }
    }
}

/// Which attempts to list.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AttemptFilter {
    /// Only attempts of this person.
    pub user_id: Option<UserId>,
    /// Only attempts that stand there.
    #[param(inline)]
    pub state: Option<State>,
    /// Only those that changed at this moment or later.
    pub updated_since: Option<DateTime<Utc>>,
}

/// What a client can tell of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportedKind {
    /// Another window came to the front.
    FocusLost,
    /// The test came to the front again.
    FocusRegained,
    /// The test does not fill the screen any more.
    FullscreenLeft,
    /// Something was copied.
    Copied,
    /// Something was pasted.
    Pasted,
    /// The client went offline.
    Disconnected,
    /// The client is online again.
    Reconnected,
}

impl From<ReportedKind> for attempt_event::Kind {
    fn from(kind: ReportedKind) -> Self {
        match kind {
            ReportedKind::FocusLost => Self::FocusLost,
            ReportedKind::FocusRegained => Self::FocusRegained,
            ReportedKind::FullscreenLeft => Self::FullscreenLeft,
            ReportedKind::Copied => Self::Copied,
            ReportedKind::Pasted => Self::Pasted,
            ReportedKind::Disconnected => Self::Disconnected,
            ReportedKind::Reconnected => Self::Reconnected,
        }
    }
}

/// Something that happened at a client.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "focus_lost"}))]
pub struct ReportEvent {
    /// What happened.
    pub kind: ReportedKind,
    /// When, by the client's clock.
    #[serde(default)]
    pub client_time: Option<DateTime<Utc>>,
}

/// Something that happened at the client of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f6002", "attempt_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f6001",
    "kind": "focus_lost", "client_time": null, "created_at": "2026-11-21T08:05:00Z"
}))]
pub struct AttemptEvent {
    /// The event.
    pub id: AttemptEventId,
    /// The attempt.
    pub attempt_id: AttemptId,
    /// What happened.
    pub kind: attempt_event::Kind,
    /// When, by the client's clock.
    pub client_time: Option<DateTime<Utc>>,
    /// When it was reported.
    pub created_at: DateTime<Utc>,
}

impl From<attempt_event::Model> for AttemptEvent {
    fn from(row: attempt_event::Model) -> Self {
        let attempt_event::Model { school_id: _, id, attempt_id, kind, client_time, created_at } = row;
        Self { id, attempt_id, kind, client_time, created_at }
    }
}
