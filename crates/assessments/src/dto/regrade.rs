//! Requests and views of regrades.

use chrono::{DateTime, Utc};
use lyceum_kernel::{AttemptId, TestId, UserId};
use lyceum_web::reply::csv::Cell;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::model::adjustment::{Action, Adjustment};
use crate::model::question::QuestionId;
use crate::model::regrade::{Model, RegradeId, State};
use crate::model::regrade_change;
use crate::points::Points;

/// What is to be done about a question.
#[derive(Debug, Clone, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegradeQuestion {
    /// The question.
    pub question_id: QuestionId,
    /// What is to be done; `corrected_key` if left out.
    #[serde(default)]
    #[schema(required = false)]
    pub action: Action,
}

/// How a test is to be marked anew.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "dry_run": true, "questions": [{"question_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f4002", "action": "either_key"}]
}))]
pub struct StartRegrade {
    /// What is to be done about which questions. If there are none: all questions of the test are marked by the keys that they have now.
    #[serde(default)]
    #[validate(length(max = 500), nested)]
    #[schema(max_items = 500, required = false)]
    pub questions: Vec<RegradeQuestion>,
    /// Whether only to tell what would change.
    #[serde(default)]
    #[schema(required = false)]
    pub dry_run: bool,
    /// Why, for the record.
    #[serde(default)]
    #[validate(length(max = 1000))]
    #[schema(max_length = 1000)]
    pub note: Option<String>,
}

/// What is done about a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RegradedQuestion {
    /// The question.
    pub question_id: QuestionId,
    /// What is done.
    pub action: Action,
    /// The revision whose key counts, where one is corrected.
    pub revision: Option<i32>,
}

/// What came of a regrade, or would come of a dry run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct RegradeResult {
    /// Attempts whose marks change.
    pub changed: i64,
    /// Of them, those with a higher score.
    pub raised: i64,
    /// Of them, those with a lower score.
    pub lowered: i64,
    /// Attempts that were looked at and stay as they are.
    pub unchanged: i64,
}

/// A test being marked anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f7001", "test_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f5001",
    "requester_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a02", "state": "done", "dry_run": true, "note": null, "questions": [
        {"question_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f4002", "action": "either_key", "revision": 2}
    ], "done": 28, "total": 28, "errors": [], "result": {"changed": 9, "raised": 9, "lowered": 0, "unchanged": 19},
    "version": 4, "created_at": "2026-11-21T08:00:00Z", "updated_at": "2026-11-21T08:00:02Z",
    "started_at": "2026-11-21T08:00:01Z", "finished_at": "2026-11-21T08:00:02Z"
}))]
pub struct Regrade {
    /// The regrade.
    pub id: RegradeId,
    /// The test.
    pub test_id: TestId,
    /// Who asked for it.
    pub requester_id: UserId,
    /// Where it stands.
    pub state: State,
    /// Nothing is changed: it says what would be.
    pub dry_run: bool,
    /// Why.
    pub note: Option<String>,
    /// What is done about which questions.
    pub questions: Vec<RegradedQuestion>,
    /// Attempts worked through; while former marks are put back, those that were looked at again.
    pub done: i64,
    /// Attempts in all; null until they are counted.
    pub total: Option<i64>,
    /// What stands in the way: nothing ever does; what fails is tried again.
    pub errors: Vec<String>,
    /// What came of it so far.
    pub result: RegradeResult,
    /// Raised by every change.
    pub version: i64,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When work on it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

impl From<Model> for Regrade {
    fn from(row: Model) -> Self {
        let Model {
            school_id: _,
            id,
            test_id,
            requester_id,
            state,
            dry_run,
            note,
            actions,
            adjustments: _,
            adjustments_before: _,
            attempt: _,
            position: _,
            done,
            total,
            changed,
            raised,
            lowered,
            version,
            created_at,
            updated_at,
            since: _,
            started_at,
            finished_at,
        } = row;
        let question = |one: Adjustment| {
            let Adjustment { question_id, action, revision } = one;
            RegradedQuestion { question_id, action, revision }
        };
        let looked_at = if state == State::Reverting { total.unwrap_or(done) } else { done };
        Self {
            id,
            test_id,
            requester_id,
            state,
            dry_run,
            note,
            questions: actions.0.into_iter().map(question).collect(),
            done,
            total,
            errors: Vec::new(),
            result: RegradeResult { changed, raised, lowered, unchanged: (looked_at - changed).max(0) },
            version,
            created_at,
            updated_at,
            started_at,
            finished_at,
        }
    }
}

/// An attempt that a regrade changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "attempt_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f6001", "user_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "number": 1,
    "score_before": 7, "score_after": 8, "difference": 1, "max_score_before": 10, "max_score_after": 10,
    "passed_before": false, "passed_after": true, "graded_before": true, "graded_after": true
}))]
pub struct RegradeChange {
    /// The attempt.
    pub attempt_id: AttemptId,
    /// Whose it is.
    pub user_id: UserId,
    /// Which of theirs.
    pub number: i32,
    /// Its points before.
    pub score_before: Option<Points>,
    /// Its points after.
    pub score_after: Option<Points>,
    /// By how much it changes.
    pub difference: Points,
    /// What there was to have before.
    pub max_score_before: Points,
    /// What there is to have after.
    pub max_score_after: Points,
    /// Whether it was enough before.
    pub passed_before: Option<bool>,
    /// Whether it is enough after.
    pub passed_after: Option<bool>,
    /// Whether everything was marked before.
    pub graded_before: bool,
    /// Whether everything is marked after.
    pub graded_after: bool,
}

impl From<regrade_change::Model> for RegradeChange {
    fn from(row: regrade_change::Model) -> Self {
        let regrade_change::Model {
            school_id: _,
            regrade_id: _,
            attempt_id,
            user_id,
            number,
            score_before,
            score_after,
            max_score_before,
            max_score_after,
            passed_before,
            passed_after,
            graded_before,
            graded_after,
            marks_before: _,
            version_after: _,
        } = row;
        let difference = score_after.unwrap_or_default() - score_before.unwrap_or_default();
        Self {
            attempt_id,
            user_id,
            number,
            score_before,
            score_after,
            difference,
            max_score_before,
            max_score_after,
            passed_before,
            passed_after,
            graded_before,
            graded_after,
        }
    }
}

impl RegradeChange {
    /// The columns of a table of changes.
    pub const COLUMNS: [&str; 10] = [
        "attempt_id",
        "user_id",
        "number",
        "score_before",
        "score_after",
        "difference",
        "max_score_before",
        "max_score_after",
        "passed_before",
        "passed_after",
    ];

    /// As a row of a table.
    pub fn write(&self, table: &mut String) {
        let (attempt, user) = (self.attempt_id.to_string(), self.user_id.to_string());
        let passed =
            |passed: Option<bool>| Cell::Text(passed.map_or("", |passed| if passed { "true" } else { "false" }));
        let points = |points: Option<Points>| Cell::from(points.map(Points::as_f64));
        lyceum_web::reply::csv::write_figures(
            table,
            [
                Cell::Text(&attempt),
                Cell::Text(&user),
                Cell::Count(u64::try_from(self.number).unwrap_or_default()),
                points(self.score_before),
                points(self.score_after),
                points(Some(self.difference)),
                points(Some(self.max_score_before)),
                points(Some(self.max_score_after)),
                passed(self.passed_before),
                passed(self.passed_after),
            ],
        );
    }
}
