//! The folder's own signed URLs: what an S3 server does with its presigned ones.

use std::io::{self, Seek as _, SeekFrom, Write as _};

use std::sync::Arc;

use futures_util::TryStreamExt as _;
use lyceum_web::{ByteStream, Disposition, Download, Entity, Problem, Ranges};
use tokio::task::spawn_blocking;

use crate::content::essence;
use crate::dto::GrantQuery;
use crate::error::FilesError;
use crate::service::FilesService;
use crate::service::download::Object;
use crate::store::{Grant, Key, Promise, StoreError};

impl FilesService {
    fn granted(&self, key: Key, query: &GrantQuery) -> Result<Grant, FilesError> {
        let (_, signer) = self.folder.as_ref().ok_or(FilesError::BadSignature)?;
        signer.read(key, &query.grant, &query.signature).ok_or(FilesError::BadSignature)
    }

    /// Gives an object to whoever holds a good URL.
    pub(crate) async fn get_object(&self, key: Key, query: &GrantQuery, ranges: &Ranges) -> Result<Download, Problem> {
        let Grant::Get { disposition, content_type, .. } = self.granted(key, query)? else {
            return Err(FilesError::BadSignature.into());
        };
        let size = self.store.size(key).await.map_err(|error| match error {
            StoreError::Missing => FilesError::NotFound,
            away @ StoreError::Away(_) => away.into(),
        })?;
        let entity = Entity {
            // Objects never change.
            etag: format!("\"{}\"", key.object.simple()),
            length: size,
            content_type,
            name: String::new(),
            disposition: Disposition::Attachment,
            modified: self.platform.clock.now(),
        };
        let source = Arc::new(Object { store: self.store.clone(), key });
        Ok(Download::open(ranges, entity, source).await?.disposed(disposition))
    }

    /// Takes an object, or a part of one, from whoever holds a good URL: just the bytes that were promised.
    pub(crate) async fn put_object(&self, key: Key, query: &GrantQuery, body: ByteStream) -> Result<(), Problem> {
        let Grant::Put { size, content_type, sha256, part, .. } = self.granted(key, query)? else {
            return Err(FilesError::BadSignature.into());
        };
        let same_type =
            content_type.is_none_or(|kind| body.content_type.as_deref().is_some_and(|it| essence(it) == kind));
        if body.length.is_some_and(|length| length != size) || !same_type {
            return Err(FilesError::BadSignature.into());
        }
        match part {
            None => self.put_whole(key, body, size, sha256).await,
            Some((_, number, offset)) => self.put_part(key, body, size, (number, offset)).await,
        }
    }

    async fn put_whole(&self, key: Key, mut body: ByteStream, size: u64, sum: Option<String>) -> Result<(), Problem> {
        let mut writer = self.spool.create(&*self.platform.entropy).await.map_err(away)?;
        while let Some(piece) = body.try_next().await? {
            if writer.received() + piece.len() as u64 > size {
                return Err(FilesError::SizeMismatch.into());
            }
            writer.write(piece).await.map_err(away)?;
        }
        if writer.received() != size {
            return Err(FilesError::SizeMismatch.into());
        }
        let arrived = writer.finish().await.map_err(away)?;
        if sum.is_some_and(|sum| sum != arrived.sha256) {
            return Err(FilesError::ChecksumMismatch.into());
        }
        let promise = Promise { size, content_type: None, sha256: Some(arrived.sha256.clone()) };
        Ok(self.store.put(key, arrived.file.path(), &promise).await.map_err(FilesError::from)?)
    }

    /// A part is written where it belongs, and marked as there once it is safe.
    async fn put_part(
        &self,
        key: Key,
        mut body: ByteStream,
        size: u64,
        (number, offset): (u32, u64),
    ) -> Result<(), Problem> {
        let (folder, _) = self.folder.as_ref().ok_or(FilesError::BadSignature)?;
        let folder = folder.parts(key);
        let mut part = spawn_blocking({
            let folder = folder.clone();
            move || PartFile::open(&folder, offset)
        })
        .await
        .map_err(|error| away(io::Error::other(error)))?
        .map_err(|error| match error.kind() {
            // The upload is complete, or was swept.
            io::ErrorKind::NotFound => FilesError::UploadOver,
            _ => away(error),
        })?;
        let mut received = 0;
        while let Some(piece) = body.try_next().await? {
            received += piece.len() as u64;
            if received > size {
                return Err(FilesError::SizeMismatch.into());
            }
            part.buffer.extend_from_slice(&piece);
            if part.buffer.len() >= PART_CHUNK {
                part = blocking(part, PartFile::flush).await?;
            }
        }
        if received != size {
            return Err(FilesError::SizeMismatch.into());
        }
        blocking(part, move |part| part.finish(&folder.join(number.to_string()))).await?;
        Ok(())
    }
}

/// Bytes of a part written at once.
const PART_CHUNK: usize = 256 * 1024;

struct PartFile {
    file: std::fs::File,
    buffer: Vec<u8>,
}

impl PartFile {
    fn open(folder: &std::path::Path, offset: u64) -> io::Result<Self> {
        let mut file =
            std::fs::OpenOptions::new().write(true).create(true).truncate(false).open(folder.join("data"))?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Self { file, buffer: Vec::with_capacity(PART_CHUNK) })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    fn finish(&mut self, mark: &std::path::Path) -> io::Result<()> {
        self.flush()?;
        self.file.sync_data()?;
        std::fs::File::create(mark)?.sync_all()
    }
}

async fn blocking(
    mut part: PartFile,
    work: impl FnOnce(&mut PartFile) -> io::Result<()> + Send + 'static,
) -> Result<PartFile, FilesError> {
    let done = spawn_blocking(move || work(&mut part).map(|()| part));
    done.await.map_err(|error| away(io::Error::other(error)))?.map_err(away)
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn away(error: io::Error) -> FilesError {
    FilesError::from(StoreError::Away(error.to_string()))
}
