//! A unit of work in progress.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use lyceum_kernel::events::Event;
use lyceum_kernel::{Entropy, EventId, UserId};
use sea_orm::sea_query::{Expr, Func, Query};
use sea_orm::{ConnectionTrait as _, DbErr};
use serde::Serialize;

use super::{Answer, Audit, Committed, UnitOfWork, audit, idempotency};
use crate::cache::{CHANNEL, CacheTag};
use crate::db::DbTransaction;
use crate::error::PlatformError;
use crate::jobs::{self, NewJob};
use crate::mail::{self, Letter};

/// A hook that runs after the commit.
type Hook = Box<dyn FnOnce() + Send>;

/// PostgreSQL takes less than 8,000 bytes in one notification.
const NOTIFICATION: usize = 7_000;

/// An open transaction and what is to be committed with it. Dropping it rolls everything back.
pub struct Tx {
    work: UnitOfWork,
    transaction: DbTransaction,
    now: DateTime<Utc>,
    audits: Vec<Audit>,
    jobs: Vec<NewJob>,
    letters: Vec<Letter>,
    /// Before this moment no letter leaves.
    letters_not_before: Option<DateTime<Utc>>,
    tags: Vec<CacheTag>,
    /// In a mutex only so that `&Tx` may cross threads; it is never locked.
    hooks: Mutex<Vec<Hook>>,
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx").field("cause", self.work.cause()).field("now", &self.now).finish_non_exhaustive()
    }
}

impl Tx {
    pub(super) fn new(work: UnitOfWork, transaction: DbTransaction, now: DateTime<Utc>) -> Self {
        Self {
            work,
            transaction,
            now,
            audits: Vec::new(),
            jobs: Vec::new(),
            letters: Vec::new(),
            letters_not_before: None,
            tags: Vec::new(),
            hooks: Mutex::default(),
        }
    }

    /// The connection, for the functions of a context's `repo/`.
    pub const fn conn(&self) -> &DbTransaction {
        &self.transaction
    }

    /// When the unit of work began; everything in it happens at this moment.
    pub const fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Randomness.
    pub fn entropy(&self) -> &dyn Entropy {
        self.work.entropy()
    }

    /// Adds an entry to the audit log.
    pub fn audit(&mut self, entry: Audit) {
        self.audits.push(entry);
    }

    /// Tells every consumer of the event, by one job each.
    pub fn emit<E: Event>(&mut self, event: &E) {
        let id = EventId::new(self.now, self.work.entropy());
        for kind in self.work.handles.registry.consumers_of(E::NAME) {
            self.jobs.push(caused(&self.work, NewJob::new(*kind, event).event(id)));
        }
    }

    /// Puts a job into the outbox.
    pub fn enqueue(&mut self, job: NewJob) {
        self.jobs.push(caused(&self.work, job));
    }

    /// Posts a letter.
    pub fn post(&mut self, letter: Letter) {
        self.letters.push(letter);
    }

    /// The letters of this unit of work do not leave before this moment: for those who post thousands, so that the letters of
    /// others need not wait behind them.
    pub const fn hold_letters(&mut self, until: DateTime<Utc>) {
        self.letters_not_before = Some(until);
    }

    /// Forgets every letter about an account, sent or not: its owner is erased. What is [posted](Self::post) in this unit of work
    /// is still sent.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn forget_letters(&self, account: UserId) -> Result<(), PlatformError> {
        Ok(mail::outbox::forget_all(&self.transaction, account).await?)
    }

    /// After the commit nothing that hangs on the tag is served from any cache: here at once, on other nodes within two seconds.
    pub fn invalidate(&mut self, tag: CacheTag) {
        if !self.tags.contains(&tag) {
            self.tags.push(tag);
        }
    }

    /// Runs after the commit, and only if it succeeds. It must not block.
    pub fn after_commit(&mut self, hook: impl FnOnce() + Send + 'static) {
        self.hooks.get_mut().unwrap_or_else(PoisonError::into_inner).push(Box::new(hook));
    }

    /// Commits everything, and stores the answer under the idempotency key if there is one.
    ///
    /// # Errors
    /// [`PlatformError::Unavailable`] also when the connection broke during the commit: then nobody knows whether it took
    /// place, and a repetition with the same idempotency key finds out.
    pub async fn commit<T: Serialize>(mut self, answer: Answer<T>) -> Result<Committed<T>, PlatformError> {
        let committed = answer.into_bytes()?;
        self.write_buffered().await?;
        if let Some(key) = &self.work.idempotency {
            let Committed { status, headers, body, .. } = &committed;
            idempotency::record(&self.transaction, key, *status, headers, body).await?;
        }
        self.conclude().await?;
        Ok(committed)
    }

    /// Commits everything without an answer; nothing is stored under the idempotency key. For jobs, and for what must be
    /// written although the request fails: "a refresh token was used twice".
    pub async fn commit_quietly(mut self) -> Result<(), PlatformError> {
        self.write_buffered().await?;
        if let Some(key) = &self.work.idempotency {
            idempotency::release(&self.transaction, key).await?;
        }
        self.conclude().await
    }

    /// Rolls everything back. Dropping does the same, a little later.
    pub async fn rollback(self) {
        self.transaction.rollback().await;
    }

    async fn write_buffered(&mut self) -> Result<(), PlatformError> {
        let (conn, now, entropy) = (&self.transaction, self.now, self.work.entropy());
        if let Some(run) = &self.work.fence
            && !jobs::outbox::finish(conn, run, now).await?
        {
            return Err(PlatformError::LeaseLost);
        }
        let audits = std::mem::take(&mut self.audits);
        if !audits.is_empty() {
            audit::insert_many(conn, audits, now, entropy, self.work.actor, &self.work.cause).await?;
        }
        if !self.letters.is_empty() {
            let leave = self.letters_not_before.unwrap_or(now);
            mail::outbox::insert_many(conn, (now, leave), entropy, &self.letters).await?;
        }
        if !self.jobs.is_empty() {
            jobs::outbox::insert_many(conn, now, entropy, &self.jobs).await?;
        }
        if self.work.handles.db.is_postgres() {
            notify(conn, &self.tags).await?;
        }
        Ok(())
    }

    /// Commits, and only then lets the world know.
    async fn conclude(self) -> Result<(), PlatformError> {
        let Self { work, transaction, jobs, letters, tags, hooks, .. } = self;
        transaction.commit().await?;
        for tag in tags {
            work.handles.caches.bump(tag);
        }
        if !(jobs.is_empty() && letters.is_empty()) {
            work.handles.registry.wake();
        }
        for hook in hooks.into_inner().unwrap_or_else(PoisonError::into_inner) {
            // What is committed stays committed: a hook that panics must not turn the answer into an error.
            if catch_unwind(AssertUnwindSafe(hook)).is_err() {
                tracing::error!("unit_of_work.hook_panicked");
            }
        }
        Ok(())
    }
}

fn caused(work: &UnitOfWork, job: NewJob) -> NewJob {
    let cause = work.cause();
    job.caused_by(Some(cause.request_id.as_str().to_owned()), cause.trace.as_ref().map(ToString::to_string))
}

/// Tells the other nodes, when and if the transaction commits.
async fn notify(conn: &DbTransaction, tags: &[CacheTag]) -> Result<(), DbErr> {
    for payload in payloads(tags) {
        let call = Func::cust("pg_notify").args([Expr::value(CHANNEL), Expr::value(payload)]);
        conn.query_one(Query::select().expr(call)).await?;
    }
    Ok(())
}

/// The tags in as few notifications as they fit into.
fn payloads(tags: &[CacheTag]) -> Vec<String> {
    let mut payloads: Vec<String> = Vec::new();
    for tag in tags {
        let word = tag.notation();
        match payloads.last_mut() {
            Some(payload) if payload.len() + 1 + word.len() <= NOTIFICATION => {
                payload.push(' ');
                payload.push_str(&word);
            }
            _ => payloads.push(word),
        }
    }
    payloads
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn many_tags_make_several_notifications() {
        let tags: Vec<_> = (0..1_000).map(|id| CacheTag::new("permissions", Uuid::from_u128(id))).collect();
        let payloads = payloads(&tags);
        assert!(payloads.len() > 1);
        assert!(payloads.iter().all(|payload| payload.len() <= NOTIFICATION));
        assert_eq!(payloads.iter().flat_map(|payload| payload.split(' ')).count(), 1_000);
        assert!(super::payloads(&[]).is_empty());
    }
}
