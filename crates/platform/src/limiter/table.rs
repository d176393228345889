//! The counts of this process: a set-associative table of fixed size.

use std::sync::{Mutex, OnceLock, PoisonError};

use super::Policy;

/// Sets; a power of two.
const SETS: usize = 8_192;
/// Keys that fit one set.
const WAYS: usize = 8;

/// One key's window.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Slot {
    hash: u64,
    /// End of the window in milliseconds; 0 for an empty slot.
    pub(super) ends: u64,
    /// Events counted here.
    pub(super) used: u64,
    /// Events leased from Redis and not used yet.
    pub(super) leased: u64,
    /// Events leased by all nodes, as Redis said last.
    pub(super) shared: u64,
    /// Share of the quota used, in thousandths: who is displaced first.
    weight: u32,
}

impl Slot {
    /// The most that is known of this key: here, or on all nodes.
    pub(super) fn known(&self) -> u64 {
        self.used.max(self.shared.saturating_sub(self.leased))
    }

    /// Takes over what Redis says. Its window counts, for all nodes see the same one.
    pub(super) fn renew(&mut self, count: u64, granted: u64, ends_in_ms: u64, now: u64) {
        self.shared = count;
        self.leased = self.leased.saturating_add(granted);
        self.ends = now.saturating_add(ends_in_ms.max(1));
    }
}

/// The slots of the keys that fall together.
type Set = Mutex<[Slot; WAYS]>;

/// All slots. A set takes memory once one of its keys was seen.
pub(super) struct Table {
    sets: Vec<OnceLock<Box<Set>>>,
}

impl Table {
    pub(super) fn new() -> Self {
        Self { sets: (0..SETS).map(|_| OnceLock::new()).collect() }
    }

    /// Works on the slot of a key, a fresh one if its window has ended.
    pub(super) fn with<R>(&self, hash: u64, now: u64, policy: &Policy, work: impl FnOnce(&mut Slot) -> R) -> R {
        #[expect(clippy::cast_possible_truncation, reason = "only the low bits choose the set")]
        let index = hash as usize % SETS;
        let mut set = self.sets[index].get_or_init(Box::default).lock().unwrap_or_else(PoisonError::into_inner);
        let way =
            set.iter().position(|slot| slot.hash == hash && slot.ends != 0).unwrap_or_else(|| displaced(&set, now));
        let slot = &mut set[way];
        if slot.hash != hash || slot.ends <= now {
            *slot = Slot { hash, ends: now.saturating_add(policy.window_ms()), ..Slot::default() };
        }
        let result = work(slot);
        let weight = slot.known().saturating_mul(1_000) / policy.quota.max(1);
        slot.weight = u32::try_from(weight).unwrap_or(u32::MAX);
        result
    }
}

/// The slot to give up: an empty or ended one, else that furthest from its limit.
fn displaced(set: &[Slot; WAYS], now: u64) -> usize {
    let worth = |slot: &Slot| if slot.ends <= now { (0, 0) } else { (slot.weight.saturating_add(1), slot.ends) };
    set.iter().enumerate().min_by_key(|(_, slot)| worth(slot)).map_or(0, |(way, _)| way)
}
