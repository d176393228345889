//! What is wrong with the rows of imports.

use lyceum_kernel::SchoolId;
use sea_orm::entity::prelude::*;

use super::import::ImportId;

/// A row of `import_faults`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_faults")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The import.
    #[sea_orm(primary_key, auto_increment = false)]
    pub import_id: ImportId,
    /// Counts the faults as they were found, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// The file in the archive.
    pub file: Option<String>,
    /// The line on which the row begins, from 1; none if it is about the whole.
    pub line: Option<i64>,
    /// The heading of the column.
    pub column_name: Option<String>,
    /// What stands there, cut; never a password.
    pub value: Option<String>,
    /// Stable, machine-readable.
    pub code: String,
    /// For people.
    pub reason: String,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
