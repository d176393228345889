//! Connections for reading, and for statements that commit by themselves.

use std::future::Future;
use std::pin::Pin;

use async_trait::async_trait;
use lyceum_kernel::Scope;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, QueryStream, Statement,
    StatementBuilder, StreamTrait,
};

use super::Db;
use super::breakage::is_broken;
use super::limit::built;

/// A connection for reading. It refuses writes, and repeats a read once whose connection turned out to be dead.
///
/// Today it is the pool; a connection with the school set for row-level security would have the same face.
#[derive(Debug, Clone)]
pub struct ReadConn {
    db: Db,
    scope: Scope,
}

impl ReadConn {
    pub(super) fn new(db: Db, scope: Scope) -> Self {
        Self { db, scope }
    }

    /// Whose rows it is for.
    pub const fn scope(&self) -> Scope {
        self.scope
    }

    async fn reading<'c, T, F>(&'c self, read: impl Fn(&'c DatabaseConnection) -> F) -> Result<T, DbErr>
    where
        F: Future<Output = Result<T, DbErr>>,
    {
        self.db.count();
        let pool = &self.db.0.reader;
        match self.db.bounded(read(pool)).await {
            Err(error) if is_broken(&error) => self.db.bounded(read(pool)).await,
            other => other,
        }
    }
}

fn read_only() -> DbErr {
    DbErr::Custom("a connection for reading was asked to write: writes need a unit of work".to_owned())
}

#[async_trait]
impl ConnectionTrait for ReadConn {
    fn get_database_backend(&self) -> DbBackend {
        self.db.backend()
    }

    async fn execute_raw(&self, _: Statement) -> Result<ExecResult, DbErr> {
        Err(read_only())
    }

    async fn execute_unprepared(&self, _: &str) -> Result<ExecResult, DbErr> {
        Err(read_only())
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.reading(|pool| pool.query_one_raw(statement.clone())).await
    }

    async fn query_one<S: StatementBuilder>(&self, statement: &S) -> Result<Option<QueryResult>, DbErr> {
        self.reading(|pool| pool.query_one_raw(built(statement, self.db.backend()))).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.reading(|pool| pool.query_all_raw(statement.clone())).await
    }

    async fn query_all<S: StatementBuilder>(&self, statement: &S) -> Result<Vec<QueryResult>, DbErr> {
        self.reading(|pool| pool.query_all_raw(built(statement, self.db.backend()))).await
    }
}

impl StreamTrait for ReadConn {
    type Stream<'a> = QueryStream;

    fn get_database_backend(&self) -> DbBackend {
        self.db.backend()
    }

    /// The bound of time holds until the stream begins; PostgreSQL's own limit holds for the whole.
    fn stream_raw<'a>(
        &'a self,
        statement: Statement,
    ) -> Pin<Box<dyn Future<Output = Result<QueryStream, DbErr>> + Send + 'a>> {
        Box::pin(async move {
            self.db.count();
            self.db.bounded(self.db.0.reader.stream_raw(statement)).await
        })
    }
}

/// A connection on which each statement is its own transaction. Nothing is repeated.
#[derive(Debug, Clone)]
pub struct WriteConn {
    db: Db,
}

impl WriteConn {
    pub(super) fn new(db: Db) -> Self {
        Self { db }
    }

    async fn writing<T>(&self, statement: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        self.db.count();
        self.db.bounded(statement).await
    }
}

#[async_trait]
impl ConnectionTrait for WriteConn {
    fn get_database_backend(&self) -> DbBackend {
        self.db.backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.writing(self.db.0.writer.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.writing(self.db.0.writer.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.writing(self.db.0.writer.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.writing(self.db.0.writer.query_all_raw(statement)).await
    }
}
