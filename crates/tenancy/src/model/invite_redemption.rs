//! Who came in by which invite.

use chrono::{DateTime, Utc};
use lyceum_kernel::{InviteId, SchoolId, UserId};
use sea_orm::entity::prelude::*;

/// A row of `invite_redemptions`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invite_redemptions")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The invite.
    #[sea_orm(primary_key, auto_increment = false)]
    pub invite_id: InviteId,
    /// Who came.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
