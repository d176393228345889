//! Smaller copies of pictures.

use chrono::{DateTime, Utc};
use lyceum_kernel::{FileId, SchoolId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A row of `file_variants`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "file_variants")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The picture.
    #[sea_orm(primary_key, auto_increment = false)]
    pub file_id: FileId,
    /// Which copy.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: Kind,
    /// Where it lies in the store.
    pub object_id: Uuid,
    /// Its media type.
    pub content_type: String,
    /// Bytes.
    pub size: i64,
    /// SHA-256 in hex.
    pub sha256: String,
    /// Pixels across.
    pub width: i32,
    /// Pixels down.
    pub height: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The sizes that there are.
#[derive(
    Copy,
    Clone,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
#[serde(rename_all = "snake_case")]
#[schema(as = FileVariant)]
pub enum Kind {
    /// At most 320 pixels on the longer side.
    #[sea_orm(string_value = "thumbnail")]
    Thumbnail,
    /// At most 1280 pixels on the longer side.
    #[sea_orm(string_value = "preview")]
    Preview,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Thumbnail, Self::Preview];

    /// Pixels of the longer side, at most.
    pub const fn side(self) -> u32 {
        match self {
            Self::Thumbnail => 320,
            Self::Preview => 1280,
        }
    }
}
