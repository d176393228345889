//! Giving bytes out.

use std::ops::Range;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use lyceum_kernel::{FileId, Principal, Scope};
use lyceum_web::{ByteSource, Disposition, Download, Entity, Problem, Ranges, reply::content_disposition};

use crate::content;
use crate::dto::{DownloadQuery, Shown, SignedUrl};
use crate::error::FilesError;
use crate::model::file::Model;
use crate::repo::derived;
use crate::service::FilesService;
use crate::store::{Key, Pieces, Presentation, Store, StoreError};

/// An object as a source of bytes.
pub(crate) struct Object {
    pub(crate) store: Store,
    pub(crate) key: Key,
}

impl ByteSource for Object {
    fn open(&self, range: Range<u64>) -> BoxFuture<'static, Result<Pieces, Problem>> {
        let (store, key) = (self.store.clone(), self.key);
        Box::pin(async move {
            let pieces = store.open(key, range).await;
            // The row says that it is there: if it is not, something is amiss with the store.
            let pieces = pieces.map_err(|error| match error {
                StoreError::Missing => StoreError::Away(format!("{key} is missing")),
                away @ StoreError::Away(_) => away,
            });
            Ok(pieces.map_err(FilesError::from)?)
        })
    }
}

impl FilesService {
    /// The bytes of a file, or of a smaller copy of it.
    pub(crate) async fn download(
        &self,
        who: &Principal,
        id: FileId,
        query: &DownloadQuery,
        ranges: &Ranges,
    ) -> Result<Download, Problem> {
        let row = self.readable(who, id).await?;
        let (key, size, sha256, content_type) = match query.variant {
            None => (row.key(), row.size, row.sha256.clone().unwrap_or_default(), row.content_type.clone()),
            Some(kind) => {
                let db = self.platform.db.read(Scope::School(row.school_id));
                let found = derived::variant(&db, (row.school_id, id), kind).await.map_err(FilesError::from)?;
                let copy = found.ok_or(FilesError::NotFound)?;
                let key = Key { owner: row.school_id.uuid(), object: copy.object_id };
                (key, copy.size, copy.sha256, copy.content_type)
            }
        };
        let entity = Entity {
            etag: format!("\"{sha256}\""),
            length: u64::try_from(size).unwrap_or(0),
            disposition: disposition(&content_type, query.disposition),
            content_type: with_charset(content_type),
            name: row.name,
            modified: row.created_at,
        };
        Download::open(ranges, entity, Arc::new(Object { store: self.store.clone(), key })).await
    }

    /// A short-lived URL of the store for a file.
    pub(crate) async fn sign(&self, who: &Principal, key: &str) -> Result<SignedUrl, FilesError> {
        let key: Key = key.parse().map_err(|()| FilesError::NotFound)?;
        let row: Model = self.readable(who, FileId(key.object)).await?;
        if row.key() != key {
            return Err(FilesError::NotFound);
        }
        let shown = Presentation {
            disposition: content_disposition(Disposition::Attachment, &row.name),
            content_type: with_charset(row.content_type),
        };
        let signed = self.store.sign_get(key, &shown, self.url_life()).await?;
        Ok(SignedUrl::of(signed, self.platform.clock.now() + self.url_life()))
    }
}

fn disposition(content_type: &str, asked: Option<Shown>) -> Disposition {
    if asked == Some(Shown::Inline) && content::is_safe_inline(content_type) {
        Disposition::Inline
    } else {
        Disposition::Attachment
    }
}

/// Text is UTF-8: it was found to be.
fn with_charset(content_type: String) -> String {
    if content_type.starts_with("text/") { content_type + "; charset=utf-8" } else { content_type }
}
