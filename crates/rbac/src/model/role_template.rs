//! Built-in roles.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use super::RoleId;

/// A row of `role_templates`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "role_templates")]
pub struct Model {
    /// The role, alike on every deployment.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RoleId,
    /// Unique and for good.
    pub name: String,
    /// What people read.
    pub title: String,
    /// What it is for.
    pub description: Option<String>,
    /// How high it stands.
    pub rank: i16,
    /// A role on the deployment, not in schools.
    pub on_platform: bool,
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
