//! A file that is sent: as the body, or as the part `file` of a form. It is handed on as it comes.

use std::pin::Pin;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::http::{StatusCode, header};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use lyceum_kernel::{ErrorKind, Fault};
use lyceum_web::{Describe, Description, Extract, Incoming, Problem};
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};

/// Most bytes of a file, and of the form around it.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// A file as it might be.
const TABLE: &str = "email,full_name,role\ngrace@example.org,Grace Hopper,teacher\n";

/// What is accepted as the body itself. What the file is, its bytes tell.
const FILES: [&str; 4] = [CSV, OCTETS, "application/zip", "application/x-zip-compressed"];

const CSV: &str = "text/csv";

/// Bytes of any kind.
const OCTETS: &str = "application/octet-stream";

const FORM: &str = "multipart/form-data";

/// The name of the part of a form.
const PART: &str = "file";

type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, Problem>>>>;

/// The file, piece by piece. Larger than 32 MiB: 413; broken off: 400; of another media type: 415.
pub(super) struct Upload(pub(super) Pieces);

impl Extract for Upload {
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
        let payload = incoming.take_payload(MOST_BYTES)?.ok_or(Broken::Off)?;
        let mut left = MOST_BYTES;
        let bounded = payload.map(move |piece| match piece {
            Ok(piece) => match left.checked_sub(piece.len()) {
                Some(less) => {
                    left = less;
                    Ok(piece)
                }
                None => Err(Broken::TooLarge),
            },
            Err(_) => Err(Broken::Off),
        });
        if is_form {
            return Ok(Self(Box::pin(part_of(incoming, bounded))));
        }
        Ok(Self(Box::pin(bounded.map(|piece| piece.map_err(Problem::from)))))
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

/// Why a body ends before its end.
#[derive(Debug, Clone, Copy, thiserror::Error)]
enum Broken {
    #[error("the body is too large")]
    TooLarge,
    #[error("the body broke off")]
    Off,
}

impl From<Broken> for Problem {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::TooLarge => {
                let detail = format!("The body is larger than {MOST_BYTES} bytes.");
                Self::with_status(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail)
            }
            Broken::Off => {
                Self::new(ErrorKind::Malformed, "malformed-body", "The body broke off or was framed wrongly.")
            }
        }
    }
}

/// A form being read.
struct Form {
    parts: Multipart,
    file: Option<Field>,
    found: bool,
    /// Why the body ended: the reader of forms does not tell.
    broken: std::rc::Rc<std::cell::Cell<Option<Broken>>>,
}

impl Form {
    fn problem(&self, error: &MultipartError) -> Problem {
        if let Some(broken) = self.broken.get() {
            return broken.into();
        }
        tracing::debug!(%error, "a form is malformed");
        Problem::new(ErrorKind::Malformed, "malformed-body", "The body is not a form as its Content-Type says.")
    }

    /// The next piece of the file; nothing at the end of the form.
    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            if let Some(file) = &mut self.file {
                match file.next().await {
                    Some(Ok(piece)) => return Ok(Some(piece)),
                    Some(Err(error)) => return Err(self.problem(&error)),
                    None => self.file = None,
                }
            }
            let part = match self.parts.next().await {
                Some(Ok(part)) => part,
                Some(Err(error)) => return Err(self.problem(&error)),
                None if self.found => return Ok(None),
                None => return Err(fault("required", "is required")),
            };
            if part.name() != Some(PART) || self.found {
                return Err(fault("unknown", "is the only part, and comes once"));
            }
            self.found = true;
            self.file = Some(part);
        }
    }
}

fn fault(code: &'static str, message: &'static str) -> Problem {
    Problem::invalid(vec![Fault::new(format!("/{PART}"), code, message)])
}

fn part_of(
    incoming: &Incoming,
    body: impl Stream<Item = Result<Bytes, Broken>> + 'static,
) -> impl Stream<Item = Result<Bytes, Problem>> + 'static {
    let broken = std::rc::Rc::new(std::cell::Cell::new(None));
    let noted = std::rc::Rc::clone(&broken);
    let body = body.map(move |piece| {
        piece.map_err(|error| {
            noted.set(Some(error));
            actix_web::error::PayloadError::Incomplete(None)
        })
    });
    let parts = Multipart::new(incoming.request().headers(), body);
    let form = Form { parts, file: None, found: false, broken };
    stream::try_unfold(form, |mut form| async move { Ok(form.next().await?.map(|piece| (piece, form))) })
}

impl Describe for Upload {
    fn describe(description: &mut Description) {
        let binary = || {
            ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
        };
        // Archives go by as bytes of any kind here: few tools that read this know how to make one.
        for (kind, example) in [(CSV, TABLE), (OCTETS, "PK\u{3}\u{4}")] {
            description.body(kind, RefOr::T(Schema::Object(binary().examples([example]).build())));
        }
        let form = ObjectBuilder::new()
            .property(PART, binary().description(Some("A table, or a OneRoster archive.")))
            .required(PART)
            .additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::FreeForm(false)))
            .examples([json!({ "file": TABLE })])
            .build();
        description.body(FORM, RefOr::T(Schema::Object(form)));
        description.problem(400, "malformed-body", "The body broke off or was framed wrongly.");
        description.problem(413, "body-too-large", "The file is larger than 32 MiB.");
        description.problem(415, "unsupported-media-type", "The body is of another media type or charset.");
        description.problem(415, "unsupported-encoding", "The body is compressed.");
    }
}
