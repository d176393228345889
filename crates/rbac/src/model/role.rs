//! Roles of schools: their own, and their versions of built-in ones.

use chrono::{DateTime, Utc};
use lyceum_kernel::SchoolId;
use sea_orm::entity::prelude::*;

use super::RoleId;

/// A row of `roles`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "roles")]
pub struct Model {
    /// Whose it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The role; a version of a built-in one has its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RoleId,
    /// The built-in role that it stands for: its own id, or none.
    pub template_id: Option<RoleId>,
    /// Unique among the school's roles that are not deleted, and for good.
    pub name: String,
    /// What people read.
    pub title: String,
    /// What it is for.
    pub description: Option<String>,
    /// How high it stands.
    pub rank: i16,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted (restorable).
    pub deleted_at: Option<DateTime<Utc>>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
