//! The files of imports, in sealed pieces, until they are worked through.

use lyceum_kernel::SchoolId;
use sea_orm::entity::prelude::*;

use super::import::ImportId;

/// A row of `import_chunks`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_chunks")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The import.
    #[sea_orm(primary_key, auto_increment = false)]
    pub import_id: ImportId,
    /// Which piece, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    /// The bytes, sealed: there may be passwords in them.
    pub sealed: Vec<u8>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
