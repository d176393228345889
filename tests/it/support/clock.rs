//! A clock that tests move.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, Utc};
use lyceum_kernel::Clock;
use lyceum_kernel::clock::to_micros;

/// Real time plus an offset that only the test changes.
#[derive(Debug, Clone, Default)]
pub struct TestClock {
    offset_micros: Arc<AtomicI64>,
}

impl TestClock {
    /// Moves the clock forward (or back, with a negative duration).
    pub fn advance(&self, by: Duration) {
        self.offset_micros.fetch_add(by.num_microseconds().expect("a duration that fits"), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one clock of the tests")]
    fn now(&self) -> DateTime<Utc> {
        to_micros(Utc::now() + Duration::microseconds(self.offset_micros.load(Ordering::SeqCst)))
    }
}
