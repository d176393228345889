//! Rate limits: so many events of a key within a window.
//!
//! A window begins with a key's first event. Counting happens in this process, in a table of fixed size: a flood of new
//! keys displaces the least used ones, never those near their limit. With Redis a node leases a tenth of a quota at a
//! time, so that most requests need no round trip; policies that are [exact](Policy::exact) lease one by one. While
//! Redis is away each node decides by what it counted itself.

mod network;
mod shared;
mod table;
#[cfg(test)]
mod tests;

use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::Duration;

use lyceum_kernel::SharedClock;

pub use self::network::network;
use self::shared::Leases;
use self::table::{Slot, Table};
use crate::config::LimitsConfig;
use crate::redis::Redis;

/// How often something may happen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Policy {
    /// Stable name, part of keys and of the `RateLimit-Policy` header.
    pub name: &'static str,
    /// Events allowed in a window.
    pub quota: u64,
    /// Length of a window.
    pub window: Duration,
    /// Whether every event is counted in Redis rather than leased in slices.
    pub exact: bool,
}

impl Policy {
    /// So many events in a window.
    pub const fn new(name: &'static str, quota: u64, window: Duration) -> Self {
        Self { name, quota, window, exact: false }
    }

    /// The same for one minute.
    pub const fn per_minute(name: &'static str, quota: u64) -> Self {
        Self::new(name, quota, Duration::from_mins(1))
    }

    /// The same for one hour.
    pub const fn per_hour(name: &'static str, quota: u64) -> Self {
        Self::new(name, quota, Duration::from_hours(1))
    }

    /// Counted one by one over all nodes: for failures of logins, at the price of a round trip each.
    #[must_use]
    pub const fn exact(mut self) -> Self {
        self.exact = true;
        self
    }

    fn slice(&self) -> u64 {
        if self.exact { 1 } else { (self.quota / 10).max(1) }
    }

    fn window_ms(&self) -> u64 {
        u64::try_from(self.window.as_millis()).unwrap_or(u64::MAX).max(1)
    }
}

/// What a limit says, as the `RateLimit` header fields tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Whether it may happen.
    pub allowed: bool,
    /// The quota.
    pub limit: u64,
    /// Events left in this window, as far as this node knows.
    pub remaining: u64,
    /// Until the window ends. When not allowed, this is `Retry-After`.
    pub reset_after: Duration,
}

/// Counts events. Clones share the counts.
#[derive(Clone)]
pub struct Limiter(Arc<Inner>);

struct Inner {
    enabled: bool,
    clock: SharedClock,
    hasher: std::hash::RandomState,
    table: Table,
    leases: Option<Leases>,
}

impl std::fmt::Debug for Limiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limiter").field("enabled", &self.0.enabled).finish_non_exhaustive()
    }
}

/// A key's place in the table, and the present moment.
struct Place {
    hash: u64,
    now: u64,
}

impl Limiter {
    /// A limiter of this process, and of all nodes together where there is Redis. Switched off by configuration, it allows everything.
    pub fn new(config: &LimitsConfig, clock: SharedClock, redis: Option<Redis>) -> Self {
        Self(Arc::new(Inner {
            enabled: config.enabled,
            clock,
            hasher: std::hash::RandomState::new(),
            table: Table::new(),
            leases: redis.map(Leases::new),
        }))
    }

    /// Counts an event if it is allowed.
    pub async fn check(&self, policy: &Policy, key: &str) -> Decision {
        let Some(place) = self.place(policy, key) else { return unlimited(policy) };
        let Some(leases) = &self.0.leases else {
            return self.0.table.with(place.hash, place.now, policy, |slot| take_local(slot, policy, place.now));
        };
        let known = |slot: &mut Slot| if policy.exact { None } else { take_leased(slot, policy, place.now) };
        if let Some(decision) = self.0.table.with(place.hash, place.now, policy, known) {
            return decision;
        }
        match leases.lease(policy, key, policy.slice(), place.now).await {
            Some(lease) => self.0.table.with(place.hash, place.now, policy, |slot| {
                slot.renew(lease.count, lease.granted, lease.ends_in_ms, place.now);
                take_leased(slot, policy, place.now).unwrap_or_else(|| decision(false, slot, policy, place.now))
            }),
            None => self.0.table.with(place.hash, place.now, policy, |slot| take_local(slot, policy, place.now)),
        }
    }

    /// What [`check`](Self::check) would say, without counting.
    pub async fn peek(&self, policy: &Policy, key: &str) -> Decision {
        let Some(place) = self.place(policy, key) else { return unlimited(policy) };
        let seen = match &self.0.leases {
            Some(leases) if policy.exact => leases.count(policy, key, place.now).await,
            _ => None,
        };
        self.0.table.with(place.hash, place.now, policy, |slot| {
            if let Some((count, ends_in_ms)) = seen {
                slot.renew(count, 0, ends_in_ms, place.now);
            }
            decision(slot.known() < policy.quota, slot, policy, place.now)
        })
    }

    /// Takes back one event that was counted ahead and did not happen after all: a code that was right.
    pub async fn refund(&self, policy: &Policy, key: &str) {
        let Some(place) = self.place(policy, key) else { return };
        self.0.table.with(place.hash, place.now, policy, |slot| {
            slot.used = slot.used.saturating_sub(1);
            slot.shared = slot.shared.saturating_sub(1);
        });
        if let Some(leases) = &self.0.leases {
            leases.refund(policy, key, place.now).await;
        }
    }

    /// Forgets what was counted: the failures of somebody who has since proved who they are.
    pub async fn forgive(&self, policy: &Policy, key: &str) {
        let Some(place) = self.place(policy, key) else { return };
        self.0.table.with(place.hash, place.now, policy, |slot| *slot = Slot::default());
        if let Some(leases) = &self.0.leases {
            leases.forget(policy, key).await;
        }
    }

    fn place(&self, policy: &Policy, key: &str) -> Option<Place> {
        if !self.0.enabled {
            return None;
        }
        let now = u64::try_from(self.0.clock.now().timestamp_millis()).unwrap_or_default();
        Some(Place { hash: self.0.hasher.hash_one((policy.name, key)), now })
    }
}

fn unlimited(policy: &Policy) -> Decision {
    Decision { allowed: true, limit: policy.quota, remaining: policy.quota, reset_after: policy.window }
}

/// Counts in this process alone.
fn take_local(slot: &mut Slot, policy: &Policy, now: u64) -> Decision {
    let allowed = slot.known() < policy.quota;
    if allowed {
        slot.used = slot.known() + 1;
    }
    decision(allowed, slot, policy, now)
}

/// Counts against what is leased; nothing when more must be leased first.
fn take_leased(slot: &mut Slot, policy: &Policy, now: u64) -> Option<Decision> {
    if slot.leased > 0 {
        slot.leased -= 1;
        slot.used = slot.used.saturating_add(1);
        return Some(decision(true, slot, policy, now));
    }
    (slot.shared >= policy.quota).then(|| decision(false, slot, policy, now))
}

fn decision(allowed: bool, slot: &Slot, policy: &Policy, now: u64) -> Decision {
    let remaining = if slot.shared > 0 {
        policy.quota.saturating_sub(slot.shared).saturating_add(slot.leased)
    } else {
        policy.quota.saturating_sub(slot.used)
    };
    let reset_after = Duration::from_millis(slot.ends.saturating_sub(now).min(policy.window_ms()));
    Decision { allowed, limit: policy.quota, remaining: if allowed { remaining } else { 0 }, reset_after }
}
