//! Uploading straight to the store: announced, put there by the client, looked at, and only then a file.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use lyceum_kernel::{FileId, Principal, Scope};
use lyceum_platform::jobs::NewJob;
use lyceum_platform::uow::{Answer, Audit, Committed, UnitOfWork};
use lyceum_web::etag;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::task::spawn_blocking;

use crate::content;
use crate::dto::{File, PartUrl, PresignRequest, Presigned, SignedUrl};
use crate::error::FilesError;
use crate::jobs::{VERIFY, Which};
use crate::model::file::{Column, Model, State};
use crate::repo::files::{self, Change};
use crate::service::arrival::Judged;
use crate::service::upload::FILE;
use crate::service::{FilesService, bytes, school_of};
use crate::spool::{Arrived, hex};
use crate::store::{PartPlace, Promise, StoreError};

/// Up to here an upload is one piece, in bytes; beyond it comes in parts.
pub(crate) const ONE_PIECE: i64 = 64 << 20;
/// Bytes of each part but the last.
const PART: i64 = 64 << 20;
/// Bytes from the beginning by which a large file's type and pixels are told.
const HEAD: usize = 1 << 20;

impl FilesService {
    /// Announces an upload, takes its room, and signs for its bytes.
    pub(crate) async fn presign(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        form: PresignRequest,
    ) -> Result<Committed<Presigned>, FilesError> {
        let PresignRequest { filename, content_type, size, sha256 } = form;
        let limit = self.config().max_file_bytes;
        if size > bytes(limit) {
            return Err(FilesError::TooLarge(limit));
        }
        let mut tx = uow.begin().await?;
        let parts = size > ONE_PIECE;
        let staging = lyceum_kernel::id::uuid_v7(tx.now(), tx.entropy());
        let row = Model {
            extension: content::extension(&content_type).to_owned(),
            content_type,
            size,
            sha256,
            staging_id: (!parts).then_some(staging),
            part_size: parts.then_some(PART),
            reserved: size,
            ..self.blank(&tx, who, &filename)?
        };
        self.take_room(&tx, &row, size).await?;
        files::insert(tx.conn(), row.clone()).await?;
        let upload = match row.staging_key() {
            Some(key) => {
                let promise = Promise {
                    size: u64::try_from(size).unwrap_or(0),
                    content_type: Some(row.content_type.clone()),
                    sha256: row.sha256.clone(),
                };
                // Mathematics: nothing is asked of the store.
                let signed = self.store.sign_put(key, &promise, self.url_life()).await?;
                Some(SignedUrl::of(signed, tx.now() + self.url_life()))
            }
            None => None,
        };
        let audit = Audit::of("files.upload_announced", "file", row.id.uuid()).school(Some(row.school_id));
        tx.audit(audit.after(json!({ "size": size, "content_type": row.content_type })));
        let (part_size, part_count) = (row.part_size, row.part_count());
        let location = format!("/v1/files/{}/metadata", row.id);
        let view = Presigned { file: File::of(row, self.base()), upload, part_size, part_count };
        Ok(tx.commit(Answer::created(view).location(location)).await?)
    }

    /// The caller's own upload that has not been completed.
    async fn own_upload(&self, who: &Principal, id: FileId) -> Result<Model, FilesError> {
        let scope = Scope::School(school_of(who).map_err(|_| FilesError::NotFound)?);
        let row = files::find(&self.platform.db.read(scope), scope, id).await?;
        row.filter(|row| row.owner_id == who.user_id && row.deleted_at.is_none()).ok_or(FilesError::NotFound)
    }

    /// Signs for parts of an upload in parts.
    pub(crate) async fn sign_parts(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        (id, numbers): (FileId, Vec<u32>),
    ) -> Result<Committed<Vec<PartUrl>>, FilesError> {
        let mut row = self.own_upload(who, id).await?;
        if row.state != State::Pending {
            return Err(FilesError::UploadOver);
        }
        let (Some(size), Some(count)) = (row.part_size, row.part_count()) else { return Err(FilesError::NoSuchPart) };
        if numbers.iter().any(|number| *number > count) {
            return Err(FilesError::NoSuchPart);
        }
        if row.upload_id.is_none() {
            row = self.begin_parts(who, &uow, row).await?;
        }
        let upload = row.upload_id.clone().unwrap_or_default();
        let tx = uow.begin().await?;
        let mut urls = Vec::with_capacity(numbers.len());
        for number in numbers {
            let offset = i64::from(number - 1) * size;
            let length = size.min(row.size - offset);
            let place = PartPlace { number, offset: u64::try_from(offset).unwrap_or(0) };
            let promise = Promise { size: u64::try_from(length).unwrap_or(0), content_type: None, sha256: None };
            let signed = self.store.sign_part(row.key(), &upload, place, &promise, self.url_life()).await?;
            urls.push(PartUrl { number, size: length, upload: SignedUrl::of(signed, tx.now() + self.url_life()) });
        }
        Ok(tx.commit(Answer::ok(urls)).await?)
    }

    /// Begins in the store; of two who do it at once one wins, and the other's beginning is forgotten.
    async fn begin_parts(&self, who: &Principal, uow: &UnitOfWork, row: Model) -> Result<Model, FilesError> {
        let upload = self.store.begin_parts(row.key(), &row.content_type).await?;
        let tx = self.beside(uow.cause(), Some(who)).begin().await?;
        let found = files::find_locked(tx.conn(), row.school_id, row.id).await?;
        let found = found.filter(|row| row.state == State::Pending).ok_or(FilesError::UploadOver)?;
        if found.upload_id.is_some() {
            tx.rollback().await;
            if found.upload_id.as_deref() != Some(&*upload) {
                self.store.abort_parts(row.key(), Some(&upload)).await?;
            }
            return Ok(found);
        }
        Change::of(&found, tx.now()).set(Column::UploadId, upload.clone()).apply(tx.conn()).await?;
        let (version, updated_at) = (found.version + 1, tx.now());
        tx.commit_quietly().await?;
        Ok(Model { upload_id: Some(upload), version, updated_at, ..found })
    }

    /// Makes a file of an upload whose bytes have arrived; one in parts is looked at by a job.
    pub(crate) async fn complete(
        self: &Arc<Self>,
        who: &Principal,
        uow: UnitOfWork,
        id: FileId,
    ) -> Result<Committed<File>, FilesError> {
        let row = self.own_upload(who, id).await?;
        match row.state {
            State::Ready => {
                let tag = etag(FILE, row.version);
                let view = File::of(row, self.base());
                return Ok(uow.begin().await?.commit(Answer::ok(view).etag(tag)).await?);
            }
            State::Refused => return Err(FilesError::UploadOver),
            State::Pending | State::Checking => {}
        }
        if row.staging_id.is_none() { self.complete_parts(uow, row).await } else { self.complete_piece(uow, row).await }
    }

    async fn complete_piece(self: &Arc<Self>, uow: UnitOfWork, row: Model) -> Result<Committed<File>, FilesError> {
        let outcome = self.take_over(&row).await;
        let mut tx = uow.begin().await?;
        match outcome {
            Ok(judged) => {
                let row = self.settle(&mut tx, row, judged).await?;
                let tag = etag(FILE, row.version);
                Ok(tx.commit(Answer::ok(File::of(row, self.base())).etag(tag)).await?)
            }
            Err(why) if is_verdict(&why) => {
                self.refuse(&mut tx, &row, &why).await?;
                tx.commit_quietly().await?;
                Err(why)
            }
            Err(error) => Err(error),
        }
    }

    /// Fetches the bytes from where the client put them, looks at them, and puts them where nobody outside can.
    async fn take_over(&self, row: &Model) -> Result<Judged, FilesError> {
        let staging = row.staging_key().ok_or(FilesError::UploadOver)?;
        let size = self.store.size(staging).await?;
        if bytes(size) != row.size {
            return Err(FilesError::SizeMismatch);
        }
        let away = |error: std::io::Error| FilesError::from(StoreError::Away(error.to_string()));
        let mut pieces = self.store.open(staging, 0..size).await?;
        let mut writer = self.spool.create(&*self.platform.entropy).await.map_err(away)?;
        while let Some(piece) = pieces.try_next().await.map_err(away)? {
            writer.write(piece).await.map_err(away)?;
        }
        let arrived: Arrived = writer.finish().await.map_err(away)?;
        if arrived.size != size {
            return Err(FilesError::SizeMismatch);
        }
        if row.sha256.as_ref().is_some_and(|announced| *announced != arrived.sha256) {
            return Err(FilesError::ChecksumMismatch);
        }
        let judged = self.judge(&arrived, Some(&row.content_type), &row.name).await?;
        let promise =
            Promise { size, content_type: Some(judged.content_type.clone()), sha256: Some(judged.sha256.clone()) };
        self.store.put(row.key(), arrived.file.path(), &promise).await?;
        Ok(judged)
    }

    async fn complete_parts(&self, uow: UnitOfWork, row: Model) -> Result<Committed<File>, FilesError> {
        let (school, file) = (row.school_id, row.id);
        let mut row = row;
        let mut tx = if row.state == State::Pending {
            let upload = row.upload_id.as_deref().ok_or(FilesError::Incomplete)?;
            let count = row.part_count().ok_or(FilesError::Incomplete)?;
            self.store.complete_parts(row.key(), upload, count).await?;
            let tx = uow.begin().await?;
            Change::of(&row, tx.now()).set(Column::State, State::Checking).apply(tx.conn()).await?;
            (row.version, row.updated_at, row.state) = (row.version + 1, tx.now(), State::Checking);
            tx
        } else {
            uow.begin().await?
        };
        let which = Which { school_id: school, file_id: file };
        tx.enqueue(NewJob::new(VERIFY, &which).school(Some(school)).key(format!("{VERIFY}:{file}")));
        let view = File::of(row, self.base());
        let location = format!("/v1/files/{file}/metadata");
        Ok(tx.commit(Answer::accepted(view).location(location)).await?)
    }

    /// Looks at a large upload whose parts are together.
    pub(crate) async fn look_at(&self, row: &Model) -> Result<Judged, FilesError> {
        let size = self.store.size(row.key()).await?;
        if bytes(size) != row.size {
            return Err(FilesError::SizeMismatch);
        }
        let away = |error: std::io::Error| FilesError::from(StoreError::Away(error.to_string()));
        let mut pieces = self.store.open(row.key(), 0..size).await?;
        let (mut hash, mut head) = (Sha256::new(), Vec::new());
        while let Some(piece) = pieces.try_next().await.map_err(away)? {
            let missing = (HEAD - head.len()).min(piece.len());
            head.extend_from_slice(&piece[..missing]);
            hash = spawn_blocking(move || {
                hash.update(&piece);
                hash
            })
            .await
            .map_err(|error| away(std::io::Error::other(error)))?;
        }
        let sha256 = hex(&hash.finalize());
        if row.sha256.as_ref().is_some_and(|announced| *announced != sha256) {
            return Err(FilesError::ChecksumMismatch);
        }
        // Type and pixels stand at the beginning.
        let mut writer = self.spool.create(&*self.platform.entropy).await.map_err(away)?;
        writer.write(Bytes::from(head)).await.map_err(away)?;
        let beginning = writer.finish().await.map_err(away)?;
        let judged = self.judge(&beginning, Some(&row.content_type), &row.name).await?;
        Ok(Judged { size, sha256, ..judged })
    }

    /// The job behind an upload in parts.
    pub(crate) async fn verify(&self, which: Which, uow: UnitOfWork) -> Result<(), FilesError> {
        let Which { school_id: school, file_id } = which;
        let scope = Scope::School(school);
        let row = files::find(&self.platform.db.read(scope), scope, file_id).await?;
        let Some(row) = row.filter(|row| row.state == State::Checking) else {
            return Ok(uow.begin().await?.commit_quietly().await?);
        };
        let outcome = self.look_at(&row).await;
        let mut tx = uow.begin().await?;
        match outcome {
            Ok(judged) => {
                self.settle(&mut tx, row, judged).await?;
            }
            Err(why) if is_verdict(&why) => self.refuse(&mut tx, &row, &why).await?,
            Err(error) => return Err(error),
        }
        Ok(tx.commit_quietly().await?)
    }
}

/// Whether it is the bytes that are wrong, and not the world.
const fn is_verdict(error: &FilesError) -> bool {
    matches!(
        error,
        FilesError::SizeMismatch
            | FilesError::ChecksumMismatch
            | FilesError::NotOfType(_)
            | FilesError::Program
            | FilesError::TooManyPixels
            | FilesError::Bomb
    )
}
