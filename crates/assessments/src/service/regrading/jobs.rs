//! The jobs of regrades: doing one, and looking once more at what was handed in just then.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use lyceum_kernel::SchoolId;
use lyceum_platform::PlatformError;
use lyceum_platform::jobs::{JobError, JobHandler, JobRegistry, JobRun, NewJob};
use serde::{Deserialize, Serialize};

use super::running::Stopped;
use crate::model::regrade::{Model, RegradeId, State};
use crate::service::AssessmentsService;

/// Does a regrade, or puts former marks back.
const REGRADE: &str = "assessments.regrade";

/// Looks once more at attempts that were handed in while the marking changed.
const LATE: &str = "assessments.regrade_late";

/// How long another node may go on marking as before: some two seconds, and what a slow transaction takes.
pub(super) const STALE: TimeDelta = TimeDelta::seconds(10);

#[derive(Debug, Serialize, Deserialize)]
struct Which {
    school: SchoolId,
    regrade: RegradeId,
    state: State,
}

/// The job of a regrade as it stands.
pub(super) fn regrade_of(row: &Model) -> NewJob {
    let which = Which { school: row.school_id, regrade: row.id, state: row.state };
    NewJob::new(REGRADE, &which).key(format!("{REGRADE}:{}:{}", row.id, row.version)).school(Some(row.school_id))
}

/// The job that comes after it.
pub(super) fn late_of(row: &Model, state: State) -> NewJob {
    let which = Which { school: row.school_id, regrade: row.id, state };
    let job = NewJob::new(LATE, &which).key(format!("{LATE}:{}:{}", row.id, row.version)).school(Some(row.school_id));
    job.run_at(row.since + STALE)
}

/// Adds the handlers of these jobs.
pub(crate) fn register(registry: JobRegistry, service: &Arc<AssessmentsService>) -> JobRegistry {
    registry.handler(DoRegrade(Arc::clone(service))).handler(LookAgain(Arc::clone(service)))
}

struct DoRegrade(Arc<AssessmentsService>);
struct LookAgain(Arc<AssessmentsService>);

fn ended(job: &JobRun, ran: Result<(), Stopped>) -> Result<(), JobError> {
    match ran {
        // A worker that stops gives the job back; a regrade that was called off needs none.
        Err(Stopped::Elsewhere) if job.cancelled.is_cancelled() => Err(PlatformError::LeaseLost.into()),
        Ok(()) | Err(Stopped::Elsewhere) => Ok(()),
        Err(Stopped::Failed(error)) => Err(JobError::Retry(error.into())),
    }
}

#[async_trait]
impl JobHandler for DoRegrade {
    fn kind(&self) -> &'static str {
        REGRADE
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let Which { school, regrade, .. } = job.payload()?;
        ended(&job, self.0.run_regrade(&job, (school, regrade)).await)
    }
}

#[async_trait]
impl JobHandler for LookAgain {
    fn kind(&self) -> &'static str {
        LATE
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let Which { school, regrade, state } = job.payload()?;
        ended(&job, self.0.look_again(&job, (school, regrade), state).await)
    }
}
