//! Events of a provider that were taken in, so that each takes effect once. A platform table.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// A row of `billing_provider_events`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "billing_provider_events")]
pub struct Model {
    /// What the provider calls it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// What happened, in the provider's word.
    pub kind: String,
    /// When it happened.
    pub happened_at: DateTime<Utc>,
    /// When it came in.
    pub received_at: DateTime<Utc>,
}
super::unrelated!();
