//! Requests to join a school.

use chrono::{DateTime, Utc};
use lyceum_kernel::{SchoolId, SignupRequestId, UserId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A row of `signup_requests`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signup_requests")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The request.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SignupRequestId,
    /// The account of somebody who was logged in; of strangers the address is all there is.
    pub user_id: Option<UserId>,
    /// The address, which nobody has proven yet.
    pub email: Option<String>,
    /// The same case-folded.
    pub email_key: Option<String>,
    /// What they call themselves.
    pub full_name: Option<String>,
    /// The name of the role that they ask for.
    pub role: String,
    /// What they want to say.
    pub message: Option<String>,
    /// What became of it.
    pub status: Status,
    /// The name of the role that they were given.
    pub granted_role: Option<String>,
    /// Who decided.
    pub decided_by: Option<UserId>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
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

/// What became of a request.
#[derive(Copy, Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
#[serde(rename_all = "snake_case")]
#[schema(as = SignupStatus)]
pub enum Status {
    /// It waits for the school's staff.
    #[sea_orm(string_value = "pending")]
    Pending,
    /// They were let in.
    #[sea_orm(string_value = "approved")]
    Approved,
    /// They were not.
    #[sea_orm(string_value = "rejected")]
    Rejected,
}
