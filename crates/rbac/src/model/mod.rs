//! The tables of roles as sea-orm entities. Every finder wants a [`Scope`]: the platform for templates, a school for its roles.

use lyceum_kernel::Scope;
pub(crate) use lyceum_platform::db::ScopedTable;
use lyceum_platform::db::{EntityTable, of_school};
use lyceum_platform::platform_tables;
use sea_orm::Condition;

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

platform_tables!(role_template role_template_permission);

impl ScopedTable for role::Entity {
    fn visible(scope: Scope) -> Condition {
        of_school(role::Column::SchoolId, of_one(scope))
    }
}

impl ScopedTable for role_permission::Entity {
    fn visible(scope: Scope) -> Condition {
        of_school(role_permission::Column::SchoolId, of_one(scope))
    }
}

/// Nobody looks at the roles of all schools at once, not even the platform.
fn of_one(scope: Scope) -> Scope {
    scope.school().into()
}
