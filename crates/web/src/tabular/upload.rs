//! A file that is sent: as the body, or as the part `file` of a form. It is handed on as it comes.

use std::marker::PhantomData;
use std::pin::Pin;

use actix_web::http::{StatusCode, header};
use bytes::Bytes;
use futures_util::Stream;

use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};

use crate::{Describe, Description, Extract, Incoming, Multipart, Problem};

/// Most bytes of a file, and of the form around it.
const MOST_BYTES: u64 = 32 * 1024 * 1024;

/// A file as it might be, for the API document.
pub trait Sample: 'static {
    /// A small table.
    const TABLE: &'static str;
}

/// What is accepted as the body itself. What the file is, its bytes tell.
const FILES: [&str; 4] = [CSV, OCTETS, "application/zip", "application/x-zip-compressed"];

const CSV: &str = "text/csv";

/// Bytes of any kind.
const OCTETS: &str = "application/octet-stream";

const FORM: &str = "multipart/form-data";

/// The name of the part of a form.
const PART: &str = "file";

/// What is sent, as it comes.
pub type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, Problem>>>>;

/// The file, piece by piece. Larger than 32 MiB: 413; broken off: 400; of another media type: 415.
pub struct Upload<S>(pub Pieces, PhantomData<fn() -> S>);

impl<S> std::fmt::Debug for Upload<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Upload")
    }
}

impl<S: Sample> Extract for Upload<S> {
    const STREAMED: bool = true;

    async fn extract(incoming: &mut Incoming) -> Result<Self, Problem> {
        let kind = incoming.header(&header::CONTENT_TYPE)?.unwrap_or_default();
        let (essence, parameters) = kind.split_once(';').unwrap_or((&kind, ""));
        let essence = essence.trim().to_ascii_lowercase();
        let is_form = essence == FORM;
        if !is_form && (!FILES.contains(&essence.as_str()) || !is_utf8(parameters)) {
            let detail = "The file must be text/csv in UTF-8, application/zip or application/octet-stream, or the part `file` of \
                          multipart/form-data.";
            return Err(Problem::with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail));
        }
        let body = incoming.stream(Some(MOST_BYTES))?;
        if is_form {
            let form = Multipart::<()>::over(incoming, body)?;
            return Ok(Self(Box::pin(form.only_part(PART).await?), PhantomData));
        }
        Ok(Self(Box::pin(body), PhantomData))
    }
}

fn is_utf8(parameters: &str) -> bool {
    parameters.split(';').map(str::trim).all(|parameter| match parameter.split_once('=') {
        Some((name, charset)) if name.trim().eq_ignore_ascii_case("charset") => {
            charset.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    })
}

impl<S: Sample> Describe for Upload<S> {
    fn describe(description: &mut Description) {
        let binary = || {
            ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
        };
        // Archives go by as bytes of any kind here: few tools that read this know how to make one.
        for (kind, example) in [(CSV, S::TABLE), (OCTETS, "PK\u{3}\u{4}")] {
            description.body(kind, RefOr::T(Schema::Object(binary().examples([example]).build())));
        }
        let form = ObjectBuilder::new()
            .property(PART, binary().description(Some("A table, or a OneRoster archive.")))
            .required(PART)
            .additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::FreeForm(false)))
            .examples([json!({ "file": S::TABLE })])
            .build();
        description.body(FORM, RefOr::T(Schema::Object(form)));
        description.problem(400, "malformed-body", "The body broke off or was framed wrongly.");
        description.problem(413, "body-too-large", "The file is larger than 32 MiB.");
        description.problem(415, "unsupported-media-type", "The body is of another media type or charset.");
        description.problem(415, "unsupported-encoding", "The body is compressed.");
    }
}
