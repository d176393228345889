//! Which web pages may call the API from a browser (the Fetch standard's CORS protocol).
//!
//! Only origins that are named, letter for letter; never credentials, for the API knows no cookies.

use std::collections::HashSet;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};

const ALLOWED_HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, accept, accept-language, idempotency-key, if-match, if-none-match, \
     range, traceparent, tracestate, x-request-id",
);
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static(
    "etag, link, location, x-request-id, ratelimit, ratelimit-policy, retry-after, x-total-count, \
     idempotency-replayed, content-disposition",
);
const PREFLIGHT_VARY: HeaderValue =
    HeaderValue::from_static("Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
const PREFLIGHT_AGE: HeaderValue = HeaderValue::from_static("600");

/// The origins that may call.
#[derive(Debug)]
pub(crate) struct Cors {
    any: bool,
    origins: HashSet<String>,
}

impl Cors {
    /// These origins; `*` stands for all.
    pub(crate) fn new(origins: &[String]) -> Self {
        let written = |origin: &String| origin.trim().trim_end_matches('/').to_ascii_lowercase();
        Self { any: origins.iter().any(|origin| origin.trim() == "*"), origins: origins.iter().map(written).collect() }
    }

    fn permitted(&self, request: &HeaderMap) -> Option<HeaderValue> {
        let origin = request.get(header::ORIGIN)?;
        match origin.to_str().ok()? {
            "null" => None,
            _ if self.any => Some(HeaderValue::from_static("*")),
            text if self.origins.contains(text) => Some(origin.clone()),
            _ => None,
        }
    }

    /// Whether a page that connects a socket may: no other than those that may call. Programs send no `Origin`.
    pub(crate) fn welcomes(&self, request: &HeaderMap) -> bool {
        !request.contains_key(header::ORIGIN) || self.permitted(request).is_some()
    }

    /// The answer to a preflight for a path with these methods; `None` if the request is not one.
    pub(crate) fn preflight(&self, request: &HeaderMap, methods: &HeaderValue) -> Option<HttpResponse> {
        if !(request.contains_key(header::ORIGIN) && request.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)) {
            return None;
        }
        let mut response = HttpResponse::build(StatusCode::NO_CONTENT);
        response.insert_header((header::VARY, PREFLIGHT_VARY)).insert_header((header::ALLOW, methods.clone()));
        if self.permitted(request).is_some() {
            response
                .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, methods.clone()))
                .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS))
                .insert_header((header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_AGE));
        }
        Some(response.finish())
    }

    /// Tells the browser whether the calling page may read the answer.
    pub(crate) fn annotate(&self, request: &HeaderMap, response: &mut HeaderMap) {
        if self.origins.is_empty() {
            return;
        }
        if !self.any && !response.get_all(header::VARY).any(|vary| *vary == PREFLIGHT_VARY) {
            response.append(header::VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(origin) = self.permitted(request) {
            response.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            response.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
        }
    }
}
