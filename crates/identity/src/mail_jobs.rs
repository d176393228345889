//! Letters that anybody can ask for by naming an address. The request only leaves a job, whether or not the address has an
//! account: neither the answer nor the time it takes tells.

use std::sync::Arc;

use async_trait::async_trait;
use lyceum_kernel::{Scope, UserId};
use lyceum_platform::jobs::{JobError, JobHandler, JobRegistry, JobRun, NewJob};
use lyceum_platform::uow::{Answer, Committed, UnitOfWork};
use serde::{Deserialize, Serialize};

use crate::dto::registration::Acknowledged;
use crate::error::IdentityError;
use crate::repo::accounts;
use crate::service::IdentityService;

/// Mails an activation link, if the address waits for one.
pub const MAIL_ACTIVATION: &str = "identity.mail_activation";

/// Mails a link that sets a new password, if the address has an account.
pub const MAIL_PASSWORD_RESET: &str = "identity.mail_password_reset";

/// Whose address somebody named; nobody's, maybe. The address itself is not kept: jobs outlive accounts that are erased.
#[derive(Debug, Serialize, Deserialize)]
struct Named {
    account: Option<UserId>,
}

struct MailActivation(Arc<IdentityService>);

#[async_trait]
impl JobHandler for MailActivation {
    fn kind(&self) -> &'static str {
        MAIL_ACTIVATION
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let Named { account } = job.payload()?;
        self.0.mail_activation(job.unit_of_work(), account).await.map_err(|error| JobError::Retry(error.into()))
    }
}

struct MailPasswordReset(Arc<IdentityService>);

#[async_trait]
impl JobHandler for MailPasswordReset {
    fn kind(&self) -> &'static str {
        MAIL_PASSWORD_RESET
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let Named { account } = job.payload()?;
        self.0.mail_password_reset(job.unit_of_work(), account).await.map_err(|error| JobError::Retry(error.into()))
    }
}

/// Adds the handlers of these jobs.
pub(crate) fn register(registry: JobRegistry, service: &Arc<IdentityService>) -> JobRegistry {
    registry.handler(MailActivation(Arc::clone(service))).handler(MailPasswordReset(Arc::clone(service)))
}

impl IdentityService {
    /// Leaves a job of this kind for the account of an address, or for nobody, and answers what is always answered. Too many letters to one address: no job,
    /// the same answer.
    pub(crate) async fn mail_later(
        &self,
        uow: UnitOfWork,
        kind: &'static str,
        email: &str,
    ) -> Result<Committed<Acknowledged>, IdentityError> {
        let may_mail = self.may_mail(email).await;
        let account = accounts::id_by_email(&self.platform.db.read(Scope::Platform), email).await?;
        let mut tx = uow.begin().await?;
        if may_mail {
            tx.enqueue(NewJob::new(kind, &Named { account }));
        }
        Ok(tx.commit(Answer::accepted(Acknowledged::mail_on_its_way())).await?)
    }
}
