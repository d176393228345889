//! The table `audit_checkpoints`.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// A signed mark in a chain: what its head was once.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_checkpoints")]
pub struct Model {
    /// The school, or the nil UUID for the platform.
    #[sea_orm(primary_key, auto_increment = false)]
    pub chain_id: Uuid,
    /// The place of the entry, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// The entry's link: 32 bytes.
    pub link: Vec<u8>,
    /// When it was sealed.
    pub sealed_at: DateTime<Utc>,
    /// The key that signed it.
    pub key_id: Uuid,
    /// Ed25519 (RFC 8032) over chain, place and link: 64 bytes.
    pub signature: Vec<u8>,
}

/// No relations.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
