//! Periodic work: one job per kind and period, whichever node notices first.

#![expect(clippy::disallowed_methods, reason = "jobs belong to the platform")]

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use lyceum_kernel::Entropy;
use sea_orm::{ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde_json::Value;

use super::job::{Column, Entity, JobState, Model};
use super::retry::after;
use super::{JobRegistry, NewJob, outbox};

/// Begins the unique key of every periodic job.
const PREFIX: &str = "periodic:";

/// What this process has already enqueued, so that a period costs each node one look.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    enqueued: HashMap<&'static str, i64>,
}

impl Schedule {
    /// Enqueues the jobs of the periods that `now` lies in. While the job of an earlier period has not ended the period waits,
    /// and is left out if it ends first: a kind never overtakes itself.
    pub(super) async fn enqueue_due(
        &mut self,
        db: &impl ConnectionTrait,
        registry: &JobRegistry,
        now: DateTime<Utc>,
        entropy: &dyn Entropy,
    ) -> Result<(), DbErr> {
        for (kind, every) in registry.periods() {
            let slot = slot(now, every);
            if self.enqueued.get(kind) == Some(&slot) || is_pending(db, kind).await? {
                continue;
            }
            let job = NewJob::new(kind, &Value::Null).key(format!("{PREFIX}{kind}:{slot}"));
            outbox::insert_many(db, now, entropy, &[job]).await?;
            self.enqueued.insert(kind, slot);
        }
        Ok(())
    }

    /// How long until the next period begins.
    pub(super) fn until_next(registry: &JobRegistry, now: DateTime<Utc>) -> Option<Duration> {
        registry.periods().filter_map(|(_, every)| (end_of_slot(now, every) - now).to_std().ok()).min()
    }
}

/// Whether a periodic job that would be retried at `run_at` is repeated by the next period before that.
pub(super) fn is_superseded(job: &Model, run_at: DateTime<Utc>, registry: &JobRegistry) -> bool {
    let is_periodic = job.unique_key.as_ref().is_some_and(|key| key.starts_with(PREFIX));
    let every = registry.periods().find(|(kind, _)| *kind == job.kind).map(|(_, every)| every);
    is_periodic && every.is_some_and(|every| run_at >= end_of_slot(job.created_at, every))
}

async fn is_pending(db: &impl ConnectionTrait, kind: &str) -> Result<bool, DbErr> {
    let pending = Entity::find()
        .filter(Column::Kind.eq(kind))
        .filter(Column::State.is_in([JobState::Ready, JobState::Running]))
        .filter(Column::UniqueKey.starts_with(PREFIX));
    Ok(pending.count(db).await? > 0)
}

fn slot(now: DateTime<Utc>, every: Duration) -> i64 {
    now.timestamp().div_euclid(length(every))
}

fn end_of_slot(time: DateTime<Utc>, every: Duration) -> DateTime<Utc> {
    let end = (slot(time, every) + 1).saturating_mul(length(every));
    DateTime::from_timestamp(end, 0).unwrap_or_else(|| after(time, every))
}

fn length(every: Duration) -> i64 {
    i64::try_from(every.as_secs()).unwrap_or(i64::MAX).max(1)
}
