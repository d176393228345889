//! WebSockets: authentication, heartbeats, renewal, bounded queues, topics.
//!
//! A context adds a socket as it adds any route; its handler [accepts](Upgrade::accept) the [`Upgrade`] with a [`Conversation`].
//!
//! ```
//! use lyceum_web::socket::{Accepted, Conversation, Nothing, Objection, Socket, Upgrade};
//! use lyceum_web::{Authenticated, Problem, get};
//! use serde::Serialize;
//! use utoipa::ToSchema;
//!
//! /// What is told.
//! #[derive(Serialize, ToSchema)]
//! #[serde(tag = "event", content = "data", rename_all = "snake_case")]
//! enum Told {
//!     /// A bell rang.
//!     BellRang {
//!         /// How often.
//!         times: u32,
//!     },
//! }
//!
//! struct Bells;
//!
//! impl Conversation for Bells {
//!     type Incoming = Nothing;
//!     type Outgoing = Told;
//!
//!     async fn begin(&mut self, socket: &mut Socket) -> Result<(), Objection> {
//!         socket.join("bells", "all")?;
//!         Ok(())
//!     }
//!
//!     async fn hear(&mut self, _: &mut Socket, said: Nothing) -> Result<(), Objection> {
//!         match said {}
//!     }
//! }
//!
//! async fn hear_bells(_: Authenticated, upgrade: Upgrade) -> Result<Accepted<Bells>, Problem> {
//!     Ok(upgrade.accept(Bells))
//! }
//! let route = get("/v1/ws/bells", hear_bells).summary("Hear bells");
//! ```
//!
//! Whoever rings publishes, from any node, worker or job:
//! `publish(&platform.bus, &Topic::of_school(school, "bells", "all"), &Push::message(&Told::BellRang { times: 3 }))`.
//!
//! # How it works
//!
//! - The gate of the route is asked at the handshake, and again whenever anything that the caller hangs on was invalidated (the stamps
//!   of [`CacheHub`](lyceum_platform::cache::CacheHub), which all nodes hear of through PostgreSQL). One task per node does it for all
//!   sockets; it also pings, notices silence and says goodbye on shutdown.
//! - actix-ws does the handshake and takes frames apart, behind a guard that refuses a frame by its head (actix-ws would collect it
//!   first). Its outgoing side is replaced: a frame is encoded once ([`Push`]) and its bytes are shared by all queues; a queue is
//!   taken from as fast as the connection takes more, without a task or a channel in between.
//! - A queue holds 256 KiB (`sockets.queue_bytes`). Messages are never dropped: where one does not fit, the client is closed with 4408
//!   and the place to read on from. Quotes replace the one of their key that waits. Nothing ever waits for a slow client.
//! - A connection has a second handle of its TCP stream, for actix-http waits without end for a client that stops reading.

mod close;
mod connection;
mod conversation;
pub(crate) mod credentials;
mod documents;
mod frame;
mod guard;
mod lanes;
mod link;
mod meters;
mod registry;
mod topic;
mod upgrade;

#[cfg(test)]
mod tests;

pub use close::{CloseCode, Closing};
pub use conversation::{Conversation, Handle, Nothing, Objection, Socket};
pub use frame::Push;
pub(crate) use link::Cut;
pub(crate) use meters::describe as describe_meters;
pub(crate) use registry::{Sockets, watch};
pub use topic::{Topic, publish};
pub use upgrade::{Accepted, Upgrade};
