//! Invites.

use chrono::{DateTime, Utc};
use lyceum_kernel::{GroupId, InviteId, SchoolId, UserId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A row of `invites`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invites")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The invite.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InviteId,
    /// SHA-256 of the code.
    pub code_hash: Vec<u8>,
    /// The name of the role that it grants.
    pub role: String,
    /// Whom it is for; anybody who has the code if none.
    pub email: Option<String>,
    /// The same case-folded.
    pub email_key: Option<String>,
    /// The course that it is for as well.
    pub course_id: Option<Uuid>,
    /// The group that it is for as well.
    pub group_id: Option<GroupId>,
    /// How many people it lets in.
    pub max_uses: i32,
    /// How many it has let in.
    pub uses: i32,
    /// Until when it does.
    pub expires_at: DateTime<Utc>,
    /// When it was withdrawn.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Who made it, and answers for it.
    pub created_by: UserId,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When the row last changed.
    pub updated_at: DateTime<Utc>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What an invite is good for at a moment. Nothing stored: it follows from the row and the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = InviteState)]
pub enum State {
    /// It lets people in.
    Active,
    /// As many came as may.
    UsedUp,
    /// Its time is over.
    Expired,
    /// Staff withdrew it.
    Revoked,
}

impl Model {
    /// What it is good for at this moment.
    pub fn state(&self, now: DateTime<Utc>) -> State {
        if self.revoked_at.is_some() {
            State::Revoked
        } else if self.uses >= self.max_uses {
            State::UsedUp
        } else if self.expires_at <= now {
            State::Expired
        } else {
            State::Active
        }
    }
}
