//! Shuffling and drawing by a seed: the same seed gives the same order on every machine and in every version.
//!
//! `SplitMix64` (Steele, Lea and Flood, 2014) with Lemire's unbiased bounded numbers; orders by Fisher and Yates.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// A stream of numbers that only a seed decides.
#[derive(Debug, Clone)]
pub struct Shuffle(u64);

impl Shuffle {
    /// The stream of a seed for one purpose: the order of questions, or of one question's options. Streams for different purposes
    /// have nothing to do with each other.
    pub fn of(seed: i64, purpose: Uuid) -> Self {
        let hash = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(purpose.as_bytes()).finalize();
        let mut state = [0; 8];
        state.copy_from_slice(&hash[..8]);
        Self(u64::from_be_bytes(state))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`, each as likely as the others. `bound` is at least 1.
    fn below(&mut self, bound: usize) -> usize {
        let bound = bound.max(1) as u64;
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let wide = u128::from(self.next()) * u128::from(bound);
            #[expect(clippy::cast_possible_truncation, reason = "the low and the high half of a product")]
            let (low, high) = (wide as u64, (wide >> 64) as u64);
            if low >= threshold {
                return usize::try_from(high).unwrap_or_default();
            }
        }
    }

    /// Puts the items into another order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last + 1);
            items.swap(last, other);
        }
    }

    /// Takes `count` items, or all there are, in the order they were drawn.
    pub fn draw<T>(&mut self, mut items: Vec<T>, count: usize) -> Vec<T> {
        self.shuffle(&mut items);
        items.truncate(count);
        items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_its_order_and_no_other() {
        let order = |seed, purpose| {
            let mut items: Vec<_> = (0..10).collect();
            Shuffle::of(seed, Uuid::from_u128(purpose)).shuffle(&mut items);
            items
        };
        assert_eq!(order(1, 1), order(1, 1));
        assert_ne!(order(1, 1), order(1, 2));
        assert_ne!(order(1, 1), order(2, 1));
        // Kept with attempts: it must never change.
        assert_eq!(order(7, 7), FIXED);
    }

    const FIXED: [i32; 10] = [2, 1, 0, 6, 9, 4, 3, 8, 7, 5];

    #[test]
    fn every_order_is_as_likely() {
        let mut seen = std::collections::BTreeMap::<Vec<u8>, u32>::new();
        for seed in 0..24_000 {
            let mut items = vec![0, 1, 2, 3];
            Shuffle::of(seed, Uuid::nil()).shuffle(&mut items);
            *seen.entry(items).or_default() += 1;
        }
        assert_eq!(seen.len(), 24);
        // 1,000 each; five standard deviations.
        assert!(seen.values().all(|times| (845..1_155).contains(times)), "{seen:?}");
    }

    #[test]
    fn draws_take_what_there_is() {
        let mut stream = Shuffle::of(3, Uuid::nil());
        assert_eq!(stream.draw(vec![1, 2, 3], 2).len(), 2);
        assert_eq!(stream.draw(vec![1, 2, 3], 9).len(), 3);
    }
}
