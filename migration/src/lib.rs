//! The one sequence of schema migrations, for PostgreSQL and SQLite alike.
//!
//! Each file makes one change and can undo it. Constraints are named: `pk_<table>`, `uq_<table>_<columns>`,
//! `ix_<table>_<columns>`, `fk_<table>_<column>`, `ck_<table>_<what>`; the program tells violations apart by these names.

pub mod ownership;

use sea_orm_migration::prelude::*;

mod m20261121_000001_platform_jobs;
mod m20261121_000002_platform_emails;
mod m20261121_000003_platform_audit_log;
mod m20261121_000004_platform_idempotency_keys;
mod m20261121_000101_identity_accounts;
mod m20261121_000102_identity_sessions;
mod m20261121_000103_identity_signing_keys;
mod m20261121_000104_identity_one_time_tokens;
mod m20261121_000105_identity_totp_secrets;
mod m20261121_000106_identity_recovery_codes;
mod m20261121_000401_audit_log_seal;
mod m20261121_000402_audit_keys;
mod m20261121_000403_audit_chains;
mod m20261121_000404_audit_append_only;

/// Runs the sequence: `Migrator::up(connection, None)`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_platform_jobs::Migration),
            Box::new(m20261121_000002_platform_emails::Migration),
            Box::new(m20261121_000003_platform_audit_log::Migration),
            Box::new(m20261121_000004_platform_idempotency_keys::Migration),
            Box::new(m20261121_000101_identity_accounts::Migration),
            Box::new(m20261121_000102_identity_sessions::Migration),
            Box::new(m20261121_000103_identity_signing_keys::Migration),
            Box::new(m20261121_000104_identity_one_time_tokens::Migration),
            Box::new(m20261121_000105_identity_totp_secrets::Migration),
            Box::new(m20261121_000106_identity_recovery_codes::Migration),
            Box::new(m20261121_000401_audit_log_seal::Migration),
            Box::new(m20261121_000402_audit_keys::Migration),
            Box::new(m20261121_000403_audit_chains::Migration),
            Box::new(m20261121_000404_audit_append_only::Migration),
        ]
    }
}

pub use sea_orm_migration::MigratorTrait;
