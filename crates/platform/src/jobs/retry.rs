//! How long to wait before the next try.

use std::time::Duration;

use chrono::{DateTime, Utc};
use lyceum_kernel::Entropy;

/// Pauses between tries: growing, then the last one again and again, each lengthened by up to a fifth at random so that what
/// failed together does not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The pause after the first failure, the second, and so on; the last repeats.
    pub pauses: &'static [Duration],
    /// Tries in all, after the last of which the job is parked; `None` for as many as the configuration says.
    pub tries: Option<u32>,
}

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

impl RetryPolicy {
    /// For most work: 5 s, 30 s, 2 m, 10 m, 30 m, then 2 h.
    pub const STANDARD: Self = Self {
        pauses: &[seconds(5), seconds(30), seconds(120), seconds(600), seconds(1_800), seconds(7_200)],
        tries: None,
    };

    /// For mail (RFC 5321 section 4.5.4.1 asks for four to five days at the most, 30 minutes at the least): 1 m, 5 m, 30 m,
    /// 2 h, then 6 h; 18 tries over more than three days.
    pub const MAIL: Self =
        Self { pauses: &[seconds(60), seconds(300), seconds(1_800), seconds(7_200), seconds(21_600)], tries: Some(18) };

    /// The pause after try number `attempt` (from 1) failed.
    pub fn pause(&self, attempt: u32, entropy: &dyn Entropy) -> Duration {
        let step = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
        let base = self.pauses.get(step).or(self.pauses.last()).copied().unwrap_or(seconds(60));
        let mut random = [0_u8; 2];
        entropy.fill(&mut random);
        let fraction = f64::from(u16::from_le_bytes(random)) / f64::from(u16::MAX);
        base.mul_f64(fraction.mul_add(0.2, 1.0))
    }
}

/// `time` plus `duration`; the far end of time if that overflows.
pub(super) fn after(time: DateTime<Utc>, duration: Duration) -> DateTime<Utc> {
    chrono::TimeDelta::from_std(duration)
        .ok()
        .and_then(|delta| time.checked_add_signed(delta))
        .map_or(DateTime::<Utc>::MAX_UTC, lyceum_kernel::clock::to_micros)
}
