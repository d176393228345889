//! One-time tokens of activation, password reset and change of address.

use chrono::{DateTime, Utc};
use lyceum_kernel::UserId;
use sea_orm::entity::prelude::*;

/// A row of `one_time_tokens`. The token itself is derived from purpose, id and generation and never stored.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "one_time_tokens")]
pub struct Model {
    /// The row, which the token carries.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose.
    pub account_id: UserId,
    /// What it is good for.
    pub purpose: String,
    /// Raised to make a new token of the same row.
    pub generation: i32,
    /// SHA-256 of the token.
    pub token_hash: Vec<u8>,
    /// What its use needs: a new address, say.
    pub data: Json,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
    /// When it was used, or made void by a later one.
    pub used_at: Option<DateTime<Utc>>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
