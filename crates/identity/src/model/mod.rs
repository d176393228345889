//! The tables of identity as sea-orm entities. All of them belong to the platform, so every finder wants
//! [`Scope::Platform`] and finds nothing under any other scope.

use lyceum_kernel::Scope;
use lyceum_platform::db::EntityTable;
use sea_orm::sea_query::Expr;
use sea_orm::{Condition, DeleteMany, EntityTrait, ExprTrait, QueryFilter, Select, UpdateMany};

pub mod account;
pub mod one_time_token;
pub mod recovery_code;
pub mod session;
pub mod signing_key;
pub mod totp_secret;

/// The tables as their entities see them, for the test that holds entities against the migrated schema.
pub fn entity_tables() -> Vec<EntityTable> {
    vec![
        EntityTable::of::<account::Entity>(),
        EntityTable::of::<one_time_token::Entity>(),
        EntityTable::of::<recovery_code::Entity>(),
        EntityTable::of::<session::Entity>(),
        EntityTable::of::<signing_key::Entity>(),
        EntityTable::of::<totp_secret::Entity>(),
    ]
}

/// The only doors into a platform table: select, update and delete within a [`Scope`].
pub trait PlatformTable: EntityTrait {
    /// The rows of the platform; none under another scope.
    #[expect(clippy::disallowed_methods, reason = "this is the scoped door itself")]
    fn scoped(scope: Scope) -> Select<Self> {
        Self::find().filter(visible(scope))
    }

    /// An update of the platform's rows; it changes none under another scope.
    #[expect(clippy::disallowed_methods, reason = "this is the scoped door itself")]
    fn scoped_update(scope: Scope) -> UpdateMany<Self> {
        Self::update_many().filter(visible(scope))
    }

    /// A deletion of the platform's rows; it takes none under another scope.
    #[expect(clippy::disallowed_methods, reason = "this is the scoped door itself")]
    fn scoped_delete(scope: Scope) -> DeleteMany<Self> {
        Self::delete_many().filter(visible(scope))
    }
}

impl PlatformTable for account::Entity {}
impl PlatformTable for one_time_token::Entity {}
impl PlatformTable for recovery_code::Entity {}
impl PlatformTable for session::Entity {}
impl PlatformTable for signing_key::Entity {}
impl PlatformTable for totp_secret::Entity {}

/// No condition for the platform, an impossible one for everybody else.
fn visible(scope: Scope) -> Condition {
    match scope {
        Scope::Platform => Condition::all(),
        Scope::School(_) | Scope::None => Condition::all().add(ExprTrait::eq(Expr::val(1), 0)),
    }
}
