//! What roles of schools allow.

use lyceum_kernel::SchoolId;
use sea_orm::entity::prelude::*;

use super::{RoleId, ScopedTable as _};

/// A row of `role_permissions`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "role_permissions")]
pub struct Model {
    /// Whose the role is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The role.
    #[sea_orm(primary_key, auto_increment = false)]
    pub role_id: RoleId,
    /// `noun:verb`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub permission: String,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Grants these to a role.
pub async fn grant<'a>(
    db: &impl ConnectionTrait,
    school: SchoolId,
    role: RoleId,
    permissions: impl IntoIterator<Item = &'a String>,
) -> Result<(), DbErr> {
    let row = |permission: &String| Model { school_id: school, role_id: role, permission: permission.clone() };
    Entity::add(db, permissions.into_iter().map(row).collect::<Vec<_>>()).await
}
