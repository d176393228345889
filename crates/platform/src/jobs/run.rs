//! One run of a job, as its handler sees it.

use std::sync::Arc;

use lyceum_kernel::{EventId, JobId, RequestId, SchoolId};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::job::Model;
use super::{JobError, outbox};
use crate::error::PlatformError;
use crate::platform::Platform;
use crate::uow::{Cause, TraceContext, UnitOfWork};

/// Which run of which job a write belongs to. It stands only as long as the job is running this attempt for this worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobFence {
    /// The job.
    pub id: JobId,
    /// Which claim of it.
    pub attempt: u32,
    /// The worker that claimed it.
    pub worker: Arc<str>,
}

/// What a handler is given.
#[derive(Debug, Clone)]
pub struct JobRun {
    /// The job's id: stable over all tries, so it serves as an idempotency key outside.
    pub id: JobId,
    /// Its kind.
    pub kind: String,
    /// What it is about.
    pub payload: Value,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// The event it consumes; handlers are idempotent by it.
    pub event: Option<EventId>,
    /// The school it works for.
    pub school_id: Option<SchoolId>,
    /// Fires when the job was cancelled, the lease lost, or the worker is stopping: return soon, with any answer.
    pub cancelled: CancellationToken,
    platform: Platform,
    fence: JobFence,
    request_id: RequestId,
    traceparent: Option<String>,
}

impl JobRun {
    /// The payload as its type. A payload of another shape will not get better: the job is parked.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, JobError> {
        T::deserialize(&self.payload)
            .map_err(|error| JobError::park(anyhow::anyhow!("payload of {}: {error}", self.kind)))
    }

    /// The platform it runs on.
    pub const fn platform(&self) -> &Platform {
        &self.platform
    }

    /// What fences this run's writes.
    pub const fn fence(&self) -> &JobFence {
        &self.fence
    }

    /// The cause of whatever this run does: the request that enqueued the job, or the job itself.
    pub fn cause(&self) -> Cause {
        let trace = self.traceparent.as_deref().and_then(TraceContext::parse);
        Cause { trace, ..Cause::new(self.request_id.clone()) }
    }

    /// A unit of work whose commit also finishes the job, in the same transaction; if the lease was lost meanwhile the commit
    /// fails and everything is rolled back. So it is the run's last write. What comes before it, in batches of long work, goes
    /// through `platform().unit_of_work(cause())` and must bear repetition.
    pub fn unit_of_work(&self) -> UnitOfWork {
        self.platform.unit_of_work(self.cause()).finishing(self.fence.clone())
    }

    /// Says how far long work has come: units done, in all (once known), and failed. An error when the lease was lost.
    pub async fn progress(&self, done: u32, total: Option<u32>, errors: u32) -> Result<(), JobError> {
        let held = outbox::progress(&self.platform.db.write(), &self.fence, done, total, errors).await?;
        self.unless_lost(held)
    }

    /// Leaves the outcome of long work, which whoever asked for it can read. An error when the lease was lost.
    pub async fn set_result(&self, result: Value) -> Result<(), JobError> {
        let held = outbox::set_result(&self.platform.db.write(), &self.fence, result).await?;
        self.unless_lost(held)
    }

    fn unless_lost(&self, held: bool) -> Result<(), JobError> {
        if held {
            return Ok(());
        }
        self.cancelled.cancel();
        Err(PlatformError::LeaseLost.into())
    }

    pub(super) fn of(platform: Platform, row: &Model, fence: JobFence, cancelled: CancellationToken) -> Self {
        let request_id = row.request_id.as_deref().and_then(RequestId::parse);
        Self {
            id: row.id,
            kind: row.kind.clone(),
            payload: row.payload.clone(),
            attempt: fence.attempt,
            event: row.event_id,
            school_id: row.school_id,
            cancelled,
            request_id: request_id.unwrap_or_else(|| RequestId::new(platform.clock.now(), &*platform.entropy)),
            traceparent: row.traceparent.clone(),
            platform,
            fence,
        }
    }
}
