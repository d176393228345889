//! Time and randomness of the real world.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use lyceum_kernel::clock::to_micros;
use lyceum_kernel::{Clock, Entropy};

/// The real clock: the monotonic clock of this machine plus an offset to the database's time.
///
/// It starts from the machine's wall clock and never looks at it again, so a jump of the wall clock expires nothing. On
/// PostgreSQL [`Platform::start`](crate::platform::Platform::start) sets the offset every 30 seconds to the database's time, so that all nodes agree.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
    started_at: DateTime<Utc>,
    /// Microseconds to add.
    offset: AtomicI64,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl SystemClock {
    /// A clock that starts from the machine's wall clock.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn new() -> Self {
        Self { started: Instant::now(), started_at: Utc::now(), offset: AtomicI64::new(0) }
    }

    /// Makes the clock show `database_now`, which was true between `asked` and `answered`.
    pub fn resync(&self, database_now: DateTime<Utc>, asked: Instant, answered: Instant) {
        let middle = asked + answered.saturating_duration_since(asked) / 2;
        let offset = database_now - self.unadjusted(middle);
        if let Some(micros) = offset.num_microseconds() {
            self.offset.store(micros, Ordering::Relaxed);
        }
    }

    /// How far the clock is moved from the wall clock that it started with.
    pub fn offset(&self) -> TimeDelta {
        TimeDelta::microseconds(self.offset.load(Ordering::Relaxed))
    }

    fn unadjusted(&self, at: Instant) -> DateTime<Utc> {
        let elapsed = TimeDelta::from_std(at.saturating_duration_since(self.started)).unwrap_or(TimeDelta::MAX);
        self.started_at.checked_add_signed(elapsed).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        to_micros(self.unadjusted(Instant::now()) + self.offset())
    }
}

/// Randomness from the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    /// # Panics
    /// When the operating system has no randomness to give: nothing may go on without it.
    #[expect(clippy::panic, reason = "a server without randomness must not make tokens")]
    fn fill(&self, buffer: &mut [u8]) {
        if let Err(error) = getrandom::fill(buffer) {
            panic!("the operating system gives no randomness: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test of the clock")]
    fn it_follows_the_database() {
        let clock = SystemClock::new();
        let now = Instant::now();
        let there = Utc::now() + TimeDelta::hours(3);
        clock.resync(there, now, now + Duration::from_millis(2));
        let ahead = clock.now() - there;
        assert!(ahead.num_seconds().abs() < 2, "{ahead}");
        assert_eq!(clock.now().timestamp_subsec_nanos() % 1_000, 0);
    }
}
