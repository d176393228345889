//! Keeping house: what nobody completed, what was deleted long ago, what nobody names.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;
use lyceum_kernel::{FileId, SchoolId, Scope, UserId};
use lyceum_platform::uow::Cause;
use uuid::Uuid;

use crate::error::FilesError;
use crate::model::file::{Model, State};
use crate::repo::{avatars, derived, files};
use crate::service::FilesService;
use crate::service::arrival::delete_object;
use crate::service::avatars::forget;
use crate::service::room::give_room_back;
use crate::store::Listed;

/// Rows swept at once.
const BATCH: u64 = 100;

impl FilesService {
    /// Sweeps uploads that were not completed in time and files that were deleted long ago.
    pub(crate) async fn sweep(&self, cause: &Cause) -> Result<(), FilesError> {
        let now = self.platform.clock.now();
        let db = self.platform.db.read(Scope::Platform);
        loop {
            let expired = files::expired(&db, now, BATCH).await?;
            let full = expired.len() as u64 == BATCH;
            for row in expired {
                self.purge(cause, &row).await?;
            }
            if !full {
                break;
            }
        }
        let retention = TimeDelta::seconds(i64::try_from(self.config().retention_s).unwrap_or(i64::MAX));
        loop {
            let deleted = files::deleted_before(&db, now - retention, BATCH).await?;
            let full = deleted.len() as u64 == BATCH;
            for row in deleted {
                self.purge(cause, &row).await?;
            }
            if !full {
                break;
            }
        }
        let age = Duration::from_secs(self.config().upload_ttl_s);
        self.spool.clear(age).await.map_err(|error| crate::store::StoreError::Away(error.to_string()))?;
        Ok(())
    }

    /// Takes a file away for good: row, room, copies, and its bytes, for which a job tries until it succeeds.
    async fn purge(&self, cause: &Cause, seen: &Model) -> Result<(), FilesError> {
        if seen.state == State::Pending && seen.part_size.is_some() {
            self.store.abort_parts(seen.key(), seen.upload_id.as_deref()).await?;
        }
        let mut tx = self.beside(cause, None).begin().await?;
        let found = files::find_locked(tx.conn(), seen.school_id, seen.id).await?;
        // Completed or restored in this very moment.
        let Some(row) = found.filter(|row| row.version == seen.version) else {
            tx.rollback().await;
            return Ok(());
        };
        for copy in derived::variants(tx.conn(), Scope::School(row.school_id), [row.id]).await? {
            let key = crate::store::Key { owner: row.school_id.uuid(), object: copy.object_id };
            tx.enqueue(delete_object(key, row.school_id));
        }
        give_room_back(tx.conn(), &row, row.reserved).await?;
        files::purge(tx.conn(), row.school_id, row.id).await?;
        tx.enqueue(delete_object(row.key(), row.school_id));
        if let Some(staging) = row.staging_key() {
            tx.enqueue(delete_object(staging, row.school_id));
        }
        Ok(tx.commit_quietly().await?)
    }

    /// Deletes objects that nobody names and that have lain there for longer than an upload may take.
    pub(crate) async fn sweep_store(&self) -> Result<u64, FilesError> {
        let life = TimeDelta::seconds(i64::try_from(self.config().upload_ttl_s).unwrap_or(i64::MAX));
        let before = self.platform.clock.now() - life;
        let (mut place, mut swept) = (None, 0);
        loop {
            let (listed, next) = self.store.list(place).await?;
            let old: Vec<Listed> = listed.into_iter().filter(|object| object.modified < before).collect();
            swept += self.sweep_objects(&old).await?;
            if next.is_none() {
                break;
            }
            place = next;
        }
        if swept > 0 {
            tracing::info!(swept, "files.orphans_swept");
        }
        Ok(swept)
    }

    async fn sweep_objects(&self, old: &[Listed]) -> Result<u64, FilesError> {
        let mut by_owner: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
        for object in old {
            by_owner.entry(object.key.owner).or_default().push(object.key.object);
        }
        let mut swept = 0;
        for (owner, objects) in by_owner {
            for objects in objects.chunks(500) {
                let school = SchoolId(owner);
                let db = self.platform.db.read(Scope::School(school));
                let mut known = files::known_objects(&db, school, objects).await?;
                known.extend(derived::known_objects(&db, school, objects).await?);
                known.extend(avatars::find(&db, UserId(owner)).await?.map(|row| row.object_id));
                for object in objects.iter().filter(|object| !known.contains(object)) {
                    self.store.delete(crate::store::Key { owner, object: *object }).await?;
                    swept += 1;
                }
            }
        }
        Ok(swept)
    }

    /// Forgets a person: the picture, and what they uploaded for themself. What staff uploaded is the school's.
    pub(crate) async fn forget_person(&self, person: UserId, cause: &Cause) -> Result<(), FilesError> {
        let mut tx = self.beside(cause, None).begin().await?;
        if let Some(row) = avatars::find(tx.conn(), person).await? {
            avatars::delete(tx.conn(), person).await?;
            tx.enqueue(forget(row.key()));
        }
        tx.commit_quietly().await?;
        let db = self.platform.db.read(Scope::Platform);
        loop {
            let theirs = files::personal_of(&db, person, BATCH).await?;
            let last = (theirs.len() as u64) < BATCH;
            for row in theirs {
                self.purge(cause, &row).await?;
            }
            if last {
                return Ok(());
            }
        }
    }

    /// What is kept of a person, for an export: what they uploaded, by name and place.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn kept_of(&self, person: UserId) -> Result<serde_json::Value, FilesError> {
        let db = self.platform.db.read(Scope::Platform);
        let mut kept = Vec::new();
        let mut behind = FileId(Uuid::nil());
        loop {
            let rows = files::all_of(&db, person, behind, BATCH).await?;
            let Some(last) = rows.last() else { break };
            behind = last.id;
            kept.extend(rows.into_iter().filter(Model::is_there).map(|row| crate::dto::File::of(row, self.base())));
        }
        let avatar = self.avatar_of(person).await?;
        Ok(serde_json::json!({ "avatar_url": avatar, "files": kept }))
    }
}
