//! Queries of files.

pub mod avatars;
pub mod derived;
pub mod files;
pub mod usage;
