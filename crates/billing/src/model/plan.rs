//! Plans: what the deployment sells. A platform table.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

lyceum_kernel::id!(PlanId, "A plan.");

/// A row of `billing_plans`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "billing_plans")]
pub struct Model {
    /// The plan.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PlanId,
    /// Its short name, unique.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// What is in it.
    pub description: Option<String>,
    /// For how long a school may try it, once.
    pub trial_days: i32,
    /// Most seats that it is sold with.
    pub max_seats: Option<i32>,
    /// Whether it can be subscribed to.
    pub is_active: bool,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted.
    pub deleted_at: Option<DateTime<Utc>>,
}
super::unrelated!();
