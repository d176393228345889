//! The answer of a unit of work, as it was committed.

use std::any::TypeId;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use lyceum_platform::uow::{Committed, StoredAnswer};
use serde::Serialize;
use utoipa::ToSchema;

use super::Reply;
use super::json::{JSON, NO_STORE};
use crate::describe::{Describe, Description};
use crate::problem::Problem;
use crate::route::Incoming;

impl<T: Serialize + ToSchema + 'static> Reply for Committed<T> {
    fn reply(self, _: &Incoming) -> Result<HttpResponse, Problem> {
        let headers = self.headers.iter().map(|(name, value)| (*name, value.as_str()));
        build(self.status, headers, self.body)
    }
}

/// Described as 200, or 204 for `()`; [`Route::status`](crate::Route::status) says otherwise.
impl<T: Serialize + ToSchema + 'static> Describe for Committed<T> {
    fn describe(description: &mut Description) {
        if TypeId::of::<T>() == TypeId::of::<()>() {
            description.success(204, "Done.");
            return;
        }
        let schema = description.schema_of::<T>();
        description.success_with(200, "Success.", "application/json", schema);
    }
}

/// The answer to a repeated request: the bytes of the first.
pub(crate) fn replay(stored: StoredAnswer) -> Result<HttpResponse, Problem> {
    let headers = stored.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut response = build(stored.status, headers, stored.body)?;
    let name = HeaderName::from_static("idempotency-replayed");
    response.headers_mut().insert(name, HeaderValue::from_static("true"));
    Ok(response)
}

fn build<'a>(
    status: u16,
    headers: impl Iterator<Item = (&'a str, &'a str)>,
    body: bytes::Bytes,
) -> Result<HttpResponse, Problem> {
    let status = StatusCode::from_u16(status).map_err(|_| Problem::internal("an answer's status is no HTTP status"))?;
    let bare = body.is_empty();
    let mut response = if bare {
        HttpResponse::new(status)
    } else {
        HttpResponse::with_body(status, actix_web::body::BoxBody::new(body))
    };
    let map = response.headers_mut();
    for (name, value) in headers {
        let pair = HeaderName::try_from(name).ok().zip(HeaderValue::try_from(value).ok());
        let (name, value) = pair.ok_or_else(|| Problem::internal("an answer's header is not a header"))?;
        map.append(name, value);
    }
    if !bare {
        map.insert(header::CONTENT_TYPE, JSON);
    }
    if !map.contains_key(header::CACHE_CONTROL) {
        map.insert(header::CACHE_CONTROL, NO_STORE);
    }
    Ok(response)
}
