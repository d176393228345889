//! The tables of files as sea-orm entities, and the only doors into them.

use lyceum_kernel::Scope;
use lyceum_platform::db::EntityTable;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, DeleteMany, EntityTrait, ExprTrait, QueryFilter, Select, UpdateMany};

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

/// The only doors into a table whose rows belong to schools: select, update and delete within a [`Scope`].
pub trait SchoolTable: EntityTrait {
    /// The column that says whose a row is.
    const SCHOOL: Self::Column;

    /// The rows within the scope.
    #[expect(clippy::disallowed_methods, reason = "this is the scoped door itself")]
    fn scoped(scope: Scope) -> Select<Self> {
        Self::find().filter(Self::within(scope))
    }

    /// An update of the rows within the scope.
    #[expect(clippy::disallowed_methods, reason = "this is the scoped door itself")]
    fn scoped_update(scope: Scope) -> UpdateMany<Self> {
        Self::update_many().filter(Self::within(scope))
    }

    /// A deletion of the rows within the scope.
    #[expect(clippy::disallowed_methods, reason = "this is the scoped door itself")]
    fn scoped_delete(scope: Scope) -> DeleteMany<Self> {
        Self::delete_many().filter(Self::within(scope))
    }

    /// The condition that a row is within the scope.
    fn within(scope: Scope) -> Condition {
        match scope {
            Scope::School(school) => Condition::all().add(Self::SCHOOL.eq(school)),
            Scope::Platform => Condition::all(),
            Scope::None => Condition::all().add(ExprTrait::eq(Expr::val(1), 0)),
        }
    }
}

impl SchoolTable for file::Entity {
    const SCHOOL: Self::Column = file::Column::SchoolId;
}

impl SchoolTable for text::Entity {
    const SCHOOL: Self::Column = text::Column::SchoolId;
}

impl SchoolTable for usage::Entity {
    const SCHOOL: Self::Column = usage::Column::SchoolId;
}

impl SchoolTable for variant::Entity {
    const SCHOOL: Self::Column = variant::Column::SchoolId;
}
