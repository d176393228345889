//! People in bulk, from a file.
//!
//! A file is taken in sealed pieces; a job then reads it twice. The first time every row is judged and nothing is changed;
//! unless there is something wrong (or only rows that may be left out), seats are taken for all newcomers, and the second time
//! the rows are applied in small batches ([`running`] tells how). Members are found again by their external id, address or
//! username, so the same file once more changes nothing.

mod applying;
mod authority;
mod bundle;
mod checking;
mod classes;
pub(crate) mod jobs;
mod judging;
mod known;
mod people;
mod row;
mod running;
mod source;
mod telling;
mod writing;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _, stream};
use lyceum_kernel::{Page, PageRequest, Principal, SchoolId, Scope};
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::reply::csv;
use lyceum_web::{Problem, etag};
use serde_json::{Value, json};

use self::authority::Authority;
use crate::dto::import::{Import, ImportFault, ImportOptions, OnError};
use crate::error::TenancyError;
use crate::model::import::{Column, ImportId, Model, State};
use crate::model::import_chunk;
use crate::policy;
use crate::repo::imports::{self, Change};
use crate::service::TenancyService;

/// The kind of view in entity tags of imports.
pub(crate) const IMPORT: &str = "import";

/// What the pieces of files are sealed for.
const CHUNK_PURPOSE: &str = "tenancy.import_chunk";

/// Bytes in a piece of a file.
const CHUNK: usize = 256 * 1024;

/// Faults that are shown with an import.
const FIRST_FAULTS: u64 = 20;

/// Faults read at a time for a table of all.
const FAULTS: u64 = 500;

/// What came of an import, for the audit log.
fn imported(row: &Model) -> Value {
    json!({
        "created": row.created, "offered": row.offered, "updated": row.updated, "unchanged": row.unchanged,
        "skipped": row.skipped, "groups_created": row.groups_created, "group_changes": row.group_changes,
    })
}

impl TenancyService {
    /// Takes a file and leaves the rest to a job.
    pub(crate) async fn start_import(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        options: ImportOptions,
        body: impl Stream<Item = Result<Bytes, Problem>>,
    ) -> Result<Committed<Import>, Problem> {
        let school = who.school_id.ok_or(TenancyError::SchoolNeeded)?;
        let row = self.expect_file(who, uow.clone(), school, options).await?;
        let taken = self.take_file(uow.clone(), &row, body).await;
        let queued = match taken {
            Ok(bytes) => self.queue_import(uow.clone(), &row, bytes).await.map_err(Problem::from),
            Err(problem) => Err(problem),
        };
        if queued.is_err() {
            // Nobody has seen it; what is left after a crash here, the sweep takes.
            let forgotten = self.forget_import(uow, &row).await;
            tracing::debug!(forgotten = forgotten.is_ok(), "import.not_taken");
        }
        queued
    }

    /// What can be said before the file has come.
    async fn expect_file(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        school: SchoolId,
        options: ImportOptions,
    ) -> Result<Model, TenancyError> {
        let tx = uow.begin().await?;
        self.writable_school(&tx, who, school).await?;
        let default_role = options.role.map(String::from);
        if let Some(role) = &default_role {
            let roles = self.role_facts(&tx, school, std::slice::from_ref(role)).await?;
            policy::may_assign(who, &[], &roles)?;
        }
        if imports::any_open(tx.conn(), school).await? {
            return Err(TenancyError::ImportRunning);
        }
        let row = Model {
            dry_run: options.dry_run.unwrap_or_default(),
            skip_faulty: options.on_error.unwrap_or_default() == OnError::Skip,
            default_role,
            ..blank(&tx, who, school)
        };
        imports::insert(tx.conn(), row.clone()).await?;
        tx.commit_quietly().await?;
        Ok(row)
    }

    /// Stores the file piece by piece. Its size.
    async fn take_file(
        &self,
        uow: UnitOfWork,
        row: &Model,
        body: impl Stream<Item = Result<Bytes, Problem>>,
    ) -> Result<i64, Problem> {
        let mut body = std::pin::pin!(body);
        let (mut buffer, mut number, mut bytes) = (BytesMut::with_capacity(CHUNK), 0, 0_i64);
        loop {
            let piece = body.next().await.transpose()?;
            let ended = piece.is_none();
            if let Some(piece) = piece {
                bytes += i64::try_from(piece.len()).unwrap_or(i64::MAX);
                buffer.extend_from_slice(&piece);
            }
            while buffer.len() >= CHUNK || (ended && !buffer.is_empty()) {
                let chunk = buffer.split_to(CHUNK.min(buffer.len()));
                self.store_chunk(uow.clone(), row, number, &chunk).await?;
                number += 1;
            }
            if ended {
                return Ok(bytes);
            }
        }
    }

    async fn store_chunk(&self, uow: UnitOfWork, row: &Model, number: i32, plain: &[u8]) -> Result<(), TenancyError> {
        let sealed = self.platform.keyring.seal(CHUNK_PURPOSE, plain);
        let tx = uow.begin().await?;
        let chunk = import_chunk::Model { school_id: row.school_id, import_id: row.id, number, sealed };
        imports::insert_chunk(tx.conn(), chunk).await?;
        Ok(tx.commit_quietly().await?)
    }

    async fn queue_import(&self, uow: UnitOfWork, row: &Model, bytes: i64) -> Result<Committed<Import>, TenancyError> {
        let mut tx = uow.begin().await?;
        let change = Change::of(row, tx.now()).to(State::Queued).set(Column::Bytes, bytes);
        if !change.apply(tx.conn()).await? {
            return Err(TenancyError::ImportNotFound);
        }
        let (school, now) = (row.school_id, tx.now());
        let row = Model { state: State::Queued, bytes, version: row.version + 1, updated_at: now, ..row.clone() };
        tx.enqueue(jobs::import_of(&row));
        self.tell_progress(&mut tx, &row);
        let audit = Audit::of("tenancy.import_started", "import", row.id.uuid()).school(Some(school));
        tx.audit(audit.after(json!({
            "bytes": bytes, "dry_run": row.dry_run, "skip_faulty": row.skip_faulty, "role": row.default_role,
        })));
        let (tag, location) = (etag(IMPORT, row.version), format!("/v1/imports/{}", row.id));
        let view = Import::new(row, Vec::new());
        Ok(tx.commit(Answer::accepted(view).location(location).etag(tag)).await?)
    }

    async fn forget_import(&self, uow: UnitOfWork, row: &Model) -> Result<(), TenancyError> {
        let tx = uow.begin().await?;
        imports::delete(tx.conn(), row.school_id, row.id).await?;
        Ok(tx.commit_quietly().await?)
    }

    /// A page of imports, the latest first; of all schools for platform staff without one.
    pub(crate) async fn list_imports(
        &self,
        who: &Principal,
        request: &PageRequest,
    ) -> Result<Page<Import>, TenancyError> {
        let scope = who.scope();
        let (rows, total) = imports::page(&self.platform.db.read(scope), scope, request).await?;
        let page = Page::cut(rows, request, imports::cursor);
        Ok(Page { total, ..page.map(|row| Import::new(row, Vec::new())) })
    }

    /// One import, with the first of its faults.
    pub(crate) async fn show_import(&self, who: &Principal, id: ImportId) -> Result<Import, TenancyError> {
        let scope = who.scope();
        let db = self.platform.db.read(scope);
        let row = imports::find(&db, scope, id).await?.ok_or(TenancyError::ImportNotFound)?;
        let faults = imports::faults_behind(&db, scope, id, 0, FIRST_FAULTS).await?;
        Ok(Import::new(row, faults))
    }

    /// A page of the faults of an import, as they were found.
    pub(crate) async fn list_import_faults(
        &self,
        who: &Principal,
        id: ImportId,
        request: &PageRequest,
    ) -> Result<Page<ImportFault>, TenancyError> {
        let scope = who.scope();
        let db = self.platform.db.read(scope);
        imports::find(&db, scope, id).await?.ok_or(TenancyError::ImportNotFound)?;
        let behind = imports::fault_number(request.cursor.as_ref());
        let total = if request.total { Some(imports::count_faults(&db, scope, id).await?) } else { None };
        let rows = imports::faults_behind(&db, scope, id, behind, request.fetch()).await?;
        let page = Page::cut(rows, request, imports::fault_cursor);
        Ok(Page { total, ..page.map(ImportFault::from) })
    }

    /// All faults of an import, as lines of CSV.
    pub(crate) async fn export_import_faults(
        &self,
        who: &Principal,
        id: ImportId,
    ) -> Result<impl Stream<Item = Result<String, Problem>> + use<>, TenancyError> {
        let scope = who.scope();
        imports::find(&self.platform.db.read(scope), scope, id).await?.ok_or(TenancyError::ImportNotFound)?;
        let begin = (self.platform.clone(), Some(0));
        Ok(stream::try_unfold(begin, move |(platform, behind)| async move {
            let Some(number) = behind else { return Ok(None) };
            let db = platform.db.read(scope);
            let rows = imports::faults_behind(&db, scope, id, number, FAULTS).await.map_err(TenancyError::from)?;
            let next = if (rows.len() as u64) < FAULTS { None } else { rows.last().map(|row| row.number) };
            let mut text = String::with_capacity(rows.len() * 128);
            for row in rows {
                csv::write_record(&mut text, ImportFault::from(row).cells());
            }
            Ok(Some((text, (platform, next))))
        }))
    }

    /// Calls an import off. What it has applied stays.
    pub(crate) async fn cancel_import(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: ImportId,
    ) -> Result<Committed<Import>, TenancyError> {
        let school = who.school_id.ok_or(TenancyError::ImportNotFound)?;
        let mut tx = uow.begin().await?;
        let row = imports::find_locked(tx.conn(), school, id).await?;
        let row = row.filter(|row| row.state != State::Receiving).ok_or(TenancyError::ImportNotFound)?;
        if row.state != State::Cancelled {
            if row.ended() {
                return Err(TenancyError::ImportEnded);
            }
            self.end_import(&mut tx, &row, State::Cancelled).await?;
        }
        let after = imports::find(tx.conn(), Scope::School(school), id).await?.ok_or(TenancyError::ImportNotFound)?;
        let faults = imports::faults_behind(tx.conn(), Scope::School(school), id, 0, FIRST_FAULTS).await?;
        let tag = etag(IMPORT, after.version);
        Ok(tx.commit(Answer::ok(Import::new(after, faults)).etag(tag)).await?)
    }
}

/// An import whose file has not come.
fn blank(tx: &Tx, who: &Principal, school_id: SchoolId) -> Model {
    Model {
        school_id,
        id: ImportId::new(tx.now(), tx.entropy()),
        state: State::Receiving,
        step: None,
        format: None,
        dry_run: false,
        skip_faulty: false,
        default_role: None,
        importer_id: who.user_id,
        authority: Authority::of(who),
        bytes: 0,
        attempt: 0,
        rows_done: 0,
        rows_total: None,
        faults: 0,
        seats_reserved: 0,
        letters: 0,
        created: 0,
        offered: 0,
        updated: 0,
        unchanged: 0,
        skipped: 0,
        groups_created: 0,
        group_changes: 0,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
        started_at: None,
        finished_at: None,
    }
}
