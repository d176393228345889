//! The tables of enrolments as sea-orm entities, and the only doors into them.
//!
//! A school's rows are reached through [`ScopedTable`] by naming the school; `Scope::Platform` reaches the rows of all schools
//! (jobs and platform staff), `Scope::None` none.

use lyceum_platform::db::EntityTable;
pub(crate) use lyceum_platform::db::ScopedTable;
use lyceum_platform::school_tables;

pub mod enrollment;
pub mod settings;

/// The tables as their entities see them, for the test that holds entities against the migrated schema.
pub fn entity_tables() -> Vec<EntityTable> {
    vec![EntityTable::of::<enrollment::Entity>(), EntityTable::of::<settings::Entity>()]
}

school_tables!(enrollment settings);
