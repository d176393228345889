//! What assessments tells the others.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::event;
use crate::{AttemptId, CourseId, SchoolId, TestId, UserId};

/// An attempt is over and marked to the last question; or marked anew. What it says takes the place of what was said of the same
/// attempt before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptGraded {
    /// The school.
    pub school_id: SchoolId,
    /// The test.
    pub test_id: TestId,
    /// The course that the test belongs to.
    pub course_id: Option<CourseId>,
    /// The attempt.
    pub attempt_id: AttemptId,
    /// Whose it is.
    pub user_id: UserId,
    /// Points; a decimal with six places.
    pub score: f64,
    /// What there was to have.
    pub max_score: f64,
    /// The score in per cent of that; 0 where there was nothing to have.
    pub percent: f64,
    /// Whether the pass mark was reached; none where the test has none.
    pub passed: Option<bool>,
    /// When it was handed in or closed.
    pub finished_at: DateTime<Utc>,
}
event!(AttemptGraded, "assessments.attempt_graded.v1");

/// An attempt is over, and some of its answers wait for a person to mark them: once they are marked, [`AttemptGraded`] says so. An
/// attempt that waits for nobody is graded at once, and says only that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptAwaitsMarking {
    /// The school.
    pub school_id: SchoolId,
    /// The test.
    pub test_id: TestId,
    /// The course that the test belongs to.
    pub course_id: Option<CourseId>,
    /// The attempt.
    pub attempt_id: AttemptId,
    /// Whose it is.
    pub user_id: UserId,
    /// When it was handed in or closed.
    pub finished_at: DateTime<Utc>,
}
event!(AttemptAwaitsMarking, "assessments.attempt_awaits_marking.v1");
