//! Lyceum's HTTP manners, built once: route tables, gates, extractors, replies, problems, idempotency and what of them goes
//! into the API document.

pub mod app;
pub mod authentication;
pub mod context;
pub mod describe;
mod edge;
pub mod etag;
pub mod extract;
mod idempotency;
pub mod json;
mod openapi;
pub mod problem;
pub mod reply;
pub mod route;
pub mod server;
pub mod state;

pub use app::{Readiness, TableFaults, WebApp};
pub use authentication::{AuthError, Authenticator};
pub use context::RequestContext;
pub use describe::{Describe, Description};
pub use etag::etag;
pub use extract::{
    Form, IfMatch, IfNoneMatch, MergeField, Paging, Patch, PathId, PathParams, Query, Stale, State, Valid,
};
pub use lyceum_platform::uow::{Committed, UnitOfWork};
pub use problem::Problem;
pub use reply::{Created, Json, Listing, NoContent, Reply, Tagged, Text};
pub use route::{
    Authenticated, Caller, Extract, Gate, GateKind, Handler, Incoming, Public, Route, RouteInfo, Routes, delete, get,
    patch, post, put,
};
pub use server::{bind, serve};
pub use state::WebState;

#[cfg(test)]
mod tests;
