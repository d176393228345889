//! Content blocks in sections.

use chrono::{DateTime, Utc};
use lyceum_kernel::{BlockId, CourseId, FileId, SchoolId, SectionId};
use sea_orm::FromQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::release::Rule;

/// A row of `blocks`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "blocks")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The block.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BlockId,
    /// Its course.
    pub course_id: CourseId,
    /// Its section.
    pub section_id: SectionId,
    /// Its place in the section, from 0; of a deleted one, where it stood.
    pub position: i32,
    /// What sort of block.
    pub kind: Kind,
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub description: Option<String>,
    /// Where it leads.
    pub url: Option<String>,
    /// Its text, in Markdown.
    pub content: Option<String>,
    /// The file in it.
    pub file_id: Option<FileId>,
    /// The test in it.
    pub test_id: Option<Uuid>,
    /// When it opens, and for whom.
    #[sea_orm(column_type = "JsonBinary")]
    pub release: Option<Rule>,
    /// What completes it.
    pub completion: Completion,
    /// Raised by every change that its readers can see.
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

/// A block without its text: what an outline is made of.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Brief {
    /// The block.
    pub id: BlockId,
    /// Its section.
    pub section_id: SectionId,
    /// Its place in the section.
    pub position: i32,
    /// What sort of block.
    pub kind: Kind,
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub description: Option<String>,
    /// When it opens, and for whom.
    pub release: Option<Rule>,
    /// What completes it.
    pub completion: Completion,
    /// Raised by every change that its readers can see.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted.
    pub deleted_at: Option<DateTime<Utc>>,
}

/// Sorts of blocks.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
#[serde(rename_all = "snake_case")]
#[schema(as = BlockType)]
pub enum Kind {
    /// Text in Markdown.
    #[sea_orm(string_value = "lesson")]
    Lesson,
    /// A film: an address or a file.
    #[sea_orm(string_value = "video")]
    Video,
    /// A document: a file or an address.
    #[sea_orm(string_value = "document")]
    Document,
    /// An address.
    #[sea_orm(string_value = "link")]
    Link,
    /// A test.
    #[sea_orm(string_value = "quiz")]
    Quiz,
    /// Work to be handed in.
    #[sea_orm(string_value = "assignment")]
    Assignment,
}

/// What completes a block for a learner.
#[derive(
    Copy, Clone, Debug, Default, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
#[serde(rename_all = "snake_case")]
#[schema(as = BlockCompletion)]
pub enum Completion {
    /// The learner says so.
    #[default]
    #[sea_orm(string_value = "manual")]
    Manual,
    /// The learner has opened it, or says so.
    #[sea_orm(string_value = "viewed")]
    Viewed,
    /// The learner has passed its test: of a quiz.
    #[sea_orm(string_value = "passed")]
    Passed,
    /// The learner has handed something in: of an assignment, or of a quiz, its test.
    #[sea_orm(string_value = "submitted")]
    Submitted,
}
