//! What the search looks through.

use lyceum_kernel::{BlockId, CourseId, SchoolId, SectionId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A row of `course_search`. The column that PostgreSQL derives from it is not among these.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "course_search")]
pub struct Model {
    /// Its number: what SQLite's index knows it by.
    #[sea_orm(primary_key)]
    pub seq: i64,
    /// The school.
    pub school_id: SchoolId,
    /// What it is about.
    pub kind: Kind,
    /// The course, section or block that it is about.
    pub target_id: Uuid,
    /// The course that it is in.
    pub course_id: CourseId,
    /// The section that it is in or about.
    pub section_id: Option<SectionId>,
    /// The block that it is about.
    pub block_id: Option<BlockId>,
    /// The text search configuration of its language.
    pub language: String,
    /// Words that weigh more.
    pub title: String,
    /// All other words.
    pub body: String,
    /// Behind a release rule: found by those who teach the course only.
    pub restricted: bool,
    /// The mark of the deletion that it went with; none while it can be found.
    pub deletion_id: Option<Uuid>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What a document of the search is about.
#[derive(Copy, Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
#[serde(rename_all = "snake_case")]
#[schema(as = SearchHitKind)]
pub enum Kind {
    /// A course itself.
    #[sea_orm(string_value = "course")]
    Course,
    /// A section.
    #[sea_orm(string_value = "section")]
    Section,
    /// A block.
    #[sea_orm(string_value = "block")]
    Block,
    /// The text of the file in a block.
    #[sea_orm(string_value = "file")]
    File,
}
