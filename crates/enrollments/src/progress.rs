//! How far somebody is: pure functions.

use std::collections::HashSet;
use std::ops::{AddAssign, SubAssign};

use lyceum_kernel::BlockId;

/// Of some blocks so many, in whole per cent: 100 only when it is all of them, and nothing of nothing.
pub fn percent(done: i64, of: i64) -> u8 {
    if of <= 0 || done <= 0 {
        return 0;
    }
    if done >= of {
        return 100;
    }
    u8::try_from(i128::from(done) * 100 / i128::from(of)).unwrap_or(99)
}

/// The first block in order that is not completed.
pub fn next(blocks: &[BlockId], completed: &HashSet<BlockId>) -> Option<BlockId> {
    blocks.iter().find(|block| !completed.contains(block)).copied()
}

/// Which blocks a plan lost against another, and which it gained.
pub fn difference(before: &[BlockId], after: &[BlockId]) -> (Vec<BlockId>, Vec<BlockId>) {
    let (old, new): (HashSet<_>, HashSet<_>) = (before.iter().collect(), after.iter().collect());
    let lost = before.iter().filter(|block| !new.contains(block)).copied().collect();
    let gained = after.iter().filter(|block| !old.contains(block)).copied().collect();
    (lost, gained)
}

/// How far some learners are, all together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many there are.
    pub learners: i64,
    /// How many blocks they have completed.
    pub done: i64,
    /// How many have completed the course.
    pub completed: i64,
}

impl Tally {
    /// Whether it says nothing.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.learners += other.learners;
        self.done += other.done;
        self.completed += other.completed;
    }
}

impl SubAssign for Tally {
    fn sub_assign(&mut self, other: Self) {
        self.learners -= other.learners;
        self.done -= other.done;
        self.completed -= other.completed;
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn block(number: u128) -> BlockId {
        BlockId(Uuid::from_u128(number))
    }

    #[test]
    fn a_hundred_per_cent_is_all_of_it() {
        let cases =
            [(0, 0, 0), (0, 3, 0), (1, 3, 33), (2, 3, 66), (3, 3, 100), (4, 3, 100), (999, 1_000, 99), (1, 0, 0)];
        for (done, of, expected) in cases {
            assert_eq!(percent(done, of), expected, "{done} of {of}");
        }
    }

    #[test]
    fn next_is_the_first_that_is_open() {
        let blocks = [block(1), block(2), block(3)];
        assert_eq!(next(&blocks, &HashSet::new()), Some(block(1)));
        assert_eq!(next(&blocks, &[block(1), block(3)].into()), Some(block(2)));
        assert_eq!(next(&blocks, &blocks.into()), None);
    }

    #[test]
    fn what_a_plan_lost_and_gained() {
        let (before, after) = ([block(1), block(2), block(3)], [block(3), block(4), block(1)]);
        assert_eq!(difference(&before, &after), (vec![block(2)], vec![block(4)]));
    }
}
