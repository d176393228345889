//! What the edge refuses by itself, and how faults that escaped a handler are told.

use std::any::Any;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{Error, HttpRequest, HttpResponse};
use lyceum_kernel::ErrorKind;

use crate::problem::{PROBLEM_JSON, Problem};

/// 405 with the methods that the path knows.
pub(super) fn method_not_allowed(allow: &HeaderValue) -> Problem {
    let detail = "This path does not know the method; Allow lists those that it does.";
    let problem = Problem::with_status(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail);
    problem.header(header::ALLOW, allow.clone())
}

/// 503 for a server that is full.
pub(super) fn overloaded() -> Problem {
    metrics::counter!("http_requests_shed_total").increment(1);
    let detail = "The server has all the work that it can do just now.";
    Problem::new(ErrorKind::Unavailable, "overloaded", detail).retry_after(Duration::from_secs(1))
}

/// 503 for a request that took us too long.
pub(super) fn timeout() -> Problem {
    metrics::counter!("http_request_timeouts_total", "whose" => "server").increment(1);
    tracing::warn!("a request ran out of time");
    let detail = "The request took longer than it may. Nothing of it was kept unless an earlier answer said so.";
    Problem::new(ErrorKind::Unavailable, "timeout", detail).retry_after(Duration::from_secs(1))
}

/// 408 for a client that does not send what it announced.
pub(super) fn slow_body() -> Problem {
    metrics::counter!("http_request_timeouts_total", "whose" => "client").increment(1);
    let detail = "The body did not arrive in time.";
    let problem = Problem::with_status(StatusCode::REQUEST_TIMEOUT, "request-timeout", detail);
    problem.header(header::CONNECTION, HeaderValue::from_static("close"))
}

/// 500 for a handler that panicked; the worker lives on.
pub(super) fn panicked(payload: &(dyn Any + Send)) -> Problem {
    metrics::counter!("http_panics_total").increment(1);
    let message = payload.downcast_ref::<&str>().copied();
    let message = message.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    Problem::internal(&format!("panic: {message}"))
}

/// An actix error: a problem stays what it is, anything else keeps its status and loses its words.
pub(super) fn from_actix(error: &Error, request: &HttpRequest) -> HttpResponse {
    if let Some(problem) = error.as_error::<Problem>() {
        return problem.respond(request);
    }
    let response = error.error_response();
    if response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM_JSON) {
        return response;
    }
    let status = response.status();
    if status.is_server_error() {
        return Problem::internal(&error.to_string()).respond(request);
    }
    let (code, detail) = match status {
        StatusCode::NOT_FOUND => return Problem::not_found().respond(request),
        StatusCode::PAYLOAD_TOO_LARGE => ("body-too-large", "The body is too large."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            ("unsupported-media-type", "The body is of a type that is not accepted here.")
        }
        _ => ("malformed-request", "The request could not be understood."),
    };
    Problem::with_status(status, code, detail).respond(request)
}
