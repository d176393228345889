//! The database: PostgreSQL or SQLite behind one type.
//!
//! Reads go through [`Db::read`], writes through a [`UnitOfWork`](crate::uow::UnitOfWork) (or, for the machinery below it, [`Db::begin`] and
//! [`Db::write`]). Every statement is counted and bounded in time: a database that is down or hangs costs the first requests
//! a second or two and the others nothing but an answer 503, until it is back. On SQLite (WAL) there is one writer and several
//! readers.

mod breakage;
mod breaker;
mod change;
#[expect(clippy::disallowed_methods, reason = "it is the connection that others are to use")]
mod conn;
mod entity_table;
mod limit;
mod lock;
mod postgres;
mod scoped_table;
mod sqlite;
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests make databases of their own")]
pub(crate) mod testing;
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests of raw statements")]
mod tests;
#[expect(clippy::disallowed_methods, reason = "it is the transaction that others are to use")]
mod transaction;
mod usage;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use lyceum_kernel::Scope;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, RuntimeErr, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use secrecy::ExposeSecret;
use sqlx::PgPool;

use self::breakage::Breakage;
use self::breaker::Breaker;
pub use self::change::{Change, ChangeError, Versioned};
pub use self::conn::{ReadConn, WriteConn};
pub use self::entity_table::{EntityColumn, EntityTable};
pub use self::lock::{DataDirLock, lock_data_dir};
pub use self::scoped_table::{SchoolTable, ScopedTable, of_platform, of_school};
pub use self::transaction::DbTransaction;
pub use self::usage::PoolUsage;
use crate::config::{DatabaseConfig, DatabaseKind};
use crate::error::PlatformError;

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Db(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    backend: DbBackend,
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    migrator: DatabaseConnection,
    /// Where the cache's listener gets its connection from.
    listener: Option<PgPool>,
    queries: AtomicU64,
    breakage: Arc<Breakage>,
    /// Nothing on SQLite, whose file is either there or not.
    breaker: Option<Arc<Breaker>>,
    /// The longest one statement may take, waiting for a connection included.
    statement_bound: Duration,
    /// The longest a transaction may take.
    transaction_bound: Duration,
}

/// The pools of one database, as its driver opens them.
struct Pools {
    backend: DbBackend,
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    migrator: DatabaseConnection,
    listener: Option<PgPool>,
    breaker: Option<Arc<Breaker>>,
}

impl Db {
    /// Opens the database that the configuration names. It must answer. On SQLite the data directory is made if it is not
    /// there.
    pub async fn connect(config: &DatabaseConfig, data_dir: &Path) -> Result<Self, PlatformError> {
        let breakage = Arc::new(Breakage::new());
        let settings = Settings::of(config);
        let url = config.url.expose_secret();
        let pools = match config.kind() {
            DatabaseKind::Postgres => postgres::open(url, &settings, &breakage)?,
            DatabaseKind::Sqlite => sqlite::open(url, data_dir, &settings).await?,
        };
        let Pools { backend, reader, writer, migrator, listener, breaker } = pools;
        let db = Self(Arc::new(Inner {
            backend,
            reader,
            writer,
            migrator,
            listener,
            queries: AtomicU64::new(0),
            breakage,
            breaker,
            statement_bound: settings.statement_timeout.max(settings.acquire_timeout) + GRACE,
            transaction_bound: settings.transaction_timeout,
        }));
        db.warm(settings.min_connections).await?;
        Ok(db)
    }

    /// Which of the two it is.
    pub fn backend(&self) -> DbBackend {
        self.0.backend
    }

    /// Whether it is PostgreSQL, which several nodes may share.
    pub fn is_postgres(&self) -> bool {
        self.0.backend == DbBackend::Postgres
    }

    /// A connection for reading what `scope` may see.
    pub fn read(&self, scope: Scope) -> ReadConn {
        ReadConn::new(self.clone(), scope)
    }

    /// A connection on which each statement commits by itself: for the machinery of jobs, never for what a request does.
    pub fn write(&self) -> WriteConn {
        WriteConn::new(self.clone())
    }

    /// Begins a bare transaction (`BEGIN IMMEDIATE` on SQLite): for the machinery below the unit of work.
    pub async fn begin(&self) -> Result<DbTransaction, PlatformError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let deadline = Instant::now() + self.0.transaction_bound;
        let begin = || self.0.writer.begin_with_options(options);
        let transaction = match self.bounded(begin()).await {
            Err(error) if breakage::is_broken(&error) => self.bounded(begin()).await?,
            other => other?,
        };
        Ok(DbTransaction::new(self.clone(), transaction, deadline))
    }

    /// How many statements were sent since the start. Tests measure differences.
    pub fn queries(&self) -> u64 {
        self.0.queries.load(Ordering::Relaxed)
    }

    /// Asks for a sign of life and tells how long it took.
    pub async fn ping(&self) -> Result<Duration, PlatformError> {
        let asked = Instant::now();
        self.read(Scope::Platform).query_one(Query::select().expr(Expr::value(1))).await?;
        Ok(asked.elapsed())
    }

    /// The database's own time; `None` on SQLite, whose time is this machine's.
    pub async fn time(&self) -> Result<Option<DateTime<Utc>>, PlatformError> {
        if !self.is_postgres() {
            return Ok(None);
        }
        let select = Query::select().expr(Expr::cust("clock_timestamp()")).to_owned();
        let row = self.read(Scope::Platform).query_one(&select).await?;
        Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
    }

    /// For the migrator only: on PostgreSQL its statements may take as long as they need.
    pub fn migration_connection(&self) -> &DatabaseConnection {
        &self.0.migrator
    }

    /// Closes every connection once what runs on it has ended, waiting at most five seconds. Statements of other clones fail
    /// from now on.
    pub async fn close(self) {
        let Inner { reader, writer, migrator, listener, .. } = &*self.0;
        let all = async {
            if let Some(listener) = listener {
                listener.close().await;
            }
            for pool in [reader, writer, migrator] {
                if let Err(error) = pool.close_by_ref().await {
                    tracing::warn!(%error, "database.close_failed");
                }
            }
        };
        if tokio::time::timeout(CLOSING, all).await.is_err() {
            tracing::warn!("database.close_timed_out");
        }
    }

    pub(crate) fn listener_pool(&self) -> Option<&PgPool> {
        self.0.listener.as_ref()
    }

    /// Opens the connections that are to be there from the start, and at least one.
    async fn warm(&self, connections: u32) -> Result<(), PlatformError> {
        let probes = (0..connections.max(1)).map(|_| self.ping());
        futures_util::future::try_join_all(probes).await.map(|_| ())
    }

    fn count(&self) {
        self.0.queries.fetch_add(1, Ordering::Relaxed);
    }

    /// Runs one statement within the bound of time, and remembers when connections turn out to be broken.
    async fn bounded<T>(&self, statement: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        self.bounded_until(tokio::time::Instant::now() + self.0.statement_bound, statement).await
    }

    async fn bounded_until<T>(
        &self,
        deadline: tokio::time::Instant,
        statement: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, DbErr> {
        let Some(breaker) = &self.0.breaker else { return self.uninterrupted_until(deadline, statement).await };
        self.uninterrupted_until(deadline, breaker.run(statement)).await
    }

    /// The same for what must not be given up half-way only because the database seems to be away: a commit.
    async fn uninterrupted_until<T>(
        &self,
        deadline: tokio::time::Instant,
        statement: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, DbErr> {
        match tokio::time::timeout_at(deadline, statement).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                if breakage::is_broken(&error) {
                    self.distrust();
                }
                Err(error)
            }
            Err(_) => {
                self.distrust();
                Err(DbErr::Conn(RuntimeErr::Internal("the database did not answer in time".to_owned())))
            }
        }
    }

    /// No connection there is will be used again, and somebody looks whether there are others to be had.
    fn distrust(&self) {
        self.0.breakage.mark();
        if let Some(breaker) = &self.0.breaker {
            breaker.suspect();
        }
    }
}

/// What we wait beyond the database's own time limit, so that it is the database that ends a slow statement.
const GRACE: Duration = Duration::from_millis(500);

/// How long open connections may take to end at the stop of the program.
const CLOSING: Duration = Duration::from_secs(5);

/// The longest a transaction may take, from `BEGIN` to `COMMIT`.
const TRANSACTION: Duration = Duration::from_secs(10);

/// More readers than this only wait for the processors.
const MOST_READERS: u32 = 16;

/// The configuration in the units used here.
struct Settings {
    max_connections: u32,
    min_connections: u32,
    readers: u32,
    acquire_timeout: Duration,
    statement_timeout: Duration,
    lock_timeout: Duration,
    transaction_timeout: Duration,
}

impl Settings {
    fn of(config: &DatabaseConfig) -> Self {
        let max_connections = config.max_connections.max(1);
        let statement_timeout = config.statement_timeout();
        Self {
            max_connections,
            min_connections: config.min_connections.min(max_connections),
            readers: max_connections.min(MOST_READERS),
            acquire_timeout: config.acquire_timeout(),
            statement_timeout,
            lock_timeout: (statement_timeout * 9 / 10).min(Duration::from_millis(4_500)),
            transaction_timeout: TRANSACTION.max(statement_timeout),
        }
    }
}
