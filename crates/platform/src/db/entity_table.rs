//! What an entity believes of its table, for the test that holds entities against the migrated schema.

use sea_orm::{ColumnTrait, EntityTrait, IdenStatic, Iterable};

/// A table as its entity sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityTable {
    /// The table's name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<EntityColumn>,
}

/// A column as its entity sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityColumn {
    /// The column's name.
    pub name: String,
    /// Whether the field is an `Option`.
    pub nullable: bool,
}

impl EntityTable {
    /// The table of an entity.
    pub fn of<E: EntityTrait>() -> Self {
        let columns = E::Column::iter()
            .map(|column| EntityColumn { name: column.as_str().to_owned(), nullable: column.def().is_null() })
            .collect();
        Self { name: E::default().table_name().to_owned(), columns }
    }
}
