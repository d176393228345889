//! Requests and views: what goes over the wire, and nothing that leaks an entity.

pub mod auth;
pub mod jwks;
pub mod me;
pub mod mfa;
pub mod password;
pub mod registration;
pub mod session;
pub mod socket;
pub mod text;
pub mod users;
