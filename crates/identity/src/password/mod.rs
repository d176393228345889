//! Passwords: how they are stored and which are refused.

pub mod hasher;
pub mod policy;
