//! Ratings of courses.

use chrono::{DateTime, Utc};
use lyceum_kernel::{CourseId, SchoolId, UserId};
use sea_orm::entity::prelude::*;

lyceum_kernel::id!(RatingId, "What somebody thinks of a course.");

/// A row of `ratings`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ratings")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The rating.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RatingId,
    /// The course.
    pub course_id: CourseId,
    /// Who thinks so.
    pub user_id: UserId,
    /// 1 to 5.
    pub stars: i16,
    /// In words.
    pub comment: Option<String>,
    /// Raised by every change.
    pub version: i64,
    /// When it was given.
    pub created_at: DateTime<Utc>,
    /// When the row last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted (restorable).
    pub deleted_at: Option<DateTime<Utc>>,
    /// The mark of what was deleted with it.
    pub deletion_id: Option<Uuid>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
