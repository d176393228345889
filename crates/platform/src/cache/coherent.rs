//! A cache whose entries are checked against the hub's stamps.

use std::hash::Hash;
use std::time::Duration;

use moka::sync::Cache;

use super::hub::{CacheHub, CacheTag, Stamp};

/// A bounded cache of values that hang on tags. Clones share the entries.
///
/// Values are cloned out: keep them small or behind an `Arc`.
pub struct Coherent<K, V> {
    hub: CacheHub,
    kind: &'static str,
    entries: Cache<K, Entry<V>>,
}

#[derive(Debug, Clone)]
struct Entry<V> {
    value: V,
    shard: usize,
    stamp: Stamp,
}

impl<K, V> Clone for Coherent<K, V> {
    fn clone(&self) -> Self {
        Self { hub: self.hub.clone(), kind: self.kind, entries: self.entries.clone() }
    }
}

impl<K, V> std::fmt::Debug for Coherent<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Coherent").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl<K, V> Coherent<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// A cache of at most `capacity` entries, none of them older than `ttl`. `kind` names it in metrics.
    pub fn new(hub: &CacheHub, kind: &'static str, capacity: u64, ttl: Duration) -> Self {
        let entries = Cache::builder().name(kind).max_capacity(capacity).time_to_live(ttl).build();
        Self { hub: hub.clone(), kind, entries }
    }

    /// What it is a cache of.
    pub const fn kind(&self) -> &'static str {
        self.kind
    }

    /// The value, if it is there and nothing that it hangs on was invalidated since before it was loaded.
    pub fn get(&self, key: &K) -> Option<V> {
        let entry = self.entries.get(key)?;
        (self.hub.stamp(entry.shard) == Some(entry.stamp)).then_some(entry.value)
    }

    /// The value, loaded if need be. No lock is held meanwhile: two callers at once may both load.
    ///
    /// The load must read what was committed before it began, so not from within an open transaction.
    pub async fn get_or_load<E, F>(&self, key: K, tag: CacheTag, load: F) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>>,
    {
        if let Some(value) = self.get(&key) {
            return Ok(value);
        }
        let shard = CacheHub::shard(tag);
        let stamp = self.hub.stamp(shard);
        let value = load.await?;
        if let Some(stamp) = stamp {
            self.entries.insert(key, Entry { value: value.clone(), shard, stamp });
        }
        Ok(value)
    }

    /// Drops one entry, in this process only.
    pub fn forget(&self, key: &K) {
        self.entries.invalidate(key);
    }
}
