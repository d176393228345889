//! What courses tells the others.

use serde::{Deserialize, Serialize};

use super::event;
use crate::{BlockId, CourseId, SchoolId, SectionId, UserId};

/// A course was made; it is a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourseCreated {
    /// The school.
    pub school_id: SchoolId,
    /// The course.
    pub course_id: CourseId,
    /// Who owns it.
    pub owner_id: UserId,
}
event!(CourseCreated, "courses.course_created.v1");

/// A course is open to those who may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoursePublished {
    /// The school.
    pub school_id: SchoolId,
    /// The course.
    pub course_id: CourseId,
    /// What it is called.
    pub title: String,
}
event!(CoursePublished, "courses.course_published.v1");

/// A course is over: only who took part still reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourseArchived {
    /// The school.
    pub school_id: SchoolId,
    /// The course.
    pub course_id: CourseId,
}
event!(CourseArchived, "courses.course_archived.v1");

/// A course was deleted with everything beneath it. It may be restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourseDeleted {
    /// The school.
    pub school_id: SchoolId,
    /// The course.
    pub course_id: CourseId,
}
event!(CourseDeleted, "courses.course_deleted.v1");

/// A deleted course came back with what went with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourseRestored {
    /// The school.
    pub school_id: SchoolId,
    /// The course.
    pub course_id: CourseId,
}
event!(CourseRestored, "courses.course_restored.v1");

/// A deleted course is gone for good, with everything beneath it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoursePurged {
    /// The school.
    pub school_id: SchoolId,
    /// The course.
    pub course_id: CourseId,
}
event!(CoursePurged, "courses.course_purged.v1");

/// The owner or the co-teachers of a course changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourseTeachersChanged {
    /// The school.
    pub school_id: SchoolId,
    /// The course.
    pub course_id: CourseId,
    /// Who owns it now.
    pub owner_id: UserId,
    /// Who teaches it beside the owner now.
    pub teacher_ids: Vec<UserId>,
}
event!(CourseTeachersChanged, "courses.course_teachers_changed.v1");

/// A block was put into a course: what counts as finishing it changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockCreated {
    /// The school.
    pub school_id: SchoolId,
    /// The course.
    pub course_id: CourseId,
    /// The section.
    pub section_id: SectionId,
    /// The block.
    pub block_id: BlockId,
}
event!(BlockCreated, "courses.block_created.v1");

/// A block was deleted, alone or with its section. It may be restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlocksDeleted {
    /// The school.
    pub school_id: SchoolId,
    /// The course.
    pub course_id: CourseId,
    /// The blocks.
    pub block_ids: Vec<BlockId>,
}
event!(BlocksDeleted, "courses.blocks_deleted.v1");

/// Deleted blocks came back, alone or with their section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlocksRestored {
    /// The school.
    pub school_id: SchoolId,
    /// The course.
    pub course_id: CourseId,
    /// The blocks.
    pub block_ids: Vec<BlockId>,
}
event!(BlocksRestored, "courses.blocks_restored.v1");

/// The sections of a course, or blocks in it, stand in another order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourseRearranged {
    /// The school.
    pub school_id: SchoolId,
    /// The course.
    pub course_id: CourseId,
}
event!(CourseRearranged, "courses.course_rearranged.v1");
