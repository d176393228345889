//! Health checks of what the program depends on, bounded in time and asked at most once a second.

mod checks;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::future::join_all;
use serde::Serialize;
use tokio::sync::Mutex;

pub use self::checks::{DatabaseCheck, EmailCheck, RedisCheck, StorageCheck};
use crate::config::Config;
use crate::db::Db;
use crate::redis::Redis;

/// Bound of one check.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Reports younger than this are given out again.
const FRESH: Duration = Duration::from_secs(1);

/// One thing the program depends on.
#[async_trait]
pub trait HealthCheck: Send + Sync + 'static {
    /// Its name in the report.
    fn name(&self) -> &'static str;

    /// Whether it is in use at all.
    fn enabled(&self) -> bool {
        true
    }

    /// Whether the program is of no use without it.
    fn essential(&self) -> bool {
        false
    }

    /// Asks it for a sign of life and tells how long that took.
    ///
    /// # Errors
    /// What is wrong, for operators, without secrets.
    async fn check(&self) -> Result<Duration, String>;
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    /// All is well.
    Up,
    /// It works, but something that it can do without for a while is away.
    Degraded,
    /// It does not work.
    Down,
    /// Not in use here.
    Disabled,
}

impl HealthStatus {
    /// The name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Disabled => "disabled",
        }
    }
}

/// The outcome of one check.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckReport {
    /// How it is.
    pub status: HealthStatus,
    /// How long the check took, in milliseconds; nothing where it is disabled.
    pub latency_ms: Option<f64>,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The outcome of all checks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HealthReport {
    /// Down if something essential is, degraded if anything else is.
    pub status: HealthStatus,
    /// Each by its name.
    pub checks: BTreeMap<&'static str, CheckReport>,
}

impl HealthReport {
    /// Whether the program can serve.
    pub fn can_serve(&self) -> bool {
        self.status != HealthStatus::Down
    }
}

/// All checks and their last report. Clones share it.
#[derive(Clone)]
pub struct Health(Arc<Inner>);

struct Inner {
    checks: Vec<Box<dyn HealthCheck>>,
    last: Mutex<Option<(Instant, Arc<HealthReport>)>>,
    /// When the essential checks were last asked alone, and whether all was well.
    ready: Mutex<Option<(Instant, bool)>>,
}

impl std::fmt::Debug for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.checks.iter().map(|check| check.name())).finish()
    }
}

impl Health {
    /// Health by the given checks.
    pub fn new(checks: Vec<Box<dyn HealthCheck>>) -> Self {
        Self(Arc::new(Inner { checks, last: Mutex::new(None), ready: Mutex::new(None) }))
    }

    /// Database, Redis, storage and e-mail, as configured.
    pub fn of(config: &Config, db: Db, redis: Option<Redis>) -> Self {
        Self::new(vec![
            Box::new(DatabaseCheck::new(db)),
            Box::new(RedisCheck::new(redis)),
            Box::new(StorageCheck::new(&config.storage)),
            Box::new(EmailCheck::new(config)),
        ])
    }

    /// How everything is, at most a second old. Callers that come at once share one round of checks.
    pub async fn report(&self) -> Arc<HealthReport> {
        let mut last = self.0.last.lock().await;
        if let Some((at, report)) = last.as_ref()
            && at.elapsed() < FRESH
        {
            return Arc::clone(report);
        }
        let outcomes = join_all(self.0.checks.iter().map(|check| run(check.as_ref()))).await;
        let report = Arc::new(HealthReport { status: self.overall(&outcomes), checks: outcomes.into_iter().collect() });
        *last = Some((Instant::now(), Arc::clone(&report)));
        report
    }

    /// Whether what the program cannot do without is there, as of the last second. Nothing else is asked: a mail server that
    /// hangs must not make a balancer's probe wait.
    pub async fn can_serve(&self) -> bool {
        let mut last = self.0.ready.lock().await;
        if let Some((at, ready)) = *last
            && at.elapsed() < FRESH
        {
            return ready;
        }
        let essential = self.0.checks.iter().filter(|check| check.essential());
        let outcomes = join_all(essential.map(|check| run(check.as_ref()))).await;
        let ready = outcomes.iter().all(|(_, outcome)| outcome.status != HealthStatus::Down);
        *last = Some((Instant::now(), ready));
        ready
    }

    fn overall(&self, outcomes: &[(&'static str, CheckReport)]) -> HealthStatus {
        let down =
            || self.0.checks.iter().zip(outcomes).filter(|(_, (_, outcome))| outcome.status == HealthStatus::Down);
        if down().any(|(check, _)| check.essential()) {
            HealthStatus::Down
        } else if down().next().is_some() {
            HealthStatus::Degraded
        } else {
            HealthStatus::Up
        }
    }
}

async fn run(check: &dyn HealthCheck) -> (&'static str, CheckReport) {
    if !check.enabled() {
        return (check.name(), CheckReport { status: HealthStatus::Disabled, latency_ms: None, error: None });
    }
    let asked = Instant::now();
    let outcome = tokio::time::timeout(TIMEOUT, check.check()).await.unwrap_or_else(|_| Err("timed out".to_owned()));
    let (status, took, error) = match outcome {
        Ok(took) => (HealthStatus::Up, took, None),
        Err(error) => {
            tracing::warn!(health.check = check.name(), error, "a health check fails");
            (HealthStatus::Down, asked.elapsed(), Some(error))
        }
    };
    let latency_ms = (took.as_secs_f64() * 1_000_000.0).round() / 1_000.0;
    (check.name(), CheckReport { status, latency_ms: Some(latency_ms), error })
}
