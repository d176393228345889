//! The counts of all nodes together, in Redis.

use std::sync::LazyLock;

use deadpool_redis::redis::{self, Script};

use super::Policy;
use crate::redis::Redis;

/// Adds to a counter whose window begins with its first event: `KEYS[1]`, ARGV = amount, window in ms, the caller's time in
/// ms. Answers count and what is left of the window. Windows go by the nodes' clock, which all of them share; Redis' own only
/// clears away, a minute late, what nobody asks for any more.
static LEASE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local now = tonumber(ARGV[3])
         local ends = tonumber(redis.call('HGET', KEYS[1], 'ends'))
         if not ends or ends <= now then
           redis.call('DEL', KEYS[1])
           ends = now + tonumber(ARGV[2])
           redis.call('HSET', KEYS[1], 'ends', string.format('%.0f', ends))
           redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[2]) + 60000)
         end
         return {redis.call('HINCRBY', KEYS[1], 'count', ARGV[1]), ends - now}",
    )
});

/// Takes one event back from a counter whose window goes on: `KEYS[1]`, ARGV = the caller's time in ms.
static REFUND: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local ends = tonumber(redis.call('HGET', KEYS[1], 'ends'))
         if not ends or ends <= tonumber(ARGV[1]) then return 0 end
         if tonumber(redis.call('HGET', KEYS[1], 'count')) < 1 then return 0 end
         return redis.call('HINCRBY', KEYS[1], 'count', -1)",
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
    pub(super) async fn lease(&self, policy: &Policy, key: &str, amount: u64, now: u64) -> Option<Lease> {
        let mut call = LEASE.key(self.key(policy, key));
        call.arg(amount).arg(policy.window_ms()).arg(now);
        let (count, ends_in_ms): (u64, u64) = self.redis.invoke(&call).await.ok()?;
        let before = count.saturating_sub(amount);
        Some(Lease { count, granted: policy.quota.saturating_sub(before).min(amount), ends_in_ms })
    }

    /// Events so far and what is left of the window.
    pub(super) async fn count(&self, policy: &Policy, key: &str, now: u64) -> Option<(u64, u64)> {
        let mut fields = redis::cmd("HMGET");
        fields.arg(self.key(policy, key)).arg("count").arg("ends");
        let (count, ends): (Option<u64>, Option<u64>) = self.redis.query(&fields).await.ok()?;
        match ends.unwrap_or_default().saturating_sub(now) {
            0 => Some((0, policy.window_ms())),
            left => Some((count.unwrap_or_default(), left)),
        }
    }

    /// Takes one event back. Without Redis it stays counted there until its window ends.
    pub(super) async fn refund(&self, policy: &Policy, key: &str, now: u64) {
        let mut call = REFUND.key(self.key(policy, key));
        let _: Result<i64, _> = self.redis.invoke(call.arg(now)).await;
    }

    pub(super) async fn forget(&self, policy: &Policy, key: &str) {
        // Without Redis the counter ends with its window.
        let _: Result<i64, _> = self.redis.query(redis::cmd("DEL").arg(self.key(policy, key))).await;
    }

    fn key(&self, policy: &Policy, key: &str) -> String {
        self.redis.key(&format!("limit:{}:{key}", policy.name))
    }
}
