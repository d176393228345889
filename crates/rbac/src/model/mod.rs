//! The tables of roles as sea-orm entities. Every finder wants a [`Scope`]: the platform for templates, a school for its roles.

use lyceum_kernel::Scope;
use lyceum_platform::db::EntityTable;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, DeleteMany, EntityTrait, ExprTrait, QueryFilter, Select, UpdateMany};

pub mod definition;
pub mod role;
pub mod role_permission;
pub mod role_template;
pub mod role_template_permission;

lyceum_kernel::id!(RoleId, "A role: built in, or a school's own.");

/// The tables as their entities see them, for the test that holds entities against the migrated schema.
pub fn entity_tables() -> Vec<EntityTable> {
    vec![
        EntityTable::of::<role::Entity>(),
        EntityTable::of::<role_permission::Entity>(),
        EntityTable::of::<role_template::Entity>(),
        EntityTable::of::<role_template_permission::Entity>(),
    ]
}

/// The only doors into a table of platform or school: select, update and delete within a [`Scope`].
pub trait ScopedTable: EntityTrait {
    /// Which rows of the table a scope sees.
    fn visible(scope: Scope) -> Condition;

    /// The rows that the scope sees.
    #[expect(clippy::disallowed_methods, reason = "this is the scoped door itself")]
    fn scoped(scope: Scope) -> Select<Self> {
        Self::find().filter(Self::visible(scope))
    }

    /// An update of rows that the scope sees.
    #[expect(clippy::disallowed_methods, reason = "this is the scoped door itself")]
    fn scoped_update(scope: Scope) -> UpdateMany<Self> {
        Self::update_many().filter(Self::visible(scope))
    }

    /// A deletion of rows that the scope sees.
    #[expect(clippy::disallowed_methods, reason = "this is the scoped door itself")]
    fn scoped_delete(scope: Scope) -> DeleteMany<Self> {
        Self::delete_many().filter(Self::visible(scope))
    }
}

impl ScopedTable for role_template::Entity {
    fn visible(scope: Scope) -> Condition {
        of_platform(scope)
    }
}

impl ScopedTable for role_template_permission::Entity {
    fn visible(scope: Scope) -> Condition {
        of_platform(scope)
    }
}

impl ScopedTable for role::Entity {
    fn visible(scope: Scope) -> Condition {
        match scope {
            Scope::School(school) => Condition::all().add(role::Column::SchoolId.eq(school)),
            Scope::Platform | Scope::None => nothing(),
        }
    }
}

impl ScopedTable for role_permission::Entity {
    fn visible(scope: Scope) -> Condition {
        match scope {
            Scope::School(school) => Condition::all().add(role_permission::Column::SchoolId.eq(school)),
            Scope::Platform | Scope::None => nothing(),
        }
    }
}

/// No condition for the platform, an impossible one for everybody else.
fn of_platform(scope: Scope) -> Condition {
    match scope {
        Scope::Platform => Condition::all(),
        Scope::School(_) | Scope::None => nothing(),
    }
}

fn nothing() -> Condition {
    Condition::all().add(ExprTrait::eq(Expr::val(1), 0))
}
