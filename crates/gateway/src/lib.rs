//! The gateway: reads the configuration, builds the contexts, wires their ports, mounts their routes under `/v1`.
//!
//! A new context is added in three places here: its service and routes in [`system`], adapters for its ports in `wiring`,
//! and, if it has any, its demo data in [`demo`].

pub mod cli;
pub mod commands;
pub mod demo;
pub mod operations;
pub mod system;
mod wiring;
