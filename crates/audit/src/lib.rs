//! The audit log: who did what to what, sealed so that nobody can rewrite it unseen, and erasable where the law wants it.
//!
//! # What holds
//!
//! - Writers are the units of work of all contexts: an entry commits with its deed or not at all. Nothing here writes entries for
//!   others, and nobody waits for the sealer.
//! - The table only grows. Triggers refuse every change but two: sealing a row that has no seal, and erasing personal values
//!   together with the salt of their digest.
//! - A second or so after the commit every row is linked into the hash chain of its school, or of the platform, whose head is
//!   signed (see [`chain`](self) in the sources for the exact bytes). Altering, removing, inserting or moving a row breaks the chain at that place, and
//!   [`AuditService::verify`] finds it. Rows are linked in the order of their commits, none is skipped, one node does it.
//! - Erasing a person leaves the chain whole: it covers personal values only by salted digests. That a row's values are gone must be
//!   explained by an entry `audit.person_erased` about one of the persons in it.
//! - A school sees its own entries; platform staff without an active school see all.
//!
//! What the chain cannot show: that somebody who holds the database and the deployment's secret has rewritten all of it. Against
//! that the checkpoints go to the log, and `lyceum audit verify` prints heads to be noted elsewhere.
//!
//! # Events
//!
//! In: [`AccountErased`](lyceum_kernel::events::identity::AccountErased), by the job [`ERASE_PERSON`]. Out: none.

#![expect(unreachable_pub, reason = "modules are private; what is public in one is what its neighbours may use")]

mod chain;
mod dto;
mod error;
mod model;
pub mod perm;
mod repo;
mod router;
mod service;
mod signing;

use std::sync::Arc;

use lyceum_platform::jobs::JobRegistry;

pub use error::AuditError;
pub use model::entity_tables;
pub use router::routes;
pub use service::AuditService;
pub use service::erasure::{ERASE_PERSON, PERSON_ERASED};
pub use service::verification::{Break, Chain, Fault, Verdict};

/// The jobs of the audit log, to be merged with those of the contexts.
pub fn jobs(service: &Arc<AuditService>) -> JobRegistry {
    JobRegistry::new().handler(service::erasure::ErasePerson(Arc::clone(service)))
}
