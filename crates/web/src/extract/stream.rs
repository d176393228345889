//! Bodies of any length, taken as they come: files.
//!
//! A route whose handler takes one of these has no bound on the length of its body but the handler's own, and no bound of time but
//! that bytes keep coming: a client that pauses for longer than `server.body_timeout_s`, or trickles, gets 408. It is never buffered.
//! Extractors of other crates make theirs from [`Incoming::stream`].
//!
//! ```
//! use lyceum_web::{Multipart, Problem, Public, Text, post};
//! use futures_util::TryStreamExt as _;
//! use utoipa::ToSchema;
//!
//! /// What is sent.
//! #[derive(ToSchema)]
//! struct Parcel {
//!     /// The bytes.
//!     #[schema(value_type = String, format = Binary)]
//!     file: (),
//! }
//!
//! async fn weigh(_: Public, parcel: Multipart<Parcel>) -> Result<Text, Problem> {
//!     let mut file = parcel.only_part("file").await?;
//!     let mut bytes = 0;
//!     while let Some(piece) = file.try_next().await? {
//!         bytes += piece.len();
//!     }
//!     Ok(Text(bytes.to_string()))
//! }
//! let route = post("/v1/weigh", weigh);
//! ```

use std::cell::Cell;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_multipart::{Field, MultipartError};
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpMessage as _, HttpRequest, web};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use lyceum_kernel::{ErrorKind, Fault};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};

use super::body::describe_body;
use crate::describe::{Describe, Description};
use crate::edge::body_clock::Pulse;
use crate::problem::Problem;
use crate::route::{Extract, Incoming, too_large};

const FORM: &str = "multipart/form-data";

/// The body's bytes as they come, of any type and length.
pub struct ByteStream {
    payload: web::Payload,
    most: Option<u64>,
    read: u64,
    /// `Content-Type`, if it was sent.
    pub content_type: Option<String>,
    /// `Content-Length`, if it was sent.
    pub length: Option<u64>,
    /// To be told that work goes on after the last byte.
    pub pulse: Pulse,
}

impl std::fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ByteStream").field("length", &self.length).finish_non_exhaustive()
    }
}

impl ByteStream {
    pub(crate) fn new(request: &HttpRequest, payload: web::Payload, most: Option<u64>) -> Self {
        let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        Self {
            payload,
            most,
            read: 0,
            content_type: text(header::CONTENT_TYPE).map(str::to_owned),
            length: text(header::CONTENT_LENGTH).and_then(|text| text.parse().ok()),
            pulse: request.extensions().get::<Pulse>().cloned().unwrap_or_default(),
        }
    }
}

impl Stream for ByteStream {
    type Item = Result<Bytes, Problem>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(piece) = ready!(Pin::new(&mut self.payload).poll_next(context)) else { return Poll::Ready(None) };
        let piece = piece.map_err(|error| malformed(&error))?;
        self.read += piece.len() as u64;
        Poll::Ready(Some(match self.most {
            Some(most) if self.read > most => Err(too_large(most)),
            _ => Ok(piece),
        }))
    }
}

fn malformed(error: &dyn std::error::Error) -> Problem {
    tracing::debug!(%error, "the body broke off");
    Problem::new(ErrorKind::Malformed, "malformed-body", "The body broke off or is not what its Content-Type says.")
}

/// A form (`multipart/form-data`, RFC 7578) of one part, a file. `T` describes it.
pub struct Multipart<T> {
    parts: Parts,
    /// `Content-Length` of the whole form, if it was sent: an upper bound of its file.
    pub length: Option<u64>,
    /// To be told that work goes on after the last byte.
    pub pulse: Pulse,
    shape: PhantomData<fn() -> T>,
}

impl<T> std::fmt::Debug for Multipart<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Multipart").field("length", &self.length).finish_non_exhaustive()
    }
}

impl<T> Multipart<T> {
    /// Reads the body as such a form.
    ///
    /// # Errors
    /// 415 if it is none by its `Content-Type`.
    pub fn over(incoming: &Incoming, body: ByteStream) -> Result<Self, Problem> {
        let value = body.content_type.as_deref().unwrap_or_default();
        let essence = value.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case(FORM) {
            let detail = format!("The body must be {FORM}.");
            return Err(Problem::with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail));
        }
        let (length, pulse) = (body.length, body.pulse.clone());
        let ending = Rc::new(Cell::new(None));
        let noted = Rc::clone(&ending);
        let body = body.map(move |piece| {
            piece.map_err(|problem| {
                noted.set(Some(problem));
                PayloadError::Incomplete(None)
            })
        });
        let form = actix_multipart::Multipart::new(incoming.request().headers(), body);
        Ok(Self { parts: Parts { form, ending }, length, pulse, shape: PhantomData })
    }

    /// The file of a form that has one part, which is called `name`.
    ///
    /// # Errors
    /// 400 for what is no form, 422 if its first part is called something else or there is none.
    pub async fn only_part(mut self, name: &'static str) -> Result<OnlyPart, Problem> {
        let Some(field) = self.parts.form.next().await else {
            return Err(Problem::invalid(vec![Fault::new(format!("/{name}"), "required", "is required")]));
        };
        let field = field.map_err(|error| self.parts.problem(&error))?;
        if field.name() != Some(name) {
            return Err(unexpected(&field));
        }
        let filename = field.content_disposition().and_then(|disposition| disposition.get_filename());
        Ok(OnlyPart {
            filename: filename.map(str::to_owned),
            content_type: field.content_type().map(ToString::to_string),
            field: Some(field),
            rest: self.parts,
        })
    }
}

/// The parts of a form, and why it ended before its end: the reader of forms does not tell.
struct Parts {
    form: actix_multipart::Multipart,
    ending: Rc<Cell<Option<Problem>>>,
}

impl Parts {
    fn problem(&self, error: &MultipartError) -> Problem {
        self.ending.take().unwrap_or_else(|| malformed(error))
    }
}

fn unexpected(part: &Field) -> Problem {
    let shown: String = part.name().unwrap_or_default().chars().filter(|c| !c.is_control()).take(64).collect();
    let pointer = format!("/{}", shown.replace('~', "~0").replace('/', "~1"));
    Problem::invalid(vec![Fault::new(pointer, "unknown", "is a part too many")])
}

/// The one part of a form: a stream of its bytes. At its end a form with more parts is 422.
pub struct OnlyPart {
    field: Option<Field>,
    rest: Parts,
    /// What the client calls the file. Never trust it.
    pub filename: Option<String>,
    /// Of what type the client says that it is.
    pub content_type: Option<String>,
}

impl std::fmt::Debug for OnlyPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnlyPart").finish_non_exhaustive()
    }
}

impl Stream for OnlyPart {
    type Item = Result<Bytes, Problem>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(field) = &mut self.field {
            match ready!(Pin::new(field).poll_next(context)) {
                Some(piece) => return Poll::Ready(Some(piece.map_err(|error| self.rest.problem(&error)))),
                // The reader of the form goes on when nobody holds the part any more.
                None => self.field = None,
            }
        }
        let more = ready!(Pin::new(&mut self.rest.form).poll_next(context));
        Poll::Ready(more.map(|part| match part {
            Ok(part) => Err(unexpected(&part)),
            Err(error) => Err(self.rest.problem(&error)),
        }))
    }
}

impl Extract for ByteStream {
    const STREAMED: bool = true;

    async fn extract(incoming: &mut Incoming) -> Result<Self, Problem> {
        incoming.stream(None)
    }
}

impl Describe for ByteStream {
    fn describe(description: &mut Description) {
        let bytes = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
            .build();
        description.body("application/octet-stream", RefOr::T(Schema::Object(bytes)));
        describe_body(description);
    }
}

impl<T: ToSchema + 'static> Extract for Multipart<T> {
    const STREAMED: bool = true;

    async fn extract(incoming: &mut Incoming) -> Result<Self, Problem> {
        let body = incoming.stream(None)?;
        Self::over(incoming, body)
    }
}

impl<T: ToSchema> Describe for Multipart<T> {
    fn describe(description: &mut Description) {
        let schema = description.schema_of::<T>();
        description.body(FORM, schema);
        describe_body(description);
    }
}
