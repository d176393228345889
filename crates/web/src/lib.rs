//! Lyceum's HTTP manners, built once: route tables, gates, extractors, replies, problems, idempotency and what of them goes
//! into the API document.
//!
//! What is told live goes over [sockets](socket): routes of the same tables, behind the same gates.
//!
//! A context is a service and a table of [`Routes`]. A handler says in its types who may call it (the gate, first), what it takes
//! (extractors) and what it answers (a [`Reply`] or a [`ServiceError`](lyceum_kernel::ServiceError)); checks, refusals and the
//! OpenAPI document follow from them. Only the words are written by hand.
//!
//! ```
//! use std::sync::Arc;
//!
//! use lyceum_kernel::{ErrorKind, Page, ServiceError, UserId};
//! use lyceum_platform::{Answer, PlatformError};
//! use lyceum_web::{
//!     Authenticated, Caller, Committed, IfMatch, Json, Listing, MergeField, Paging, Patch, PathId, Query, Routes, State, Tagged,
//!     UnitOfWork, Valid, etag, get, patch, post,
//! };
//! use serde::{Deserialize, Serialize};
//! use utoipa::{IntoParams, ToSchema};
//! use validator::Validate;
//!
//! pub mod perm {
//!     lyceum_kernel::permissions! {
//!         /// Creates things.
//!         ThingCreate = "thing:create",
//!     }
//! }
//!
//! #[derive(Debug, thiserror::Error)]
//! pub enum ThingError {
//!     #[error("There is no such thing.")]
//!     NotFound,
//!     #[error("The thing has changed meanwhile.")]
//!     Stale,
//!     #[error(transparent)]
//!     Platform(#[from] PlatformError),
//! }
//!
//! impl ServiceError for ThingError {
//!     fn kind(&self) -> ErrorKind {
//!         match self {
//!             Self::NotFound => ErrorKind::NotFound,
//!             Self::Stale => ErrorKind::Stale,
//!             Self::Platform(error) => error.kind(),
//!         }
//!     }
//!
//!     fn code(&self) -> &'static str {
//!         match self {
//!             Self::NotFound => "not-found",
//!             Self::Stale => "stale",
//!             Self::Platform(error) => error.code(),
//!         }
//!     }
//! }
//!
//! /// A thing, as clients see it.
//! #[derive(Serialize, ToSchema)]
//! pub struct ThingView {
//!     id: UserId,
//!     name: String,
//!     version: i64,
//! }
//!
//! /// A thing to be made.
//! #[derive(Deserialize, Validate, ToSchema)]
//! #[serde(deny_unknown_fields)]
//! pub struct NewThing {
//!     /// What it is called.
//!     #[validate(length(min = 1, max = 80))]
//!     #[schema(min_length = 1, max_length = 80)]
//!     name: String,
//! }
//!
//! /// A merge patch of a thing.
//! #[derive(Deserialize, Validate, ToSchema)]
//! #[serde(deny_unknown_fields)]
//! pub struct ThingPatch {
//!     /// May be emptied with null.
//!     #[serde(default)]
//!     #[validate(length(min = 1, max = 80))]
//!     #[schema(value_type = Option<String>, min_length = 1, max_length = 80)]
//!     nickname: MergeField<String>,
//! }
//!
//! #[derive(Deserialize, Validate, IntoParams)]
//! pub struct ThingFilter {
//!     /// Only what is called so.
//!     #[validate(length(max = 80))]
//!     #[param(max_length = 80)]
//!     q: Option<String>,
//! }
//!
//! pub struct Things;
//!
//! async fn create_thing(
//!     caller: Caller<perm::ThingCreate>,
//!     things: State<Things>,
//!     uow: UnitOfWork,
//!     body: Valid<NewThing>,
//! ) -> Result<Committed<ThingView>, ThingError> {
//!     let tx = uow.begin().await?;
//!     let view = ThingView { id: caller.user_id, name: body.into_inner().name, version: 1 };
//!     let answer = Answer::created(view).location("/v1/things/…").etag(etag("thing", 1));
//!     Ok(tx.commit(answer).await?)
//! }
//!
//! async fn list_things(
//!     caller: Authenticated,
//!     filter: Query<ThingFilter>,
//!     paging: Paging,
//! ) -> Result<Listing<ThingView>, ThingError> {
//!     Ok(Page { items: Vec::new(), next: None, total: paging.total.then_some(0) }.into())
//! }
//!
//! async fn show_thing(_: Authenticated, PathId(id): PathId<UserId>) -> Result<Tagged<ThingView>, ThingError> {
//!     let view = ThingView { id, name: "x".to_owned(), version: 3 };
//!     let tag = etag("thing", view.version);
//!     Ok(Json::new(view).etag(tag))
//! }
//!
//! async fn change_thing(
//!     _: Caller<perm::ThingCreate>,
//!     PathId(id): PathId<UserId>,
//!     expected: IfMatch,
//!     Patch(change): Patch<ThingPatch>,
//! ) -> Result<Tagged<ThingView>, ThingError> {
//!     if expected.version("thing").is_some_and(|version| version != 3) {
//!         return Err(ThingError::Stale);
//!     }
//!     let name = change.nickname.apply_to(Some("x".to_owned())).unwrap_or_default();
//!     Ok(Tagged::new(ThingView { id, name, version: 4 }, etag("thing", 4)))
//! }
//!
//! pub fn routes(things: Arc<Things>) -> Routes {
//!     Routes::new("things", "Things of all sorts")
//!         .state(things)
//!         .add(
//!             post("/v1/things", create_thing)
//!                 .summary("Create a thing")
//!                 .describe("The name need not be unique.")
//!                 .status(201)
//!                 .versioned()
//!                 .example(serde_json::json!({"name": "Orrery"})),
//!         )
//!         .add(get("/v1/things", list_things).summary("List things"))
//!         .add(get("/v1/things/{id}", show_thing).summary("Show a thing"))
//!         .add(patch("/v1/things/{id}", change_thing).summary("Change a thing"))
//! }
//!
//! assert!(routes(Arc::new(Things)).faults().is_empty());
//! ```

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
pub mod socket;
pub mod state;
pub mod tabular;
pub mod text;

pub use app::{Readiness, TableFaults, WebApp};
pub use authentication::{AuthError, Authenticator, Credential, Pass};
pub use context::RequestContext;
pub use describe::{Describe, Description};
pub use etag::etag;
pub use extract::{
    ByteStream, Form, IfMatch, IfNoneMatch, MergeField, Multipart, OnlyPart, Paging, Patch, PathId, PathParams, Pulse,
    Query, Stale, State, Valid,
};
pub use lyceum_platform::uow::{Committed, UnitOfWork};
pub use problem::Problem;
pub use reply::{
    ByteSource, Created, Csv, Disposition, Download, Entity, Json, Listing, ListingOrCsv, NoContent, Ranges, Reply,
    Serialised, Tagged, Text, UnlessKnown, ViewOrCsv, WantsCsv,
};
pub use route::{
    AccessToken, Authenticated, Caller, Extract, Gate, GateKind, Handler, Incoming, Public, Route, RouteInfo, Routes,
    delete, get, patch, post, put,
};
pub use server::{bind, serve};
pub use state::WebState;

#[cfg(test)]
mod tests;
