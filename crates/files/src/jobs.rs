//! The jobs of files.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lyceum_kernel::events::identity::AccountErased;
use lyceum_kernel::{FileId, SchoolId};
use lyceum_platform::jobs::{JobError, JobHandler, JobRegistry, JobRun};
use serde::{Deserialize, Serialize};

use crate::service::FilesService;
use crate::store::Key;

/// Looks at a large upload.
pub(crate) const VERIFY: &str = "files.verify";
/// Makes smaller copies of a picture.
pub(crate) const MAKE_VARIANTS: &str = "files.make_variants";
/// Reads the text of a document.
pub(crate) const READ_TEXT: &str = "files.read_text";
/// Deletes an object, however long the store is away.
pub(crate) const DELETE_OBJECT: &str = "files.delete_object";
/// The job that an erasure becomes.
pub const ERASED: &str = "files.forget_person";
/// Sweeps rows.
const SWEEP: &str = "files.sweep";
/// Sweeps the store.
const SWEEP_STORE: &str = "files.sweep_store";

/// How often rows are swept.
const HOURLY: Duration = Duration::from_hours(1);
/// How often the store is swept.
const DAILY: Duration = Duration::from_hours(24);

/// A file in the payload of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Which {
    /// Its school.
    pub(crate) school_id: SchoolId,
    /// The file.
    pub(crate) file_id: FileId,
}

#[derive(Debug, Deserialize)]
struct Object {
    key: String,
}

/// The jobs of files, to be merged with those of the other contexts and given to the runner.
pub fn jobs(service: &Arc<FilesService>) -> JobRegistry {
    let kinds = [VERIFY, MAKE_VARIANTS, READ_TEXT, DELETE_OBJECT, ERASED, SWEEP, SWEEP_STORE];
    let handlers = kinds.map(|kind| FilesJob { service: Arc::clone(service), kind });
    let registry = handlers.into_iter().fold(JobRegistry::new(), JobRegistry::handler);
    registry.periodic(SWEEP, HOURLY).periodic(SWEEP_STORE, DAILY)
}

struct FilesJob {
    service: Arc<FilesService>,
    kind: &'static str,
}

#[async_trait]
impl JobHandler for FilesJob {
    fn kind(&self) -> &'static str {
        self.kind
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let service = &self.service;
        match self.kind {
            VERIFY => service.verify(job.payload()?, job.unit_of_work()).await?,
            MAKE_VARIANTS => service.make_variants(job.payload()?, job.unit_of_work()).await?,
            READ_TEXT => service.read_text(job.payload()?, job.unit_of_work()).await?,
            DELETE_OBJECT => {
                let Object { key } = job.payload()?;
                let key: Key = key.parse().map_err(|()| JobError::park(anyhow::anyhow!("no key")))?;
                service.store.delete(key).await?;
            }
            ERASED => {
                let event: AccountErased = job.payload()?;
                service.forget_person(event.user_id, &job.cause()).await?;
            }
            SWEEP => service.sweep(&job.cause()).await?,
            _ => {
                service.sweep_store().await?;
            }
        }
        Ok(())
    }
}
