//! The tables of assessments as sea-orm entities, and the only doors into them.

pub(crate) use lyceum_platform::db::ScopedTable;
use lyceum_platform::db::{EntityTable, SchoolTable};
use lyceum_platform::school_tables;

pub mod adjustment;
pub mod answer;
pub mod attempt;
pub mod attempt_event;
pub mod bank;
pub mod question;
pub mod question_tag;
pub mod regrade;
pub mod regrade_change;
pub mod revision;
pub mod settings;
pub mod test;
pub mod test_override;

/// The tables as their entities see them, for the test that holds entities against the migrated schema.
pub fn entity_tables() -> Vec<EntityTable> {
    vec![
        EntityTable::of::<answer::Entity>(),
        EntityTable::of::<attempt::Entity>(),
        EntityTable::of::<attempt_event::Entity>(),
        EntityTable::of::<bank::Entity>(),
        EntityTable::of::<question::Entity>(),
        EntityTable::of::<question_tag::Entity>(),
        EntityTable::of::<regrade::Entity>(),
        EntityTable::of::<regrade_change::Entity>(),
        EntityTable::of::<revision::Entity>(),
        EntityTable::of::<test::Entity>(),
        EntityTable::of::<test_override::Entity>(),
    ]
}

/// A table whose rows have an id, a version and a mark of deletion.
pub trait Kept: SchoolTable {
    /// The row's id.
    const ID: Self::Column;
    /// Its version.
    const VERSION: Self::Column;
    /// When it last changed.
    const UPDATED_AT: Self::Column;
    /// When it was deleted.
    const DELETED_AT: Self::Column;
    /// With what it was deleted.
    const DELETION: Self::Column;
}

school_tables!(answer attempt attempt_event bank question question_tag regrade regrade_change revision test test_override);

macro_rules! kept {
    ($($table:ident)+) => {
        $(impl Kept for $table::Entity {
            const ID: Self::Column = $table::Column::Id;
            const VERSION: Self::Column = $table::Column::Version;
            const UPDATED_AT: Self::Column = $table::Column::UpdatedAt;
            const DELETED_AT: Self::Column = $table::Column::DeletedAt;
            const DELETION: Self::Column = $table::Column::DeletionId;
        })+
    };
}
kept!(bank question test);

/// The form of a tag that is compared: trimmed and case-folded.
pub fn fold(text: &str) -> String {
    text.trim().to_lowercase().to_uppercase().to_lowercase()
}
