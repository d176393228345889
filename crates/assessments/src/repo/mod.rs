//! Queries.

pub mod attempts;
pub mod change;
pub mod counted;
pub mod invigilation;
pub mod marking;
pub mod people;
pub mod questions;
pub mod regrades;
pub mod scores;
pub mod tests;
