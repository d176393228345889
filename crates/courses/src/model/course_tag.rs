//! The tags of courses.

use lyceum_kernel::{CourseId, SchoolId};
use sea_orm::entity::prelude::*;

/// A row of `course_tags`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "course_tags")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The course.
    #[sea_orm(primary_key, auto_increment = false)]
    pub course_id: CourseId,
    /// The tag, case-folded.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tag: String,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
