//! Queries.

pub mod completions;
pub mod enrollments;
pub mod imports;
pub mod plans;
pub mod settings;
pub mod totals;
