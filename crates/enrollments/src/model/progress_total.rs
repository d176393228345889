//! Roll-ups of progress.

use lyceum_kernel::{CourseId, SchoolId};
use sea_orm::entity::prelude::*;

/// A row of `progress_totals`: how far the learners of a course are, all of them or those in one group. What it leaves out yet stands
/// in the enrolments that differ from what was counted of them: both together are exact at any moment.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "progress_totals")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// Whose learners: the school's, by its own id, or a group's.
    #[sea_orm(primary_key, auto_increment = false)]
    pub holder_id: Uuid,
    /// The course.
    #[sea_orm(primary_key, auto_increment = false)]
    pub course_id: CourseId,
    /// How many learn there.
    pub learners: i64,
    /// How many blocks they have completed, all together.
    pub done: i64,
    /// How many of them have completed the course.
    pub completed: i64,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
