//! Views of progress.

use chrono::{DateTime, Utc};
use lyceum_kernel::{BlockId, CourseId, EnrollmentId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::progress::percent;

/// How far somebody is in a course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "enrollment_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f4001", "user_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01",
    "done": 3, "blocks": 8, "percent": 37, "next_block_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f3007",
    "last_activity_at": "2026-11-21T07:55:00Z", "completed": false, "completed_at": null
}))]
pub struct LearnerProgress {
    /// By which they take part.
    pub enrollment_id: EnrollmentId,
    /// Who.
    pub user_id: UserId,
    /// How many blocks of the course they have completed.
    pub done: i64,
    /// How many there are.
    pub blocks: i64,
    /// The same in whole per cent: 100 is all of them.
    pub percent: u8,
    /// The first block in order that they have not completed.
    pub next_block_id: Option<BlockId>,
    /// When they last completed something, or took it back.
    pub last_activity_at: Option<DateTime<Utc>>,
    /// Whether the course is completed. It stays so when blocks are added later.
    pub completed: bool,
    /// Since when.
    pub completed_at: Option<DateTime<Utc>>,
}

/// How far a person is in one of their courses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "enrollment_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f4001", "course_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2e05",
    "title": "Light and life", "level": "Year 9", "done": 3, "blocks": 8, "percent": 37,
    "next_block_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f3007", "last_activity_at": "2026-11-21T07:55:00Z",
    "completed": false, "completed_at": null
}))]
pub struct CourseProgress {
    /// By which they take part.
    pub enrollment_id: EnrollmentId,
    /// The course.
    pub course_id: CourseId,
    /// What it is called.
    pub title: String,
    /// Year, grade or level.
    pub level: Option<String>,
    /// How many blocks of the course they have completed.
    pub done: i64,
    /// How many there are.
    pub blocks: i64,
    /// The same in whole per cent: 100 is all of them.
    pub percent: u8,
    /// The first block in order that they have not completed.
    pub next_block_id: Option<BlockId>,
    /// When they last completed something, or took it back.
    pub last_activity_at: Option<DateTime<Utc>>,
    /// Whether the course is completed. It stays so when blocks are added later.
    pub completed: bool,
    /// Since when.
    pub completed_at: Option<DateTime<Utc>>,
}

/// How far learners are, all together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"enrollments": 28, "completed": 4, "done": 91, "possible": 224, "percent": 40}))]
pub struct ProgressStats {
    /// How many learn: a person once for each course.
    pub enrollments: i64,
    /// How many of them have completed the course.
    pub completed: i64,
    /// How many blocks they have completed.
    pub done: i64,
    /// How many there are to complete for all of them.
    pub possible: i64,
    /// The same in whole per cent: 100 is all of them.
    pub percent: u8,
}

impl ProgressStats {
    /// With its per cent.
    pub fn of(enrollments: i64, completed: i64, done: i64, possible: i64) -> Self {
        Self { enrollments, completed, done, possible, percent: percent(done, possible) }
    }
}

/// How far a person is, all courses together and level by level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "all": {"enrollments": 2, "completed": 1, "done": 9, "possible": 12, "percent": 75},
    "levels": [{"level": "Year 9", "stats": {"enrollments": 2, "completed": 1, "done": 9, "possible": 12, "percent": 75}}]
}))]
pub struct PersonStats {
    /// All courses together.
    pub all: ProgressStats,
    /// The same for the courses of each level, by its name.
    pub levels: Vec<LevelStats>,
}

/// How far a person is in the courses of one level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LevelStats {
    /// The level; null for courses without one.
    pub level: Option<String>,
    /// How far.
    pub stats: ProgressStats,
}

/// Whose progress to list.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProgressFilter {
    /// Only where the course is completed, or only where it is not.
    pub completed: Option<bool>,
}
