//! What built-in roles allow.

use sea_orm::entity::prelude::*;

use super::{RoleId, ScopedTable as _};

/// A row of `role_template_permissions`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "role_template_permissions")]
pub struct Model {
    /// The built-in role.
    #[sea_orm(primary_key, auto_increment = false)]
    pub template_id: RoleId,
    /// `noun:verb`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub permission: String,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Grants these to a built-in role.
pub async fn grant<'a>(
    db: &impl ConnectionTrait,
    template: RoleId,
    permissions: impl IntoIterator<Item = &'a String>,
) -> Result<(), DbErr> {
    let row = |permission: &String| Model { template_id: template, permission: permission.clone() };
    Entity::add(db, permissions.into_iter().map(row).collect::<Vec<_>>()).await
}
