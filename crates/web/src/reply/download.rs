//! Bytes of any length as an answer: whole, in parts (RFC 9110, section 14) or not at all, if the client has them.
//!
//! A handler takes [`Ranges`], says with an [`Entity`] what it has, and gives a [`ByteSource`] that opens any part of it. What the
//! client asked for is opened before the answer begins, so that a store that is away is a 503 and no broken answer.

use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::body::{BoxBody, SizedStream};
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};

use super::Reply;
use crate::describe::{Describe, Description, header as header_doc};
use crate::edge::compression::AsItIs;
use crate::etag::TagList;
use crate::extract::{describe_if_none_match, read_if_none_match};
use crate::problem::Problem;
use crate::route::{Extract, Incoming};

/// More ranges than this in one request are not worth an answer in parts: it gets the whole.
const MOST_RANGES: usize = 16;
/// Divides the parts of an answer with several. The bytes in between are not looked at: each part tells its length.
const BOUNDARY: &str = "lyceum-3f1a9c5e7b2d4860";
/// What a browser may do with what it is shown: nothing.
const SANDBOX: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'; style-src 'unsafe-inline'");
/// RFC 8187: what need not be encoded.
const ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Where bytes come from.
pub trait ByteSource: Send + Sync + 'static {
    /// The bytes of one range, in order. A failure before the first byte is an error here, later ones are the stream's.
    fn open(
        &self,
        range: Range<u64>,
    ) -> BoxFuture<'static, Result<BoxStream<'static, std::io::Result<Bytes>>, Problem>>;
}

/// Whether a browser may show it or is to offer it for saving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// To be saved.
    Attachment,
    /// To be shown: only what a browser cannot be harmed by.
    Inline,
}

/// What there is to download.
#[derive(Debug, Clone)]
pub struct Entity {
    /// The strong entity tag with its quotation marks.
    pub etag: String,
    /// Bytes.
    pub length: u64,
    /// The media type.
    pub content_type: String,
    /// What it is called; any text.
    pub name: String,
    /// Shown or saved.
    pub disposition: Disposition,
    /// When it last changed.
    pub modified: DateTime<Utc>,
}

/// Which part of a resource the client wants: `Range`, `If-Range`, `If-None-Match`.
#[derive(Debug, Clone, Default)]
pub struct Ranges {
    head: bool,
    none_match: Option<TagList>,
    if_range: Option<String>,
    range: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Selection {
    NotModified,
    Whole,
    Parts(Vec<Range<u64>>),
    Unsatisfiable,
}

impl Ranges {
    fn select(&self, entity: &Entity) -> Selection {
        if self.none_match.as_ref().is_some_and(|list| list.matches_weakly(&entity.etag)) {
            return Selection::NotModified;
        }
        let Some(range) = self.range.as_deref().filter(|_| !self.head && self.still_holds(entity)) else {
            return Selection::Whole;
        };
        match parse(range, entity.length) {
            None => Selection::Whole,
            Some(parts) if parts.is_empty() => Selection::Unsatisfiable,
            Some(parts) => Selection::Parts(parts),
        }
    }

    /// `If-Range`: a strong tag or the exact date; anything else means that the client has something else.
    fn still_holds(&self, entity: &Entity) -> bool {
        self.if_range.as_deref().is_none_or(|value| value == entity.etag || value == http_date(entity.modified))
    }
}

fn http_date(time: DateTime<Utc>) -> String {
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// The satisfiable ranges in their order, those that touch joined; nothing where the header is to be ignored.
fn parse(header: &str, length: u64) -> Option<Vec<Range<u64>>> {
    let list = header.trim().strip_prefix("bytes=")?;
    let mut found: Vec<Range<u64>> = Vec::new();
    for (place, spec) in list.split(',').map(str::trim).filter(|spec| !spec.is_empty()).enumerate() {
        if place >= MOST_RANGES {
            return None;
        }
        let (first, until) = spec.split_once('-')?;
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
        };
        let range = match (number(first), number(until)) {
            (Some(first), Some(until)) if first > until => return None,
            (Some(first), Some(until)) => first..until.saturating_add(1).min(length),
            (Some(first), None) if until.is_empty() => first..length,
            (None, Some(suffix)) if first.is_empty() => length.saturating_sub(suffix)..length,
            _ => return None,
        };
        if range.start < range.end {
            found.push(range);
        }
    }
    if list.trim_matches([',', ' ', '\t']).is_empty() {
        return None;
    }
    Some(joined(found))
}

/// Whoever asks for overlapping ranges gets each byte once.
fn joined(parts: Vec<Range<u64>>) -> Vec<Range<u64>> {
    let mut kept: Vec<Range<u64>> = Vec::with_capacity(parts.len());
    for range in parts {
        match kept.iter_mut().find(|other| range.start <= other.end && other.start <= range.end) {
            Some(other) => *other = other.start.min(range.start)..other.end.max(range.end),
            None => kept.push(range),
        }
    }
    kept
}

/// `Content-Disposition` (RFC 6266) for any name: nothing in it can end the header or the value.
pub fn content_disposition(disposition: Disposition, name: &str) -> String {
    let kind = match disposition {
        Disposition::Attachment => "attachment",
        Disposition::Inline => "inline",
    };
    let plain: String = name
        .chars()
        .map(|c| if matches!(c, ' '..='~') && !matches!(c, '"' | '\\' | '%' | '/') { c } else { '_' })
        .collect();
    if plain == name {
        return format!("{kind}; filename=\"{plain}\"");
    }
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{}", utf8_percent_encode(name, ATTRIBUTE))
}

type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, actix_web::Error>>>>;

/// The answer: 200, 206, 304; or 416 as a problem.
pub struct Download {
    entity: Entity,
    disposition: Option<String>,
    selection: Selection,
    length: u64,
    pieces: Pieces,
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Download").field("selection", &self.selection).finish_non_exhaustive()
    }
}

impl Download {
    /// Opens what was asked for.
    ///
    /// # Errors
    /// 416 if there is nothing of it; whatever the source says.
    pub async fn open(ranges: &Ranges, entity: Entity, source: Arc<dyn ByteSource>) -> Result<Self, Problem> {
        let selection = ranges.select(&entity);
        let (length, pieces): (u64, Pieces) = match &selection {
            Selection::Unsatisfiable => return Err(unsatisfiable(entity.length)),
            Selection::NotModified => (0, Box::pin(stream::empty())),
            Selection::Whole if ranges.head || entity.length == 0 => (entity.length, Box::pin(stream::empty())),
            Selection::Whole => (entity.length, opened(source.open(0..entity.length).await?)),
            Selection::Parts(parts) => match parts.as_slice() {
                [part] => (part.end - part.start, opened(source.open(part.clone()).await?)),
                parts => several(parts, &entity, &source).await?,
            },
        };
        Ok(Self { entity, disposition: None, selection, length, pieces })
    }

    /// With this `Content-Disposition`, as [`content_disposition`] made it before.
    #[must_use]
    pub fn disposed(self, disposition: String) -> Self {
        Self { disposition: Some(disposition), ..self }
    }
}

fn opened(stream: BoxStream<'static, std::io::Result<Bytes>>) -> Pieces {
    Box::pin(stream.map_err(|error| {
        tracing::warn!(%error, "download.broken_off");
        actix_web::Error::from(error)
    }))
}

fn unsatisfiable(length: u64) -> Problem {
    let detail = format!("None of the ranges lies within the {length} bytes that there are.");
    let problem = Problem::with_status(StatusCode::RANGE_NOT_SATISFIABLE, "range-not-satisfiable", detail);
    match HeaderValue::try_from(format!("bytes */{length}")) {
        Ok(value) => problem.header(header::CONTENT_RANGE, value),
        Err(_) => problem,
    }
}

/// `multipart/byteranges`: the first part is opened now, the others when it is their turn.
async fn several(
    parts: &[Range<u64>],
    entity: &Entity,
    source: &Arc<dyn ByteSource>,
) -> Result<(u64, Pieces), Problem> {
    let total = entity.length;
    let head = |part: &Range<u64>| {
        let last = part.end - 1;
        let kind = &entity.content_type;
        Bytes::from(format!(
            "\r\n--{BOUNDARY}\r\nContent-Type: {kind}\r\nContent-Range: bytes {}-{last}/{total}\r\n\r\n",
            part.start
        ))
    };
    let end = Bytes::from(format!("\r\n--{BOUNDARY}--\r\n"));
    let length = parts.iter().map(|part| head(part).len() as u64 + part.end - part.start).sum::<u64>();
    let length = length + end.len() as u64;
    let mut pieces: Pieces = Box::pin(stream::empty());
    for (place, part) in parts.iter().enumerate() {
        let body: Pieces = if place == 0 {
            opened(source.open(part.clone()).await?)
        } else {
            let (source, part) = (Arc::clone(source), part.clone());
            let later = async move { source.open(part).await.map(opened).map_err(actix_web::Error::from) };
            Box::pin(stream::once(later).try_flatten())
        };
        let head = head(part);
        pieces = Box::pin(pieces.chain(stream::once(async move { Ok(head) })).chain(body));
    }
    Ok((length, Box::pin(pieces.chain(stream::once(async move { Ok(end) })))))
}

impl Reply for Download {
    fn reply(self, incoming: &Incoming) -> Result<HttpResponse, Problem> {
        let Self { entity, disposition, selection, length, pieces } = self;
        let value = |text: String| {
            HeaderValue::try_from(text).map_err(|_| Problem::internal("a download's header is not a header"))
        };
        let mut response = match &selection {
            Selection::NotModified => HttpResponse::new(StatusCode::NOT_MODIFIED),
            Selection::Whole | Selection::Unsatisfiable => sized(StatusCode::OK, length, pieces),
            Selection::Parts(_) => sized(StatusCode::PARTIAL_CONTENT, length, pieces),
        };
        response.extensions_mut().insert(AsItIs);
        let headers = response.headers_mut();
        headers.insert(header::ETAG, value(entity.etag)?);
        headers.insert(header::LAST_MODIFIED, value(http_date(entity.modified))?);
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        if incoming.principal().is_some() {
            headers.insert(header::VARY, HeaderValue::from_static("Authorization"));
        }
        let kind = match &selection {
            Selection::NotModified => return Ok(response),
            Selection::Parts(parts) if parts.len() > 1 => format!("multipart/byteranges; boundary={BOUNDARY}"),
            _ => entity.content_type,
        };
        if let Selection::Parts(parts) = &selection
            && let [part] = parts.as_slice()
        {
            let range = format!("bytes {}-{}/{}", part.start, part.end - 1, entity.length);
            headers.insert(header::CONTENT_RANGE, value(range)?);
        }
        headers.insert(header::CONTENT_TYPE, value(kind)?);
        let disposition = disposition.unwrap_or_else(|| content_disposition(entity.disposition, &entity.name));
        headers.insert(header::CONTENT_DISPOSITION, value(disposition)?);
        headers.insert(header::CONTENT_SECURITY_POLICY, SANDBOX);
        Ok(response)
    }
}

fn sized(status: StatusCode, length: u64, pieces: Pieces) -> HttpResponse {
    HttpResponse::with_body(status, BoxBody::new(SizedStream::new(length, pieces)))
}

impl Extract for Ranges {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Problem> {
        let text = |name| incoming.header(&name).ok().flatten();
        Ok(Self {
            head: incoming.request().method() == Method::HEAD,
            none_match: read_if_none_match(incoming)?,
            if_range: text(header::IF_RANGE),
            range: text(header::RANGE),
        })
    }
}

impl Describe for Ranges {
    fn describe(description: &mut Description) {
        describe_if_none_match(description);
        description.note(
            "`Range` (RFC 9110, section 14) asks for some of the bytes, one range or several; `If-Range` only if they are still those \
             of the `ETag`.",
        );
        let text = "None of the ranges lies within the bytes that there are; `Content-Range` tells how many there are.";
        description.problem(416, "range-not-satisfiable", text);
    }
}

impl Describe for Download {
    fn describe(description: &mut Description) {
        let bytes = || {
            let format = Some(SchemaFormat::KnownFormat(KnownFormat::Binary));
            RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(Type::String).format(format).build()))
        };
        description.success_with(200, "The bytes.", "*/*", bytes());
        let partial = description.success_with(206, "The ranges that were asked for.", "*/*", bytes());
        let text = "Where the bytes lie and how many there are in all; not where there are several ranges.";
        partial.headers.insert("Content-Range".to_owned(), header_doc(text, Type::String));
        description.success(304, "The client has the bytes already.");
        for (_, response) in description.successes() {
            let headers = [
                ("Accept-Ranges", "`bytes`"),
                ("Content-Disposition", "The file's name (RFC 6266)."),
                ("Last-Modified", "When the bytes came to be."),
            ];
            for (name, text) in headers {
                response.headers.insert(name.to_owned(), header_doc(text, Type::String));
            }
        }
        description.versioned = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::single_range_in_vec_init, reason = "lists of ranges are meant")]
    fn ranges_are_read_as_rfc_9110_has_them() {
        for (header, wanted) in [
            ("bytes=0-0", Some(vec![0..1])),
            ("bytes=0-499", Some(vec![0..10])),
            ("bytes=5-", Some(vec![5..10])),
            ("bytes=-3", Some(vec![7..10])),
            ("bytes=-99", Some(vec![0..10])),
            ("bytes=10-", Some(vec![])),
            ("bytes=-0", Some(vec![])),
            ("bytes=0-1, 4-5", Some(vec![0..2, 4..6])),
            ("bytes=0-5, 3-7", Some(vec![0..8])),
            ("bytes=0-1,99-", Some(vec![0..2])),
            ("bytes=99999999999999999999999-", Some(vec![])),
            ("bytes=5-3", None),
            ("bytes=a-b", None),
            ("bytes=-", None),
            ("bytes=", None),
            ("items=0-1", None),
            ("bytes=+1-2", None),
        ] {
            assert_eq!(parse(header, 10), wanted, "{header}");
        }
        assert_eq!(parse("bytes=0-", 0), Some(vec![]));
        let many = format!("bytes={}", (0..100).map(|n| format!("{n}-{n}")).collect::<Vec<_>>().join(","));
        assert_eq!(parse(&many, 1000), None);
    }

    #[test]
    fn row_31_no_name_splits_the_header() {
        let shown = |name| content_disposition(Disposition::Attachment, name);
        assert_eq!(shown("plan.pdf"), "attachment; filename=\"plan.pdf\"");
        let wicked = shown("a\"\r\nSet-Cookie: x=1\u{0}é.pdf");
        assert_eq!(
            wicked,
            "attachment; filename=\"a___Set-Cookie: x=1__.pdf\"; filename*=UTF-8''a%22%0D%0ASet-Cookie%3A%20x%3D1%00%C3%A9.pdf"
        );
        assert!(HeaderValue::try_from(wicked).is_ok());
    }
}
