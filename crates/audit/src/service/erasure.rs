//! Erasing a person: what the platform's own tables hold of them, the audit log among them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use lyceum_kernel::UserId;
use lyceum_platform::erasure::{self, Traces};
use lyceum_platform::jobs::{JobError, JobHandler, JobRun, NewJob};
use lyceum_platform::uow::Audit;
use serde::{Deserialize, Serialize};

use super::AuditService;
use crate::repo::persons;

/// The kind of the job that erases a person; it consumes `identity.account_erased.v1`.
pub const ERASE_PERSON: &str = "audit.erase_person";

/// The action of the entry that says that a person's values were erased.
pub const PERSON_ERASED: &str = "audit.person_erased";

/// A letter that cannot be sent is given up, its address with it, after so many passes: some four days.
const LAST_PASS: u32 = 100;

/// Whom to erase. What the event says is the first pass.
#[derive(Debug, Serialize, Deserialize)]
struct Erase {
    user_id: UserId,
    /// A second pass follows the first, for what was under way at the time; more while letters to the person wait to be sent.
    #[serde(default)]
    pass: u32,
}

/// Erases a person. Every step bears repetition.
pub(crate) struct ErasePerson(pub(crate) Arc<AuditService>);

#[async_trait]
impl JobHandler for ErasePerson {
    fn kind(&self) -> &'static str {
        ERASE_PERSON
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let Erase { user_id, pass } = job.payload()?;
        let platform = &self.0.platform;
        if pass == 0 {
            // On record before anything is gone: verification asks why values are missing.
            let mut tx = platform.unit_of_work(job.cause()).begin().await?;
            tx.audit(Audit::of(PERSON_ERASED, "account", user_id));
            tx.commit_quietly().await?;
        }
        let db = platform.db.write();
        let mut traces = Traces::of(&db, user_id).await?;
        traces.addresses.extend(persons::addresses(&db, user_id).await?);
        let now = platform.clock.now();
        let letters_wait = erasure::letters(&db, &traces, pass >= LAST_PASS).await?;
        erasure::ended_jobs(&db, &traces).await?;
        erasure::stored_answers(&db, &traces).await?;
        while persons::erase_origin(&db, user_id, now).await? > 0 {}
        while persons::erase_values(&db, user_id, now).await? > 0 {}
        let mut tx = job.unit_of_work().begin().await?;
        if pass == 0 || letters_wait {
            let next = Erase { user_id, pass: pass + 1 };
            tx.enqueue(NewJob::new(ERASE_PERSON, &next).run_at(now + pause(pass)));
        }
        tx.commit_quietly().await?;
        Ok(())
    }
}

/// How long until the next pass.
fn pause(pass: u32) -> TimeDelta {
    let pause = match pass {
        0 => Duration::from_mins(1),
        1 => Duration::from_mins(10),
        _ => Duration::from_hours(1),
    };
    TimeDelta::from_std(pause).unwrap_or_default()
}
