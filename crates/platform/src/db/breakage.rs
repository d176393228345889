//! When connections last turned out to be broken.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sea_orm::{DbErr, RuntimeErr};

use crate::error::Trouble;

/// The moment of the last failure of a connection. Connections opened before it are not used again: after a restart of
/// PostgreSQL one statement finds out, and the pool drops all the dead connections instead of handing them out one by one.
#[derive(Debug)]
pub(super) struct Breakage {
    started: Instant,
    /// Microseconds after `started`; 0 for never.
    at: AtomicU64,
}

impl Breakage {
    pub(super) fn new() -> Self {
        Self { started: Instant::now(), at: AtomicU64::new(0) }
    }

    /// Distrusts every connection there is.
    pub(super) fn mark(&self) {
        self.at.fetch_max(self.micros(Instant::now()), Ordering::Relaxed);
    }

    /// Whether a connection of this age was opened after the last failure.
    pub(super) fn trusts(&self, age: Duration) -> bool {
        let at = self.at.load(Ordering::Relaxed);
        at == 0 || Instant::now().checked_sub(age).is_some_and(|opened| self.micros(opened) > at)
    }

    /// Counted from 1, since 0 is never.
    fn micros(&self, moment: Instant) -> u64 {
        let micros = moment.saturating_duration_since(self.started).as_micros();
        u64::try_from(micros).unwrap_or(u64::MAX).saturating_add(1)
    }
}

/// Whether the error says that the connection itself is of no use any more. No connection to be had in time is not that.
pub(super) fn is_broken(error: &DbErr) -> bool {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(inner))
        | DbErr::Exec(RuntimeErr::SqlxError(inner))
        | DbErr::Query(RuntimeErr::SqlxError(inner)) => {
            !matches!(inner.as_ref(), sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed)
                && Trouble::of_sqlx(inner) == Trouble::Away
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_connections_opened_after_the_failure_are_trusted() {
        let breakage = Breakage::new();
        assert!(breakage.trusts(Duration::from_mins(1)));
        breakage.mark();
        assert!(!breakage.trusts(Duration::from_mins(1)));
        std::thread::sleep(Duration::from_millis(2));
        assert!(breakage.trusts(Duration::ZERO));
    }
}
