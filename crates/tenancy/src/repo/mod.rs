//! Queries of tenancy. No policy, no HTTP.

pub mod directory;
pub mod groups;
pub mod imports;
pub mod invites;
pub mod keyset;
pub mod memberships;
pub mod schools;
pub mod signup_requests;
