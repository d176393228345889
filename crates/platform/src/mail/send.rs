//! The job that sends one letter.

use std::sync::Arc;

use async_trait::async_trait;
use lyceum_kernel::{EmailId, SharedClock};

use super::email::EmailState;
use super::letter::FORGOTTEN;
use super::{Mailer, outbox};
use crate::db::Db;
use crate::jobs::{JobError, JobHandler, JobRun, RetryPolicy};

/// The kind of the job that sends one letter.
pub const MAIL_SEND: &str = "mail.send";

/// Sends letters.
#[derive(Debug)]
pub(crate) struct MailSend {
    mailer: Arc<Mailer>,
    db: Db,
    clock: SharedClock,
}

impl MailSend {
    pub(crate) fn new(mailer: Arc<Mailer>, db: Db, clock: SharedClock) -> Self {
        Self { mailer, db, clock }
    }
}

#[async_trait]
impl JobHandler for MailSend {
    fn kind(&self) -> &'static str {
        MAIL_SEND
    }

    fn retry(&self) -> RetryPolicy {
        RetryPolicy::MAIL
    }

    /// Every write is about what the server did, which stays true whoever holds the lease: so none of them is fenced.
    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let id: EmailId = job.payload()?;
        let db = self.db.write();
        let Some(email) = outbox::find(&db, id).await? else { return Ok(()) };
        if matches!(email.state, EmailState::Sent | EmailState::Failed) {
            return Ok(());
        }
        let message = match self.mailer.prepare(&email) {
            Ok(message) => message,
            Err(error) => {
                outbox::hold(&db, id, &error.to_string()).await?;
                return Err(JobError::park(error));
            }
        };
        if job.cancelled.is_cancelled() || !outbox::handing_over(&db, id, &self.mailer.message_id(&email)).await? {
            return Err(anyhow::anyhow!("not sent: the run was cancelled").into());
        }
        let forgotten = email.data.get(FORGOTTEN).is_some();
        match self.mailer.deliver(message).await {
            Ok(()) => {
                outbox::accepted(&db, id, self.clock.now()).await?;
                if forgotten {
                    outbox::forget(&db, id).await?;
                }
                metrics::counter!("lyceum_mail_sent_total").increment(1);
                Ok(())
            }
            Err(refusal) => {
                outbox::refused(&db, id, &refusal).await?;
                if refusal.for_good {
                    metrics::counter!("lyceum_mail_failed_total").increment(1);
                    tracing::warn!(email.id = %id, error = refusal.text, "mail.refused");
                    if forgotten {
                        outbox::forget(&db, id).await?;
                    }
                    return Ok(());
                }
                metrics::counter!("lyceum_mail_deferred_total").increment(1);
                Err(anyhow::anyhow!(refusal.text).into())
            }
        }
    }
}
