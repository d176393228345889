//! The jobs of assessments.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lyceum_kernel::Scope;
use lyceum_kernel::events::identity::AccountErased;
use lyceum_platform::jobs::{JobError, JobHandler, JobRegistry, JobRun};

use crate::repo::attempts;
use crate::service::AssessmentsService;

/// The job that closes attempts whose time is over.
pub const CLOSE_OVERDUE: &str = "assessments.close_overdue";

/// The job that the erasure of an account becomes.
pub const ERASED: &str = "assessments.forget_person";

/// How often attempts whose time is over are looked for.
const EVERY: Duration = Duration::from_secs(5);

/// Attempts found at once.
const BATCH: u64 = 200;

/// The jobs of assessments, to be merged with those of the other contexts and given to the runner.
pub fn jobs(service: &Arc<AssessmentsService>) -> JobRegistry {
    let jobs = JobRegistry::new()
        .handler(CloseOverdue(Arc::clone(service)))
        .handler(ForgetPerson(Arc::clone(service)))
        .periodic(CLOSE_OVERDUE, EVERY);
    crate::service::regrading::jobs::register(jobs, service)
}

struct CloseOverdue(Arc<AssessmentsService>);
struct ForgetPerson(Arc<AssessmentsService>);

#[async_trait]
impl JobHandler for ForgetPerson {
    fn kind(&self) -> &'static str {
        ERASED
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let event: AccountErased = job.payload()?;
        let tx = job.unit_of_work().begin().await?;
        self.0.forget_person(&tx, event.user_id).await?;
        Ok(tx.commit_quietly().await?)
    }
}

#[async_trait]
impl JobHandler for CloseOverdue {
    fn kind(&self) -> &'static str {
        CLOSE_OVERDUE
    }

    /// Each in a transaction of its own: nobody waits long, and one that fails does not keep the others open.
    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let platform = job.platform();
        let read = platform.db.read(Scope::Platform);
        loop {
            let found = attempts::overdue(&read, platform.clock.now(), BATCH).await?;
            let mut failed = 0;
            for attempt in &found {
                if job.cancelled.is_cancelled() {
                    return Ok(());
                }
                if let Err(error) = self.0.close_overdue(platform.unit_of_work(job.cause()), *attempt).await {
                    failed += 1;
                    tracing::warn!(attempt.id = %attempt.1, %error, "assessments.overdue_not_closed");
                }
            }
            if failed > 0 || (found.len() as u64) < BATCH {
                return Ok(());
            }
        }
    }
}
