//! Queries.

pub mod enrollments;
pub mod settings;
