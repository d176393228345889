//! What is made of files by jobs: smaller copies of pictures, texts of documents.

use std::path::Path;

use futures_util::TryStreamExt as _;
use lyceum_kernel::Scope;
use lyceum_kernel::events::files::TextExtracted;
use lyceum_platform::uow::UnitOfWork;

use crate::content;
use crate::error::FilesError;
use crate::jobs::Which;
use crate::model::file::Model;
use crate::model::{text, variant};
use crate::reader::{ReadError, Task};
use crate::repo::{derived, files};
use crate::service::FilesService;
use crate::spool::Arrived;
use crate::store::{Key, Promise, StoreError};

/// The longest file that is read, in bytes.
const LONGEST: i64 = 64 << 20;

/// What reads the text of a type.
fn reader_of(content_type: &str) -> Option<Task> {
    match content_type {
        "application/pdf" => Some(Task::Pdf),
        "text/plain" | "text/markdown" => Some(Task::Text),
        kind if content::has_text(kind) => Some(Task::Docx),
        _ => None,
    }
}

impl FilesService {
    /// A file that is worth reading, and is still there.
    async fn to_be_read(&self, which: Which) -> Result<Option<Model>, FilesError> {
        let scope = Scope::School(which.school_id);
        let row = files::find(&self.platform.db.read(scope), scope, which.file_id).await?;
        Ok(row.filter(|row| row.is_there() && row.size <= LONGEST))
    }

    /// Brings a file from the store to this machine.
    async fn fetch(&self, row: &Model) -> Result<Arrived, FilesError> {
        let away = |error: std::io::Error| FilesError::from(StoreError::Away(error.to_string()));
        let mut pieces = self.store.open(row.key(), 0..u64::try_from(row.size).unwrap_or(0)).await?;
        let mut writer = self.spool.create(&*self.platform.entropy).await.map_err(away)?;
        while let Some(piece) = pieces.try_next().await.map_err(away)? {
            writer.write(piece).await.map_err(away)?;
        }
        writer.finish().await.map_err(away)
    }

    /// What the reader makes of a file; nothing of one that cannot be read.
    async fn read(&self, task: Task, path: &Path) -> Result<Option<(crate::reader::Finding, Vec<u8>)>, FilesError> {
        let away = |error: std::io::Error| FilesError::from(StoreError::Away(error.to_string()));
        let file = std::fs::File::open(path).map_err(away)?;
        match self.reader.read(task, file).await {
            Ok(found) => Ok(Some(found)),
            Err(ReadError::Unreadable(reason)) => {
                metrics::counter!("files_unreadable_total").increment(1);
                tracing::info!(%task, reason, "files.unreadable");
                Ok(None)
            }
            Err(ReadError::NoProcess(error)) => Err(away(error)),
        }
    }

    /// Reads the text of a file and keeps it.
    pub(crate) async fn read_text(&self, which: Which, uow: UnitOfWork) -> Result<(), FilesError> {
        let row = self.to_be_read(which).await?;
        let task = row.as_ref().and_then(|row| reader_of(&row.content_type));
        let mut found = None;
        if let (Some(row), Some(task)) = (&row, task) {
            let arrived = self.fetch(row).await?;
            found = self.read(task, arrived.file.path()).await?;
        }
        let mut tx = uow.begin().await?;
        if let Some((finding, bytes)) = found
            && files::find_locked(tx.conn(), which.school_id, which.file_id).await?.is_some()
        {
            let body = String::from_utf8_lossy(&bytes).into_owned();
            let Which { school_id, file_id } = which;
            let row = text::Model { school_id, file_id, body, truncated: finding.truncated, created_at: tx.now() };
            derived::put_text(tx.conn(), row).await?;
            tx.emit(&TextExtracted { school_id, file_id });
        }
        Ok(tx.commit_quietly().await?)
    }

    /// Makes the smaller copies of a picture.
    pub(crate) async fn make_variants(&self, which: Which, uow: UnitOfWork) -> Result<(), FilesError> {
        let Some(row) = self.to_be_read(which).await? else {
            return Ok(uow.begin().await?.commit_quietly().await?);
        };
        let arrived = self.fetch(&row).await?;
        let mut copies = Vec::new();
        for kind in variant::Kind::ALL {
            let Some((finding, bytes)) = self.read(Task::Picture(kind.side()), arrived.file.path()).await? else {
                break;
            };
            let drawn = self.spooled(bytes).await?;
            let object = lyceum_kernel::id::uuid_v7(self.platform.clock.now(), &*self.platform.entropy);
            let key = Key { owner: which.school_id.uuid(), object };
            let content_type = Some(finding.content_type.clone());
            let promise = Promise { size: drawn.size, content_type, sha256: Some(drawn.sha256.clone()) };
            self.store.put(key, drawn.file.path(), &promise).await?;
            copies.push(variant::Model {
                school_id: which.school_id,
                file_id: which.file_id,
                kind,
                object_id: object,
                content_type: finding.content_type,
                size: super::bytes(drawn.size),
                sha256: drawn.sha256,
                width: finding.width,
                height: finding.height,
                created_at: self.platform.clock.now(),
            });
        }
        let tx = uow.begin().await?;
        if files::find_locked(tx.conn(), which.school_id, which.file_id).await?.is_some() {
            for copy in copies {
                // Whatever loses a race, or belongs to a file that is gone, is swept.
                derived::insert_variant(tx.conn(), copy).await?;
            }
        }
        Ok(tx.commit_quietly().await?)
    }
}
