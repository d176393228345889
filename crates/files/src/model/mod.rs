//! The tables of files as sea-orm entities, and the only doors into them.

use lyceum_platform::db::EntityTable;
pub(crate) use lyceum_platform::db::ScopedTable;
use lyceum_platform::{school_tables, versioned_rows};

pub mod avatar;
pub mod file;
pub mod text;
pub mod usage;
pub mod variant;

/// The tables as their entities see them, for the test that holds entities against the migrated schema.
pub fn entity_tables() -> Vec<EntityTable> {
    vec![
        EntityTable::of::<avatar::Entity>(),
        EntityTable::of::<file::Entity>(),
        EntityTable::of::<text::Entity>(),
        EntityTable::of::<usage::Entity>(),
        EntityTable::of::<variant::Entity>(),
    ]
}

school_tables!(file text usage variant);
versioned_rows!(file);
