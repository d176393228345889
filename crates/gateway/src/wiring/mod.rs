//! Adapters: what one context asks of another, answered.

pub mod permissions;
