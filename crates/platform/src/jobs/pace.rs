//! How much a long job does at once.

use std::time::Duration;

use crate::db::Db;

/// How many rows a job writes in one transaction, so that each takes as long as others can wait: `SQLite` has one writer.
#[derive(Debug, Clone)]
pub struct Pace {
    size: u64,
    bounds: (u64, u64),
    wanted: Duration,
    pause: bool,
}

impl Pace {
    /// The pace at which a job on this database begins.
    pub fn of(db: &Db) -> Self {
        if db.is_postgres() {
            Self { size: 128, bounds: (8, 512), wanted: Duration::from_millis(150), pause: false }
        } else {
            Self { size: 32, bounds: (4, 256), wanted: Duration::from_millis(30), pause: true }
        }
    }

    /// Rows of the next batch; never none.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Learns from how long a batch took, and lets others in.
    pub async fn after(&mut self, took: Duration) {
        self.learn(took);
        if self.pause {
            tokio::time::sleep((took / 3).clamp(Duration::from_millis(1), Duration::from_millis(50))).await;
        }
    }

    fn learn(&mut self, took: Duration) {
        let (least, most) = self.bounds;
        if took > self.wanted * 2 {
            self.size = (self.size / 2).max(least);
        } else if took * 3 < self.wanted {
            self.size = (self.size * 2).min(most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_grow_while_they_are_quick_and_shrink_when_they_are_slow() {
        let mut pace = Pace { size: 32, bounds: (4, 256), wanted: Duration::from_millis(30), pause: true };
        let mut sizes = Vec::new();
        for took in [1, 1, 1, 1, 30, 61, 61, 61, 61, 61, 61, 61] {
            pace.learn(Duration::from_millis(took));
            sizes.push(pace.size());
        }
        assert_eq!(sizes, [64, 128, 256, 256, 256, 128, 64, 32, 16, 8, 4, 4]);
    }
}
