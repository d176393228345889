//! What enrolments tell the others.

use serde::{Deserialize, Serialize};

use super::event;
use crate::{BlockId, CourseId, EnrollmentId, SchoolId, UserId};

/// Somebody takes part in a course from now on, or in another role than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonEnrolled {
    /// The school.
    pub school_id: SchoolId,
    /// The enrolment.
    pub enrollment_id: EnrollmentId,
    /// The course.
    pub course_id: CourseId,
    /// The account.
    pub user_id: UserId,
    /// `student` or `teacher`.
    pub role: String,
}
event!(PersonEnrolled, "enrollments.person_enrolled.v1");

/// Somebody does not take part in a course any more. They may again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonWithdrawn {
    /// The school.
    pub school_id: SchoolId,
    /// The enrolment.
    pub enrollment_id: EnrollmentId,
    /// The course.
    pub course_id: CourseId,
    /// The account.
    pub user_id: UserId,
    /// `student` or `teacher`: what they were.
    pub role: String,
}
event!(PersonWithdrawn, "enrollments.person_withdrawn.v1");

/// Somebody completed a course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourseCompleted {
    /// The school.
    pub school_id: SchoolId,
    /// The enrolment.
    pub enrollment_id: EnrollmentId,
    /// The course.
    pub course_id: CourseId,
    /// The account.
    pub user_id: UserId,
}
event!(CourseCompleted, "enrollments.course_completed.v1");

/// Somebody takes part in a course as a teacher from now on, or does so no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeachingChanged {
    /// The school.
    pub school_id: SchoolId,
    /// The course.
    pub course_id: CourseId,
    /// The account.
    pub user_id: UserId,
}
event!(TeachingChanged, "enrollments.teaching_changed.v1");

/// There is room in a course, and somebody waits for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceFreed {
    /// The school.
    pub school_id: SchoolId,
    /// The course.
    pub course_id: CourseId,
}
event!(PlaceFreed, "enrollments.place_freed.v1");

/// Somebody completed a block, for the first time or again after they took it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockCompleted {
    /// The school.
    pub school_id: SchoolId,
    /// The enrolment.
    pub enrollment_id: EnrollmentId,
    /// The course.
    pub course_id: CourseId,
    /// The block.
    pub block_id: BlockId,
    /// The account.
    pub user_id: UserId,
}
event!(BlockCompleted, "enrollments.block_completed.v1");
