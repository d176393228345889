//! The edge: one service between the connection and the handlers, and the only one.
//!
//! It finds the route, gives the request its identity, bounds its time and the server's load, catches panics, and puts the
//! manners that every answer has upon it: security headers, CORS, compression, request id; then it counts and logs it.

mod admission;
pub(crate) mod body_clock;
mod client_address;
pub(crate) mod compression;
mod cors;
mod front;
mod identity;
mod masking;
mod observation;
mod path_tree;
mod refusals;
mod resource;
mod security_headers;
mod settings;

pub(crate) use cors::Cors;
pub(crate) use front::Front;
pub(crate) use observation::describe_meters;
pub(crate) use resource::{Endpoint, Page, Resources};
pub(crate) use settings::EdgeSettings;
