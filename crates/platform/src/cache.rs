//! Coherent per-process caches: what is served is never older than the last invalidation this node knows of.
//!
//! Every entry carries the *stamp* of its tag, read before the entry was loaded. An invalidation moves the stamp, so an entry
//! loaded from data that was read before it can be stored but never served: there is no race to lose. Stamps are 4,096
//! counters shared by hash; sharing one costs a reload, never a wrong answer.
//!
//! On PostgreSQL the transaction that changes something sends `NOTIFY lyceum_cache` with its tags, and the [`CacheHub`] of
//! every node listens. While a node's listener is down every look-up there is a miss: slower, never wrong.

mod coherent;
mod hub;
mod listener;
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test cuts a connection by a raw statement")]
mod tests;
mod witness;

pub use coherent::Coherent;
pub use hub::{CacheHub, CacheTag};
pub(crate) use listener::run as listen;
pub use witness::Witness;

/// The channel of `LISTEN` and `NOTIFY`.
pub(crate) const CHANNEL: &str = "lyceum_cache";
