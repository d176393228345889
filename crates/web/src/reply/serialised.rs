//! One resource as JSON that was written before, for what is served from memory.

use std::marker::PhantomData;

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use bytes::Bytes;
use serde::Serialize;
use serde::ser::Error as _;
use utoipa::ToSchema;

use super::Reply;
use super::json::{AUTHORIZATION, JSON, REVALIDATE, Tagged};
use crate::describe::{Describe, Description};
use crate::extract::IfNoneMatch;
use crate::problem::Problem;
use crate::route::Incoming;

/// A view and its entity tag as they go over the wire. Cheap to clone.
#[derive(Debug)]
pub struct Serialised<T> {
    body: Bytes,
    etag: HeaderValue,
    view: PhantomData<fn() -> T>,
}

impl<T> Clone for Serialised<T> {
    fn clone(&self) -> Self {
        Self { body: self.body.clone(), etag: self.etag.clone(), view: PhantomData }
    }
}

impl<T: Serialize> Serialised<T> {
    /// The view with its entity tag.
    ///
    /// # Errors
    /// The view is no JSON, or the tag no value of a header.
    pub fn new(view: &T, etag: &str) -> Result<Self, serde_json::Error> {
        let etag =
            HeaderValue::from_str(etag).map_err(|_| serde_json::Error::custom("the entity tag is no header value"))?;
        Ok(Self { body: serde_json::to_vec(view)?.into(), etag, view: PhantomData })
    }
}

impl<T> Serialised<T> {
    /// The view, or 304 to those who have it.
    pub fn unless(self, known: IfNoneMatch) -> UnlessKnown<T> {
        UnlessKnown { view: self, known }
    }
}

/// A view that was serialised before; or 304.
#[derive(Debug)]
pub struct UnlessKnown<T> {
    view: Serialised<T>,
    known: IfNoneMatch,
}

impl<T: ToSchema> Reply for UnlessKnown<T>
where
    Tagged<T>: Describe,
{
    fn reply(self, _: &Incoming) -> Result<HttpResponse, Problem> {
        let Serialised { body, etag, .. } = self.view;
        let mut response = if etag.to_str().is_ok_and(|etag| self.known.matches(etag)) {
            HttpResponse::new(StatusCode::NOT_MODIFIED)
        } else {
            let mut response = HttpResponse::with_body(StatusCode::OK, BoxBody::new(body));
            response.headers_mut().insert(header::CONTENT_TYPE, JSON);
            response
        };
        let headers = response.headers_mut();
        headers.insert(header::ETAG, etag);
        headers.insert(header::CACHE_CONTROL, REVALIDATE);
        headers.append(header::VARY, AUTHORIZATION);
        Ok(response)
    }
}

impl<T: ToSchema> Describe for UnlessKnown<T>
where
    Tagged<T>: Describe,
{
    fn describe(description: &mut Description) {
        Tagged::<T>::describe(description);
    }
}
