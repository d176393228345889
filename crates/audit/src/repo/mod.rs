//! Queries.

pub mod entries;
pub mod persons;
pub mod seals;
