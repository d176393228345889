//! Stamps of several tags at once, for caches whose entries hang on more than one thing.

use super::hub::{CacheHub, CacheTag, Stamp};

/// What the stamps of `N` tags were at one moment. Take it *before* loading what hangs on them; whatever was loaded may be
/// served as long as [`CacheHub::confirms`] it.
#[derive(Debug, Clone, Copy)]
pub struct Witness<const N: usize> {
    seen: [(usize, Stamp); N],
}

impl CacheHub {
    /// The stamps of these tags now; `None` while nothing may be served from a cache.
    pub fn witness<const N: usize>(&self, tags: [CacheTag; N]) -> Option<Witness<N>> {
        let seen = tags.map(|tag| {
            let shard = Self::shard(tag);
            self.stamp(shard).map(|stamp| (shard, stamp))
        });
        if seen.iter().any(Option::is_none) {
            return None;
        }
        // Nothing is left out: every one of them is there.
        let mut all = seen.into_iter().flatten();
        let first = all.next()?;
        let mut stamps = [first; N];
        for (place, stamp) in stamps.iter_mut().skip(1).zip(all) {
            *place = stamp;
        }
        Some(Witness { seen: stamps })
    }

    /// Whether none of the tags was invalidated since.
    pub fn confirms<const N: usize>(&self, witness: &Witness<N>) -> bool {
        witness.seen.iter().all(|(shard, stamp)| self.stamp(*shard) == Some(*stamp))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn one_invalidated_tag_is_enough() {
        let hub = CacheHub::alone();
        let tag = |number| CacheTag::new("session", Uuid::from_u128(number));
        let witness = hub.witness([tag(1), tag(2), tag(3)]).unwrap();
        assert!(hub.confirms(&witness));
        hub.bump(tag(2));
        assert!(!hub.confirms(&witness));
        let witness = hub.witness([tag(1), tag(2), tag(3)]).unwrap();
        hub.bump(tag(4));
        assert!(hub.confirms(&witness));
        hub.bump_all();
        assert!(!hub.confirms(&witness));
    }
}
