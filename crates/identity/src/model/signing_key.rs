//! The Ed25519 keys that sign access tokens.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// A row of `signing_keys`. Its state follows from its times: published, then signing, then only verifying, then retired.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_keys")]
pub struct Model {
    /// The key id: the RFC 7638 thumbprint of the public key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kid: String,
    /// The 32-byte seed, sealed by the keyring.
    pub sealed_private_key: Vec<u8>,
    /// The 32 bytes of the public key.
    pub public_key: Vec<u8>,
    /// When it was made, and published.
    pub created_at: DateTime<Utc>,
    /// From when it may sign.
    pub activates_at: DateTime<Utc>,
    /// From when its signatures are worth nothing; none while it has no successor.
    pub retires_at: Option<DateTime<Utc>>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
