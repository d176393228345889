//! How many jobs stand where, and how long the first has waited: for operators and their alarms.

#![expect(clippy::disallowed_methods, reason = "jobs belong to the platform and are counted over all schools")]

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use lyceum_kernel::Scope;
use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, FromQueryResult, QueryFilter as _, QuerySelect as _};
use tokio_util::sync::CancellationToken;

use super::job::{Column, Entity, JobState};
use crate::platform::Platform;

/// How often the table is counted.
const EVERY: Duration = Duration::from_secs(15);

#[derive(FromQueryResult)]
struct Count {
    kind: String,
    state: JobState,
    jobs: i64,
    oldest: DateTime<Utc>,
}

/// Sets `lyceum_jobs{state,kind}` for what has not ended well, and `lyceum_jobs_oldest_ready_seconds{kind}`, until stopped.
pub(super) async fn observe_until(platform: Platform, stop: CancellationToken) {
    let mut seen = HashSet::new();
    loop {
        if let Err(error) = observe(&platform, &mut seen).await {
            tracing::debug!(%error, "jobs.not_counted");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn observe(platform: &Platform, seen: &mut HashSet<(String, JobState)>) -> Result<(), DbErr> {
    let counts = Entity::find()
        .select_only()
        .column(Column::Kind)
        .column(Column::State)
        .column_as(Column::Id.count(), "jobs")
        .column_as(Column::RunAt.min(), "oldest")
        .filter(Column::State.is_in([JobState::Ready, JobState::Running, JobState::Parked]))
        .group_by(Column::Kind)
        .group_by(Column::State)
        .into_model::<Count>()
        .all(&platform.db.read(Scope::Platform))
        .await?;
    let now = platform.clock.now();
    let mut gone = std::mem::take(seen);
    for Count { kind, state, jobs, oldest } in counts {
        let waiting = (now - oldest).to_std().unwrap_or_default();
        set(&kind, state, u32::try_from(jobs).unwrap_or(u32::MAX), waiting);
        gone.remove(&(kind.clone(), state));
        seen.insert((kind, state));
    }
    for (kind, state) in gone {
        set(&kind, state, 0, Duration::ZERO);
    }
    Ok(())
}

fn set(kind: &str, state: JobState, jobs: u32, waiting: Duration) {
    metrics::gauge!("lyceum_jobs", "kind" => kind.to_owned(), "state" => state.as_str()).set(f64::from(jobs));
    if state == JobState::Ready {
        metrics::gauge!("lyceum_jobs_oldest_ready_seconds", "kind" => kind.to_owned()).set(waiting.as_secs_f64());
    }
}
