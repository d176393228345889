//! TOTP secrets (RFC 6238), at most one per account.

use chrono::{DateTime, Utc};
use lyceum_kernel::UserId;
use sea_orm::entity::prelude::*;

/// A row of `totp_secrets`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "totp_secrets")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: UserId,
    /// The secret, sealed by the keyring.
    pub sealed_secret: Vec<u8>,
    /// The latest 30-second step whose code was used; a code is good once.
    pub last_step: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When its owner proved to have it; login asks for it from then on.
    pub confirmed_at: Option<DateTime<Utc>>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
