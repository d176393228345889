//! Content codings (RFC 9110, section 8.4): long texts are compressed for those who accept it, short ones never.
//!
//! A compressed answer is another representation, so its strong entity tag gets a suffix (`"3-user"` → `"3-user+gzip"`,
//! RFC 9110, section 8.8.3.3). Tags that come back in `If-Match` and `If-None-Match` lose it again before anybody
//! compares them: a client may use what it got, compressed or not.

use actix_http::encoding::Encoder;
use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentEncoding, HeaderMap, HeaderName, HeaderValue};

/// Put upon an answer that is to go as it is, whatever its type: its parts can be asked for by their place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AsItIs;

/// Answers shorter than this, in bytes, go as they are.
const WORTHWHILE: u64 = 1024;

/// A content coding that we speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
}

impl Coding {
    const fn suffix(self) -> &'static str {
        match self {
            Self::Gzip => "+gzip\"",
            Self::Brotli => "+br\"",
        }
    }

    /// The best coding that an `Accept-Encoding` header allows.
    pub(crate) fn accepted(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
        let (mut gzip, mut brotli, mut any) = (None, None, None);
        for entry in value.split(',') {
            let (name, parameters) = entry.split_once(';').unwrap_or((entry, ""));
            let quality = parameters.trim().strip_prefix("q=").map_or(1.0, |q| q.trim().parse::<f32>().unwrap_or(0.0));
            match name.trim() {
                name if name.eq_ignore_ascii_case("gzip") => gzip = Some(quality),
                name if name.eq_ignore_ascii_case("br") => brotli = Some(quality),
                "*" => any = Some(quality),
                _ => {}
            }
        }
        let (gzip, brotli) = (gzip.or(any).unwrap_or(0.0), brotli.or(any).unwrap_or(0.0));
        match (gzip > 0.0, brotli > 0.0) {
            (_, true) if brotli >= gzip => Some(Self::Brotli),
            (true, _) => Some(Self::Gzip),
            _ => None,
        }
    }
}

/// Takes our suffixes off the entity tags of a request; says which there was, if any.
pub(crate) fn plain_tags(headers: &mut HeaderMap) -> Option<Coding> {
    let mut found = None;
    for name in [header::IF_NONE_MATCH, header::IF_MATCH] {
        found = plain_tags_of(headers, name).or(found);
    }
    found
}

fn plain_tags_of(headers: &mut HeaderMap, name: HeaderName) -> Option<Coding> {
    let value = headers.get(&name)?.to_str().ok()?;
    let coding = [Coding::Gzip, Coding::Brotli].into_iter().find(|coding| value.contains(coding.suffix()))?;
    let plain = value.replace(Coding::Gzip.suffix(), "\"").replace(Coding::Brotli.suffix(), "\"");
    headers.insert(name, HeaderValue::from_str(&plain).ok()?);
    Some(coding)
}

/// Compresses the answer if it is worth it. `asked` is the coding of the tag that the client sent, for 304.
pub(crate) fn compress(request: &HeaderMap, asked: Option<Coding>, mut response: HttpResponse) -> HttpResponse {
    if response.status() == StatusCode::NOT_MODIFIED {
        if let Some(coding) = asked {
            mark_tag(response.headers_mut(), coding);
        }
        return response;
    }
    if !is_worthwhile(&response) {
        return response;
    }
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    let Some(coding) = Coding::accepted(request) else { return response };
    mark_tag(response.headers_mut(), coding);
    let encoding = match coding {
        Coding::Gzip => ContentEncoding::Gzip,
        Coding::Brotli => ContentEncoding::Brotli,
    };
    let (head, body) = response.into_parts();
    let mut inner = actix_http::Response::from(head);
    let body = Encoder::response(encoding, inner.head_mut(), body);
    let mut response = HttpResponse::<BoxBody>::from(inner.set_body(BoxBody::new(body)));
    // The encoder adds a `Vary` of its own.
    let vary: Vec<HeaderValue> = response.headers_mut().remove(header::VARY).collect();
    for (place, value) in vary.iter().enumerate() {
        if !vary[..place].iter().any(|earlier| earlier.as_bytes().eq_ignore_ascii_case(value.as_bytes())) {
            response.headers_mut().append(header::VARY, value.clone());
        }
    }
    response
}

fn is_worthwhile(response: &HttpResponse) -> bool {
    let long = match response.body().size() {
        BodySize::Sized(length) => length >= WORTHWHILE,
        BodySize::Stream => true,
        BodySize::None => false,
    };
    let bare = |status| status != StatusCode::SWITCHING_PROTOCOLS && status != StatusCode::PARTIAL_CONTENT;
    long && bare(response.status())
        && response.extensions().get::<AsItIs>().is_none()
        && !response.headers().contains_key(header::CONTENT_ENCODING)
        && response.headers().get(header::CONTENT_TYPE).is_some_and(is_text)
}

fn is_text(content_type: &HeaderValue) -> bool {
    let Ok(text) = content_type.to_str() else { return false };
    let essence = text.split(';').next().unwrap_or_default().trim();
    let text = essence.starts_with("text/") && essence != "text/event-stream";
    text || essence.ends_with("json") || essence.ends_with("xml") || essence.ends_with("javascript")
}

fn mark_tag(headers: &mut HeaderMap, coding: Coding) {
    let Some(tag) = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()) else { return };
    let Some(stem) = tag.strip_suffix('"').filter(|_| tag.starts_with('"')) else { return };
    if let Ok(marked) = HeaderValue::from_str(&format!("{stem}{}", coding.suffix())) {
        headers.insert(header::ETAG, marked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(value: &'static str) -> Option<Coding> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
        Coding::accepted(&headers)
    }

    #[test]
    fn the_client_decides() {
        assert_eq!(accepted("gzip, deflate, br"), Some(Coding::Brotli));
        assert_eq!(accepted("gzip;q=1.0, br;q=0.5"), Some(Coding::Gzip));
        assert_eq!(accepted("GZIP"), Some(Coding::Gzip));
        assert_eq!(accepted("*"), Some(Coding::Brotli));
        assert_eq!(accepted("br;q=0, gzip"), Some(Coding::Gzip));
        assert_eq!(accepted("identity"), None);
        assert_eq!(accepted("gzip;q=0"), None);
        assert_eq!(accepted("gzip;q=rubbish"), None);
    }

    #[test]
    fn suffixes_come_off_tags() {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("\"1-user\", \"3-user+gzip\""));
        assert_eq!(plain_tags(&mut headers), Some(Coding::Gzip));
        assert_eq!(headers.get(header::IF_NONE_MATCH).unwrap(), "\"1-user\", \"3-user\"");
        assert_eq!(plain_tags(&mut headers), None);
    }
}
