//! The unit of work: everything that one request or one job changes, committed together or not at all.
//!
//! ```text
//! let mut tx = uow.begin().await?;          // claims the idempotency key, if there is one
//! repo::save(tx.conn(), …).await?;          // the effect
//! tx.audit(Audit::of("school.renamed", "school", id).after(json));
//! tx.emit(&SchoolRenamed { … });            // one outbox row for each consumer
//! tx.invalidate(CacheTag::new("school", id));
//! tx.commit(Answer::ok(view)).await         // all of it, and the answer under the idempotency key
//! ```
//!
//! Audit rows, jobs, letters and the stored answer are buffered and written with one statement each at the commit. What touches
//! caches and other processes runs only after the commit has succeeded. No hashing, mail or HTTP between `begin` and `commit`.

mod answer;
pub mod audit;
mod cause;
#[expect(clippy::disallowed_methods, reason = "a platform table: rows of a caller are found by the caller's key")]
pub mod idempotency;
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests count all rows")]
mod tests;
mod tx;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use lyceum_kernel::{Entropy, Principal, SharedClock, SharedEntropy, UserId};

pub use self::answer::{Answer, Committed};
use self::audit::Actor;
pub use self::audit::{Audit, AuditOutcome};
pub use self::cause::{Cause, TraceContext};
pub use self::idempotency::{Idempotency, Lookup, StoredAnswer};
pub use self::tx::Tx;
use crate::cache::CacheHub;
use crate::db::{Db, EntityTable};
use crate::error::PlatformError;
use crate::jobs::{JobFence, JobRegistry};

/// What every unit of work needs of the platform.
#[derive(Debug)]
pub struct Handles {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: SharedClock,
    /// Randomness.
    pub entropy: SharedEntropy,
    /// The stamps of the caches.
    pub caches: CacheHub,
    /// Who consumes which event.
    pub registry: Arc<JobRegistry>,
}

/// A unit of work not yet begun: who does it, and why.
#[derive(Debug, Clone)]
pub struct UnitOfWork {
    handles: Arc<Handles>,
    cause: Cause,
    actor: Option<Actor>,
    idempotency: Option<Idempotency>,
    fence: Option<JobFence>,
}

impl UnitOfWork {
    /// A unit of work with this cause and nobody acting. Others get theirs from
    /// [`Platform::unit_of_work`](crate::platform::Platform::unit_of_work).
    pub fn new(handles: Arc<Handles>, cause: Cause) -> Self {
        Self { handles, cause, actor: None, idempotency: None, fence: None }
    }

    /// Audit rows name this person, their session and, unless they say otherwise, their active school.
    #[must_use]
    pub fn acting_as(mut self, who: &Principal) -> Self {
        self.actor = Some(Actor { user: who.user_id, session: Some(who.session_id), school: who.school_id });
        self
    }

    /// Audit rows name this person, for whom a job works after they have gone.
    #[must_use]
    pub fn acting_for(mut self, user: UserId) -> Self {
        self.actor = Some(Actor { user, session: None, school: None });
        self
    }

    /// Claims this key at the beginning and stores the answer under it at the end.
    #[must_use]
    pub fn idempotent(mut self, key: Option<Idempotency>) -> Self {
        self.idempotency = key;
        self
    }

    /// Finishes this run of a job with the commit, which fails with [`PlatformError::LeaseLost`] if the run is not the
    /// present one any more.
    #[must_use]
    pub fn finishing(mut self, run: JobFence) -> Self {
        self.fence = Some(run);
        self
    }

    /// The present moment.
    pub fn now(&self) -> DateTime<Utc> {
        self.handles.clock.now()
    }

    /// The clock.
    pub fn clock(&self) -> &SharedClock {
        &self.handles.clock
    }

    /// Randomness.
    pub fn entropy(&self) -> &dyn Entropy {
        self.handles.entropy.as_ref()
    }

    /// The database, for reading before the transaction begins.
    pub fn db(&self) -> &Db {
        &self.handles.db
    }

    /// What caused it.
    pub const fn cause(&self) -> &Cause {
        &self.cause
    }

    /// Begins the transaction and claims the idempotency key, waiting up to five seconds for a request in flight with the
    /// same key.
    ///
    /// # Errors
    /// [`PlatformError::IdempotencyReplay`] when the key has its answer, [`PlatformError::IdempotencyInFlight`] when the other
    /// request takes longer, [`PlatformError::Unavailable`] when there is no database.
    pub async fn begin(self) -> Result<Tx, PlatformError> {
        let transaction = self.handles.db.begin().await?;
        let now = self.now();
        if let Some(key) = &self.idempotency {
            idempotency::claim(&transaction, key, now).await?;
        }
        Ok(Tx::new(self, transaction, now))
    }
}

/// The audit log and the idempotency keys as their entities see them.
pub(crate) fn entity_tables() -> [EntityTable; 2] {
    [EntityTable::of::<audit::Entity>(), EntityTable::of::<idempotency::Entity>()]
}
