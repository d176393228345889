//! The tables of courses as sea-orm entities, and the only doors into them.
//!
//! A school's rows are reached through [`ScopedTable`] by naming the school; `Scope::Platform` reaches the rows of all schools
//! (jobs, platform staff, and what is public), `Scope::None` none.

pub(crate) use lyceum_platform::db::ScopedTable;
use lyceum_platform::db::{EntityTable, SchoolTable};
use lyceum_platform::{school_tables, versioned_rows};

pub mod block;
pub mod course;
pub mod course_search;
pub mod course_tag;
pub mod course_teacher;
pub mod rating;
pub mod section;

/// The tables as their entities see them, for the test that holds entities against the migrated schema.
pub fn entity_tables() -> Vec<EntityTable> {
    vec![
        EntityTable::of::<block::Entity>(),
        EntityTable::of::<course::Entity>(),
        EntityTable::of::<course_search::Entity>(),
        EntityTable::of::<course_tag::Entity>(),
        EntityTable::of::<course_teacher::Entity>(),
        EntityTable::of::<rating::Entity>(),
        EntityTable::of::<section::Entity>(),
    ]
}

/// A table whose rows have an id and a mark of deletion.
pub trait Kept: SchoolTable {
    /// The row's id.
    const ID: Self::Column;
    /// When it was deleted.
    const DELETED_AT: Self::Column;
    /// With what it was deleted.
    const DELETION: Self::Column;
    /// The course that it is beneath.
    const COURSE: Self::Column;
}

/// A table whose rows stand in an order beneath a parent.
pub trait Ordered: Kept {
    /// What they stand beneath.
    const PARENT: Self::Column;
    /// Their place, from 0.
    const POSITION: Self::Column;
}

versioned_rows!(block course rating section);
school_tables!(block course course_search course_tag course_teacher rating section);

macro_rules! kept {
    ($($table:ident $course:ident;)+) => {
        $(impl Kept for $table::Entity {
            const ID: Self::Column = $table::Column::Id;
            const DELETED_AT: Self::Column = $table::Column::DeletedAt;
            const DELETION: Self::Column = $table::Column::DeletionId;
            const COURSE: Self::Column = $table::Column::$course;
        })+
    };
}
kept! {
    block CourseId;
    course Id;
    rating CourseId;
    section CourseId;
}

impl Ordered for section::Entity {
    const PARENT: Self::Column = section::Column::CourseId;
    const POSITION: Self::Column = section::Column::Position;
}

impl Ordered for block::Entity {
    const PARENT: Self::Column = block::Column::SectionId;
    const POSITION: Self::Column = block::Column::Position;
}

/// The form of a name that is compared and unique: trimmed and case-folded.
///
/// Going down, up and down again settles letters such as `ß`, `ẞ` and the final sigma alike.
pub fn fold(text: &str) -> String {
    text.trim().to_lowercase().to_uppercase().to_lowercase()
}

/// Most characters of a sort key: it has to fit into a cursor.
const KEY: usize = 80;

/// Where something stands in a list by title: case-folded and cut.
pub fn title_key(title: &str) -> String {
    fold(title).chars().take(KEY).collect()
}
