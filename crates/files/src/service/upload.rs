//! Uploading through the program: a form with one file, streamed.

use std::sync::Arc;

use futures_util::TryStreamExt as _;
use lyceum_kernel::{FileId, PermissionMarker as _, Principal, SchoolId, UserId};
use lyceum_platform::uow::{Answer, Committed, Tx, UnitOfWork};
use lyceum_web::{Multipart, OnlyPart, Problem, Pulse, etag};

use crate::content;
use crate::dto::{File, UploadForm};
use crate::error::FilesError;
use crate::model::file::{Column, Model, State};
use crate::perm::FileRead;
use crate::repo::files::{self, Change};
use crate::service::arrival::Arriving;
use crate::service::{FilesService, bytes, school_of};
use crate::spool::{Arrived, Writer};

/// The kind of view in entity tags of files.
pub(crate) const FILE: &str = "file";
/// Room taken at once for uploads that do not tell their length, in bytes.
const STEP: u64 = 64 << 20;
/// What a form may have beside its file, in bytes.
const FRAME: u64 = 64 << 10;

/// A file of the program's own making.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// Its school.
    pub school: SchoolId,
    /// Whose it is.
    pub owner: UserId,
    /// What it is called.
    pub name: String,
    /// Its media type: the bytes must bear it out.
    pub content_type: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl FilesService {
    /// A row for a file to come.
    pub(crate) fn blank(&self, tx: &Tx, who: &Principal, name: &str) -> Result<Model, FilesError> {
        let school = school_of(who)?;
        Ok(Model { personal: !who.may(FileRead::PERMISSION), ..self.blank_of(tx, (school, who.user_id), name) })
    }

    /// The same of somebody who does not ask for it now.
    fn blank_of(&self, tx: &Tx, (school_id, owner_id): (SchoolId, UserId), name: &str) -> Model {
        let life = i64::try_from(self.config().upload_ttl_s).unwrap_or(i64::MAX);
        Model {
            school_id,
            id: FileId::new(tx.now(), tx.entropy()),
            owner_id,
            state: State::Pending,
            name: content::clean_name(name),
            content_type: content::BINARY.to_owned(),
            extension: "bin".to_owned(),
            size: 0,
            sha256: None,
            width: None,
            height: None,
            staging_id: None,
            upload_id: None,
            part_size: None,
            reserved: 0,
            personal: false,
            refusal: None,
            expires_at: tx.now().checked_add_signed(chrono::TimeDelta::seconds(life)),
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
            deleted_at: None,
        }
    }

    /// Puts a file of the program's own making where an upload would: looked at in the same way.
    ///
    /// # Errors
    /// Whatever an upload of these bytes would be refused for; and if store or database is away.
    pub async fn deposit(self: &Arc<Self>, uow: UnitOfWork, new: NewFile) -> Result<FileId, FilesError> {
        let NewFile { school, owner, name, content_type, bytes: content } = new;
        let arrived = self.spooled(content).await?;
        let judged = self.judge(&arrived, Some(&content_type), &name).await?;
        let cause = uow.cause().clone();
        let tx = uow.begin().await?;
        let row = Model { reserved: bytes(arrived.size), ..self.blank_of(&tx, (school, owner), &name) };
        self.take_room(&tx, &row, row.reserved).await?;
        files::insert(tx.conn(), row.clone()).await?;
        let mut arriving = Arriving::new(self, &cause, row);
        tx.commit_quietly().await?;
        arriving.store(&arrived, &judged, &Pulse::default()).await?;
        let mut tx = self.beside(&cause, None).begin().await?;
        let row = self.settle(&mut tx, arriving.row.clone(), judged).await?;
        tx.commit_quietly().await?;
        arriving.disarm();
        Ok(row.id)
    }

    /// Takes the file of a form.
    pub(crate) async fn upload(
        self: &Arc<Self>,
        who: &Principal,
        uow: UnitOfWork,
        form: Multipart<UploadForm>,
    ) -> Result<Committed<File>, Problem> {
        school_of(who)?;
        let limit = self.config().max_file_bytes;
        let announced = form.length.map(|length| length.min(limit));
        if form.length.is_some_and(|length| length > limit.saturating_add(FRAME)) {
            return Err(FilesError::TooLarge(limit).into());
        }
        let pulse = form.pulse.clone();
        let mut part = form.only_part("file").await?;
        let name = part.filename.clone().unwrap_or_default();
        let mut arriving = self.announce(who, &uow, &name, announced.unwrap_or(STEP).min(limit)).await?;
        let declared = part.content_type.clone();
        let arrived = self.receive(&mut arriving, &mut part, limit).await?;
        let judged = self.judge(&arrived, declared.as_deref(), &name).await?;
        arriving.store(&arrived, &judged, &pulse).await?;
        let mut tx = uow.begin().await.map_err(FilesError::from)?;
        let row = self.settle(&mut tx, arriving.row.clone(), judged).await?;
        let (tag, location) = (etag(FILE, row.version), format!("/v1/files/{}/metadata", row.id));
        let view = File::of(row, self.base());
        let answer = Answer::created(view).location(location).etag(tag);
        let committed = tx.commit(answer).await.map_err(FilesError::from)?;
        arriving.disarm();
        Ok(committed)
    }

    /// Takes room for so many bytes, in a row that says that they are coming.
    async fn announce(
        self: &Arc<Self>,
        who: &Principal,
        uow: &UnitOfWork,
        name: &str,
        size: u64,
    ) -> Result<Arriving, FilesError> {
        let tx = self.beside(uow.cause(), Some(who)).begin().await?;
        let row = Model { reserved: bytes(size), ..self.blank(&tx, who, name)? };
        self.take_room(&tx, &row, row.reserved).await?;
        files::insert(tx.conn(), row.clone()).await?;
        // Armed before the commit: whoever goes away while it is on its way leaves nothing behind.
        let arriving = Arriving::new(self, uow.cause(), row);
        tx.commit_quietly().await?;
        Ok(arriving)
    }

    async fn receive(&self, arriving: &mut Arriving, part: &mut OnlyPart, limit: u64) -> Result<Arrived, Problem> {
        let away = |error: std::io::Error| FilesError::from(crate::store::StoreError::Away(error.to_string()));
        let mut writer: Writer = self.spool.create(&*self.platform.entropy).await.map_err(away)?;
        while let Some(piece) = part.try_next().await? {
            let size = writer.received() + piece.len() as u64;
            if size > limit {
                return Err(FilesError::TooLarge(limit).into());
            }
            if bytes(size) > arriving.row.reserved {
                self.take_more(arriving, (size + STEP).min(limit)).await?;
            }
            writer.write(piece).await.map_err(away)?;
        }
        Ok(writer.finish().await.map_err(away)?)
    }

    /// More room for an upload that did not tell its length.
    async fn take_more(&self, arriving: &mut Arriving, size: u64) -> Result<(), FilesError> {
        let row = &arriving.row;
        let tx = self.beside(arriving.cause(), None).begin().await?;
        self.take_room(&tx, row, bytes(size) - row.reserved).await?;
        Change::of(row, tx.now()).set(Column::Reserved, bytes(size)).apply(tx.conn()).await?;
        let now = tx.now();
        tx.commit_quietly().await?;
        let row = &mut arriving.row;
        (row.reserved, row.version, row.updated_at) = (bytes(size), row.version + 1, now);
        Ok(())
    }
}
