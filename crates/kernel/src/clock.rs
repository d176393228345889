//! Time as a dependency: services ask a [`Clock`], never the system.

use std::sync::Arc;

use chrono::{DateTime, Timelike, Utc};

/// The server's clock. The real one lives in `lyceum-platform`; tests move their own.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present moment in UTC, truncated to microseconds, which is all that PostgreSQL keeps.
    fn now(&self) -> DateTime<Utc>;
}

/// A clock shared by everything in one process.
pub type SharedClock = Arc<dyn Clock>;

/// Cuts a time to whole microseconds, so that a value written and read again is equal on every database.
pub fn to_micros(time: DateTime<Utc>) -> DateTime<Utc> {
    time.with_nanosecond(time.nanosecond() / 1_000 * 1_000).unwrap_or(time)
}
