//! The counts of all nodes together, in Redis.

use std::sync::LazyLock;

use deadpool_redis::redis::{self, Script};

use super::Policy;
use crate::redis::Redis;

/// Adds to a counter whose window begins with its first event: `KEYS[1]`, ARGV = amount, window in ms. Answers count and what is left of the window.
static LEASE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local count = redis.call('INCRBY', KEYS[1], ARGV[1])
         local left = redis.call('PTTL', KEYS[1])
         if left < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) left = tonumber(ARGV[2]) end
         return {count, left}",
    )
});

/// What Redis granted.
pub(super) struct Lease {
    /// Events leased by all nodes in this window, these included; at most the quota and this lease.
    pub(super) count: u64,
    /// How many of those asked for are within the quota.
    pub(super) granted: u64,
    /// What is left of the window.
    pub(super) ends_in_ms: u64,
}

/// Counters in Redis. Every answer is nothing while Redis is away.
pub(super) struct Leases {
    redis: Redis,
}

impl Leases {
    pub(super) const fn new(redis: Redis) -> Self {
        Self { redis }
    }

    /// Counts `amount` events ahead.
    pub(super) async fn lease(&self, policy: &Policy, key: &str, amount: u64) -> Option<Lease> {
        let mut call = LEASE.key(self.key(policy, key));
        call.arg(amount).arg(policy.window_ms());
        let (count, ends_in_ms): (u64, u64) = self.redis.invoke(&call).await.ok()?;
        let before = count.saturating_sub(amount);
        Some(Lease { count, granted: policy.quota.saturating_sub(before).min(amount), ends_in_ms })
    }

    /// Events so far and what is left of the window.
    pub(super) async fn count(&self, policy: &Policy, key: &str) -> Option<(u64, u64)> {
        let key = self.key(policy, key);
        let mut both = redis::pipe();
        both.cmd("GET").arg(&key).cmd("PTTL").arg(&key);
        let (count, left): (Option<u64>, i64) = self.redis.pipeline(&both).await.ok()?;
        Some((count.unwrap_or(0), u64::try_from(left).unwrap_or_else(|_| policy.window_ms())))
    }

    pub(super) async fn forget(&self, policy: &Policy, key: &str) {
        // Without Redis the counter ends with its window.
        let _: Result<i64, _> = self.redis.query(redis::cmd("DEL").arg(self.key(policy, key))).await;
    }

    fn key(&self, policy: &Policy, key: &str) -> String {
        self.redis.key(&format!("limit:{}:{key}", policy.name))
    }
}
