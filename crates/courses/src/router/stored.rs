//! A course as it was serialised before.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use lyceum_web::describe::{Describe, Description};
use lyceum_web::route::Incoming;
use lyceum_web::{IfNoneMatch, Problem, Reply, Tagged};

use crate::dto::course::Course;
use crate::service::access::Entry;

/// One course as it goes over the wire; or 304.
pub struct StoredCourse {
    pub(super) entry: Arc<Entry>,
    pub(super) known: IfNoneMatch,
}

impl Reply for StoredCourse {
    fn reply(self, _: &Incoming) -> Result<HttpResponse, Problem> {
        let Entry { body, etag, .. } = &*self.entry;
        let tag = HeaderValue::try_from(etag).map_err(|_| Problem::internal("an entity tag is not a header value"))?;
        let mut response = if self.known.matches(etag) {
            HttpResponse::new(StatusCode::NOT_MODIFIED)
        } else {
            let mut response = HttpResponse::with_body(StatusCode::OK, BoxBody::new(body.clone()));
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        };
        let headers = response.headers_mut();
        headers.insert(header::ETAG, tag);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        headers.append(header::VARY, HeaderValue::from_static("Authorization"));
        Ok(response)
    }
}

impl Describe for StoredCourse {
    fn describe(description: &mut Description) {
        Tagged::<Course>::describe(description);
    }
}
