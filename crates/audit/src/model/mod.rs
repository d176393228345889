//! The tables: the log itself, which the platform's unit of work fills, and those of its seals.

pub mod chain;
pub mod checkpoint;
pub mod key;

use lyceum_kernel::Scope;
use lyceum_platform::db::{EntityTable, of_school};
use lyceum_platform::uow::audit::{Column, Entity};
use sea_orm::{EntityTrait, QueryFilter, Select, UpdateMany};

/// The tables as their entities see them, for the test that holds entities against the migrated schema.
pub fn entity_tables() -> Vec<EntityTable> {
    vec![EntityTable::of::<chain::Entity>(), EntityTable::of::<checkpoint::Entity>(), EntityTable::of::<key::Entity>()]
}

/// The entries that a scope sees: a school its own, platform staff all, others none.
#[expect(clippy::disallowed_methods, reason = "this is the scoped door itself")]
pub fn entries(scope: Scope) -> Select<Entity> {
    Entity::find().filter(of_school(Column::SchoolId, scope))
}

/// An update of entries in any chain: for erasing a person everywhere.
#[expect(clippy::disallowed_methods, reason = "a person is erased in every school at once")]
pub fn entries_update() -> UpdateMany<Entity> {
    Entity::update_many()
}

/// The rows of a table of seals, which belong to the platform.
pub trait SealTable: EntityTrait {
    /// All rows.
    #[expect(clippy::disallowed_methods, reason = "this is the door itself: seals belong to the platform")]
    fn all_rows() -> Select<Self> {
        Self::find()
    }
}

impl SealTable for chain::Entity {}
impl SealTable for checkpoint::Entity {}
impl SealTable for key::Entity {}
