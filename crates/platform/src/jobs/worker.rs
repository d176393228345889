//! One claimed job: run under its lease, then written off as done, to be retried, parked or given back.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use sea_orm::DbErr;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::job::Model;
use super::registry::JobHandler;
use super::retry::after;
use super::runner::{Ran, RanOutcome, Shared};
use super::{JobError, JobFence, JobRun, RetryPolicy, outbox, periodic};

/// How long a cancelled handler may take to return before it is dropped where it waits.
const CANCEL_GRACE: Duration = Duration::from_secs(3);

/// Runs a claimed job to its end.
pub(super) async fn run(shared: Arc<Shared>, row: Model) -> Ran {
    let span = tracing::info_span!(
        "job",
        job.id = %row.id,
        job.kind = row.kind,
        job.attempt = row.attempt,
        request.id = row.request_id,
    );
    async move {
        let started = Instant::now();
        let (id, kind) = (row.id, row.kind.clone());
        let attempt = u32::try_from(row.attempt).unwrap_or_default();
        let outcome = Worker::new(&shared, row, attempt).run().await;
        metrics::counter!("lyceum_jobs_finished_total", "kind" => kind.clone(), "outcome" => outcome.as_str())
            .increment(1);
        metrics::histogram!("lyceum_job_duration_seconds", "kind" => kind.clone()).record(started.elapsed());
        tracing::debug!(job.outcome = outcome.as_str(), "job.ran");
        Ran { id, kind, attempt, outcome }
    }
    .instrument(span)
    .await
}

struct Worker<'a> {
    shared: &'a Arc<Shared>,
    row: Model,
    fence: JobFence,
    cancelled: CancellationToken,
    lost: Arc<AtomicBool>,
}

impl<'a> Worker<'a> {
    fn new(shared: &'a Arc<Shared>, row: Model, attempt: u32) -> Self {
        let fence = JobFence { id: row.id, attempt, worker: Arc::clone(&shared.worker) };
        let cancelled = shared.abandon.child_token();
        Self { shared, row, fence, cancelled, lost: Arc::new(AtomicBool::new(false)) }
    }

    async fn run(&self) -> RanOutcome {
        let Some(handler) = self.shared.registry.handler_of(&self.row.kind) else {
            return self.give_back().await;
        };
        let tries = handler.retry().tries.unwrap_or(self.shared.tries);
        if self.fence.attempt > tries {
            return self.park("its workers died, or lost their lease, at every try").await;
        }
        let beat = tokio::spawn(self.heartbeat().in_current_span());
        let result = self.handle(Arc::clone(&handler)).await;
        beat.abort();
        match result {
            _ if self.lost.load(Ordering::Relaxed) => RanOutcome::Lost,
            Some(Ok(())) => self.done().await,
            None => self.give_back().await,
            Some(Err(_)) if self.shared.abandon.is_cancelled() => self.give_back().await,
            Some(Err(error)) => self.failed(error, handler.retry(), tries).await,
        }
    }

    /// What the handler answered; `None` if it was cancelled and did not return in time.
    async fn handle(&self, handler: Arc<dyn JobHandler>) -> Option<Result<(), JobError>> {
        let job = JobRun::of(self.shared.platform.clone(), &self.row, self.fence.clone(), self.cancelled.clone());
        let work = async { AssertUnwindSafe(handler.run(job)).catch_unwind().await };
        tokio::select! {
            result = work => Some(result.unwrap_or_else(|panic| Err(panicked(&*panic)))),
            () = async {
                self.cancelled.cancelled().await;
                tokio::time::sleep(CANCEL_GRACE).await;
            } => None,
        }
    }

    /// Extends the lease every third of it. When that says the lease is gone, or cannot be said before it is, the run is
    /// cancelled.
    fn heartbeat(&self) -> impl Future<Output = ()> + Send + 'static {
        let (shared, fence) = (Arc::clone(self.shared), self.fence.clone());
        let (cancelled, lost) = (self.cancelled.clone(), Arc::clone(&self.lost));
        async move {
            let mut held_until = Instant::now() + shared.lease;
            loop {
                tokio::time::sleep(shared.lease / 3).await;
                let asked = Instant::now();
                let now = shared.platform.clock.now();
                match outbox::heartbeat(&shared.platform.db.write(), &fence, now, shared.lease).await {
                    Ok(true) => held_until = asked + shared.lease,
                    Err(error) if Instant::now() < held_until => tracing::warn!(%error, "job.heartbeat_failed"),
                    Ok(false) | Err(_) => {
                        lost.store(true, Ordering::Relaxed);
                        tracing::warn!("job.lease_lost");
                        cancelled.cancel();
                        return;
                    }
                }
            }
        }
    }

    /// A job that its unit of work finished already is not running any more: then this writes nothing.
    async fn done(&self) -> RanOutcome {
        self.end(Ending::Done).await;
        RanOutcome::Done
    }

    async fn give_back(&self) -> RanOutcome {
        self.end(Ending::Released).await;
        RanOutcome::Released
    }

    async fn failed(&self, error: JobError, policy: RetryPolicy, tries: u32) -> RanOutcome {
        let text = format!("{:#}", error.cause());
        let pause = match error {
            JobError::Park(_) => return self.park(&text).await,
            JobError::Retry(_) | JobError::RetryIn(..) if self.fence.attempt >= tries => return self.park(&text).await,
            JobError::RetryIn(pause, _) => pause,
            JobError::Retry(_) => policy.pause(self.fence.attempt, &*self.shared.platform.entropy),
        };
        let run_at = after(self.shared.platform.clock.now(), pause);
        if periodic::is_superseded(&self.row, run_at, &self.shared.registry) {
            tracing::warn!(error = text, "job.period_failed");
            self.end(Ending::Superseded(&text)).await;
        } else {
            tracing::warn!(error = text, job.retry_in_s = pause.as_secs(), "job.failed");
            self.end(Ending::Retry(run_at, &text)).await;
        }
        RanOutcome::Failed
    }

    async fn park(&self, text: &str) -> RanOutcome {
        if self.end(Ending::Parked(text)).await {
            tracing::error!(error = text, "job.parked");
        }
        RanOutcome::Parked
    }

    /// Writes how the run ended, again and again while the database is away and the lease holds. Whether it was this worker's
    /// to write.
    async fn end(&self, ending: Ending<'_>) -> bool {
        let deadline = Instant::now() + self.shared.lease;
        loop {
            match self.write(ending).await {
                Ok(written) => return written,
                Err(error) if Instant::now() < deadline => {
                    tracing::warn!(%error, "job.outcome_not_written");
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                Err(error) => {
                    tracing::error!(%error, "job.outcome_lost");
                    return false;
                }
            }
        }
    }

    async fn write(&self, ending: Ending<'_>) -> Result<bool, DbErr> {
        let db = self.shared.platform.db.write();
        let now = self.shared.platform.clock.now();
        match ending {
            Ending::Done => outbox::finish(&db, &self.fence, now).await,
            Ending::Released => outbox::release(&db, &self.fence, now).await,
            Ending::Retry(run_at, error) => outbox::retry_at(&db, &self.fence, run_at, error).await,
            Ending::Superseded(error) => outbox::supersede(&db, &self.fence, now, error).await,
            Ending::Parked(error) => outbox::park(&db, &self.fence, now, error).await,
        }
    }
}

/// What is written about a run that ended.
#[derive(Clone, Copy)]
enum Ending<'a> {
    Done,
    Released,
    Retry(DateTime<Utc>, &'a str),
    Superseded(&'a str),
    Parked(&'a str),
}

fn panicked(panic: &(dyn Any + Send)) -> JobError {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    JobError::Retry(anyhow::anyhow!("panicked: {}", text.unwrap_or("with something that is not text")))
}
