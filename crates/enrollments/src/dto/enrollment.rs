//! Requests and views of enrolments.

use chrono::{DateTime, Utc};
use lyceum_kernel::{CourseId, EnrollmentId, SchoolId, UserId};
use lyceum_web::MergeField;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::Deleted;
use crate::model::enrollment::{self, Means, Role, Status};
use crate::repo::enrollments::Filter;

/// Somebody in a course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f4001", "school_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03",
    "course_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2e05", "user_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01",
    "role": "student", "status": "active", "completed": false, "means": "staff", "waiting_number": null,
    "starts_at": null, "ends_at": null, "enrolled_at": "2026-11-21T08:00:00Z", "completed_at": null, "withdrawn_at": null,
    "version": 1, "created_at": "2026-11-21T08:00:00Z", "updated_at": "2026-11-21T08:00:00Z", "deleted_at": null
}))]
pub struct Enrollment {
    /// The enrolment.
    pub id: EnrollmentId,
    /// The school.
    pub school_id: SchoolId,
    /// The course.
    pub course_id: CourseId,
    /// Who.
    pub user_id: UserId,
    /// As what.
    pub role: Role,
    /// Where it stands.
    pub status: Status,
    /// Whether the course is completed.
    pub completed: bool,
    /// How they came in last.
    pub means: Means,
    /// The number in the waiting line, while they wait: the lowest is next.
    pub waiting_number: Option<i64>,
    /// From when they take part; from the beginning if null.
    pub starts_at: Option<DateTime<Utc>>,
    /// Until when they take part; without an end if null.
    pub ends_at: Option<DateTime<Utc>>,
    /// When they first took part.
    pub enrolled_at: Option<DateTime<Utc>>,
    /// When they completed the course.
    pub completed_at: Option<DateTime<Utc>>,
    /// When they were withdrawn.
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted; such enrolments are only seen with `?deleted=only`.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl From<enrollment::Model> for Enrollment {
    fn from(row: enrollment::Model) -> Self {
        let enrollment::Model {
            school_id,
            id,
            course_id,
            user_id,
            role,
            status,
            means,
            number,
            starts_at,
            ends_at,
            enrolled_at,
            completed_at,
            first_completed_at: _,
            blocks_done: _,
            last_activity_at: _,
            counted_learners: _,
            counted_done: _,
            counted_completed: _,
            withdrawn_at,
            withdrawn_by: _,
            left_as: _,
            version,
            created_at,
            updated_at,
            deleted_at,
        } = row;
        Self {
            id,
            school_id,
            course_id,
            user_id,
            role,
            status,
            completed: status == Status::Completed,
            means,
            waiting_number: number,
            starts_at,
            ends_at,
            enrolled_at,
            completed_at,
            withdrawn_at,
            version,
            created_at,
            updated_at,
            deleted_at,
        }
    }
}

/// How somebody comes in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Entrance {
    /// At once; if all places are taken and the course has a waiting list, they wait.
    #[default]
    Active,
    /// They are asked, and come in once they accept; a place is kept for them.
    Invited,
}

/// Somebody to be enrolled.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "course_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2e05", "user_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01"
}))]
pub struct CreateEnrollment {
    /// The course.
    pub course_id: CourseId,
    /// Who: somebody of the school.
    pub user_id: UserId,
    /// As what; `student` if left out.
    #[serde(default)]
    #[schema(required = false)]
    pub role: Role,
    /// How; `active` if left out.
    #[serde(default)]
    #[schema(required = false)]
    pub status: Entrance,
    /// From when they take part.
    #[serde(default)]
    pub starts_at: Option<DateTime<Utc>>,
    /// Until when they take part.
    #[serde(default)]
    pub ends_at: Option<DateTime<Utc>>,
}

/// The whole of what can be changed about an enrolment.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"role": "student", "status": "active", "ends_at": "2027-07-31T16:00:00Z"}))]
pub struct PutEnrollment {
    /// As what.
    pub role: Role,
    /// Where it stands.
    pub status: Status,
    /// From when they take part.
    #[serde(default)]
    pub starts_at: Option<DateTime<Utc>>,
    /// Until when they take part.
    #[serde(default)]
    pub ends_at: Option<DateTime<Utc>>,
}

/// A merge patch (RFC 7396) of an enrolment.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"status": "withdrawn"}))]
pub struct PatchEnrollment {
    /// As what.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = Role, required = false)]
    pub role: Option<Role>,
    /// Where it stands.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = Status, required = false)]
    pub status: Option<Status>,
    /// From when they take part.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub starts_at: MergeField<DateTime<Utc>>,
    /// Until when they take part.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub ends_at: MergeField<DateTime<Utc>>,
}

/// Which enrolments to list.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EnrollmentFilter {
    /// Only those in this course.
    pub course_id: Option<CourseId>,
    /// Only those of this person.
    pub user_id: Option<UserId>,
    /// Only those in this role.
    #[param(inline)]
    pub role: Option<Role>,
    /// Only those in this status.
    #[param(inline)]
    pub status: Option<Status>,
    /// `only`: the deleted ones in place of the others; for those who may restore them.
    #[param(inline)]
    pub deleted: Option<Deleted>,
    /// Only those that changed at this moment or later.
    pub updated_since: Option<DateTime<Utc>>,
}

impl EnrollmentFilter {
    /// The filter as the repository knows it.
    pub(crate) const fn into_query(self) -> Filter {
        let Self { course_id, user_id, role, status, deleted, updated_since } = self;
        Filter { course: course_id, user: user_id, role, status, deleted: deleted.is_some(), updated_since }
    }
}
