//! What a context says and hears on a socket.

use std::fmt::{self, Display};
use std::sync::{Arc, Weak};

use lyceum_kernel::{Principal, ServiceError};
use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::close::{CloseCode, Closing};
use super::frame::Push;
use super::link::Link;
use super::registry::Place;
use super::topic::Topic;
use crate::problem::Problem;

/// One side of a connection: a context's. Everything of one connection happens one after the other.
pub trait Conversation: 'static {
    /// What clients may say: an enum with `#[serde(tag = "event", content = "data")]`; [`Nothing`] where they only listen.
    type Incoming: DeserializeOwned + ToSchema;
    /// What they are told: an enum with `#[serde(tag = "event", content = "data")]`.
    type Outgoing: Serialize + ToSchema;

    /// The connection stands: say hello, join topics.
    ///
    /// # Errors
    /// The connection is closed: with 1008, or 1011 where it is our fault, or as the [`Closing`] says.
    fn begin(&mut self, socket: &mut Socket) -> impl Future<Output = Result<(), Objection>>;

    /// The client has said something.
    ///
    /// # Errors
    /// An error of a service is told to the client, and the conversation goes on; a [`Closing`] ends it.
    fn hear(&mut self, socket: &mut Socket, said: Self::Incoming) -> impl Future<Output = Result<(), Objection>>;

    /// The caller's roles, permissions or school have changed, and the gate still lets them in.
    ///
    /// # Errors
    /// As [`hear`](Self::hear).
    fn changed(&mut self, socket: &mut Socket) -> impl Future<Output = Result<(), Objection>> {
        let _ = socket;
        async { Ok(()) }
    }

    /// The connection that [began](Self::begin) is over. `left` says that the client went, with a word or without; else it was closed
    /// from here.
    fn ended(&mut self, socket: &mut Socket, left: bool) -> impl Future<Output = ()> {
        let _ = (socket, left);
        async {}
    }
}

/// Why something was not done.
#[derive(Debug)]
pub enum Objection {
    /// The client is told.
    Problem(Problem),
    /// The connection ends.
    Close(Closing),
}

impl<E: ServiceError> From<E> for Objection {
    fn from(error: E) -> Self {
        Self::Problem(Problem::from(error))
    }
}

impl From<Problem> for Objection {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Closing> for Objection {
    fn from(closing: Closing) -> Self {
        Self::Close(closing)
    }
}

/// A connection, in the hands of its [`Conversation`].
pub struct Socket {
    place: Place,
    joined: Vec<Topic>,
}

impl Socket {
    pub(super) const fn new(place: Place) -> Self {
        Self { place, joined: Vec::new() }
    }

    pub(super) const fn place(&self) -> &Place {
        &self.place
    }

    /// Who is at the other end, as they are now.
    pub fn principal(&self) -> Arc<Principal> {
        self.place.link.pass().principal
    }

    /// When the token expires that keeps the connection open, unless it is renewed.
    pub fn expires_at(&self) -> Option<chrono::DateTime<chrono::Utc>> {
        self.place.link.pass().expires_at
    }

    /// Says something to this client alone.
    pub fn say<E: Serialize + ?Sized>(&self, event: &E) {
        self.push(&Push::message(event));
    }

    /// Sends something to this client alone. Never waits.
    pub fn push(&self, push: &Push) {
        self.place.link.push(push);
    }

    /// The connection for those who have something to say on it from elsewhere.
    pub fn handle(&self) -> Handle {
        Handle(Arc::downgrade(&self.place.link))
    }

    /// Listens to something of the caller's active school from now on. Whether the caller may is the conversation's to know.
    ///
    /// # Errors
    /// 1008 where no school is active.
    pub fn join(&mut self, kind: &'static str, id: impl Display) -> Result<(), Closing> {
        let topic = self.topic(kind, id)?;
        self.listen(topic);
        Ok(())
    }

    /// Does not listen to it any more.
    ///
    /// # Errors
    /// 1008 where no school is active.
    pub fn leave(&mut self, kind: &'static str, id: impl Display) -> Result<(), Closing> {
        let topic = self.topic(kind, id)?;
        if let Some(place) = self.joined.iter().position(|joined| *joined == topic) {
            self.joined.swap_remove(place);
            self.place.sockets.exchange().leave(&topic, &self.place.link);
        }
        Ok(())
    }

    /// Listens to what concerns the caller: their account, and them in their active school.
    pub fn join_own(&mut self) {
        let caller = self.principal();
        self.listen(Topic::of_person(caller.user_id));
        if let Some(school) = caller.school_id {
            self.listen(Topic::of_member(school, caller.user_id));
        }
    }

    /// How many topics are listened to.
    pub const fn topics(&self) -> usize {
        self.joined.len()
    }

    fn topic(&self, kind: &'static str, id: impl Display) -> Result<Topic, Closing> {
        let school = self.principal().school_id;
        let school = school.ok_or_else(|| Closing::new(CloseCode::POLICY, "no school is active"))?;
        Ok(Topic::of_school(school, kind, id))
    }

    fn listen(&mut self, topic: Topic) {
        if !self.joined.contains(&topic) {
            self.place.sockets.exchange().join(&topic, &self.place.link);
            self.joined.push(topic);
        }
    }
}

/// A connection, in the hands of others than its [`Conversation`]: of a task that watches something for many. It keeps nothing open.
#[derive(Clone)]
pub struct Handle(Weak<Link>);

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handle").field(&self.0.upgrade().map(|link| link.number)).finish()
    }
}

impl Handle {
    /// Sends something to this client alone. Never waits; nothing happens once the connection is gone.
    pub fn push(&self, push: &Push) {
        if let Some(link) = self.0.upgrade() {
            link.push(push);
        }
    }

    /// Closes the connection once what waits is sent.
    pub fn close(&self, closing: Closing) {
        if let Some(link) = self.0.upgrade() {
            link.close(closing);
        }
    }

    /// Who is at the other end, as they are now; nobody once the connection is gone.
    pub fn principal(&self) -> Option<Arc<Principal>> {
        self.0.upgrade().map(|link| link.pass().principal)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        for topic in &self.joined {
            self.place.sockets.exchange().leave(topic, &self.place.link);
        }
    }
}

/// What clients say who only listen.
#[derive(Debug, Clone, Copy)]
pub enum Nothing {}

impl<'de> Deserialize<'de> for Nothing {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(D::Error::custom("nothing but `authenticate` is said here"))
    }
}

impl PartialSchema for Nothing {
    fn schema() -> RefOr<Schema> {
        let description = "Clients only listen here: they say nothing but `authenticate`.";
        ObjectBuilder::new().description(Some(description)).into()
    }
}

impl ToSchema for Nothing {}
