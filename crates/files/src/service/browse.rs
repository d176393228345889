//! Looking at files, deleting and restoring them.

use lyceum_kernel::events::files::{FileDeleted, FileRestored};
use lyceum_kernel::{Cursor, FileId, Page, PageRequest, PermissionMarker as _, Principal, SchoolId, Scope};
use lyceum_platform::uow::{Answer, Audit, Committed, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use serde_json::json;

use crate::dto::{File, FileFilter, FileSort};
use crate::error::FilesError;
use crate::model::file::{Column, Model, State};
use crate::perm::{FileDelete, FileRead};
use crate::repo::derived;
use crate::repo::files::{self, Change, Filter};
use crate::service::upload::FILE;
use crate::service::{FilesService, school_of};

impl FilesService {
    /// A page of the caller's files; of all files of the school for those who may read all.
    pub(crate) async fn list_files(
        &self,
        who: &Principal,
        filter: FileFilter,
        request: &PageRequest,
    ) -> Result<Page<File>, FilesError> {
        let FileFilter { q, owner_id, content_type, deleted, updated_since, sort } = filter;
        let all = match deleted {
            Some(_) => who.may(FileDelete::PERMISSION),
            None => who.may(FileRead::PERMISSION),
        };
        if !all && owner_id.is_some_and(|owner| owner != who.user_id) {
            return Ok(Page { items: Vec::new(), next: None, total: request.total.then_some(0) });
        }
        let filter = Filter {
            owner: if all { owner_id } else { Some(who.user_id) },
            text: q,
            content_type,
            deleted: deleted.is_some(),
            updated_since,
            descending: sort.unwrap_or_default() == FileSort::CreatedAtDescending,
        };
        let scope = who.scope();
        let (rows, total) = files::page(&self.platform.db.read(scope), scope, &filter, request).await?;
        let page = Page::cut(rows, request, |row| Cursor { id: row.id.uuid(), key: Vec::new() });
        Ok(Page { total, ..page.map(|row| File::of(row, self.base())) })
    }

    /// What is known of a file. Its owner sees it while it arrives as well.
    pub(crate) async fn show_file(&self, who: &Principal, id: FileId) -> Result<File, FilesError> {
        let scope = who.scope();
        let row = files::find(&self.platform.db.read(scope), scope, id).await?.ok_or(FilesError::NotFound)?;
        let own_upload = row.owner_id == who.user_id && row.deleted_at.is_none();
        if own_upload || (row.is_there() && self.may_read(who, &row).await?) {
            return Ok(File::of(row, self.base()));
        }
        Err(FilesError::NotFound)
    }

    /// A file that is there, and that the caller may read.
    pub(crate) async fn readable(&self, who: &Principal, id: FileId) -> Result<Model, FilesError> {
        let scope = who.scope();
        let row = files::find(&self.platform.db.read(scope), scope, id).await?.filter(Model::is_there);
        let row = row.ok_or(FilesError::NotFound)?;
        if self.may_read(who, &row).await? { Ok(row) } else { Err(FilesError::NotFound) }
    }

    /// Whether somebody may read a file: who uploaded it, who may read all, and whoever may see what it hangs on.
    pub(crate) async fn may_read(&self, who: &Principal, row: &Model) -> Result<bool, FilesError> {
        if row.owner_id == who.user_id || who.may(FileRead::PERMISSION) {
            return Ok(true);
        }
        Ok(self.holders.may_read(who, row.id).await? == Some(true))
    }

    /// Deletes a file, softly.
    pub(crate) async fn delete_file(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: FileId,
    ) -> Result<Committed<()>, FilesError> {
        let seen = self.readable(who, id).await?;
        if seen.owner_id != who.user_id && !who.may(FileDelete::PERMISSION) {
            return Err(FilesError::NotYours);
        }
        let mut tx = uow.begin().await?;
        let row = files::find_locked(tx.conn(), seen.school_id, id).await?;
        let row = row.filter(Model::is_there).ok_or(FilesError::NotFound)?;
        if_match.require(&etag(FILE, row.version)).map_err(|_| FilesError::Stale)?;
        Change::of(&row, tx.now()).set(Column::DeletedAt, tx.now()).apply(tx.conn()).await?;
        tx.emit(&FileDeleted { school_id: row.school_id, file_id: id });
        let audit = Audit::of("files.file_deleted", "file", id.uuid()).school(Some(row.school_id));
        tx.audit(audit.before(json!({ "size": row.size, "content_type": row.content_type })));
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Brings a deleted file back.
    pub(crate) async fn restore_file(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: FileId,
    ) -> Result<Committed<File>, FilesError> {
        let school = school_of(who).map_err(|_| FilesError::NotFound)?;
        let mut tx = uow.begin().await?;
        let row = files::find_locked(tx.conn(), school, id).await?.filter(|row| row.state == State::Ready);
        let theirs = |row: &Model| row.owner_id == who.user_id || who.may(FileDelete::PERMISSION);
        let row = row.filter(theirs).ok_or(FilesError::NotFound)?;
        if row.deleted_at.is_none() {
            return Err(FilesError::NotDeleted);
        }
        let never: Option<chrono::DateTime<chrono::Utc>> = None;
        Change::of(&row, tx.now()).set(Column::DeletedAt, never).apply(tx.conn()).await?;
        tx.emit(&FileRestored { school_id: school, file_id: id });
        let audit = Audit::of("files.file_restored", "file", id.uuid()).school(Some(school));
        tx.audit(audit.after(json!({ "size": row.size, "content_type": row.content_type })));
        let (version, updated_at) = (row.version + 1, tx.now());
        let row = Model { deleted_at: None, version, updated_at, ..row };
        let tag = etag(FILE, row.version);
        Ok(tx.commit(Answer::ok(File::of(row, self.base())).etag(tag)).await?)
    }

    /// The text of a file, for those who search: nothing while it is being read, or if there is none.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn text(&self, school: SchoolId, file: FileId) -> Result<Option<String>, FilesError> {
        let db = self.platform.db.read(Scope::School(school));
        let there = files::find(&db, Scope::School(school), file).await?.is_some_and(|row| row.is_there());
        if !there {
            return Ok(None);
        }
        Ok(derived::text(&db, school, file).await?.map(|row| row.body))
    }

    /// What others need to know of a file of a school that is there: for contexts whose things files hang on.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn file(&self, school: SchoolId, file: FileId) -> Result<Option<File>, FilesError> {
        let scope = Scope::School(school);
        let row = files::find(&self.platform.db.read(scope), scope, file).await?.filter(Model::is_there);
        Ok(row.map(|row| File::of(row, self.base())))
    }

    /// The same of several at once, in one query; what is not there is left out.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn files(&self, school: SchoolId, ids: &[FileId]) -> Result<Vec<File>, FilesError> {
        let scope = Scope::School(school);
        let rows = files::find_many(&self.platform.db.read(scope), scope, ids).await?;
        Ok(rows.into_iter().filter(Model::is_there).map(|row| File::of(row, self.base())).collect())
    }
}
