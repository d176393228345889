//! Queries. No policy, no HTTP.

pub mod content;
pub mod courses;
pub mod languages;
pub mod lifecycle;
pub mod order;
pub mod ratings;
pub mod search;
