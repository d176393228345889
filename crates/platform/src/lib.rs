//! The real things that Lyceum stands on: configuration, the database, the unit of work, coherent caches, Redis or its
//! in-process stand-in, jobs, mail, secrets and telemetry.
//!
//! Contexts get a [`Platform`] and from it a [`UnitOfWork`] for every write. Nothing
//! here knows HTTP, and nothing here knows any context.

pub mod bus;
pub mod cache;
pub mod clock;
pub mod config;
pub mod db;
pub mod erasure;
pub mod error;
pub mod health;
pub mod jobs;
pub mod limiter;
pub mod mail;
pub mod platform;
pub mod redis;
pub mod secrets;
pub mod storage;
pub mod telemetry;
pub mod uow;

pub use cache::{CacheHub, CacheTag, Coherent};
pub use config::Config;
pub use db::Db;
pub use error::PlatformError;
pub use platform::{Parts, Platform};
pub use uow::{Answer, Audit, AuditOutcome, Cause, Committed, Idempotency, Tx, UnitOfWork};

/// The tables of the platform as their entities see them, for the test that holds entities against the migrated schema.
pub fn entity_tables() -> Vec<db::EntityTable> {
    let [audit, idempotency] = uow::entity_tables();
    let [jobs, emails] = [db::EntityTable::of::<jobs::job::Entity>(), db::EntityTable::of::<mail::email::Entity>()];
    vec![audit, idempotency, jobs, emails]
}
