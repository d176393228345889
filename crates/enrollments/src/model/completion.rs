//! Completions: what learners have done.

use chrono::{DateTime, Utc};
use lyceum_kernel::{BlockId, CourseId, EnrollmentId, SchoolId, UserId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

lyceum_kernel::id!(CompletionId, "A block that somebody has completed.");

/// A row of `completions`. One for each enrolment and block: what is taken back is marked as deleted, and revived when the block is
/// completed again.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "completions")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The completion.
    #[sea_orm(primary_key, auto_increment = false)]
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
    /// When the row was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was taken back.
    pub deleted_at: Option<DateTime<Utc>>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How a block came to be completed.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
#[serde(rename_all = "snake_case")]
#[schema(as = CompletionMeans)]
pub enum Way {
    /// The learner said so.
    #[sea_orm(string_value = "manual")]
    Manual,
    /// The learner opened it.
    #[sea_orm(string_value = "viewed")]
    Viewed,
    /// The learner passed its test.
    #[sea_orm(string_value = "passed")]
    Passed,
    /// The learner handed something in.
    #[sea_orm(string_value = "submitted")]
    Submitted,
}
