//! Randomness as a dependency, so that tests can fix the seed.

use std::sync::Arc;

/// A source of unpredictable bytes. The real one asks the operating system.
pub trait Entropy: Send + Sync + std::fmt::Debug {
    /// Fills the whole buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// A source of randomness shared by everything in one process.
pub type SharedEntropy = Arc<dyn Entropy>;
