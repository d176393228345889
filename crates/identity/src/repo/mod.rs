//! Queries. Every table here belongs to the platform, so the scope is always the platform's and is not passed around.

pub mod accounts;
pub mod mfa;
pub mod one_time_tokens;
pub mod sessions;
pub mod signing_keys;
pub mod users;
