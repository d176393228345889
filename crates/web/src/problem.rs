//! Problem details (RFC 9457): the one shape of every answer that is not a success.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError};
use lyceum_kernel::{ErrorKind, Fault, ServiceError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::context::RequestContext;
use crate::state::WebState;

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Most faults in one answer.
const MAX_FAULTS: usize = 100;
/// Longest pointer in an answer, in bytes.
const MAX_POINTER: usize = 256;

/// What went wrong, ready to be told. Made from any [`ServiceError`]; `web` makes its own for what it refuses itself.
pub struct Problem(Box<Parts>);

struct Parts {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    faults: Vec<Fault>,
    retry_after: Option<Duration>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Whether the audit log tells of it already.
    recorded: bool,
}

/// The body of every answer that is not a success (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// A stable URI that names the type of problem; it leads to its explanation.
    #[serde(rename = "type")]
    #[schema(value_type = String, format = "uri-reference", example = "/problems/not-found")]
    pub kind: String,
    /// The type of problem in words.
    #[schema(value_type = String, example = "Not found")]
    pub title: String,
    /// The HTTP status, repeated.
    #[schema(minimum = 400, maximum = 599, example = 404)]
    pub status: u16,
    /// What went wrong this time, for people.
    #[schema(value_type = String)]
    pub detail: &'a str,
    /// The path of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub instance: Option<&'a str>,
    /// The request's id, also in `X-Request-Id`: quote it when asking for help.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub request_id: Option<&'a str>,
    /// The faults of single fields, where there are any.
    #[serde(skip_serializing_if = "<[Fault]>::is_empty")]
    #[schema(value_type = Vec<Fault>, required = false)]
    pub errors: &'a [Fault],
}

impl Problem {
    /// A problem with the status of `kind`, a stable kebab-case code and a sentence for people.
    pub fn new(kind: ErrorKind, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::with_status(status_of(kind), code, detail)
    }

    /// A problem with a status that no [`ErrorKind`] stands for, such as 413 or 415.
    pub fn with_status(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Parts {
            status,
            code,
            detail: detail.into(),
            faults: Vec::new(),
            retry_after: None,
            headers: Vec::new(),
            recorded: false,
        }))
    }

    /// The stable code of a refusal (403) that the audit log does not tell of yet.
    pub(crate) fn unrecorded_refusal(&self) -> Option<&'static str> {
        (self.0.status == StatusCode::FORBIDDEN && !self.0.recorded).then_some(self.0.code)
    }

    /// 422 with what is wrong, field by field.
    pub fn invalid(faults: Vec<Fault>) -> Self {
        let mut problem =
            Self::new(ErrorKind::Invalid, "invalid", "The request is well formed, but its values are not acceptable.");
        problem.0.faults = faults;
        problem.0.faults.truncate(MAX_FAULTS);
        for fault in &mut problem.0.faults {
            clip(&mut fault.pointer);
        }
        problem
    }

    /// 400: a request header is not what its specification says.
    pub fn malformed_header(name: &'static str, what: &str) -> Self {
        Self::new(ErrorKind::Malformed, "malformed-header", format!("The header {name} {what}."))
    }

    /// 404, the same for what never was and for what the caller may not see.
    pub fn not_found() -> Self {
        Self::new(ErrorKind::NotFound, "not-found", "There is nothing here that you can see.")
    }

    /// 500. The reason goes to the log, never to the client.
    pub fn internal(reason: &str) -> Self {
        tracing::error!(reason, "internal error");
        Self::opaque(ErrorKind::Internal, "internal")
    }

    fn opaque(kind: ErrorKind, code: &'static str) -> Self {
        let detail = match kind {
            ErrorKind::Unavailable => "Something that this needs is not available just now. Try again later.",
            _ => "Something went wrong on our side. It has been logged under the request's id.",
        };
        Self::new(kind, code, detail)
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Says when it is worth trying again: `Retry-After`, rounded up to whole seconds.
    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.0.retry_after = Some(after);
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The stable code, the last segment of `type`.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// What went wrong, for people.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The faults of single fields.
    pub fn faults(&self) -> &[Fault] {
        &self.0.faults
    }

    /// The answer to `request`.
    pub fn respond(&self, request: &HttpRequest) -> HttpResponse {
        let base = WebState::of(request).map(WebState::public_url).unwrap_or_default();
        let extensions = request.extensions();
        let request_id = extensions.get::<RequestContext>().map(|context| context.request_id.as_str());
        self.render(base, Some(request.path()), request_id)
    }

    fn render(&self, base: &str, instance: Option<&str>, request_id: Option<&str>) -> HttpResponse {
        let parts = &*self.0;
        let body = ProblemBody {
            kind: format!("{base}/problems/{}", parts.code),
            title: title(parts.code),
            status: parts.status.as_u16(),
            detail: &parts.detail,
            instance,
            request_id,
            errors: &parts.faults,
        };
        let mut response = HttpResponse::build(parts.status);
        response.insert_header((header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON)));
        response.insert_header((header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
        if let Some(after) = parts.retry_after {
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            response.insert_header((header::RETRY_AFTER, HeaderValue::from(seconds.max(1))));
        }
        for (name, value) in &parts.headers {
            response.append_header((name.clone(), value.clone()));
        }
        // A struct of strings always serialises.
        response.body(serde_json::to_vec(&body).unwrap_or_default())
    }
}

/// Cuts a pointer of a body that has absurdly long names, so that answers stay small.
pub(crate) fn clip(pointer: &mut String) {
    if pointer.len() > MAX_POINTER {
        pointer.truncate(pointer.floor_char_boundary(MAX_POINTER));
        pointer.push('…');
    }
}

/// The title of a type of problem: its code in words.
pub fn title(code: &str) -> String {
    let words: Vec<_> = code.split('-').map(|word| if word == "mfa" { "MFA" } else { word }).collect();
    capitalised(&words.join(" "))
}

/// The text with its first letter in upper case.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// An error's message, which begins small and has no full stop (C-GOOD-ERR), as a sentence.
fn sentence(message: &str) -> String {
    let stopped = message.ends_with(['.', '!', '?']);
    capitalised(message) + if stopped { "" } else { "." }
}

/// The status that a kind of error has.
pub const fn status_of(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Malformed => StatusCode::BAD_REQUEST,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::Gone => StatusCode::GONE,
        ErrorKind::Stale => StatusCode::PRECONDITION_FAILED,
        ErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::UnsupportedType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorKind::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
        ErrorKind::TooMany => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The challenge that goes with 401.
pub(crate) const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"lyceum\"");
/// The challenge that goes with 401 when a token was sent.
pub(crate) const CHALLENGE_INVALID: HeaderValue =
    HeaderValue::from_static("Bearer realm=\"lyceum\", error=\"invalid_token\"");

impl<E: ServiceError> From<E> for Problem {
    fn from(error: E) -> Self {
        let kind = error.kind();
        let mut problem = match kind {
            ErrorKind::Internal | ErrorKind::Unavailable => {
                log_chain(&error);
                Self::opaque(kind, error.code())
            }
            _ => Self::new(kind, error.code(), sentence(&error.to_string())),
        };
        problem.0.faults = error.faults();
        problem.0.recorded = error.recorded();
        problem.0.retry_after = error.retry_after();
        match kind {
            ErrorKind::Unauthenticated => problem.header(header::WWW_AUTHENTICATE, CHALLENGE),
            ErrorKind::TooMany | ErrorKind::Unavailable if problem.0.retry_after.is_none() => {
                problem.retry_after(Duration::from_secs(1))
            }
            _ => problem,
        }
    }
}

fn log_chain(error: &dyn ServiceError) {
    let mut chain = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        chain.push_str(": ");
        chain.push_str(&inner.to_string());
        cause = inner.source();
    }
    tracing::error!(code = error.code(), error = %chain, "request failed");
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem")
            .field("status", &self.0.status)
            .field("code", &self.0.code)
            .field("detail", &self.0.detail)
            .field("faults", &self.0.faults)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.detail)
    }
}

impl std::error::Error for Problem {}

/// For code that can only return an actix error; without the request the answer lacks `instance` and `request_id`.
impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse {
        self.render("", None, None)
    }
}
