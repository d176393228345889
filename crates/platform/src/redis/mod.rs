//! Redis: a pool with time limits behind a circuit breaker.
//!
//! Nothing that must be right depends on Redis, so every caller has another way to go on. After some failures in a row the
//! breaker opens: callers are answered at once while a task in the background tries Redis every second, and closes the
//! breaker when it answers.

mod breaker;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_redis::redis::{self, Cmd, FromRedisValue, Pipeline, ScriptInvocation};
use deadpool_redis::{Connection, Pool, PoolConfig, Runtime, Timeouts};
use secrecy::{ExposeSecret, SecretString};

use self::breaker::Breaker;
use crate::config::RedisConfig;

/// Why Redis gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum RedisError {
    /// The breaker is open: it was not even asked.
    #[error("redis is being left alone after failures")]
    Open,
    /// It did not answer in time.
    #[error("redis did not answer in time")]
    Timeout,
    /// No connection to be had.
    #[error("no connection to redis: {0}")]
    Connection(String),
    /// It answered with an error.
    #[error("redis: {0}")]
    Command(#[from] redis::RedisError),
    /// The configured URL is none.
    #[error("redis.url: {0}")]
    Url(String),
}

/// Redis. Clones share pool and breaker.
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    pool: Pool,
    breaker: Breaker,
    timeout: Duration,
    probe_every: Duration,
    prefix: String,
    url: SecretString,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis").field("available", &self.is_available()).finish_non_exhaustive()
    }
}

impl Redis {
    /// A pool for the configured Redis; nothing if none is configured. Connects when first used: the program starts
    /// without Redis too.
    ///
    /// # Errors
    /// When the URL is none.
    pub fn connect(config: &RedisConfig) -> Result<Option<Self>, RedisError> {
        let Some(url) = &config.url else { return Ok(None) };
        let timeout = Duration::from_millis(config.timeout_ms);
        let mut settings = deadpool_redis::Config::from_url(url.expose_secret());
        settings.pool = Some(PoolConfig {
            max_size: config.pool_size,
            timeouts: Timeouts { wait: Some(timeout), create: Some(timeout), recycle: Some(timeout) },
            ..PoolConfig::default()
        });
        // The error may quote the URL, and with it the password.
        let pool = settings
            .create_pool(Some(Runtime::Tokio1))
            .map_err(|_| RedisError::Url("is not the address of a Redis server".to_owned()))?;
        Ok(Some(Self(Arc::new(Inner {
            pool,
            breaker: Breaker::new(config.breaker_failures),
            timeout,
            probe_every: Duration::from_millis(config.breaker_probe_ms),
            prefix: config.key_prefix.clone(),
            url: url.clone(),
        }))))
    }

    /// Whether Redis is asked at all: the breaker is closed.
    pub fn is_available(&self) -> bool {
        self.0.breaker.is_closed()
    }

    /// The key with this deployment's prefix.
    pub fn key(&self, name: &str) -> String {
        format!("{}{name}", self.0.prefix)
    }

    /// Runs one command.
    ///
    /// # Errors
    /// When the breaker is open, Redis does not answer within the configured time, or answers with an error.
    pub async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisError> {
        self.guarded(async |connection: &mut Connection| command.query_async(connection).await).await
    }

    /// Runs several commands in one round trip.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub async fn pipeline<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, RedisError> {
        self.guarded(async |connection: &mut Connection| commands.query_async(connection).await).await
    }

    /// Runs a Lua script.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub async fn invoke<T: FromRedisValue>(&self, call: &ScriptInvocation<'_>) -> Result<T, RedisError> {
        self.guarded(async |connection: &mut Connection| call.invoke_async(connection).await).await
    }

    /// Asks for a sign of life and tells how long it took.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub async fn ping(&self) -> Result<Duration, RedisError> {
        let asked = Instant::now();
        self.query::<String>(&redis::cmd("PING")).await?;
        Ok(asked.elapsed())
    }

    /// A client for a connection of one's own, outside the pool (subscriptions).
    pub(crate) fn client(&self) -> Result<redis::Client, RedisError> {
        Ok(redis::Client::open(self.0.url.expose_secret())?)
    }

    /// Bound of one command and of connecting.
    pub(crate) fn timeout(&self) -> Duration {
        self.0.timeout
    }

    async fn guarded<T>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, redis::RedisError>,
    ) -> Result<T, RedisError> {
        if !self.0.breaker.is_closed() {
            self.probe_if_stalled();
            return Err(RedisError::Open);
        }
        let result = self.0.attempt(work).await;
        if result.as_ref().is_err_and(is_failure) {
            metrics::counter!("lyceum_redis_failures_total").increment(1);
            if self.0.breaker.failed() {
                tracing::warn!("redis fails: left alone until it answers again");
                self.probe_if_stalled();
            }
        } else {
            self.0.breaker.succeeded();
        }
        result
    }

    /// Starts the task that tries Redis while the breaker is open, unless one is at work. It may have died with the runtime it was on.
    fn probe_if_stalled(&self) {
        if !self.0.breaker.claim_probing(self.0.probe_every * 3 + self.0.timeout) {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let inner = Arc::downgrade(&self.0);
        let every = self.0.probe_every;
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(every).await;
                let Some(inner) = inner.upgrade() else { return };
                inner.breaker.probed();
                if inner.probe().await {
                    inner.breaker.close();
                    tracing::info!("redis answers again");
                    return;
                }
            }
        });
    }
}

impl Inner {
    async fn attempt<T>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, redis::RedisError>,
    ) -> Result<T, RedisError> {
        let asked = async {
            let mut connection = self.pool.get().await.map_err(|error| RedisError::Connection(error.to_string()))?;
            work(&mut connection).await.map_err(RedisError::Command)
        };
        tokio::time::timeout(self.timeout, asked).await.unwrap_or(Err(RedisError::Timeout))
    }

    /// Whether Redis answers.
    async fn probe(&self) -> bool {
        let ping = redis::cmd("PING");
        let asked = async {
            let mut connection = self.pool.get().await.ok()?;
            ping.query_async::<String>(&mut connection).await.ok()
        };
        matches!(tokio::time::timeout(self.timeout, asked).await, Ok(Some(_)))
    }
}

/// Whether an error speaks of Redis's health rather than of the command.
fn is_failure(error: &RedisError) -> bool {
    match error {
        RedisError::Timeout | RedisError::Connection(_) => true,
        RedisError::Command(error) => {
            error.is_io_error()
                || error.is_timeout()
                || error.is_connection_dropped()
                || error.is_connection_refusal()
                || error.is_unrecoverable_error()
        }
        RedisError::Open | RedisError::Url(_) => false,
    }
}

/// The Redis that `LYCEUM_TEST_REDIS_URL` names, for tests.
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests' own server is named by the environment")]
pub(crate) fn for_tests() -> Option<Redis> {
    let mut config = crate::config::Config::for_tests("/nowhere".as_ref()).redis;
    config.url = Some(std::env::var("LYCEUM_TEST_REDIS_URL").ok()?.into());
    config.key_prefix = format!("test-{}:", uuid::Uuid::new_v4());
    Redis::connect(&config).unwrap()
}
