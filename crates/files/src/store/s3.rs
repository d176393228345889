//! Objects in a bucket of any server that speaks S3.
//!
//! Bytes go through URLs that we sign ourselves, so that they stream both ways with nothing held in memory.

use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use futures_util::TryStreamExt as _;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RANGE};
use reqwest::{Body, Response, StatusCode};
use s3::Bucket;
use s3::error::S3Error;
use s3::serde_types::Part;
use tokio_util::io::ReaderStream;

use super::{Key, Listed, ObjectStore, PartPlace, Pieces, Presentation, Promise, SignedRequest, StoreError};

/// For how long a URL is good that we use ourselves, at once.
const AT_ONCE: u32 = 300;
/// Bytes read at once from the spool.
const CHUNK: usize = 128 * 1024;
const CHECKSUM: HeaderName = HeaderName::from_static("x-amz-checksum-sha256");

/// A bucket as a store.
#[derive(Debug, Clone)]
pub struct S3 {
    bucket: Box<Bucket>,
    /// The same as clients reach it.
    outside: Box<Bucket>,
    http: reqwest::Client,
}

impl S3 {
    /// The store in `bucket`, which clients reach as `outside`; `timeout` bounds connecting and every pause of a transfer.
    ///
    /// # Errors
    /// If there is no TLS.
    pub fn new(bucket: Box<Bucket>, outside: Box<Bucket>, timeout: Duration) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .connect_timeout(timeout)
            .read_timeout(timeout)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { bucket, outside, http })
    }

    async fn get(&self, key: Key, range: Option<&Range<u64>>) -> Result<Response, StoreError> {
        let url = self.bucket.presign_get(key.to_string(), AT_ONCE, None).await.map_err(away)?;
        let mut request = self.http.get(url);
        if let Some(range) = range {
            request = request.header(RANGE, format!("bytes={}-{}", range.start, range.end.saturating_sub(1)));
        }
        answered(request.send().await)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn away(error: S3Error) -> StoreError {
    match &error {
        S3Error::HttpFailWithBody(404, _) => StoreError::Missing,
        // What servers say may be long, and quote what was asked.
        S3Error::HttpFailWithBody(status, _) => StoreError::Away(format!("it answered {status}")),
        S3Error::Reqwest(error) => StoreError::Away(reason(error)),
        _ => StoreError::Away("it does not answer as it should".to_owned()),
    }
}

/// Without the URL, in which the signature is.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        "it does not answer".to_owned()
    } else if error.is_connect() {
        "it cannot be reached".to_owned()
    } else {
        "the connection broke".to_owned()
    }
}

fn answered(outcome: Result<Response, reqwest::Error>) -> Result<Response, StoreError> {
    let response = outcome.map_err(|error| StoreError::Away(reason(&error)))?;
    match response.status() {
        status if status.is_success() => Ok(response),
        StatusCode::NOT_FOUND => Err(StoreError::Missing),
        status => Err(StoreError::Away(format!("it answered {}", status.as_u16()))),
    }
}

/// The headers that bind an upload to what was promised.
fn bound(promise: &Promise) -> Result<HeaderMap, StoreError> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_LENGTH, promise.size.into());
    if let Some(kind) = &promise.content_type {
        let value = HeaderValue::try_from(kind).map_err(|_| StoreError::Away("a type is no header".to_owned()))?;
        headers.insert(CONTENT_TYPE, value);
    }
    if let Some(sum) = promise.sha256.as_deref().and_then(base64_of_hex) {
        let value = HeaderValue::try_from(sum).map_err(|_| StoreError::Away("a checksum is no header".to_owned()))?;
        headers.insert(CHECKSUM, value);
    }
    Ok(headers)
}

fn base64_of_hex(hex: &str) -> Option<String> {
    let digits = hex.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> =
        digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    Some(STANDARD.encode(bytes?))
}

/// What a client has to send; it sends its length by itself.
fn told(headers: &HeaderMap) -> Vec<(&'static str, String)> {
    let text = |name: &HeaderName| Some(headers.get(name)?.to_str().ok()?.to_owned());
    let kind = text(&CONTENT_TYPE).map(|kind| ("content-type", kind));
    let sum = text(&CHECKSUM).map(|sum| ("x-amz-checksum-sha256", sum));
    kind.into_iter().chain(sum).collect()
}

fn life_in_seconds(life: Duration) -> u32 {
    u32::try_from(life.as_secs()).unwrap_or(AT_ONCE).clamp(1, AT_ONCE)
}

#[async_trait]
impl ObjectStore for S3 {
    async fn put(&self, key: Key, file: &Path, promise: &Promise) -> Result<(), StoreError> {
        let headers = bound(promise)?;
        let url = self.bucket.presign_put(key.to_string(), AT_ONCE, Some(headers.clone()), None).await.map_err(away)?;
        let file = tokio::fs::File::open(file).await?;
        let body = Body::wrap_stream(ReaderStream::with_capacity(file, CHUNK));
        answered(self.http.put(url).headers(headers).body(body).send().await).map(drop)
    }

    async fn open(&self, key: Key, range: Range<u64>) -> Result<Pieces, StoreError> {
        if range.is_empty() {
            return Ok(Box::pin(futures_util::stream::empty()));
        }
        let response = self.get(key, Some(&range)).await?;
        let wanted = range.end - range.start;
        if response.content_length().is_some_and(|length| length != wanted) {
            return Err(StoreError::Away("an object is not as long as it should be".to_owned()));
        }
        Ok(Box::pin(response.bytes_stream().map_err(|error| io::Error::other(reason(&error)))))
    }

    async fn size(&self, key: Key) -> Result<u64, StoreError> {
        let (head, status) = self.bucket.head_object(key.to_string()).await.map_err(away)?;
        match status {
            200..300 => Ok(head.content_length.and_then(|length| u64::try_from(length).ok()).unwrap_or(0)),
            404 => Err(StoreError::Missing),
            status => Err(StoreError::Away(format!("it answered {status}"))),
        }
    }

    async fn delete(&self, key: Key) -> Result<(), StoreError> {
        let url = self.bucket.presign_delete(key.to_string(), AT_ONCE).await.map_err(away)?;
        match answered(self.http.delete(url).send().await) {
            Ok(_) | Err(StoreError::Missing) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn sign_get(&self, key: Key, shown: &Presentation, life: Duration) -> Result<SignedRequest, StoreError> {
        let told = HashMap::from([
            ("response-content-disposition".to_owned(), shown.disposition.clone()),
            ("response-content-type".to_owned(), shown.content_type.clone()),
        ]);
        let url = self.outside.presign_get(key.to_string(), life_in_seconds(life), Some(told)).await.map_err(away)?;
        Ok(SignedRequest { method: "GET", url, headers: Vec::new() })
    }

    async fn sign_put(&self, key: Key, promise: &Promise, life: Duration) -> Result<SignedRequest, StoreError> {
        let headers = bound(promise)?;
        let told = told(&headers);
        let life = life_in_seconds(life);
        let url = self.outside.presign_put(key.to_string(), life, Some(headers), None).await.map_err(away)?;
        Ok(SignedRequest { method: "PUT", url, headers: told })
    }

    async fn begin_parts(&self, key: Key, content_type: &str) -> Result<String, StoreError> {
        let begun = self.bucket.initiate_multipart_upload(&key.to_string(), content_type).await.map_err(away)?;
        Ok(begun.upload_id)
    }

    async fn sign_part(
        &self,
        key: Key,
        upload: &str,
        place: PartPlace,
        promise: &Promise,
        life: Duration,
    ) -> Result<SignedRequest, StoreError> {
        let headers = bound(promise)?;
        let told = told(&headers);
        let which = HashMap::from([
            ("partNumber".to_owned(), place.number.to_string()),
            ("uploadId".to_owned(), upload.to_owned()),
        ]);
        let life = life_in_seconds(life);
        let url = self.outside.presign_put(key.to_string(), life, Some(headers), Some(which)).await.map_err(away)?;
        Ok(SignedRequest { method: "PUT", url, headers: told })
    }

    async fn complete_parts(&self, key: Key, upload: &str, count: u32) -> Result<(), StoreError> {
        let which = HashMap::from([("uploadId".to_owned(), upload.to_owned())]);
        let url = self.bucket.presign_get(key.to_string(), AT_ONCE, Some(which)).await.map_err(away)?;
        let listing = match answered(self.http.get(url).send().await) {
            // Completed before, when the answer was lost.
            Err(StoreError::Missing) => return self.size(key).await.map(drop),
            other => other?,
        };
        let listing = listing.text().await.map_err(|error| StoreError::Away(reason(&error)))?;
        let parts = parts_of(&listing)?;
        if parts.len() != count as usize || parts.iter().zip(1..).any(|(part, number)| part.part_number != number) {
            return Err(StoreError::Missing);
        }
        self.bucket.complete_multipart_upload(&key.to_string(), upload, parts).await.map(drop).map_err(away)
    }

    async fn abort_parts(&self, key: Key, upload: Option<&str>) -> Result<(), StoreError> {
        let Some(upload) = upload else { return Ok(()) };
        match self.bucket.abort_upload(&key.to_string(), upload).await.map_err(away) {
            Err(StoreError::Missing) => Ok(()),
            other => other,
        }
    }

    async fn list(&self, place: Option<String>) -> Result<(Vec<Listed>, Option<String>), StoreError> {
        let (page, _) = self.bucket.list_page(String::new(), None, place, None, Some(1_000)).await.map_err(away)?;
        let listed = page.contents.iter().filter_map(|object| {
            let modified = DateTime::parse_from_rfc3339(&object.last_modified).ok()?.to_utc();
            Some(Listed { key: object.key.parse().ok()?, modified })
        });
        Ok((listed.collect(), page.next_continuation_token))
    }
}

#[derive(serde::Deserialize)]
struct ListedParts {
    #[serde(rename = "Part", default)]
    parts: Vec<ListedPart>,
}

#[derive(serde::Deserialize)]
struct ListedPart {
    #[serde(rename = "PartNumber")]
    number: u32,
    /// Small servers list none, and ask for none.
    #[serde(rename = "ETag", default = "empty_tag")]
    etag: String,
}

fn empty_tag() -> String {
    "\"\"".to_owned()
}

/// `ListPartsResult`: at most the thousand parts of one page, which is more than we ever make.
fn parts_of(listing: &str) -> Result<Vec<Part>, StoreError> {
    let listed: ListedParts = quick_xml::de::from_str(listing)
        .map_err(|_| StoreError::Away("it lists the parts of an upload in words of its own".to_owned()))?;
    let mut parts: Vec<Part> =
        listed.parts.into_iter().map(|part| Part { part_number: part.number, etag: part.etag }).collect();
    parts.sort_by_key(|part| part.part_number);
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_from_a_listing() {
        let listing = "<ListPartsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Bucket>b</Bucket>\
            <Part><PartNumber>2</PartNumber><ETag>&quot;b&quot;</ETag><Size>5</Size></Part>\
            <Part><PartNumber>1</PartNumber><ETag>\"a\"</ETag></Part></ListPartsResult>";
        let parts = parts_of(listing).unwrap();
        assert_eq!(
            parts.iter().map(|part| (part.part_number, part.etag.as_str())).collect::<Vec<_>>(),
            [(1, "\"a\""), (2, "\"b\"")]
        );
        assert!(parts_of("<html>").is_err());
        assert_eq!(base64_of_hex("00ff"), Some("AP8=".to_owned()));
    }
}
