//! What jobs promise, on every database that is to be had.

#![expect(clippy::disallowed_methods, reason = "tests look at every job")]

mod claiming;
mod running;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use lyceum_kernel::{Clock, JobId};
use sea_orm::EntityTrait as _;

use super::{Job, JobError, JobHandler, JobRegistry, JobRun, JobRunner, NewJob, job, outbox};
use crate::config::Config;
use crate::db::testing::{TestDatabase, databases};
use crate::mail::MailTemplate;
use crate::platform::{Parts, Platform};

/// A clock that stands until it is moved.
#[derive(Debug)]
pub(crate) struct MovableClock(Mutex<DateTime<Utc>>);

impl MovableClock {
    pub(crate) fn forward(&self, by: Duration) {
        *self.0.lock().unwrap() += TimeDelta::from_std(by).unwrap();
    }
}

impl Clock for MovableClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// A platform on a database of its own, with a clock that stands.
pub(crate) struct Rig {
    pub(crate) platform: Platform,
    pub(crate) clock: Arc<MovableClock>,
    pub(crate) database: TestDatabase,
}

impl Rig {
    /// One for each kind of database.
    pub(crate) async fn all(change: impl Fn(&mut Config), templates: &[MailTemplate]) -> Vec<Self> {
        let mut rigs = Vec::new();
        for database in databases(JobRegistry::new()).await {
            let mut config = Config::for_tests(database.dir.path());
            config.database = database.config.clone();
            change(&mut config);
            let noon = DateTime::from_timestamp(1_800_014_400, 0).unwrap();
            let clock = Arc::new(MovableClock(Mutex::new(noon)));
            let parts = Parts { clock: Some(Arc::clone(&clock) as _), ..Parts::default() };
            let platform = Platform::start(config, parts, JobRegistry::new(), templates.to_vec()).await.unwrap();
            rigs.push(Self { platform, clock, database });
        }
        rigs
    }

    pub(crate) fn runner(&self, registry: &JobRegistry) -> JobRunner {
        JobRunner::new(&self.platform, registry).unwrap()
    }

    pub(crate) async fn enqueue(&self, jobs: &[NewJob]) -> Vec<JobId> {
        let entropy = &*self.platform.entropy;
        outbox::insert_many(&self.platform.db.write(), self.clock.now(), entropy, jobs).await.unwrap()
    }

    pub(crate) async fn job(&self, id: JobId) -> Job {
        outbox::find(&self.platform.db.write(), id).await.unwrap().unwrap()
    }

    pub(crate) async fn jobs(&self, kind: &str) -> Vec<Job> {
        let all = job::Entity::find().all(&self.platform.db.write()).await.unwrap();
        all.into_iter().filter(|job| job.kind == kind).collect()
    }
}

type Work = dyn Fn(JobRun) -> futures_util::future::BoxFuture<'static, Result<(), JobError>> + Send + Sync;

/// A handler made of a closure.
pub(crate) struct Doing(&'static str, Box<Work>);

pub(crate) fn doing<F>(kind: &'static str, work: impl Fn(JobRun) -> F + Send + Sync + 'static) -> Doing
where
    F: Future<Output = Result<(), JobError>> + Send + 'static,
{
    Doing(kind, Box::new(move |job| Box::pin(work(job))))
}

#[async_trait]
impl JobHandler for Doing {
    fn kind(&self) -> &'static str {
        self.0
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        (self.1)(job).await
    }
}
