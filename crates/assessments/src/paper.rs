//! Which questions an attempt gets, and in which order: a pure function of the test as it is and a seed.

use std::collections::HashSet;

use uuid::Uuid;

use crate::model::attempt::{Paper, PaperItem};
use crate::shuffle::Shuffle;

/// Questions to draw from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pool {
    /// How many.
    pub count: usize,
    /// The section that they go to.
    pub section: u8,
    /// All that there are.
    pub items: Vec<PaperItem>,
}

/// For which purposes a test's seed is used; questions use their own ids.
const DRAWS: Uuid = Uuid::from_u128(1);
const ORDER: Uuid = Uuid::from_u128(2);

/// The questions of an attempt: fixed ones and draws, section by section; no question twice.
pub fn compose(fixed: &[PaperItem], pools: &[Pool], seed: i64, shuffled: bool) -> Paper {
    let mut taken: HashSet<_> = fixed.iter().map(|item| item.question_id).collect();
    let (mut draws, mut order) = (Shuffle::of(seed, DRAWS), Shuffle::of(seed, ORDER));
    let mut items = fixed.to_vec();
    for pool in pools {
        let left = pool.items.iter().filter(|item| !taken.contains(&item.question_id)).cloned().collect();
        for item in draws.draw(left, pool.count) {
            taken.insert(item.question_id);
            items.push(PaperItem { section: pool.section, ..item });
        }
    }
    // Stable: within a section they stay as they are.
    items.sort_by_key(|item| item.section);
    if shuffled {
        items.chunk_by_mut(|a, b| a.section == b.section).for_each(|section| order.shuffle(section));
    }
    Paper(items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::question::QuestionId;
    use crate::points::Points;

    fn item(number: u128, section: u8) -> PaperItem {
        PaperItem { question_id: QuestionId(Uuid::from_u128(number)), revision: 1, points: Points::whole(1), section }
    }

    fn ids(paper: &Paper) -> Vec<u128> {
        paper.0.iter().map(|item| item.question_id.0.as_u128()).collect()
    }

    #[test]
    fn sections_stay_together_and_nothing_comes_twice() {
        let fixed: Vec<_> = [(1, 0), (2, 1), (3, 0), (4, 1)].map(|(n, section)| item(n, section)).into();
        assert_eq!(ids(&compose(&fixed, &[], 7, false)), [1, 3, 2, 4]);
        let pool = Pool { count: 3, section: 1, items: (3..10).map(|n| item(n, 0)).collect() };
        let mut orders = HashSet::new();
        for seed in 0..200 {
            let paper = compose(&fixed, &[pool.clone(), pool.clone()], seed, true);
            assert_eq!(paper, compose(&fixed, &[pool.clone(), pool.clone()], seed, true));
            let found = ids(&paper);
            assert_eq!(found.iter().collect::<HashSet<_>>().len(), 9, "5 to draw, and 3 and 4 are there already");
            assert_eq!(found[..2].iter().copied().collect::<HashSet<_>>(), HashSet::from([1, 3]));
            assert!(paper.0.is_sorted_by_key(|item| item.section));
            orders.insert(found);
        }
        assert!(orders.len() > 150);
    }
}
