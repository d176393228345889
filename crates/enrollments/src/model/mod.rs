//! The tables of enrolments as sea-orm entities, and the only doors into them.
//!
//! A school's rows are reached through [`ScopedTable`] by naming the school; `Scope::Platform` reaches the rows of all schools
//! (jobs and platform staff), `Scope::None` none.

use lyceum_platform::db::EntityTable;
pub(crate) use lyceum_platform::db::ScopedTable;
use lyceum_platform::school_tables;

pub mod completion;
pub mod course_plan;
pub mod enrollment;
pub mod import;
pub mod import_row;
pub mod progress_group;
pub mod progress_total;
pub mod settings;

/// The tables as their entities see them, for the test that holds entities against the migrated schema.
pub fn entity_tables() -> Vec<EntityTable> {
    vec![
        EntityTable::of::<completion::Entity>(),
        EntityTable::of::<course_plan::Entity>(),
        EntityTable::of::<enrollment::Entity>(),
        EntityTable::of::<progress_group::Entity>(),
        EntityTable::of::<progress_total::Entity>(),
        EntityTable::of::<import::Entity>(),
        EntityTable::of::<import_row::Entity>(),
        EntityTable::of::<settings::Entity>(),
    ]
}

school_tables!(completion course_plan enrollment import import_row progress_group progress_total settings);
