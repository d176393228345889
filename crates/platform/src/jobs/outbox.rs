//! Writes to the table `jobs`. Every write about a run is fenced by its attempt.

#![expect(clippy::disallowed_methods, reason = "jobs belong to the platform; this is the one way to them")]

use std::time::Duration;

use chrono::{DateTime, Utc};
use lyceum_kernel::{Entropy, JobId};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveEnum as _, ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, UpdateMany,
};
use serde_json::Value;

use super::job::{Column, Entity, JobState, Model};
use super::retry::after;
use super::{JobFence, NewJob};

/// Rows per statement: 20 columns each, and SQLite binds at most 32,766 values.
const BATCH: usize = 500;

/// Puts jobs into the outbox, in the caller's transaction; jobs whose unique key is taken are left out. Ring
/// [`JobRegistry::wake`](super::JobRegistry::wake) once it has committed.
pub async fn insert_many(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    entropy: &dyn Entropy,
    jobs: &[NewJob],
) -> Result<Vec<JobId>, DbErr> {
    let rows = jobs.iter().map(|job| row(job, now, entropy)).collect::<Result<Vec<Model>, DbErr>>()?;
    for batch in rows.chunks(BATCH) {
        Entity::insert_many(batch.iter().cloned().map(|row| row.into_active_model().reset_all()))
            .on_conflict(OnConflict::column(Column::UniqueKey).do_nothing().to_owned())
            .exec_without_returning(db)
            .await?;
    }
    Ok(rows.into_iter().map(|row| row.id).collect())
}

fn row(job: &NewJob, now: DateTime<Utc>, entropy: &dyn Entropy) -> Result<Model, DbErr> {
    let payload =
        job.payload.clone().map_err(|error| DbErr::Json(format!("payload of a job of kind {}: {error}", job.kind)))?;
    Ok(Model {
        id: JobId::new(now, entropy),
        kind: job.kind.clone().into_owned(),
        state: JobState::Ready,
        payload,
        unique_key: job.unique_key.clone(),
        event_id: job.event_id,
        school_id: job.school_id,
        request_id: job.request_id.clone(),
        traceparent: job.traceparent.clone(),
        run_at: job.run_at.map_or(now, lyceum_kernel::clock::to_micros),
        attempt: 0,
        lease_until: None,
        worker_id: None,
        last_error: None,
        progress_done: 0,
        progress_total: None,
        progress_errors: 0,
        result: None,
        created_at: now,
        finished_at: None,
    })
}

/// Finishes a running job, in the caller's transaction. `false`: the lease was lost and nothing was written; the caller must
/// then roll back what belongs to the run.
pub async fn finish(db: &impl ConnectionTrait, fence: &JobFence, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let update = held(fence).col_expr(Column::LastError, Expr::value(None::<String>));
    ended(update, JobState::Done, now, db).await
}

/// Parks a running job. `false`: the lease was lost.
pub(super) async fn park(
    db: &impl ConnectionTrait,
    fence: &JobFence,
    now: DateTime<Utc>,
    error: &str,
) -> Result<bool, DbErr> {
    ended(held(fence).col_expr(Column::LastError, Expr::value(shortened(error))), JobState::Parked, now, db).await
}

/// Gives a running job back to be tried again at `run_at`. `false`: the lease was lost.
pub(super) async fn retry_at(
    db: &impl ConnectionTrait,
    fence: &JobFence,
    run_at: DateTime<Utc>,
    error: &str,
) -> Result<bool, DbErr> {
    let update = held(fence)
        .col_expr(Column::State, Expr::value(JobState::Ready.to_value()))
        .col_expr(Column::RunAt, Expr::value(run_at))
        .col_expr(Column::LeaseUntil, Expr::value(None::<DateTime<Utc>>))
        .col_expr(Column::LastError, Expr::value(shortened(error)));
    applied(update, db).await
}

/// Gives a running job back unfinished, claimable at once: the worker is stopping.
pub(super) async fn release(db: &impl ConnectionTrait, fence: &JobFence, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let update = held(fence)
        .col_expr(Column::State, Expr::value(JobState::Ready.to_value()))
        .col_expr(Column::RunAt, Expr::value(now))
        .col_expr(Column::LeaseUntil, Expr::value(None::<DateTime<Utc>>));
    applied(update, db).await
}

/// Ends a run of periodic work that failed and that the next period repeats anyway. `false`: the lease was lost.
pub(super) async fn supersede(
    db: &impl ConnectionTrait,
    fence: &JobFence,
    now: DateTime<Utc>,
    error: &str,
) -> Result<bool, DbErr> {
    ended(held(fence).col_expr(Column::LastError, Expr::value(shortened(error))), JobState::Cancelled, now, db).await
}

/// Extends the lease. `false`: it was lost, or the job was cancelled; the run must stop.
pub(super) async fn heartbeat(
    db: &impl ConnectionTrait,
    fence: &JobFence,
    now: DateTime<Utc>,
    lease: Duration,
) -> Result<bool, DbErr> {
    let until = after(now, lease);
    let update =
        held(fence).col_expr(Column::RunAt, Expr::value(until)).col_expr(Column::LeaseUntil, Expr::value(until));
    applied(update, db).await
}

/// Says how far long work has come. `false`: the lease was lost.
pub async fn progress(
    db: &impl ConnectionTrait,
    fence: &JobFence,
    done: u32,
    total: Option<u32>,
    errors: u32,
) -> Result<bool, DbErr> {
    let update = held(fence)
        .col_expr(Column::ProgressDone, Expr::value(count(done)))
        .col_expr(Column::ProgressTotal, Expr::value(total.map(count)))
        .col_expr(Column::ProgressErrors, Expr::value(count(errors)));
    applied(update, db).await
}

/// Leaves the outcome of long work for whoever asked for it. `false`: the lease was lost.
pub async fn set_result(db: &impl ConnectionTrait, fence: &JobFence, result: Value) -> Result<bool, DbErr> {
    applied(held(fence).col_expr(Column::Result, Expr::value(result)), db).await
}

/// Calls a job off. One that is running learns of it within a third of a lease by its cancellation token, and can no longer
/// finish. `false`: it had ended already, or never was.
pub async fn cancel(db: &impl ConnectionTrait, job: JobId, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let update = Entity::update_many().filter(Column::Id.eq(job)).filter(Column::State.is_in([
        JobState::Ready,
        JobState::Running,
        JobState::Parked,
    ]));
    ended(update, JobState::Cancelled, now, db).await
}

/// Gives parked jobs all their tries again, at once: one job, all of a kind, or all. Returns how many.
pub async fn retry_parked(db: &impl ConnectionTrait, which: Parked<'_>, now: DateTime<Utc>) -> Result<u64, DbErr> {
    let chosen = match which {
        Parked::One(id) => Condition::all().add(Column::Id.eq(id)),
        Parked::Kind(kind) => Condition::all().add(Column::Kind.eq(kind)),
        Parked::All => Condition::all(),
    };
    let update = Entity::update_many()
        .filter(Column::State.eq(JobState::Parked))
        .filter(chosen)
        .col_expr(Column::State, Expr::value(JobState::Ready.to_value()))
        .col_expr(Column::Attempt, Expr::value(0))
        .col_expr(Column::RunAt, Expr::value(now))
        .col_expr(Column::FinishedAt, Expr::value(None::<DateTime<Utc>>));
    Ok(update.exec(db).await?.rows_affected)
}

/// Which parked jobs to retry.
#[derive(Debug, Clone, Copy)]
pub enum Parked<'a> {
    /// This one.
    One(JobId),
    /// All of this kind.
    Kind(&'a str),
    /// All.
    All,
}

/// The job as it stands.
pub async fn find(db: &impl ConnectionTrait, job: JobId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(job).one(db).await
}

fn held(fence: &JobFence) -> UpdateMany<Entity> {
    Entity::update_many()
        .filter(Column::Id.eq(fence.id))
        .filter(Column::Attempt.eq(count(fence.attempt)))
        .filter(Column::WorkerId.eq(&*fence.worker))
        .filter(Column::State.eq(JobState::Running))
}

async fn ended(
    update: UpdateMany<Entity>,
    state: JobState,
    now: DateTime<Utc>,
    db: &impl ConnectionTrait,
) -> Result<bool, DbErr> {
    let update = update
        .col_expr(Column::State, Expr::value(state.to_value()))
        .col_expr(Column::LeaseUntil, Expr::value(None::<DateTime<Utc>>))
        .col_expr(Column::FinishedAt, Expr::value(now));
    applied(update, db).await
}

async fn applied(update: UpdateMany<Entity>, db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    Ok(update.exec(db).await?.rows_affected > 0)
}

fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// At most 2,000 characters, and none that PostgreSQL cannot store.
fn shortened(error: &str) -> String {
    error.chars().filter(|character| *character != '\0').take(2_000).collect()
}
