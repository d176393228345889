//! Files.

use chrono::{DateTime, Utc};
use lyceum_kernel::{FileId, SchoolId, UserId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::store::Key;

/// A row of `files`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "files")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The file; its bytes lie in the store under school and file.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FileId,
    /// Who uploaded it.
    pub owner_id: UserId,
    /// How far it has come.
    pub state: State,
    /// What its owner calls it: any text, never a path.
    pub name: String,
    /// The media type: sniffed once it is ready, until then as announced.
    pub content_type: String,
    /// Ends the stored name, without a full stop.
    pub extension: String,
    /// Bytes; until it is ready as announced, or 0.
    pub size: i64,
    /// SHA-256 in hex: of the bytes once it is ready, until then as announced.
    pub sha256: Option<String>,
    /// Pixels across, of a picture.
    pub width: Option<i32>,
    /// Pixels down, of a picture.
    pub height: Option<i32>,
    /// Where the client puts the bytes of an announced upload.
    pub staging_id: Option<Uuid>,
    /// The store's name for an upload in parts.
    pub upload_id: Option<String>,
    /// Bytes of each part but the last.
    pub part_size: Option<i64>,
    /// Bytes counted against the quotas.
    pub reserved: i64,
    /// Whether they are counted against the owner's quota as well as the school's.
    pub personal: bool,
    /// Why it was refused: a stable code.
    pub refusal: Option<String>,
    /// When an upload that has not been completed is swept.
    pub expires_at: Option<DateTime<Utc>>,
    /// Raised by every change that its readers can see.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When the row last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted (restorable).
    pub deleted_at: Option<DateTime<Utc>>,
}

impl Model {
    /// Where its bytes lie.
    pub const fn key(&self) -> Key {
        Key { owner: self.school_id.uuid(), object: self.id.uuid() }
    }

    /// Where its bytes are put before they are looked at: nowhere for uploads in parts, which arrive in place.
    pub fn staging_key(&self) -> Option<Key> {
        Some(Key { owner: self.school_id.uuid(), object: self.staging_id? })
    }

    /// The name under which it can be asked for.
    pub fn stored_name(&self) -> String {
        format!("{}.{}", self.id, self.extension)
    }

    /// Whether it is there for those who may read it.
    pub fn is_there(&self) -> bool {
        self.state == State::Ready && self.deleted_at.is_none()
    }

    /// How many parts an upload in parts has.
    pub fn part_count(&self) -> Option<u32> {
        let parts = u64::try_from(self.size).ok()?.div_ceil(u64::try_from(self.part_size?).ok()?);
        u32::try_from(parts).ok()
    }
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How far an upload has come.
#[derive(Copy, Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
#[serde(rename_all = "snake_case")]
#[schema(as = FileState)]
pub enum State {
    /// Announced or arriving.
    #[sea_orm(string_value = "pending")]
    Pending,
    /// All there, and being looked at.
    #[sea_orm(string_value = "checking")]
    Checking,
    /// What it was said to be: it can be read.
    #[sea_orm(string_value = "ready")]
    Ready,
    /// Not what it was said to be: it is gone, and this tells why.
    #[sea_orm(string_value = "refused")]
    Refused,
}
