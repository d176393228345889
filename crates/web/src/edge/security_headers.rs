//! What every answer tells the browser, whatever its status.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");
const CSP: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Adds the headers. A handler's own `Content-Security-Policy`, `Cache-Control` and `Cross-Origin-Resource-Policy` stand.
pub(crate) fn harden(headers: &mut HeaderMap, hsts: bool) {
    if hsts {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, CSP);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if !headers.contains_key(CORP) {
        headers.insert(CORP, HeaderValue::from_static("same-origin"));
    }
    headers.remove(header::SERVER);
}
