//! The text of files.

use chrono::{DateTime, Utc};
use lyceum_kernel::{FileId, SchoolId};
use sea_orm::entity::prelude::*;

/// A row of `file_texts`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "file_texts")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The file.
    #[sea_orm(primary_key, auto_increment = false)]
    pub file_id: FileId,
    /// The text, without control characters.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    /// Whether there was more.
    pub truncated: bool,
    /// When it was read.
    pub created_at: DateTime<Utc>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
