//! One resource as JSON.

use std::borrow::Cow;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::Type;

use super::Reply;
use crate::describe::{Describe, Description, header as header_doc};
use crate::extract::{describe_if_none_match, read_if_none_match};
use crate::problem::Problem;
use crate::route::Incoming;

pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");
pub(super) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
pub(super) const REVALIDATE: HeaderValue = HeaderValue::from_static("private, no-cache");
pub(super) const AUTHORIZATION: HeaderValue = HeaderValue::from_static("Authorization");

/// A view, 200. Nobody stores it unless it is [`public`](Json::public).
#[derive(Debug, Clone)]
pub struct Json<T> {
    view: T,
    status: StatusCode,
    cache: Cow<'static, str>,
    headers: Vec<(&'static str, String)>,
}

/// A view with its `ETag`, 200; or 304 without a body where `If-None-Match` names the tag.
#[derive(Debug, Clone)]
pub struct Tagged<T> {
    json: Json<T>,
    etag: String,
}

/// A view of what was made, 201 with `Location`; for what is made without a unit of work.
#[derive(Debug, Clone)]
pub struct Created<T>(Json<T>);

impl<T> Json<T> {
    /// The view.
    pub const fn new(view: T) -> Self {
        Self { view, status: StatusCode::OK, cache: Cow::Borrowed(""), headers: Vec::new() }
    }

    /// With the entity tag, quotes included, as [`etag`](crate::etag()) makes it.
    pub fn etag(self, etag: impl Into<String>) -> Tagged<T> {
        Tagged { json: self, etag: etag.into() }
    }

    /// Everybody may store it for so long.
    #[must_use]
    pub fn public(mut self, max_age: Duration) -> Self {
        self.cache = Cow::Owned(format!("public, max-age={}", max_age.as_secs()));
        self
    }

    /// Only the client itself may keep it, and asks each time.
    #[must_use]
    pub fn private(mut self) -> Self {
        self.cache = Cow::Borrowed("private, no-cache");
        self
    }

    /// Another status; document it with [`Route::also`](crate::Route::also).
    #[must_use]
    pub const fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Another header; document it with [`Route::answer_header`](crate::Route::answer_header).
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl<T> Tagged<T> {
    /// The view and its entity tag.
    pub fn new(view: T, etag: impl Into<String>) -> Self {
        Json::new(view).etag(etag)
    }
}

impl<T> Created<T> {
    /// The view and where the resource is found.
    pub fn new(view: T, location: impl Into<String>) -> Self {
        Self(Json::new(view).status(StatusCode::CREATED).header("location", location))
    }
}

impl<T: Serialize> Json<T> {
    fn into_response(self, cache: HeaderValue) -> Result<HttpResponse, Problem> {
        let body = to_bytes(&self.view)?;
        let mut response = HttpResponse::with_body(self.status, actix_web::body::BoxBody::new(body));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, JSON);
        let cache = if self.cache.is_empty() { cache } else { HeaderValue::try_from(&*self.cache).unwrap_or(NO_STORE) };
        headers.insert(header::CACHE_CONTROL, cache);
        for (name, value) in self.headers {
            let value = HeaderValue::try_from(value)
                .map_err(|_| Problem::internal("an answer's header is not a header value"))?;
            headers.append(HeaderName::from_static(name), value);
        }
        Ok(response)
    }
}

pub(super) fn to_bytes(view: &impl Serialize) -> Result<Vec<u8>, Problem> {
    let mut body = Vec::with_capacity(512);
    serde_json::to_writer(&mut body, view).map_err(|error| {
        tracing::error!(%error, "a view cannot be serialised");
        Problem::internal("a view cannot be serialised")
    })?;
    Ok(body)
}

impl<T: Serialize + ToSchema> Reply for Json<T> {
    fn reply(self, _: &Incoming) -> Result<HttpResponse, Problem> {
        self.into_response(NO_STORE)
    }
}

impl<T: Serialize + ToSchema> Reply for Created<T> {
    fn reply(self, _: &Incoming) -> Result<HttpResponse, Problem> {
        self.0.into_response(NO_STORE)
    }
}

impl<T: Serialize + ToSchema> Reply for Tagged<T> {
    fn reply(self, incoming: &Incoming) -> Result<HttpResponse, Problem> {
        let value =
            HeaderValue::try_from(&*self.etag).map_err(|_| Problem::internal("an entity tag is not a header value"))?;
        let has_it = read_if_none_match(incoming)?.is_some_and(|list| list.matches_weakly(&self.etag));
        let mut response = if has_it {
            let mut response = HttpResponse::new(StatusCode::NOT_MODIFIED);
            let public = self.json.cache.starts_with("public");
            let cache =
                if public { HeaderValue::try_from(&*self.json.cache).unwrap_or(REVALIDATE) } else { REVALIDATE };
            response.headers_mut().insert(header::CACHE_CONTROL, cache);
            response
        } else {
            self.json.into_response(REVALIDATE)?
        };
        response.headers_mut().insert(header::ETAG, value);
        if incoming.principal().is_some() {
            response.headers_mut().append(header::VARY, AUTHORIZATION);
        }
        Ok(response)
    }
}

impl<T: ToSchema> Describe for Json<T> {
    fn describe(description: &mut Description) {
        let schema = description.schema_of::<T>();
        description.success_with(200, "Success.", "application/json", schema);
    }
}

impl<T: ToSchema> Describe for Created<T> {
    fn describe(description: &mut Description) {
        let schema = description.schema_of::<T>();
        let response = description.success_with(201, "Created.", "application/json", schema);
        response.headers.insert("Location".to_owned(), header_doc("Where the new resource is found.", Type::String));
    }
}

impl<T: ToSchema> Describe for Tagged<T> {
    fn describe(description: &mut Description) {
        Json::<T>::describe(description);
        describe_if_none_match(description);
        let not_modified = description.success(304, "The client has this version already.");
        let text = "The version of the resource.";
        not_modified.headers.insert("ETag".to_owned(), header_doc(text, Type::String));
        description.versioned = true;
    }
}
