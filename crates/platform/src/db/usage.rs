//! How many connections are open, and how many of them are at work.

use sea_orm::{DatabaseConnection, DbBackend};

use super::Db;

/// One pool of connections at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolUsage {
    /// `reader` or `writer`.
    pub pool: &'static str,
    /// Connections open.
    pub open: u32,
    /// Connections open and waiting for work.
    pub idle: u32,
}

impl Db {
    /// The pools that requests use; on PostgreSQL readers and writers share one.
    pub fn usage(&self) -> Vec<PoolUsage> {
        let reader = self.of("reader", &self.0.reader);
        if self.is_postgres() { vec![reader] } else { vec![reader, self.of("writer", &self.0.writer)] }
    }

    fn of(&self, pool: &'static str, connection: &DatabaseConnection) -> PoolUsage {
        let (open, idle) = if self.0.backend == DbBackend::Postgres {
            let connections = connection.get_postgres_connection_pool();
            (connections.size(), connections.num_idle())
        } else {
            let connections = connection.get_sqlite_connection_pool();
            (connections.size(), connections.num_idle())
        };
        PoolUsage { pool, open, idle: u32::try_from(idle).unwrap_or(u32::MAX) }
    }
}
