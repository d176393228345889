//! Pictures of people.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use lyceum_kernel::{PlatformRole, Principal, Scope, UserId};
use lyceum_platform::uow::{Answer, Audit, Committed, UnitOfWork};
use lyceum_web::{Disposition, Download, Entity, Multipart, Problem, Ranges};
use serde_json::json;

use crate::content;
use crate::dto::{Avatar, UploadForm};
use crate::error::FilesError;
use crate::jobs::DELETE_OBJECT;
use crate::model::avatar::Model;
use crate::reader::{ReadError, Task};
use crate::repo::avatars;
use crate::service::FilesService;
use crate::service::download::Object;
use crate::spool::Arrived;
use crate::store::{Key, Promise, StoreError};

/// The largest picture that is taken, in bytes.
const MOST: u64 = 10 << 20;
/// Pixels of the longer side that is kept.
const SIDE: u32 = 512;

impl FilesService {
    /// Puts a picture in the place of the one before, drawn anew: no metadata, no surprises.
    pub(crate) async fn put_avatar(
        self: &Arc<Self>,
        who: &Principal,
        uow: UnitOfWork,
        form: Multipart<UploadForm>,
    ) -> Result<Committed<Avatar>, Problem> {
        let (arrived, declared) = self.receive_picture(form).await?;
        let judged = self.judge(&arrived, declared.as_deref(), "").await.map_err(|error| match error {
            FilesError::NotOfType(_) | FilesError::Program | FilesError::Bomb => FilesError::NotAPicture,
            other => other,
        })?;
        if !content::is_picture(&judged.content_type) {
            return Err(FilesError::NotAPicture.into());
        }
        let file = std::fs::File::open(arrived.file.path()).map_err(away)?;
        let (finding, picture) = self.reader.read(Task::Picture(SIDE), file).await.map_err(|error| match error {
            ReadError::Unreadable(_) => FilesError::NotAPicture,
            ReadError::NoProcess(error) => away(error),
        })?;
        let drawn = self.spooled(picture).await?;
        let now = self.platform.clock.now();
        let object = lyceum_kernel::id::uuid_v7(now, &*self.platform.entropy);
        let row = Model {
            account_id: who.user_id,
            object_id: object,
            content_type: finding.content_type.clone(),
            size: super::bytes(drawn.size),
            sha256: drawn.sha256.clone(),
            updated_at: now,
        };
        let kind = Some(finding.content_type);
        let promise = Promise { size: drawn.size, content_type: kind, sha256: Some(drawn.sha256) };
        self.store.put(row.key(), drawn.file.path(), &promise).await.map_err(FilesError::from)?;
        let view = Avatar {
            avatar_url: self.avatar_url(who.user_id),
            size: row.size,
            width: finding.width,
            height: finding.height,
        };
        self.keep_avatar(uow, row, view).await
    }

    async fn keep_avatar(&self, uow: UnitOfWork, row: Model, view: Avatar) -> Result<Committed<Avatar>, Problem> {
        let key = row.key();
        let outcome = async {
            let mut tx = uow.begin().await?;
            if let Some(old) = avatars::find(tx.conn(), row.account_id).await? {
                avatars::delete(tx.conn(), row.account_id).await?;
                tx.enqueue(forget(old.key()));
            }
            let audit = Audit::of("files.avatar_changed", "account", row.account_id.uuid());
            tx.audit(audit.after(json!({ "size": row.size })));
            avatars::insert(tx.conn(), row).await?;
            Ok::<_, FilesError>(tx.commit(Answer::ok(view)).await?)
        };
        match outcome.await {
            Ok(committed) => Ok(committed),
            Err(error) => {
                // What nobody names is swept one day; now is better.
                let _ = self.store.delete(key).await;
                Err(error.into())
            }
        }
    }

    async fn receive_picture(&self, form: Multipart<UploadForm>) -> Result<(Arrived, Option<String>), Problem> {
        let mut part = form.only_part("file").await?;
        let mut writer = self.spool.create(&*self.platform.entropy).await.map_err(away)?;
        while let Some(piece) = part.try_next().await? {
            if writer.received() + piece.len() as u64 > MOST {
                return Err(FilesError::TooLarge(MOST).into());
            }
            writer.write(piece).await.map_err(away)?;
        }
        Ok((writer.finish().await.map_err(away)?, part.content_type.clone()))
    }

    /// Bytes of our own, on their way into the store.
    pub(crate) async fn spooled(&self, bytes: Vec<u8>) -> Result<Arrived, FilesError> {
        let mut writer = self.spool.create(&*self.platform.entropy).await.map_err(away)?;
        writer.write(Bytes::from(bytes)).await.map_err(away)?;
        writer.finish().await.map_err(away)
    }

    /// Takes the picture away.
    pub(crate) async fn delete_avatar(&self, who: &Principal, uow: UnitOfWork) -> Result<Committed<()>, FilesError> {
        let mut tx = uow.begin().await?;
        let row = avatars::find(tx.conn(), who.user_id).await?.ok_or(FilesError::NotFound)?;
        avatars::delete(tx.conn(), who.user_id).await?;
        tx.enqueue(forget(row.key()));
        let audit = Audit::of("files.avatar_deleted", "account", who.user_id.uuid());
        tx.audit(audit.before(json!({ "size": row.size })));
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Somebody's picture, for themself, for those who share the active school with them, and for platform staff.
    pub(crate) async fn show_avatar(
        &self,
        who: &Principal,
        person: UserId,
        ranges: &Ranges,
    ) -> Result<Download, Problem> {
        let staff = who.platform_role > PlatformRole::Member;
        if person != who.user_id && !staff {
            let school = who.school_id.ok_or(FilesError::NotFound)?;
            if !self.members.is_member(school, person).await.map_err(FilesError::from)? {
                return Err(FilesError::NotFound.into());
            }
        }
        let found = avatars::find(&self.platform.db.read(Scope::Platform), person).await.map_err(FilesError::from)?;
        let row = found.ok_or(FilesError::NotFound)?;
        let key = row.key();
        let png = row.content_type == "image/png";
        let entity = Entity {
            etag: format!("\"{}\"", row.sha256),
            length: u64::try_from(row.size).unwrap_or(0),
            content_type: row.content_type,
            name: if png { "avatar.png" } else { "avatar.jpg" }.to_owned(),
            disposition: Disposition::Inline,
            modified: row.updated_at,
        };
        Download::open(ranges, entity, Arc::new(Object { store: self.store.clone(), key })).await
    }

    /// Where somebody's picture is, if they have one.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn avatar_of(&self, person: UserId) -> Result<Option<String>, FilesError> {
        let row = avatars::find(&self.platform.db.read(Scope::Platform), person).await?;
        Ok(row.map(|_| self.avatar_url(person)))
    }

    fn avatar_url(&self, person: UserId) -> String {
        format!("{}/v1/users/{person}/avatar", self.base())
    }
}

/// A job that deletes a picture.
pub(crate) fn forget(key: Key) -> lyceum_platform::jobs::NewJob {
    lyceum_platform::jobs::NewJob::new(DELETE_OBJECT, &json!({ "key": key.to_string() }))
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn away(error: std::io::Error) -> FilesError {
    FilesError::from(StoreError::Away(error.to_string()))
}
