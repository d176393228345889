//! Where the bytes lie: one port, two adapters.
//!
//! Keys are made by us and never from what a client says: `<school>/<uuid>` (`<account>/<uuid>` for pictures of people). An object
//! under a key is whole or not there. URLs are signed without asking the store; what they allow is one method on one key for at most
//! five minutes, and for uploads one size, type and checksum.

mod folder;
mod grant;
mod guard;
mod s3;

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;
use uuid::Uuid;

pub use folder::Folder;
pub use grant::{Grant, Signer};
pub use guard::Store;
pub use s3::S3;

/// Names an object: whose it is, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The school, or for its picture an account.
    pub owner: Uuid,
    /// The object.
    pub object: Uuid,
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.owner, self.object)
    }
}

impl std::str::FromStr for Key {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (owner, object) = text.split_once('/').ok_or(())?;
        let uuid = |text: &str| {
            let hyphenated = text.len() == uuid::fmt::Hyphenated::LENGTH;
            Uuid::parse_str(text).ok().filter(|_| hyphenated).ok_or(())
        };
        Ok(Self { owner: uuid(owner)?, object: uuid(object)? })
    }
}

/// How a store fails.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such object, or no such upload.
    #[error("there is no such object")]
    Missing,
    /// The store does not answer, or not as it should; the reason is for the log.
    #[error("the store is away: {0}")]
    Away(String),
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Away(error.to_string()),
        }
    }
}

/// The bytes of an object, or of a part of it.
pub type Pieces = BoxStream<'static, std::io::Result<Bytes>>;

/// What a URL for putting promises about the bytes.
#[derive(Debug, Clone)]
pub struct Promise {
    /// How many.
    pub size: u64,
    /// Of which type; not for parts.
    pub content_type: Option<String>,
    /// SHA-256 in hex, if it is known.
    pub sha256: Option<String>,
}

/// What a URL for getting tells the browser.
#[derive(Debug, Clone)]
pub struct Presentation {
    /// `Content-Disposition`.
    pub disposition: String,
    /// `Content-Type`.
    pub content_type: String,
}

/// One part of an upload in parts.
#[derive(Debug, Clone, Copy)]
pub struct PartPlace {
    /// Which, from 1.
    pub number: u32,
    /// Where in the object it begins.
    pub offset: u64,
}

/// A request that a client may make of the store itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedRequest {
    /// `GET` or `PUT`.
    pub method: &'static str,
    /// Where.
    pub url: String,
    /// What must be sent along, as it stands.
    pub headers: Vec<(&'static str, String)>,
}

/// An object as a listing shows it.
#[derive(Debug, Clone, Copy)]
pub struct Listed {
    /// Its key.
    pub key: Key,
    /// When it was put there.
    pub modified: DateTime<Utc>,
}

/// A store of objects.
#[async_trait]
pub trait ObjectStore: Send + Sync + std::fmt::Debug {
    /// Puts a file that lies in the [spool](crate::spool) into the store, whole or not at all. It may be moved.
    async fn put(&self, key: Key, file: &Path, promise: &Promise) -> Result<(), StoreError>;

    /// Opens a range of an object.
    async fn open(&self, key: Key, range: Range<u64>) -> Result<Pieces, StoreError>;

    /// How many bytes an object has.
    async fn size(&self, key: Key) -> Result<u64, StoreError>;

    /// Deletes an object; nothing happens if there is none.
    async fn delete(&self, key: Key) -> Result<(), StoreError>;

    /// A URL for getting an object. Nothing is asked of the store.
    async fn sign_get(&self, key: Key, shown: &Presentation, life: Duration) -> Result<SignedRequest, StoreError>;

    /// A URL for putting an object. Nothing is asked of the store.
    async fn sign_put(&self, key: Key, promise: &Promise, life: Duration) -> Result<SignedRequest, StoreError>;

    /// Begins an upload in parts; its name in the store.
    async fn begin_parts(&self, key: Key, content_type: &str) -> Result<String, StoreError>;

    /// A URL for putting one part. Nothing is asked of the store.
    async fn sign_part(
        &self,
        key: Key,
        upload: &str,
        place: PartPlace,
        promise: &Promise,
        life: Duration,
    ) -> Result<SignedRequest, StoreError>;

    /// Makes the object of its `count` parts; [`StoreError::Missing`] while one is not there.
    async fn complete_parts(&self, key: Key, upload: &str, count: u32) -> Result<(), StoreError>;

    /// Forgets an upload in parts and what has arrived of it. Its name is unknown where the program was killed just after it began: a
    /// folder knows what it is about all the same, a bucket's own rule (abort incomplete uploads after some days) ends it.
    async fn abort_parts(&self, key: Key, upload: Option<&str>) -> Result<(), StoreError>;

    /// Some of the objects behind a place, and the next place while there are more.
    async fn list(&self, place: Option<String>) -> Result<(Vec<Listed>, Option<String>), StoreError>;
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn row_33_keys_are_two_ids_and_nothing_else() {
        let key = "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03/019aa5d2-6f00-7c3e-8000-5d1f1f6f2d04";
        assert_eq!(key.parse::<Key>().unwrap().to_string(), key);
        for bad in [
            "",
            "/",
            "a/b",
            "../019aa5d2-6f00-7c3e-8000-5d1f1f6f2d04",
            "019aa5d26f007c3e80005d1f1f6f2c03/019aa5d26f007c3e80005d1f1f6f2d04",
            "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03/../x",
            "/019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03/019aa5d2-6f00-7c3e-8000-5d1f1f6f2d04",
        ] {
            assert!(bad.parse::<Key>().is_err(), "{bad}");
        }
    }
}
