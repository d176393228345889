//! What tenancy does when it hears of something: copies of names follow, activated members have joined, erased ones are forgotten.

use std::sync::Arc;

use async_trait::async_trait;
use lyceum_kernel::UserId;
use lyceum_kernel::events::identity::{AccountActivated, AccountErased, ProfileChanged};
use lyceum_platform::jobs::{JobError, JobHandler, JobRegistry, JobRun};
use lyceum_platform::uow::Tx;

use crate::error::TenancyError;
use crate::model::membership::{Column, Model};
use crate::repo::memberships::{self, Change};
use crate::repo::{invites, schools, signup_requests};
use crate::service::TenancyService;

/// The job that a changed profile becomes.
pub const PROFILE_CHANGED: &str = "tenancy.copy_names";
/// The job that an activation becomes.
pub const ACTIVATED: &str = "tenancy.note_activation";
/// The job that an erasure becomes.
pub const ERASED: &str = "tenancy.forget_person";

/// The jobs of tenancy, to be merged with those of the other contexts and given to the runner.
pub fn jobs(service: &Arc<TenancyService>) -> JobRegistry {
    let registry =
        JobRegistry::new().handler(CopyNames(Arc::clone(service))).handler(NoteActivation).handler(ForgetPerson);
    crate::service::imports::jobs::register(registry, service)
}

struct CopyNames(Arc<TenancyService>);
struct NoteActivation;
struct ForgetPerson;

#[async_trait]
impl JobHandler for CopyNames {
    fn kind(&self) -> &'static str {
        PROFILE_CHANGED
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let event: ProfileChanged = job.payload()?;
        let mut tx = job.unit_of_work().begin().await?;
        self.0.copy_profile(&mut tx, event.user_id).await?;
        Ok(tx.commit_quietly().await?)
    }
}

#[async_trait]
impl JobHandler for NoteActivation {
    fn kind(&self) -> &'static str {
        ACTIVATED
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let event: AccountActivated = job.payload()?;
        let tx = job.unit_of_work().begin().await?;
        for row in memberships::of_account(tx.conn(), event.user_id).await? {
            if row.user_id == event.user_id && row.joined_at.is_none() {
                Change::of(&row, tx.now()).set(Column::JoinedAt, tx.now()).apply(tx.conn()).await?;
            }
        }
        Ok(tx.commit_quietly().await?)
    }
}

#[async_trait]
impl JobHandler for ForgetPerson {
    fn kind(&self) -> &'static str {
        ERASED
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let event: AccountErased = job.payload()?;
        let tx = job.unit_of_work().begin().await?;
        let rows = memberships::all_of_account(tx.conn(), event.user_id).await?;
        let addresses: Vec<_> = rows.iter().filter_map(|row| row.email_key.clone()).collect();
        invites::forget(tx.conn(), event.user_id, &addresses, tx.now()).await?;
        signup_requests::forget(tx.conn(), event.user_id, &addresses).await?;
        invites::forget_arrivals(tx.conn(), event.user_id).await?;
        for row in rows {
            if row.claimant_id == Some(event.user_id) {
                // What was offered to nobody is no membership.
                memberships::erase(tx.conn(), row.school_id, row.user_id).await?;
            } else {
                anonymise(&row, &tx).apply(tx.conn()).await?;
            }
            if row.seated() {
                schools::return_seats(tx.conn(), row.school_id, 1).await?;
            }
        }
        Ok(tx.commit_quietly().await?)
    }
}

/// The row stays, for what hangs on it; nothing in it says who it was.
fn anonymise(row: &Model, tx: &Tx) -> Change {
    let nothing = || None::<String>;
    Change::of(row, tx.now())
        .set(Column::Username, nothing())
        .set(Column::UsernameKey, nothing())
        .set(Column::Email, nothing())
        .set(Column::EmailKey, nothing())
        .set(Column::FullName, nothing())
        .set(Column::NameKey, "")
        .set(Column::FamilyKey, "")
        .set(Column::ExternalId, nothing())
        .set(Column::DeletedAt, tx.now())
}

impl TenancyService {
    /// Copies what the directory shows of an account to all its memberships. The account as it is now counts, not what the event
    /// said, so that events out of order do no harm.
    async fn copy_profile(&self, tx: &mut Tx, id: UserId) -> Result<(), TenancyError> {
        let Some(account) = self.accounts.by_id(tx, id).await? else { return Ok(()) };
        for row in memberships::of_account(tx.conn(), id).await? {
            if row.user_id != id {
                continue;
            }
            let mut after = row.clone();
            self.copy_names(tx, &mut after, &account).await?;
            if after == row {
                continue;
            }
            Change::of(&row, tx.now())
                .set(Column::Username, after.username)
                .set(Column::UsernameKey, after.username_key)
                .set(Column::Email, after.email)
                .set(Column::EmailKey, after.email_key)
                .set(Column::FullName, after.full_name)
                .set(Column::NameKey, after.name_key)
                .set(Column::FamilyKey, after.family_key)
                .apply(tx.conn())
                .await?;
        }
        Ok(())
    }
}
