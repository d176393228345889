//! What a unit of work answers.

use std::marker::PhantomData;

use bytes::Bytes;
use serde::Serialize;

use crate::error::PlatformError;

/// The answer to be sent once the commit has succeeded.
#[derive(Debug, Clone)]
pub struct Answer<T> {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Option<T>,
}

impl<T> Answer<T> {
    /// 200 with a view.
    pub const fn ok(view: T) -> Self {
        Self::of(200, Some(view))
    }

    /// 201 with the view of what was made; add its [`location`](Self::location).
    pub const fn created(view: T) -> Self {
        Self::of(201, Some(view))
    }

    /// 202 with the view of what was begun.
    pub const fn accepted(view: T) -> Self {
        Self::of(202, Some(view))
    }

    const fn of(status: u16, body: Option<T>) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    /// Where it is to be found.
    #[must_use]
    pub fn location(self, path: impl Into<String>) -> Self {
        self.header("location", path)
    }

    /// Its entity tag, quotes included.
    #[must_use]
    pub fn etag(self, tag: impl Into<String>) -> Self {
        self.header("etag", tag)
    }

    /// Any other header; the name in lower case.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl Answer<()> {
    /// 204.
    pub const fn no_content() -> Self {
        Self::of(204, None)
    }
}

impl<T: Serialize> Answer<T> {
    /// Serialises the body, once: what is sent now and what is sent again later are the same bytes.
    pub(super) fn into_bytes(self) -> Result<Committed<T>, PlatformError> {
        let Self { status, headers, body } = self;
        let body = body.map(|view| serde_json::to_vec(&view)).transpose()?.map_or_else(Bytes::new, Bytes::from);
        Ok(Committed { status, headers, body, view: PhantomData })
    }
}

/// The answer of a unit of work that has been committed: JSON, or nothing.
#[derive(Debug, Clone)]
pub struct Committed<T> {
    /// The HTTP status.
    pub status: u16,
    /// Headers beside those that every answer has; names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
    view: PhantomData<fn() -> T>,
}

impl<T> Committed<T> {
    /// The same bytes, described as another view.
    pub fn cast<U>(self) -> Committed<U> {
        Committed { status: self.status, headers: self.headers, body: self.body, view: PhantomData }
    }
}
