//! The table `audit_keys`.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// A key that signs heads of chains.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_keys")]
pub struct Model {
    /// The key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Ed25519 public key: 32 bytes.
    pub public_key: Vec<u8>,
    /// The seed, encrypted and authenticated under the deployment's secret key.
    pub sealed_seed: Vec<u8>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// No relations.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
