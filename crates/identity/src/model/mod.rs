//! The tables of identity as sea-orm entities. All of them belong to the platform, so every finder wants
//! `Scope::Platform` and finds nothing under any other scope.

use lyceum_platform::db::EntityTable;
pub(crate) use lyceum_platform::db::ScopedTable;
use lyceum_platform::platform_tables;

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

platform_tables!(account one_time_token recovery_code session signing_key totp_secret);
