//! A transaction whose statements are counted and bounded in time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement};

use super::Db;
use crate::error::PlatformError;

/// An open transaction; rolled back when dropped.
///
/// After a statement failed nothing can be committed any more. PostgreSQL would answer such a COMMIT by quietly rolling
/// back, SQLite by committing the rest; neither is what anybody means.
#[derive(Debug)]
pub struct DbTransaction {
    db: Db,
    transaction: DatabaseTransaction,
    deadline: Instant,
    failed: AtomicBool,
}

impl DbTransaction {
    pub(super) fn new(db: Db, transaction: DatabaseTransaction, deadline: Instant) -> Self {
        Self { db, transaction, deadline, failed: AtomicBool::new(false) }
    }

    /// Commits. If the connection breaks meanwhile nobody knows whether it did: the error then is
    /// [`PlatformError::Unavailable`], and a repetition must be able to find out by itself.
    pub async fn commit(self) -> Result<(), PlatformError> {
        let Self { db, transaction, deadline, failed } = self;
        if failed.into_inner() {
            let error = DbErr::Custom("the transaction holds a failed statement and cannot be committed".to_owned());
            return Err(PlatformError::Database(error));
        }
        let now = Instant::now();
        let until = deadline.min(now + db.0.statement_bound).max(now + super::GRACE);
        Ok(db.uninterrupted_until(tokio::time::Instant::from_std(until), transaction.commit()).await?)
    }

    /// Rolls back. Dropping does the same, a little later.
    pub async fn rollback(self) {
        let Self { db, transaction, .. } = self;
        if let Err(error) = db.bounded(transaction.rollback()).await {
            tracing::debug!(%error, "database.rollback_failed");
        }
    }

    async fn run<T>(&self, statement: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        self.db.count();
        let now = Instant::now();
        if now >= self.deadline {
            self.failed.store(true, Ordering::Relaxed);
            return Err(DbErr::Conn(RuntimeErr::Internal("the transaction took too long".to_owned())));
        }
        let until = self.deadline.min(now + self.db.0.statement_bound);
        let result = self.db.bounded_until(tokio::time::Instant::from_std(until), statement).await;
        if result.is_err() {
            self.failed.store(true, Ordering::Relaxed);
        }
        result
    }
}

#[async_trait]
impl ConnectionTrait for DbTransaction {
    fn get_database_backend(&self) -> DbBackend {
        self.db.backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.run(self.transaction.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.run(self.transaction.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.run(self.transaction.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.run(self.transaction.query_all_raw(statement)).await
    }
}
