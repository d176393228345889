//! Access tokens: what is in them, which keys sign them, and how a bearer becomes a caller.

pub mod authenticator;
pub mod jwt;
pub mod keyring;
pub mod keys;
