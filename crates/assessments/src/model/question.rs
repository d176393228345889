//! Questions: the latest revision of each, with what is not revised.

use chrono::{DateTime, Utc};
use lyceum_kernel::SchoolId;
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::bank::BankId;
use crate::points::Points;
use crate::question::Body;

lyceum_kernel::id!(QuestionId, "A question.");

/// A row of `questions`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "questions")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The question.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: QuestionId,
    /// The bank that it is in.
    pub bank_id: BankId,
    /// The name of its type.
    pub kind: String,
    /// The number of the latest revision, from 1.
    pub revision: i32,
    /// What the latest revision says.
    #[sea_orm(column_type = "JsonBinary")]
    pub content: Content,
    /// What it is worth unless a test says otherwise, in millionths.
    pub points: Points,
    /// From 1, easy, to 5.
    pub difficulty: Option<i16>,
    /// What it is filed under.
    #[sea_orm(column_type = "JsonBinary")]
    pub tags: Tags,
    /// Raised by every change.
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

/// What a question says, key included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Content {
    /// What is asked, in Markdown.
    pub text: String,
    /// What everybody is told afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<String>,
    /// What is special about its type.
    pub body: Body,
}

/// Tags as they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Tags(pub Vec<String>);
