//! Queries of tenancy. No policy, no HTTP.

pub mod directory;
pub mod groups;
pub mod memberships;
pub mod schools;
