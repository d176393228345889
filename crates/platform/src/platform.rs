//! Everything together: what a context is given to stand on.

use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lyceum_kernel::{SharedClock, SharedEntropy};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::bus::Bus;
use crate::cache::{self, CacheHub};
use crate::clock::{OsEntropy, SystemClock};
use crate::config::Config;
use crate::db::Db;
use crate::error::PlatformError;
use crate::jobs::JobRegistry;
use crate::limiter::Limiter;
use crate::mail::MailTemplate;
use crate::redis::Redis;
use crate::secrets::Keyring;
use crate::telemetry::Metrics;
use crate::uow::{Cause, Handles, UnitOfWork};

/// How often the clock is set by the database's.
const CLOCK_SYNC: Duration = Duration::from_secs(30);

/// What may be exchanged; the rest is made from the configuration.
#[derive(Debug, Default)]
pub struct Parts {
    /// Another clock than the real one: tests move theirs.
    pub clock: Option<SharedClock>,
    /// Other randomness than the operating system's: tests fix the seed.
    pub entropy: Option<SharedEntropy>,
    /// The metrics that were installed before; installed now if there are none.
    pub metrics: Option<Metrics>,
}

/// The platform. Cheap to clone; its background tasks end when the last clone is gone or [`Platform::stop`] is called.
#[derive(Debug, Clone)]
pub struct Platform(Arc<Foundation>);

/// What the platform holds.
#[derive(Debug)]
pub struct Foundation {
    /// The configuration.
    pub config: Arc<Config>,
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: SharedClock,
    /// Randomness.
    pub entropy: SharedEntropy,
    /// Keys and tokens.
    pub keyring: Arc<Keyring>,
    /// The stamps of the caches.
    pub caches: CacheHub,
    /// Rate limits.
    pub limiter: Limiter,
    /// Messages between nodes.
    pub bus: Bus,
    /// Redis, if it is configured.
    pub redis: Option<Redis>,
    /// Who consumes which event.
    pub registry: Arc<JobRegistry>,
    /// The mail templates of all contexts.
    pub templates: Arc<[MailTemplate]>,
    /// Metrics.
    pub metrics: Metrics,
    handles: Arc<Handles>,
    stop: CancellationToken,
    _stopped_on_drop: DropGuard,
}

impl Deref for Platform {
    type Target = Foundation;

    fn deref(&self) -> &Foundation {
        &self.0
    }
}

impl Platform {
    /// Connects to everything and starts the background tasks. The database must answer; Redis need not.
    pub async fn start(
        config: Config,
        parts: Parts,
        registry: JobRegistry,
        templates: Vec<MailTemplate>,
    ) -> Result<Self, PlatformError> {
        let stop = CancellationToken::new();
        let stopped_on_drop = stop.clone().drop_guard();
        let config = Arc::new(config);
        let keyring = Keyring::from_config(&config.security, &config.data_dir)
            .map_err(|error| PlatformError::io("cannot read or make the secret key", error))?;
        let db = Db::connect(&config.database, &config.data_dir).await?;
        let clock = match parts.clock {
            Some(clock) => clock,
            None => synchronised(&db, &stop).await?,
        };
        let entropy = parts.entropy.unwrap_or_else(|| Arc::new(OsEntropy));
        let caches = caches(&db, &stop);
        let redis = Redis::connect(&config.redis)
            .map_err(|error| PlatformError::setup(format!("Redis cannot be used as configured: {error}")))?;
        let limiter = Limiter::new(&config.limits, Arc::clone(&clock), redis.clone());
        let bus = Bus::start(redis.clone());
        let registry = Arc::new(registry);
        let handles = Arc::new(Handles {
            db: db.clone(),
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
            caches: caches.clone(),
            registry: Arc::clone(&registry),
        });
        Ok(Self(Arc::new(Foundation {
            config,
            db,
            clock,
            entropy,
            keyring: Arc::new(keyring),
            caches,
            limiter,
            bus,
            redis,
            registry,
            templates: templates.into(),
            metrics: parts.metrics.unwrap_or_else(Metrics::install),
            handles,
            stop,
            _stopped_on_drop: stopped_on_drop,
        })))
    }

    /// A unit of work with this cause, nobody acting yet.
    pub fn unit_of_work(&self, cause: Cause) -> UnitOfWork {
        UnitOfWork::new(Arc::clone(&self.handles), cause)
    }

    /// Fires when the platform stops; background work of others may end with it.
    pub fn stopping(&self) -> CancellationToken {
        self.stop.child_token()
    }

    /// Ends the background tasks and closes the database. Call it after the last request and the last job.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.db.clone().close().await;
    }
}

/// The real clock, set by the database's now and every half minute.
async fn synchronised(db: &Db, stop: &CancellationToken) -> Result<SharedClock, PlatformError> {
    let clock = Arc::new(SystemClock::new());
    if !db.is_postgres() {
        return Ok(clock);
    }
    synchronise(&clock, db).await?;
    let (task_clock, db, stop) = (Arc::clone(&clock), db.clone(), stop.clone());
    tokio::spawn(stop.run_until_cancelled_owned(async move {
        loop {
            tokio::time::sleep(CLOCK_SYNC).await;
            if let Err(error) = synchronise(&task_clock, &db).await {
                tracing::warn!(%error, "clock.not_synchronised");
            }
        }
    }));
    Ok(clock)
}

async fn synchronise(clock: &SystemClock, db: &Db) -> Result<(), PlatformError> {
    let asked = Instant::now();
    let Some(there) = db.time().await? else { return Ok(()) };
    clock.resync(there, asked, Instant::now());
    Ok(())
}

/// The hub, listening if other nodes may share the database.
fn caches(db: &Db, stop: &CancellationToken) -> CacheHub {
    match db.listener_pool() {
        Some(pool) => {
            let hub = CacheHub::shared();
            tokio::spawn(cache::listen(hub.clone(), pool.clone(), stop.clone()));
            hub
        }
        None => CacheHub::alone(),
    }
}
