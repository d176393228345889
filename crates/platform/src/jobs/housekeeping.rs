//! What the platform itself throws away in time.

#![expect(clippy::disallowed_methods, reason = "the platform's own tables, over all schools")]

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr, Statement, Value};

use super::{JobError, JobHandler, JobRegistry, JobRun, RetryPolicy};
use crate::config::JobsConfig;
use crate::uow::idempotency;

/// The kind of the job.
pub(super) const HOUSEKEEPING: &str = "platform.housekeeping";

/// How often it runs.
const EVERY: Duration = Duration::from_mins(10);

/// Between tries; the next period is not far.
const PAUSES: [Duration; 1] = [Duration::from_mins(1)];

/// Rows per statement, so that no writer waits long.
const BATCH: i64 = 1_000;

/// Deletes finished jobs, sent mail and expired idempotency records.
struct Housekeeping {
    keep_finished: Duration,
    periods: Vec<(&'static str, Duration)>,
}

/// The registry with housekeeping in it as well.
pub(super) fn added_to(registry: JobRegistry, config: &JobsConfig) -> JobRegistry {
    let registry = registry.periodic(HOUSEKEEPING, EVERY);
    let keep_finished = Duration::from_secs(config.keep_finished_s);
    let periods = registry.periods().collect();
    registry.handler(Housekeeping { keep_finished, periods })
}

#[async_trait]
impl JobHandler for Housekeeping {
    fn kind(&self) -> &'static str {
        HOUSEKEEPING
    }

    fn retry(&self) -> RetryPolicy {
        RetryPolicy { pauses: &PAUSES, tries: Some(5) }
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let now = job.platform().clock.now();
        let db = job.platform().db.write();
        let ended = before(now, self.keep_finished);
        // A periodic job's row only has to outlive its period; what runs each second would fill the table otherwise.
        for (kind, every) in self.periods.iter().copied() {
            let old = before(now, every.saturating_mul(2).max(Duration::from_hours(1)));
            let which = "jobs WHERE state IN ('done', 'cancelled') AND finished_at < $1 AND kind = $2 AND \
                         unique_key LIKE 'periodic:%'";
            purge(&db, which, vec![old.into(), kind.into()], &job).await?;
        }
        let which = "jobs WHERE state IN ('done', 'cancelled') AND finished_at < $1 AND \
                     (unique_key IS NULL OR unique_key NOT LIKE 'periodic:%')";
        purge(&db, which, vec![ended.into()], &job).await?;
        purge(&db, "emails WHERE state = 'sent' AND sent_at < $1", vec![ended.into()], &job).await?;
        while !job.cancelled.is_cancelled()
            && idempotency::purge(&job.platform().db, now, BATCH.unsigned_abs()).await? >= BATCH.unsigned_abs()
        {
        }
        Ok(())
    }
}

fn before(now: DateTime<Utc>, age: Duration) -> DateTime<Utc> {
    chrono::TimeDelta::from_std(age)
        .ok()
        .and_then(|age| now.checked_sub_signed(age))
        .unwrap_or(DateTime::<Utc>::MIN_UTC)
}

/// Deletes the rows of `which`, a table and a condition, batch by batch.
async fn purge(db: &impl ConnectionTrait, which: &str, mut values: Vec<Value>, job: &JobRun) -> Result<(), DbErr> {
    values.push(BATCH.into());
    let table = which.split(' ').next().unwrap_or_default();
    let limit = values.len();
    let sql = format!("DELETE FROM {table} WHERE id IN (SELECT id FROM {which} LIMIT ${limit})");
    loop {
        let statement = Statement::from_sql_and_values(db.get_database_backend(), &sql, values.clone());
        let deleted = db.execute_raw(statement).await?.rows_affected();
        if deleted < BATCH.unsigned_abs() || job.cancelled.is_cancelled() {
            return Ok(());
        }
    }
}
