//! Files that never change while the program runs: entity tag, conditional requests, caching.

use std::sync::{Arc, OnceLock};

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::etag::TagList;

/// A file ready to be served, as often as anybody likes.
#[derive(Debug, Clone)]
pub(crate) struct StaticFile {
    content_type: &'static str,
    bytes: Bytes,
    /// Computed when first asked for: hashing at start would read in what may never be wanted.
    tag: Arc<OnceLock<HeaderValue>>,
    policy: Option<HeaderValue>,
    caching: HeaderValue,
}

impl StaticFile {
    /// A file with these bytes, which clients ask after before they use it again.
    pub(crate) fn new(content_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self { content_type, bytes, tag: Arc::default(), policy: None, caching: HeaderValue::from_static("no-cache") }
    }

    /// With a `Content-Security-Policy` of its own.
    #[must_use]
    pub(crate) fn policy(mut self, policy: &str) -> Self {
        self.policy = HeaderValue::from_str(policy).ok();
        self
    }

    /// Kept by browsers for an hour.
    #[must_use]
    pub(crate) fn cached(mut self) -> Self {
        self.caching = HeaderValue::from_static("public, max-age=3600");
        self
    }

    fn tag(&self) -> &HeaderValue {
        self.tag.get_or_init(|| {
            let hash =
                Sha256::digest(&self.bytes).iter().take(8).fold(0_u64, |hash, byte| hash << 8 | u64::from(*byte));
            HeaderValue::from_str(&format!("\"{hash:016x}\"")).unwrap_or(HeaderValue::from_static("\"\""))
        })
    }

    /// The answer to a request for it.
    pub(crate) fn respond(&self, request: &HttpRequest) -> HttpResponse {
        let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        let known = known.and_then(|value| TagList::parse("If-None-Match", value).ok());
        let fresh = known.zip(self.tag().to_str().ok()).is_some_and(|(list, tag)| list.matches_weakly(tag));
        let status = if fresh { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
        let mut response = HttpResponse::build(status);
        response
            .insert_header((header::ETAG, self.tag().clone()))
            .insert_header((header::CACHE_CONTROL, self.caching.clone()));
        if let Some(policy) = &self.policy {
            response.insert_header((header::CONTENT_SECURITY_POLICY, policy.clone()));
        }
        if fresh {
            return response.finish();
        }
        response.insert_header((header::CONTENT_TYPE, self.content_type)).body(self.bytes.clone())
    }
}
