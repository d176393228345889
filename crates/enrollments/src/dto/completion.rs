//! Requests and views of completions.

use chrono::{DateTime, Utc};
use lyceum_kernel::{BlockId, CourseId, EnrollmentId, UserId};
use lyceum_web::text::{WEB_ADDRESS_PATTERN, is_web_address, string};
use lyceum_web::{MergeField, text};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::Deleted;
use crate::model::completion::{self, CompletionId, Way};

text!(
    /// Where a learner's work is.
    WorkAddress,
    string("https://example.org/my-leaves", (10, 2_048), WEB_ADDRESS_PATTERN, "An `http` or `https` address in ASCII; all else escaped."),
    is_web_address,
    "must be an http or https address"
);

/// A block that somebody has completed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f5001", "enrollment_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f4001",
    "course_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2e05", "block_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f3007",
    "user_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "means": "manual", "url": "https://example.org/my-leaves",
    "feedback": "The oak was hardest.", "grade": 85, "teacher_feedback": "Look at the veins again.",
    "graded_by": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a02", "graded_at": "2026-11-22T07:55:00Z",
    "completed_at": "2026-11-21T07:55:00Z", "version": 2, "created_at": "2026-11-21T07:55:00Z",
    "updated_at": "2026-11-22T07:55:00Z", "deleted_at": null
}))]
pub struct Completion {
    /// The completion.
    pub id: CompletionId,
    /// By which they take part in the course.
    pub enrollment_id: EnrollmentId,
    /// The course.
    pub course_id: CourseId,
    /// The block.
    pub block_id: BlockId,
    /// Who.
    pub user_id: UserId,
    /// How it came about.
    pub means: Way,
    /// Where the learner's work is.
    pub url: Option<String>,
    /// What the learner says about it.
    pub feedback: Option<String>,
    /// The teacher's grade, in per cent.
    pub grade: Option<i16>,
    /// What the teacher says about it.
    pub teacher_feedback: Option<String>,
    /// Who graded it last.
    pub graded_by: Option<UserId>,
    /// When.
    pub graded_at: Option<DateTime<Utc>>,
    /// When the block was completed.
    pub completed_at: DateTime<Utc>,
    /// Raised by every change.
    pub version: i64,
    /// When the block was first completed.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was taken back; such completions are only seen with `?deleted=only`.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl From<completion::Model> for Completion {
    fn from(row: completion::Model) -> Self {
        let completion::Model {
            school_id: _,
            id,
            enrollment_id,
            course_id,
            block_id,
            user_id,
            means,
            url,
            feedback,
            grade,
            teacher_feedback,
            graded_by,
            graded_at,
            completed_at,
            version,
            created_at,
            updated_at,
            deleted_at,
        } = row;
        Self {
            id,
            enrollment_id,
            course_id,
            block_id,
            user_id,
            means,
            url,
            feedback,
            grade,
            teacher_feedback,
            graded_by,
            graded_at,
            completed_at,
            version,
            created_at,
            updated_at,
            deleted_at,
        }
    }
}

/// What a learner says who completes a block.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"url": "https://example.org/my-leaves", "feedback": "The oak was hardest."}))]
pub struct PutCompletion {
    /// Where the work is.
    #[serde(default)]
    pub url: Option<WorkAddress>,
    /// What there is to say about it.
    #[serde(default)]
    #[validate(length(max = 5000))]
    #[schema(max_length = 5000)]
    pub feedback: Option<String>,
}

/// The whole of what a teacher says about a completion.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"grade": 85, "teacher_feedback": "Look at the veins again."}))]
pub struct PutGrade {
    /// The grade, in per cent.
    #[serde(default)]
    #[validate(range(min = 0, max = 100))]
    #[schema(minimum = 0, maximum = 100)]
    pub grade: Option<i16>,
    /// What there is to say about it.
    #[serde(default)]
    #[validate(length(max = 5000))]
    #[schema(max_length = 5000)]
    pub teacher_feedback: Option<String>,
}

/// A merge patch (RFC 7396) of what a teacher says about a completion.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"grade": 85}))]
pub struct PatchGrade {
    /// The grade, in per cent.
    #[serde(default)]
    #[validate(range(min = 0, max = 100))]
    #[schema(value_type = Option<i16>, minimum = 0, maximum = 100)]
    pub grade: MergeField<i16>,
    /// What there is to say about it.
    #[serde(default)]
    #[validate(length(max = 5000))]
    #[schema(value_type = Option<String>, max_length = 5000)]
    pub teacher_feedback: MergeField<String>,
}

/// Which completions of a block to list.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CompletionFilter {
    /// Only those that have a grade, or only those that have none.
    pub graded: Option<bool>,
    /// `only`: those that were taken back in place of the others.
    #[param(inline)]
    pub deleted: Option<Deleted>,
    /// Only those that changed at this moment or later.
    pub updated_since: Option<DateTime<Utc>>,
}
