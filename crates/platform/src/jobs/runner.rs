//! The loop that claims what is due and runs it.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use lyceum_kernel::{JobId, Scope};
use sea_orm::DbErr;
use tokio::sync::{Mutex, Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::claim::{Claim, next_due};
use super::job::Model;
use super::periodic::Schedule;
use super::{JobRegistry, gauges, housekeeping, worker};
use crate::error::PlatformError;
use crate::mail::{MailSend, Mailer};
use crate::platform::Platform;

/// Runs jobs. Cheap to clone; clones share what runs.
#[derive(Debug, Clone)]
pub struct JobRunner(Arc<Shared>);

/// What the loop and the workers share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) platform: Platform,
    pub(super) registry: JobRegistry,
    /// This worker's name in the table.
    pub(super) worker: Arc<str>,
    pub(super) lease: Duration,
    /// Tries before a job is parked whose handler does not say.
    pub(super) tries: u32,
    /// Fires when running jobs are to end now.
    pub(super) abandon: CancellationToken,
    kinds: Vec<&'static str>,
    poll: Duration,
    concurrency: usize,
    schedule: Mutex<Schedule>,
    running: watch::Sender<usize>,
    mailer: Arc<Mailer>,
}

/// A job that [`JobRunner::drain`] ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Which.
    pub id: JobId,
    /// Its kind.
    pub kind: String,
    /// Which try it was, from 1.
    pub attempt: u32,
    /// How it ended.
    pub outcome: RanOutcome,
}

/// How one run of a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RanOutcome {
    /// The job is done.
    Done,
    /// It failed and will be tried again; for periodic work, in the next period.
    Failed,
    /// It failed and waits for an operator.
    Parked,
    /// The lease was lost, or the job cancelled: whatever it did counts for nothing.
    Lost,
    /// The worker stopped and gave it back.
    Released,
}

impl RanOutcome {
    /// The name in the metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Parked => "parked",
            Self::Lost => "lost",
            Self::Released => "released",
        }
    }
}

impl JobRunner {
    /// A runner of the platform's own jobs (mail, housekeeping), of those its registry has handlers for, and of `more`: the
    /// handlers and periods that need the platform themselves. Nothing runs before [`start`](Self::start) or
    /// [`drain`](Self::drain).
    ///
    /// # Errors
    /// [`PlatformError::Setup`] when a mail template does not compile or the mail server's URL is wrong.
    pub fn new(platform: &Platform, more: &JobRegistry) -> Result<Self, PlatformError> {
        let config = &platform.config.jobs;
        let templates = platform.templates.to_vec();
        let mailer = Mailer::new(&platform.config, Arc::clone(&platform.keyring), templates)
            .map_err(|error| PlatformError::setup(error.to_string()))?;
        let mailer = Arc::new(mailer);
        let mail = MailSend::new(Arc::clone(&mailer), platform.db.clone(), Arc::clone(&platform.clock));
        let registry = housekeeping::added_to(platform.registry.merged(more).handler(mail), config);
        let id = lyceum_kernel::id::uuid_v7(platform.clock.now(), &*platform.entropy);
        Ok(Self(Arc::new(Shared {
            kinds: registry.kinds().collect(),
            registry,
            worker: format!("{}-{}", std::process::id(), id.simple()).into(),
            lease: Duration::from_secs(config.lease_s.max(1)),
            tries: config.max_attempts.max(1),
            abandon: CancellationToken::new(),
            poll: Duration::from_millis(config.poll_ms.max(10)),
            concurrency: config.concurrency.max(1),
            schedule: Mutex::new(Schedule::default()),
            running: watch::Sender::new(0),
            mailer,
            platform: platform.clone(),
        })))
    }

    /// What letters leave by, for health checks.
    pub fn mailer(&self) -> &Arc<Mailer> {
        &self.0.mailer
    }

    /// Begins to claim and run, until the handle is stopped.
    pub fn start(&self) -> RunnerHandle {
        let stop = CancellationToken::new();
        let main = tokio::spawn(Arc::clone(&self.0).claim_until(stop.clone()));
        let gauges = tokio::spawn(gauges::observe_until(self.0.platform.clone(), stop.clone()));
        RunnerHandle { shared: Arc::clone(&self.0), stop, tasks: vec![main, gauges] }
    }

    /// Runs everything due now, and what that makes due, until nothing is; waits for what this runner started before. Jobs
    /// with a `run_at` in the future by the platform's clock stay. Returns what it ran.
    pub async fn drain(&self) -> Result<Vec<Ran>, PlatformError> {
        let shared = &self.0;
        let mut ran = Vec::new();
        let mut running = shared.running.subscribe();
        loop {
            shared.enqueue_periodic().await?;
            let jobs = shared.claim(shared.concurrency).await?.jobs;
            if jobs.is_empty() {
                if *running.borrow_and_update() == 0 {
                    return Ok(ran);
                }
                let _ = running.changed().await;
                continue;
            }
            let runs = jobs.into_iter().map(|job| tokio::spawn(Arc::clone(shared).work(job))).collect::<Vec<_>>();
            ran.extend(futures_util::future::join_all(runs).await.into_iter().flatten());
        }
    }
}

impl Shared {
    async fn claim_until(self: Arc<Self>, stop: CancellationToken) {
        let slots = Arc::new(Semaphore::new(self.concurrency));
        let mut away = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                slot = Arc::clone(&slots).acquire_owned() => drop(slot),
            }
            let pause = match self.claim_due(slots.available_permits()).await {
                Ok(taken) => {
                    away = false;
                    if !taken.jobs.is_empty() {
                        taken.jobs.into_iter().for_each(|job| self.spawn(job, &slots));
                        continue;
                    }
                    self.pause(taken.next_due)
                }
                Err(error) => {
                    if !std::mem::replace(&mut away, true) {
                        tracing::warn!(%error, "jobs.claim_failed");
                    }
                    self.poll.max(Duration::from_millis(500))
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.registry.woken() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Runs a claimed job in a slot of its own: only this loop takes slots, and it claims no more than are free.
    fn spawn(self: &Arc<Self>, job: Model, slots: &Arc<Semaphore>) {
        let slot = Arc::clone(slots).try_acquire_owned();
        let work = Arc::clone(self).work(job);
        tokio::spawn(async move {
            work.await;
            drop(slot);
        });
    }

    async fn claim_due(&self, limit: usize) -> Result<Taken, DbErr> {
        self.enqueue_periodic().await?;
        self.claim(limit).await
    }

    /// Claims up to `limit` jobs. They count as running from here. A look comes first, so that an idle node writes nothing.
    async fn claim(&self, limit: usize) -> Result<Taken, DbErr> {
        let now = self.platform.clock.now();
        let next_due = next_due(&self.platform.db.read(Scope::Platform), &self.kinds).await?;
        if next_due.is_none_or(|due| due > now) {
            return Ok(Taken { jobs: Vec::new(), next_due });
        }
        let claim = Claim { worker: &self.worker, kinds: &self.kinds, limit, lease: self.lease };
        let jobs = claim.take(&self.platform.db.write(), now).await?;
        self.running.send_modify(|running| *running += jobs.len());
        Ok(Taken { jobs, next_due })
    }

    fn work(self: Arc<Self>, job: Model) -> impl Future<Output = Ran> + Send + 'static {
        let running = RunningGuard(Arc::clone(&self));
        async move {
            let ran = worker::run(self, job).await;
            drop(running);
            ran
        }
    }

    async fn enqueue_periodic(&self) -> Result<(), DbErr> {
        let platform = &self.platform;
        let mut schedule = self.schedule.lock().await;
        schedule.enqueue_due(&platform.db.write(), &self.registry, platform.clock.now(), &*platform.entropy).await
    }

    /// How long to sleep when there was nothing to claim: until the next job, the next period or the next look, whichever is
    /// first; a moment if another node was faster.
    fn pause(&self, next_due: Option<DateTime<Utc>>) -> Duration {
        let now = self.platform.clock.now();
        let until_due = next_due.map(|due| (due - now).to_std().unwrap_or_default());
        let until_period = Schedule::until_next(&self.registry, now);
        let pause = [until_due, until_period].into_iter().flatten().fold(self.poll, Duration::min);
        pause.max(Duration::from_millis(20).min(self.poll))
    }
}

/// What a claim got, and when the first job was due that it saw.
struct Taken {
    jobs: Vec<Model>,
    next_due: Option<DateTime<Utc>>,
}

/// Counts a run out, also when it is dropped or panics.
struct RunningGuard(Arc<Shared>);

impl Drop for RunningGuard {
    fn drop(&mut self) {
        self.0.running.send_modify(|running| *running = running.saturating_sub(1));
    }
}

/// A started runner.
#[derive(Debug)]
#[must_use = "a runner that is never stopped leaves its leases to run out"]
pub struct RunnerHandle {
    shared: Arc<Shared>,
    stop: CancellationToken,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl RunnerHandle {
    /// Claims nothing more, waits up to `grace` for what runs, then cancels the rest and gives it back to other workers.
    pub async fn stop(self, grace: Duration) {
        self.stop.cancel();
        for task in self.tasks {
            let _ = task.await;
        }
        let mut running = self.shared.running.subscribe();
        if tokio::time::timeout(grace, running.wait_for(|count| *count == 0)).await.is_ok() {
            return;
        }
        let left = *self.shared.running.borrow();
        tracing::warn!(jobs.left = left, "jobs.stopping_running");
        self.shared.abandon.cancel();
        let _ = tokio::time::timeout(Duration::from_secs(5), running.wait_for(|count| *count == 0)).await;
    }
}
