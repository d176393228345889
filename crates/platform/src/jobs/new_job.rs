//! A job not yet in the outbox.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use lyceum_kernel::{EventId, SchoolId};
use serde::Serialize;
use serde_json::Value;

/// Work to be done once the transaction that enqueues it commits.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub(super) kind: Cow<'static, str>,
    pub(super) payload: Result<Value, String>,
    pub(super) run_at: Option<DateTime<Utc>>,
    pub(super) unique_key: Option<String>,
    pub(super) event_id: Option<EventId>,
    pub(super) school_id: Option<SchoolId>,
    pub(super) request_id: Option<String>,
    pub(super) traceparent: Option<String>,
}

impl NewJob {
    /// A job of `kind`, due at once. A payload that cannot be JSON fails the insert, and with it the transaction.
    pub fn new(kind: impl Into<Cow<'static, str>>, payload: &impl Serialize) -> Self {
        Self {
            kind: kind.into(),
            payload: serde_json::to_value(payload).map_err(|error| error.to_string()),
            run_at: None,
            unique_key: None,
            event_id: None,
            school_id: None,
            request_id: None,
            traceparent: None,
        }
    }

    /// Not before this time.
    #[must_use]
    pub const fn run_at(mut self, time: DateTime<Utc>) -> Self {
        self.run_at = Some(time);
        self
    }

    /// At most one job of the whole table has this key, finished ones included until they are purged; a second insert is
    /// quietly left out. Up to 200 characters; begin it with the kind.
    #[must_use]
    pub fn key(mut self, unique: impl Into<String>) -> Self {
        self.unique_key = Some(unique.into());
        self
    }

    /// It consumes this event; [`JobRun::event`](super::JobRun::event) will tell the handler.
    #[must_use]
    pub const fn event(mut self, event: EventId) -> Self {
        self.event_id = Some(event);
        self
    }

    /// It works for this school.
    #[must_use]
    pub const fn school(mut self, school: Option<SchoolId>) -> Self {
        self.school_id = school;
        self
    }

    /// The request that caused it and its W3C trace context: the unit of work sets both.
    #[must_use]
    pub fn caused_by(mut self, request_id: Option<String>, traceparent: Option<String>) -> Self {
        self.request_id = request_id;
        self.traceparent = traceparent;
        self
    }

    /// What is to be done.
    pub fn kind(&self) -> &str {
        &self.kind
    }
}
