//! Who is counted in the roll-up of which group.

use lyceum_kernel::{GroupId, SchoolId, UserId};
use sea_orm::entity::prelude::*;

/// A row of `progress_groups`. Who is in which group tenancy knows; this is who has been counted there.
#[expect(clippy::struct_field_names, reason = "the columns are called so")]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "progress_groups")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The group.
    #[sea_orm(primary_key, auto_increment = false)]
    pub group_id: GroupId,
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
