//! One run of a job, as its handler sees it.

use std::sync::Arc;

use lyceum_kernel::{EventId, JobId, SchoolId};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::JobError;

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
    pub(super) fence: JobFence,
}

impl JobRun {
    /// The payload as its type. A payload of another shape will not get better: the job is parked.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, JobError> {
        T::deserialize(&self.payload)
            .map_err(|error| JobError::park(anyhow::anyhow!("payload of {}: {error}", self.kind)))
    }

    /// What fences this run's writes.
    pub const fn fence(&self) -> &JobFence {
        &self.fence
    }
}
