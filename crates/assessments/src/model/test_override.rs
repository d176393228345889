//! What is different in a test for a person or a group.

use chrono::{DateTime, Utc};
use lyceum_kernel::{GroupId, SchoolId, TestId, UserId};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::deadline::Allowance;

/// A row of `test_overrides`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "test_overrides")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The test.
    #[sea_orm(primary_key, auto_increment = false)]
    pub test_id: TestId,
    /// The person or the group.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject_id: Uuid,
    /// The person, if it is one.
    pub user_id: Option<UserId>,
    /// The group, if it is one.
    pub group_id: Option<GroupId>,
    /// What is different.
    #[sea_orm(column_type = "JsonBinary")]
    pub allowance: Stored,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// An allowance as it is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Stored(pub Allowance);
