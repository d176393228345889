//! Databases for the tests of this crate: SQLite on a file, and PostgreSQL as well where `LYCEUM_TEST_POSTGRES_URL` names a server
//! on which databases may be made.

use std::sync::Arc;

use lyceum_kernel::RequestId;
use lyceum_migration::{Migrator, MigratorTrait as _};
use sea_orm::{ConnectionTrait as _, Database};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;

use super::Db;
use crate::cache::CacheHub;
use crate::clock::{OsEntropy, SystemClock};
use crate::config::{Config, DatabaseConfig};
use crate::jobs::JobRegistry;
use crate::uow::{Cause, Handles, UnitOfWork};

/// A migrated database of its own for one test.
pub(crate) struct TestDatabase {
    pub(crate) db: Db,
    pub(crate) config: DatabaseConfig,
    pub(crate) handles: Arc<Handles>,
    pub(crate) dir: TempDir,
}

/// Every kind of database that is to be had here.
pub(crate) async fn databases(registry: JobRegistry) -> Vec<TestDatabase> {
    let mut all = vec![sqlite(registry.clone()).await];
    all.extend(postgres(registry).await);
    all
}

pub(crate) async fn sqlite(registry: JobRegistry) -> TestDatabase {
    let dir = tempfile::tempdir().unwrap();
    let config = Config::for_tests(dir.path()).database;
    TestDatabase::migrated(config, dir, registry).await
}

pub(crate) async fn postgres(registry: JobRegistry) -> Option<TestDatabase> {
    let server = std::env::var("LYCEUM_TEST_POSTGRES_URL").ok()?;
    let name = format!("lyceum_unit_{}", uuid::Uuid::now_v7().simple());
    let admin = Database::connect(&server).await.unwrap();
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    admin.close().await.unwrap();
    let mut url = url::Url::parse(&server).unwrap();
    url.set_path(&name);
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config::for_tests(dir.path()).database;
    config.url = url.to_string().into();
    Some(TestDatabase::migrated(config, dir, registry).await)
}

impl TestDatabase {
    async fn migrated(config: DatabaseConfig, dir: TempDir, registry: JobRegistry) -> Self {
        let db = Db::connect(&config, dir.path()).await.unwrap();
        Migrator::up(db.migration_connection(), None).await.unwrap();
        assert!(!config.url.expose_secret().is_empty());
        let handles = Arc::new(Handles {
            db: db.clone(),
            clock: Arc::new(SystemClock::new()),
            entropy: Arc::new(OsEntropy),
            caches: CacheHub::alone(),
            registry: Arc::new(registry),
        });
        Self { db, config, handles, dir }
    }

    /// A unit of work of some request.
    pub(crate) fn work(&self) -> UnitOfWork {
        UnitOfWork::new(Arc::clone(&self.handles), Cause::new(RequestId::parse("test").unwrap()))
    }
}
