//! Groups.

use chrono::{DateTime, Utc};
use lyceum_kernel::{GroupId, SchoolId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A row of `groups`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "groups")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The group.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: GroupId,
    /// What sort of group.
    pub kind: Kind,
    /// What it is called.
    pub name: String,
    /// The same case-folded: unique among the school's groups that are not deleted.
    pub name_key: String,
    /// What it is for.
    pub description: Option<String>,
    /// The id in the school's own records; unique in the school.
    pub external_id: Option<String>,
    /// Raised by every change that its readers can see.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When the row last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted (restorable).
    pub deleted_at: Option<DateTime<Utc>>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Sorts of groups.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
#[serde(rename_all = "snake_case")]
#[schema(as = GroupKind)]
pub enum Kind {
    /// Taught together.
    #[default]
    #[sea_orm(string_value = "class")]
    Class,
    /// Began together.
    #[sea_orm(string_value = "cohort")]
    Cohort,
    /// Works together.
    #[sea_orm(string_value = "team")]
    Team,
}
