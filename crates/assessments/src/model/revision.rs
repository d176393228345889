//! Revisions of questions. A row never changes: tests pin one, and attempts keep what they saw.

use chrono::{DateTime, Utc};
use lyceum_kernel::{SchoolId, UserId};
use sea_orm::entity::prelude::*;

use super::question::{Content, QuestionId};
use crate::points::Points;

/// A row of `question_revisions`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "question_revisions")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The question.
    #[sea_orm(primary_key, auto_increment = false)]
    pub question_id: QuestionId,
    /// From 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    /// What it says.
    #[sea_orm(column_type = "JsonBinary")]
    pub content: Content,
    /// What it is worth unless a test says otherwise, in millionths.
    pub points: Points,
    /// Who wrote it.
    pub author_id: UserId,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
