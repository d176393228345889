//! Sections of courses.

use chrono::{DateTime, Utc};
use lyceum_kernel::{CourseId, SchoolId, SectionId};
use sea_orm::entity::prelude::*;

/// A row of `sections`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sections")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The section.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SectionId,
    /// Its course.
    pub course_id: CourseId,
    /// Its place in the course, from 0; of a deleted one, where it stood.
    pub position: i32,
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub description: Option<String>,
    /// Raised by every change of the section itself, its blocks and their order among them.
    pub version: i64,
    /// When it was made.
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
