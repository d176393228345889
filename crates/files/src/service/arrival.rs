//! What has arrived becomes a file: looked at, moved into the store, settled; or nothing at all.

use std::sync::Arc;
use std::time::Duration;

use lyceum_kernel::events::files::FileReady;
use lyceum_kernel::{FileId, Principal, SchoolId};
use lyceum_platform::jobs::NewJob;
use lyceum_platform::uow::{Audit, Cause, Tx};
use lyceum_web::Pulse;
use serde_json::json;
use tokio::task::spawn_blocking;

use crate::content;
use crate::error::FilesError;
use crate::jobs::{DELETE_OBJECT, MAKE_VARIANTS, READ_TEXT, Which};
use crate::model::file::{Column, Model, State};
use crate::repo::files::{self, Change};
use crate::service::room::give_room_back;
use crate::service::{FilesService, bytes};
use crate::spool::Arrived;
use crate::store::{Key, Promise};

/// What was found out about bytes that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Judged {
    pub(crate) size: u64,
    pub(crate) sha256: String,
    pub(crate) content_type: String,
    pub(crate) dimensions: Option<(i32, i32)>,
}

/// An upload on its way. If it is dropped on its way, for whatever reason, nothing is left of it.
pub(crate) struct Arriving {
    service: Arc<FilesService>,
    cause: Cause,
    pub(crate) row: Model,
    /// Whether an object may be there.
    stored: bool,
    armed: bool,
}

impl Arriving {
    pub(crate) fn new(service: &Arc<FilesService>, cause: &Cause, row: Model) -> Self {
        Self { service: Arc::clone(service), cause: cause.clone(), row, stored: false, armed: true }
    }

    /// Puts the bytes into the store; while that takes, the request is alive.
    pub(crate) async fn store(&mut self, arrived: &Arrived, judged: &Judged, pulse: &Pulse) -> Result<(), FilesError> {
        self.stored = true;
        let promise = Promise {
            size: judged.size,
            content_type: Some(judged.content_type.clone()),
            sha256: Some(judged.sha256.clone()),
        };
        let put = self.service.store.put(self.row.key(), arrived.file.path(), &promise);
        while_beating(pulse, put).await.map_err(FilesError::from)
    }

    pub(crate) const fn cause(&self) -> &Cause {
        &self.cause
    }

    /// It has become a file.
    pub(crate) fn disarm(mut self) {
        self.armed = false;
    }
}

/// Waits for something long, which keeps the request alive.
pub(crate) async fn while_beating<T>(pulse: &Pulse, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        if let Ok(done) = tokio::time::timeout(Duration::from_secs(3), &mut work).await {
            return done;
        }
        pulse.beat();
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        if !self.armed {
            return;
        }
        let (service, cause, row, stored) =
            (Arc::clone(&self.service), self.cause.clone(), self.row.clone(), self.stored);
        // Outside a runtime the sweep does it, later.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = service.abandon(&cause, row.school_id, row.id, stored).await {
                    tracing::warn!(%error, "files.upload_not_abandoned");
                }
            });
        }
    }
}

impl FilesService {
    /// Looks at what arrived: type, pixels, archives.
    pub(crate) async fn judge(
        &self,
        arrived: &Arrived,
        declared: Option<&str>,
        name: &str,
    ) -> Result<Judged, FilesError> {
        let content_type = content::decide(&arrived.prefix, declared, name)?;
        let (path, kind, archive) =
            (arrived.file.path().to_owned(), content_type.clone(), content::is_archive(&arrived.prefix));
        let look = spawn_blocking(move || {
            if archive {
                content::look_into_archive(&path)?;
            }
            content::is_picture(&kind).then(|| content::dimensions(&path, &kind)).transpose()
        });
        let dimensions = look.await.map_err(|_| FilesError::NotOfType(content_type.clone()))??;
        Ok(Judged { size: arrived.size, sha256: arrived.sha256.clone(), content_type, dimensions })
    }

    /// From here on it is a file: its room is what it needs, and whoever listens hears of it.
    pub(crate) async fn settle(&self, tx: &mut Tx, row: Model, judged: Judged) -> Result<Model, FilesError> {
        let Judged { size, sha256, content_type, dimensions } = judged;
        let (school, file, size) = (row.school_id, row.id, bytes(size));
        let (width, height) = dimensions.unzip();
        self.take_room(tx, &row, size - row.reserved).await?;
        give_room_back(tx.conn(), &row, (row.reserved - size).max(0)).await?;
        let extension = content::extension(&content_type);
        let never: Option<chrono::DateTime<chrono::Utc>> = None;
        Change::of(&row, tx.now())
            .set(Column::State, State::Ready)
            .set(Column::Size, size)
            .set(Column::Reserved, size)
            .set(Column::Sha256, sha256.clone())
            .set(Column::ContentType, content_type.clone())
            .set(Column::Extension, extension)
            .set(Column::Width, width)
            .set(Column::Height, height)
            .set(Column::StagingId, None::<uuid::Uuid>)
            .set(Column::UploadId, None::<String>)
            .set(Column::ExpiresAt, never)
            .apply(tx.conn())
            .await?;
        tx.audit(
            Audit::of("files.file_uploaded", "file", file.uuid())
                .school(Some(school))
                .after(json!({ "size": size, "content_type": content_type, "sha256": sha256 })),
        );
        let owner_id = row.owner_id;
        tx.emit(&FileReady { school_id: school, file_id: file, owner_id, content_type: content_type.clone(), size });
        let which = Which { school_id: school, file_id: file };
        if content::is_picture(&content_type) {
            tx.enqueue(NewJob::new(MAKE_VARIANTS, &which).school(Some(school)));
        }
        if content::has_text(&content_type) {
            tx.enqueue(NewJob::new(READ_TEXT, &which).school(Some(school)));
        }
        if let Some(staging) = row.staging_key() {
            tx.enqueue(delete_object(staging, school));
        }
        let (version, updated_at) = (row.version + 1, tx.now());
        Ok(Model {
            state: State::Ready,
            size,
            reserved: size,
            sha256: Some(sha256),
            content_type,
            extension: extension.to_owned(),
            width,
            height,
            staging_id: None,
            upload_id: None,
            expires_at: None,
            version,
            updated_at,
            ..row
        })
    }

    /// It is not what it was said to be: its bytes go, and its owner can read why.
    pub(crate) async fn refuse(&self, tx: &mut Tx, row: &Model, why: &FilesError) -> Result<(), FilesError> {
        give_room_back(tx.conn(), row, row.reserved).await?;
        let code = lyceum_kernel::ServiceError::code(why);
        Change::of(row, tx.now())
            .set(Column::State, State::Refused)
            .set(Column::Refusal, code)
            .set(Column::Reserved, 0_i64)
            .set(Column::StagingId, None::<uuid::Uuid>)
            .set(Column::UploadId, None::<String>)
            .apply(tx.conn())
            .await?;
        tx.audit(
            Audit::of("files.upload_refused", "file", row.id.uuid())
                .school(Some(row.school_id))
                .after(json!({ "reason": code }))
                .denied(),
        );
        tx.enqueue(delete_object(row.staging_key().unwrap_or_else(|| row.key()), row.school_id));
        Ok(())
    }

    /// Forgets an upload that came to nothing.
    pub(crate) async fn abandon(
        &self,
        cause: &Cause,
        school: SchoolId,
        id: FileId,
        stored: bool,
    ) -> Result<(), FilesError> {
        let mut tx = self.beside(cause, None::<&Principal>).begin().await?;
        let row = files::find_locked(tx.conn(), school, id).await?;
        // It may have become a file in the very moment in which its client went away.
        if let Some(row) = row.filter(|row| row.state == State::Pending) {
            give_room_back(tx.conn(), &row, row.reserved).await?;
            files::purge(tx.conn(), school, id).await?;
            if stored {
                tx.enqueue(delete_object(row.key(), school));
            }
        }
        Ok(tx.commit_quietly().await?)
    }
}

/// A job that deletes an object.
pub(crate) fn delete_object(key: Key, school: SchoolId) -> NewJob {
    NewJob::new(DELETE_OBJECT, &json!({ "key": key.to_string() })).school(Some(school))
}
