//! The circuit breaker's state.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Closed while all is well; open after so many failures in a row, until somebody closes it.
#[derive(Debug)]
pub(super) struct Breaker {
    threshold: u32,
    failures: AtomicU32,
    /// When a probe last showed signs of life: milliseconds since `epoch`, 0 for never.
    probed: AtomicU64,
    epoch: Instant,
}

impl Breaker {
    pub(super) fn new(threshold: u32) -> Self {
        metrics::gauge!("lyceum_redis_breaker_open").set(0.0);
        Self { threshold, failures: AtomicU32::new(0), probed: AtomicU64::new(0), epoch: Instant::now() }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.failures.load(Ordering::Relaxed) < self.threshold
    }

    /// Counts a failure; true if it opened the breaker.
    pub(super) fn failed(&self) -> bool {
        let opened = self.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1) == self.threshold;
        if opened {
            metrics::gauge!("lyceum_redis_breaker_open").set(1.0);
        }
        opened
    }

    /// An answer ends a row of failures, but does not close an open breaker: it may be a late one.
    pub(super) fn succeeded(&self) {
        let failures = self.failures.load(Ordering::Relaxed);
        if failures != 0 && failures < self.threshold {
            let _ = self.failures.compare_exchange(failures, 0, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    pub(super) fn close(&self) {
        self.probed.store(0, Ordering::Relaxed);
        self.failures.store(0, Ordering::Relaxed);
        metrics::gauge!("lyceum_redis_breaker_open").set(0.0);
    }

    /// The probing task lives.
    pub(super) fn probed(&self) {
        self.probed.store(self.millis(), Ordering::Relaxed);
    }

    /// True for one caller if no probing task has shown signs of life within `patience`.
    pub(super) fn claim_probing(&self, patience: Duration) -> bool {
        let (last, now) = (self.probed.load(Ordering::Relaxed), self.millis());
        let patience = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
        let stalled = last == 0 || now.saturating_sub(last) > patience;
        stalled && self.probed.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }
}
