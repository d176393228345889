//! Who joins a school once the address that they registered with is proven.

use chrono::{DateTime, Utc};
use lyceum_kernel::{InviteId, SchoolId, UserId};
use sea_orm::entity::prelude::*;

/// A row of `arrivals`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "arrivals")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The account that waits for its activation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// By which invite; none where the school lets anybody in.
    pub invite_id: Option<InviteId>,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
