//! Pictures of people. A platform table: an account has one in all its schools.

use chrono::{DateTime, Utc};
use lyceum_kernel::UserId;
use sea_orm::entity::prelude::*;

use crate::store::Key;

/// A row of `avatars`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "avatars")]
pub struct Model {
    /// The account.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: UserId,
    /// Where it lies in the store, below the account.
    pub object_id: Uuid,
    /// Its media type: one of the two that are drawn.
    pub content_type: String,
    /// Bytes.
    pub size: i64,
    /// SHA-256 in hex.
    pub sha256: String,
    /// When it was put there.
    pub updated_at: DateTime<Utc>,
}

impl Model {
    /// Where its bytes lie.
    pub const fn key(&self) -> Key {
        Key { owner: self.account_id.uuid(), object: self.object_id }
    }
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
