//! Memberships: who belongs to which school.

use chrono::{DateTime, Utc};
use lyceum_kernel::{Rank, SchoolId, Scope, UserId};
use lyceum_platform::db::{ScopedTable as _, Versioned};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

lyceum_kernel::id!(
    MembershipId,
    "One person's membership of one school; it stays the same when a pending member accepts."
);

/// A row of `memberships`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "memberships")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The member's account. While a membership waits for somebody who has an account already, an id of its own in place of it,
    /// so that nobody in the school learns that there is one.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// The membership itself: orders the directory by when people came.
    pub id: MembershipId,
    /// Whose a pending membership will be, where that is not `user_id`.
    pub claimant_id: Option<UserId>,
    /// Whether the member may enter.
    pub status: Status,
    /// Whether staff set the first password, so that nobody waits for an answer; decides what staff are shown of a pending one.
    pub vouched: bool,
    /// Counts the letters that offer the membership; only the latest is good.
    pub offer_generation: i32,
    /// Until when the offer can be accepted.
    pub offer_expires_at: Option<DateTime<Utc>>,
    /// Year, grade or level, in the school's own words.
    pub level: Option<String>,
    /// The id in the school's own records; unique in the school.
    pub external_id: Option<String>,
    /// Copy of the account's username.
    pub username: Option<String>,
    /// The same case-folded: unique in the school.
    pub username_key: Option<String>,
    /// Copy of the account's address.
    pub email: Option<String>,
    /// The same case-folded: unique in the school.
    pub email_key: Option<String>,
    /// Copy of the account's full name.
    pub full_name: Option<String>,
    /// Where the member stands in a list by name.
    pub name_key: String,
    /// The last word of the full name, case-folded: people are looked up by it too.
    pub family_key: String,
    /// The name of the highest role.
    pub role: String,
    /// The rank of the highest role.
    pub rank: i16,
    /// When the member came in.
    pub joined_at: Option<DateTime<Utc>>,
    /// Raised by every change that its readers can see.
    pub version: i64,
    /// When the membership was made.
    pub created_at: DateTime<Utc>,
    /// When the row last changed.
    pub updated_at: DateTime<Utc>,
    /// When the member was removed (restorable).
    pub deleted_at: Option<DateTime<Utc>>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Versioned for Model {
    type Entity = Entity;
    const VERSION: Column = Column::Version;
    const UPDATED_AT: Column = Column::UpdatedAt;

    fn version(&self) -> i64 {
        self.version
    }

    fn update(&self) -> sea_orm::UpdateMany<Entity> {
        Entity::scoped_update(Scope::School(self.school_id)).filter(Column::UserId.eq(self.user_id))
    }
}

/// Whether a member may enter the school.
#[derive(Copy, Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
#[serde(rename_all = "snake_case")]
#[schema(as = MemberStatus)]
pub enum Status {
    /// Offered; the member has not accepted yet.
    #[sea_orm(string_value = "pending")]
    Pending,
    /// In.
    #[sea_orm(string_value = "active")]
    Active,
    /// Kept out by staff.
    #[sea_orm(string_value = "inactive")]
    Inactive,
}

impl Model {
    /// Whether the member may enter.
    pub const fn may_enter(&self) -> bool {
        matches!(self.status, Status::Active) && self.deleted_at.is_none()
    }

    /// The rank of the highest role.
    pub fn rank(&self) -> Rank {
        Rank::new(u8::try_from(self.rank).unwrap_or_default())
    }

    /// The status as staff of the school see it. Whether there was an account before is none of their business: somebody who was
    /// invited waits in either case, and somebody with a password from staff does in neither.
    pub const fn shown_status(&self) -> Status {
        match self.status {
            Status::Inactive => Status::Inactive,
            Status::Pending | Status::Active if self.joined_at.is_some() || self.vouched => Status::Active,
            Status::Pending | Status::Active => Status::Pending,
        }
    }

    /// Whether a seat is taken for the member.
    pub const fn seated(&self) -> bool {
        !matches!(self.status, Status::Inactive) && self.deleted_at.is_none()
    }
}
