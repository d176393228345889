//! Views of what somebody has taken and is to take.

use chrono::{DateTime, Utc};
use lyceum_kernel::{AttemptId, CourseId, TestId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::model::attempt::State;
use crate::points::Points;

/// One's own attempt. Scores are there as the review policy allows.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f6001", "test_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f5001", "test_title": "Light",
    "course_id": null, "number": 1, "state": "submitted", "started_at": "2026-11-21T08:00:00Z",
    "finished_at": "2026-11-21T08:10:00Z", "ends_at": null, "graded": true, "score": 8, "max_score": 10, "percent": 80,
    "passed": true, "updated_at": "2026-11-21T08:10:00Z"
}))]
pub struct OwnAttempt {
    /// The attempt.
    pub id: AttemptId,
    /// The test.
    pub test_id: TestId,
    /// What it is called.
    pub test_title: String,
    /// The course that it belongs to.
    pub course_id: Option<CourseId>,
    /// Which of one's own, from 1.
    pub number: i32,
    /// Where it stands.
    pub state: State,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// When it was handed in or closed.
    pub finished_at: Option<DateTime<Utc>>,
    /// While it runs: when it ends.
    pub ends_at: Option<DateTime<Utc>>,
    /// Whether everything is marked.
    pub graded: bool,
    /// The points; null where they are not to be seen.
    pub score: Option<Points>,
    /// What there is to have.
    pub max_score: Points,
    /// The points in per cent of that.
    pub percent: Option<f64>,
    /// Whether it is enough; null where there is no pass mark, or it is not to be seen.
    pub passed: Option<bool>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// Which of one's own attempts to list.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OwnAttemptFilter {
    /// Only attempts at this test.
    pub test_id: Option<TestId>,
    /// Only attempts at tests of this course.
    pub course_id: Option<CourseId>,
    /// Only attempts that stand there.
    #[param(inline)]
    pub state: Option<State>,
    /// Only those that changed at this moment or later.
    pub updated_since: Option<DateTime<Utc>>,
}

/// Whether a test can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dueness {
    /// An attempt runs.
    Running,
    /// It can be started.
    Open,
    /// It opens, or may be taken again, later.
    Upcoming,
}

/// A test that somebody is taking, or may take now or later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "test_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f5001", "title": "Light", "course_id": null, "state": "open",
    "due_at": "2026-11-28T08:00:00Z", "opens_at": null, "closes_at": "2026-11-28T08:00:00Z", "time_limit_s": 3600, "extra_s": 900,
    "attempts_made": 1, "attempts_left": 2, "next_attempt_at": null, "attempt_id": null, "access_code_needed": false
}))]
pub struct DueTest {
    /// The test.
    pub test_id: TestId,
    /// What it is called.
    pub title: String,
    /// The course that it belongs to.
    pub course_id: Option<CourseId>,
    /// Whether it can be taken.
    pub state: Dueness,
    /// When the attempt that runs ends; else when the test closes for them. Null if nothing ends it.
    pub due_at: Option<DateTime<Utc>>,
    /// They cannot start before.
    pub opens_at: Option<DateTime<Utc>>,
    /// They cannot start after.
    pub closes_at: Option<DateTime<Utc>>,
    /// How long an attempt takes at most, without extra time, in seconds.
    pub time_limit_s: Option<u32>,
    /// Extra time, in seconds.
    pub extra_s: u32,
    /// Attempts that they have made, the one that runs included.
    pub attempts_made: u64,
    /// Attempts that they may still start; null if there is no bound.
    pub attempts_left: Option<u64>,
    /// When they may start the next, where they have to wait.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// The attempt that runs.
    pub attempt_id: Option<AttemptId>,
    /// Whether a code has to be typed.
    pub access_code_needed: bool,
}
