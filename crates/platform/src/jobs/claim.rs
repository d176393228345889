//! Claiming: one statement that no two workers can win for the same job.

#![expect(clippy::disallowed_methods, reason = "jobs belong to the platform, and one statement must claim")]

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult as _, Statement, Value};

use super::job::Model;
use super::retry::after;

/// Who claims how much of what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim<'a> {
    pub(super) worker: &'a str,
    pub(super) kinds: &'a [&'static str],
    pub(super) limit: usize,
    pub(super) lease: Duration,
}

impl Claim<'_> {
    /// Claims what is due, the longest due first: what is ready, and what was running when its lease ran out.
    pub(super) async fn take(&self, db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Vec<Model>, DbErr> {
        if self.kinds.is_empty() || self.limit == 0 {
            return Ok(Vec::new());
        }
        let backend = db.get_database_backend();
        let mut values: Vec<Value> = vec![
            after(now, self.lease).into(),
            self.worker.into(),
            now.into(),
            i64::try_from(self.limit).unwrap_or(i64::MAX).into(),
        ];
        let kinds = bind(self.kinds, &mut values);
        // The inner query must run exactly once: PostgreSQL might repeat it as the inner side of a join, and claim more.
        let skip = if backend == DbBackend::Postgres { " FOR UPDATE SKIP LOCKED" } else { "" };
        let sql = format!(
            "WITH due AS MATERIALIZED (SELECT id FROM jobs WHERE state IN ('ready', 'running') AND run_at <= $3 \
             AND kind IN ({kinds}) ORDER BY run_at LIMIT $4{skip}) \
             UPDATE jobs SET state = 'running', run_at = $1, lease_until = $1, worker_id = $2, attempt = attempt + 1 \
             WHERE id IN (SELECT id FROM due) RETURNING *"
        );
        let rows = db.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
        let mut jobs = rows.iter().map(|row| Model::from_query_result(row, "")).collect::<Result<Vec<_>, _>>()?;
        jobs.sort_by_key(|job| job.id);
        Ok(jobs)
    }
}

/// When the next job of these kinds becomes claimable; it may be in the past.
pub(super) async fn next_due(
    db: &impl ConnectionTrait,
    kinds: &[&'static str],
) -> Result<Option<DateTime<Utc>>, DbErr> {
    if kinds.is_empty() {
        return Ok(None);
    }
    let mut values = Vec::with_capacity(kinds.len());
    let list = bind(kinds, &mut values);
    let sql = format!(
        "SELECT run_at FROM jobs WHERE state IN ('ready', 'running') AND kind IN ({list}) ORDER BY run_at LIMIT 1"
    );
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    db.query_one_raw(statement).await?.map(|row| row.try_get("", "run_at")).transpose()
}

/// Binds the kinds after what is bound already, and gives their placeholders.
fn bind(kinds: &[&'static str], values: &mut Vec<Value>) -> String {
    let first = values.len() + 1;
    values.extend(kinds.iter().map(|kind| Value::from(*kind)));
    (first..=values.len()).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ")
}
