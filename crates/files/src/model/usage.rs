//! How much room files take.

use lyceum_kernel::SchoolId;
use sea_orm::entity::prelude::*;

/// A row of `file_usage`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "file_usage")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// Whose files are counted: the school's own id for all of them, or a person's.
    #[sea_orm(primary_key, auto_increment = false)]
    pub holder_id: Uuid,
    /// What they come to, uploads that have not arrived included.
    pub bytes_used: i64,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
