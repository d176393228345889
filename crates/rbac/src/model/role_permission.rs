//! What roles of schools allow.

use lyceum_kernel::SchoolId;
use sea_orm::IntoActiveModel as _;
use sea_orm::entity::prelude::*;

use super::RoleId;

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
#[expect(clippy::disallowed_methods, reason = "each row says whose it is")]
pub async fn grant<'a>(
    db: &impl ConnectionTrait,
    school: SchoolId,
    role: RoleId,
    permissions: impl IntoIterator<Item = &'a String>,
) -> Result<(), DbErr> {
    let rows = permissions.into_iter().map(|permission| {
        let model = Model { school_id: school, role_id: role, permission: permission.clone() };
        model.into_active_model().reset_all()
    });
    Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}
