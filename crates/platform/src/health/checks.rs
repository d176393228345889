//! The checks of the platform's own dependencies.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use lyceum_kernel::Entropy;
use s3::Bucket;
use secrecy::ExposeSecret;

use super::{HealthCheck, TIMEOUT};
use crate::clock::OsEntropy;
use crate::config::{Config, StorageConfig};
use crate::db::Db;
use crate::redis::Redis;
use crate::storage::bucket;

/// The database answers a query.
#[derive(Debug)]
pub struct DatabaseCheck {
    db: Db,
}

impl DatabaseCheck {
    /// A check of this database.
    pub const fn new(db: Db) -> Self {
        Self { db }
    }
}

#[async_trait]
impl HealthCheck for DatabaseCheck {
    fn name(&self) -> &'static str {
        "database"
    }

    fn essential(&self) -> bool {
        true
    }

    async fn check(&self) -> Result<Duration, String> {
        self.db.ping().await.map_err(|error| error.to_string())
    }
}

/// Redis answers PING.
#[derive(Debug)]
pub struct RedisCheck {
    redis: Option<Redis>,
}

impl RedisCheck {
    /// A check of Redis, if it is in use.
    pub const fn new(redis: Option<Redis>) -> Self {
        Self { redis }
    }
}

#[async_trait]
impl HealthCheck for RedisCheck {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn enabled(&self) -> bool {
        self.redis.is_some()
    }

    async fn check(&self) -> Result<Duration, String> {
        let redis = self.redis.as_ref().ok_or_else(|| "not configured".to_owned())?;
        redis.ping().await.map_err(|error| error.to_string())
    }
}

enum Storage {
    Folder(PathBuf),
    Bucket(Box<Bucket>),
    Misconfigured(String),
}

/// The bucket is there, or the folder can be written.
pub struct StorageCheck(Storage);

impl StorageCheck {
    /// A check of the configured storage.
    pub fn new(config: &StorageConfig) -> Self {
        if config.bucket.is_none() {
            return Self(Storage::Folder(config.folder.clone()));
        }
        Self(bucket(config, TIMEOUT).map_or_else(Storage::Misconfigured, Storage::Bucket))
    }
}

#[async_trait]
impl HealthCheck for StorageCheck {
    fn name(&self) -> &'static str {
        "storage"
    }

    async fn check(&self) -> Result<Duration, String> {
        let asked = Instant::now();
        match &self.0 {
            Storage::Folder(folder) => writable(folder).await?,
            Storage::Bucket(bucket) => {
                bucket.head_object("/").await.map_err(|_| "the bucket does not answer".to_owned())?;
            }
            Storage::Misconfigured(problem) => return Err(problem.clone()),
        }
        Ok(asked.elapsed())
    }
}

enum Email {
    Folder(PathBuf),
    Server(AsyncSmtpTransport<Tokio1Executor>),
    Misconfigured,
}

/// The mail server answers NOOP, or the folder for letters can be written.
pub struct EmailCheck(Email);

impl EmailCheck {
    /// A check of the configured mail server.
    pub fn new(config: &Config) -> Self {
        let Some(url) = config.smtp.transport_url() else {
            return Self(Email::Folder(config.data_dir.join("mail")));
        };
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret());
        Self(transport.map_or(Email::Misconfigured, |builder| Email::Server(builder.timeout(Some(TIMEOUT)).build())))
    }
}

#[async_trait]
impl HealthCheck for EmailCheck {
    fn name(&self) -> &'static str {
        "email"
    }

    async fn check(&self) -> Result<Duration, String> {
        let asked = Instant::now();
        match &self.0 {
            Email::Folder(folder) => writable(folder).await?,
            Email::Server(transport) => match transport.test_connection().await {
                Ok(true) => {}
                Ok(false) => return Err("the mail server does not answer".to_owned()),
                Err(error) if error.is_timeout() => return Err("the mail server timed out".to_owned()),
                Err(error) if error.is_permanent() => return Err("the mail server refuses us".to_owned()),
                Err(_) => return Err("the mail server cannot be reached".to_owned()),
            },
            Email::Misconfigured => return Err("smtp.url is not usable".to_owned()),
        }
        Ok(asked.elapsed())
    }
}

/// Whether a file can be made in the folder, which is made if it is not there.
async fn writable(folder: &Path) -> Result<(), String> {
    let attempt = async {
        tokio::fs::create_dir_all(folder).await?;
        let mut random = [0_u8; 8];
        OsEntropy.fill(&mut random);
        let probe = folder.join(format!(".health-{:016x}", u64::from_be_bytes(random)));
        tokio::fs::write(&probe, b"").await?;
        tokio::fs::remove_file(&probe).await
    };
    attempt.await.map_err(|error| format!("the folder cannot be written: {}", error.kind()))
}
