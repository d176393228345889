//! Who teaches which course.

use lyceum_kernel::{CourseId, SchoolId, UserId};
use sea_orm::entity::prelude::*;

/// A row of `course_teachers`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "course_teachers")]
#[expect(clippy::struct_field_names, reason = "they are named as the columns are")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The course.
    #[sea_orm(primary_key, auto_increment = false)]
    pub course_id: CourseId,
    /// The owner, or a co-teacher.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
