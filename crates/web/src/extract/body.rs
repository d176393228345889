//! JSON bodies: checked in a streaming pass, made into a type, then validated.

use actix_web::http::StatusCode;
use actix_web::http::header;
use lyceum_kernel::{ErrorKind, Fault};
use serde::de::DeserializeOwned;
use utoipa::ToSchema;
use validator::Validate;

use super::deref;
use crate::describe::{Describe, Description};
use crate::json::{self, Violation, value_faults};
use crate::problem::{Problem, clip};
use crate::route::{Extract, Incoming};

const JSON: &str = "application/json";
const MERGE_PATCH: &str = "application/merge-patch+json";

/// A JSON body. Malformed, too deep or with a member twice: 400; not of `T`'s shape (the first fault) or with values that
/// `T` does not accept (all faults): 422 with pointers; too large: 413; not JSON: 415.
///
/// `T` should deny unknown fields and must not flatten.
#[derive(Debug, Clone)]
pub struct Valid<T>(pub T);
deref!(Valid);

/// A merge patch (RFC 7396), sent as `application/merge-patch+json` or `application/json`. The fields of `T` are
/// [`MergeField`](super::MergeField)s, or `Option`s read by [`present`](super::present) where null makes no sense.
#[derive(Debug, Clone)]
pub struct Patch<T>(pub T);
deref!(Patch);

impl<T: DeserializeOwned + Validate + ToSchema + 'static> Extract for Valid<T> {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Problem> {
        read(incoming, &[JSON]).await.map(Self)
    }
}

impl<T: DeserializeOwned + Validate + ToSchema + 'static> Extract for Patch<T> {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Problem> {
        read(incoming, &[MERGE_PATCH, JSON]).await.map(Self)
    }
}

async fn read<T: DeserializeOwned + Validate>(incoming: &mut Incoming, accepted: &[&str]) -> Result<T, Problem> {
    check_content_type(incoming, accepted)?;
    let body = incoming.body().await?;
    if body.is_empty() {
        return Err(Problem::new(ErrorKind::Malformed, "empty-body", "The request needs a body."));
    }
    let depth = incoming.web().platform().config.server.max_json_depth;
    json::check(&body, depth).map_err(|violation| refuse(violation, depth))?;
    let value: T = json::parse(&body).map_err(|fault| Problem::invalid(vec![fault]))?;
    match value.validate() {
        Ok(()) => Ok(value),
        Err(errors) => Err(Problem::invalid(value_faults(&errors))),
    }
}

fn refuse(violation: Violation, depth: usize) -> Problem {
    match violation {
        Violation::Malformed { line, column } => {
            let detail = format!("The body is not JSON: see line {line}, column {column}.");
            Problem::new(ErrorKind::Malformed, "malformed-json", detail)
        }
        Violation::TooDeep => {
            let detail = format!("The body is nested more than {depth} levels deep.");
            Problem::new(ErrorKind::Malformed, "json-too-deep", detail)
        }
        Violation::DuplicateKey(mut pointer) => {
            clip(&mut pointer);
            let detail = format!("The body has two members of one name: {pointer}.");
            Problem::new(ErrorKind::Malformed, "duplicate-key", detail)
        }
        Violation::Nul(pointer) => {
            Problem::invalid(vec![Fault::new(pointer, "nul", "must not contain the character U+0000")])
        }
    }
}

/// 415 unless the one `Content-Type` is an accepted media type, with no charset but UTF-8.
pub(super) fn check_content_type(incoming: &Incoming, accepted: &[&str]) -> Result<(), Problem> {
    let mut values = incoming.request().headers().get_all(header::CONTENT_TYPE);
    let value = values.next().and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (essence, parameters) = value.split_once(';').unwrap_or((value, ""));
    let known = accepted.iter().any(|accepted| essence.trim().eq_ignore_ascii_case(accepted));
    let utf8 = parameters.split(';').map(str::trim).all(|parameter| match parameter.split_once('=') {
        Some((name, charset)) if name.trim().eq_ignore_ascii_case("charset") => {
            charset.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    if known && utf8 && values.next().is_none() {
        return Ok(());
    }
    let detail = format!("The body must be {} in UTF-8.", accepted.join(" or "));
    Err(Problem::with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail))
}

impl<T: ToSchema> Describe for Valid<T> {
    fn describe(description: &mut Description) {
        let schema = description.schema_of::<T>();
        description.body(JSON, schema);
        describe_json(description);
    }
}

impl<T: ToSchema> Describe for Patch<T> {
    fn describe(description: &mut Description) {
        let schema = description.schema_of::<T>();
        description.body(MERGE_PATCH, schema.clone());
        description.body(JSON, schema);
        describe_json(description);
    }
}

fn describe_json(description: &mut Description) {
    description.problem(400, "malformed-json", "The body is not JSON.");
    description.problem(400, "empty-body", "There is no body.");
    description.problem(400, "json-too-deep", "The body is nested too deeply.");
    description.problem(400, "duplicate-key", "An object has two members of one name.");
    describe_body(description);
}

/// What can go wrong with any body.
pub(super) fn describe_body(description: &mut Description) {
    description.problem(400, "malformed-body", "The body broke off or was framed wrongly.");
    description.problem(413, "body-too-large", "The body is larger than the server takes.");
    description.problem(415, "unsupported-media-type", "The body is of another media type or charset.");
    description.problem(415, "unsupported-encoding", "The body is compressed.");
    description.problem(
        422,
        "invalid",
        "Fields that are missing, unknown, of the wrong type or not acceptable: see `errors`.",
    );
}
