//! The jobs of imports: doing one, and forgetting old ones.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use lyceum_kernel::SchoolId;
use lyceum_platform::PlatformError;
use lyceum_platform::jobs::{JobError, JobHandler, JobRegistry, JobRun, NewJob};
use serde::{Deserialize, Serialize};

use super::running::Stopped;
use crate::model::import::{EnrollmentImportId, Model};
use crate::repo::imports;
use crate::service::EnrollmentsService;

/// Does an import.
const IMPORT: &str = "enrollments.import";

/// Forgets old imports, and such as never came whole.
const SWEEP: &str = "enrollments.sweep_imports";

/// How long an import and its faults can be looked at after it has ended.
const KEPT: TimeDelta = TimeDelta::days(30);

/// How long rows may take to come.
const COMING: TimeDelta = TimeDelta::hours(1);

#[derive(Debug, Serialize, Deserialize)]
struct Which {
    school: SchoolId,
    import: EnrollmentImportId,
}

/// The job of an import.
pub(super) fn import_of(row: &Model) -> NewJob {
    let which = Which { school: row.school_id, import: row.id };
    NewJob::new(IMPORT, &which).key(format!("{IMPORT}:{}", row.id)).school(Some(row.school_id))
}

/// Adds the handlers of these jobs.
pub(crate) fn register(registry: JobRegistry, service: &Arc<EnrollmentsService>) -> JobRegistry {
    registry.handler(DoImport(Arc::clone(service))).handler(Sweep).periodic(SWEEP, Duration::from_hours(1))
}

struct DoImport(Arc<EnrollmentsService>);
struct Sweep;

#[async_trait]
impl JobHandler for DoImport {
    fn kind(&self) -> &'static str {
        IMPORT
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let Which { school, import } = job.payload()?;
        match self.0.run_import(&job, school, import).await {
            // A worker that stops gives the job back; an import that was called off needs none.
            Err(Stopped::Elsewhere) if job.cancelled.is_cancelled() => Err(PlatformError::LeaseLost.into()),
            Ok(()) | Err(Stopped::Elsewhere) => Ok(()),
            Err(Stopped::Failed(error)) => Err(JobError::Retry(error.into())),
        }
    }
}

#[async_trait]
impl JobHandler for Sweep {
    fn kind(&self) -> &'static str {
        SWEEP
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let platform = job.platform();
        loop {
            let now = platform.clock.now();
            let db = platform.db.read(lyceum_kernel::Scope::Platform);
            let old = imports::outdated(&db, now - KEPT, now - COMING).await?;
            if old.is_empty() {
                return Ok(());
            }
            for row in old {
                let tx = platform.unit_of_work(job.cause()).begin().await?;
                imports::delete(tx.conn(), row.school_id, row.id).await?;
                tx.commit_quietly().await?;
            }
        }
    }
}
