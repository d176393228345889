//! Kinds of error. A context's own enum says what went wrong; the kind says what a client can do about it.

use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;

/// What sort of failure it is. `web` alone turns kinds into HTTP status codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request could not be parsed: 400.
    Malformed,
    /// Who are you? 401.
    Unauthenticated,
    /// The permission is missing, or the object is visible but not theirs to change: 403.
    Forbidden,
    /// Not there, or not visible: 404.
    NotFound,
    /// The present state does not allow it: 409.
    Conflict,
    /// It was there once: 410.
    Gone,
    /// `If-Match` names an older version: 412.
    Stale,
    /// The values are wrong: 422.
    Invalid,
    /// More than is taken: 413.
    TooLarge,
    /// Of a type that is not taken: 415.
    UnsupportedType,
    /// A precondition must be sent: 428.
    PreconditionRequired,
    /// Slow down: 429.
    TooMany,
    /// A fault of ours: 500.
    Internal,
    /// Something we depend on is away: 503.
    Unavailable,
}

/// One thing wrong with a request body: an RFC 6901 pointer to it, a stable code and a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// JSON pointer (RFC 6901) into the body; empty for the whole. For a query parameter, its name.
    #[schema(example = "/email")]
    pub pointer: String,
    /// Stable, machine-readable.
    #[schema(value_type = String, example = "email")]
    pub code: Cow<'static, str>,
    /// For people.
    #[schema(value_type = String, example = "is not an e-mail address")]
    pub message: Cow<'static, str>,
}

impl Fault {
    /// A fault at `pointer`.
    pub fn new(
        pointer: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { pointer: pointer.into(), code: code.into(), message: message.into() }
    }
}

/// What every context's error enum tells `web`, so that one place makes problem+json (RFC 9457) of all of them.
pub trait ServiceError: std::error::Error + Send + Sync + 'static {
    /// The kind, which decides the status.
    fn kind(&self) -> ErrorKind;

    /// The stable code, kebab-case: the last segment of the problem's `type` URI.
    fn code(&self) -> &'static str;

    /// Faults of single fields, if the error is about them.
    fn faults(&self) -> Vec<Fault> {
        Vec::new()
    }

    /// Whether the audit log tells of it already. What is forbidden and not told of, `web` records.
    fn recorded(&self) -> bool {
        false
    }

    /// When it is worth trying again.
    fn retry_after(&self) -> Option<Duration> {
        None
    }
}
