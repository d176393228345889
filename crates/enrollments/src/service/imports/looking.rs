//! Looking at imports, and calling them off.

use futures_util::{Stream, stream};
use lyceum_kernel::{Cursor, Page, PageRequest, PermissionMarker as _, Principal};
use lyceum_platform::uow::{Answer, Committed, UnitOfWork};
use lyceum_web::reply::csv;
use lyceum_web::tabular::ImportFault;
use lyceum_web::{Problem, etag};

use super::IMPORT;
use crate::dto::import::{EnrollmentImport, fault};
use crate::error::EnrollmentError;
use crate::model::import::{EnrollmentImportId, Model, State};
use crate::perm::EnrollmentManage;
use crate::repo::imports;
use crate::service::EnrollmentsService;

/// Faults that are shown with an import.
const FIRST_FAULTS: u64 = 20;

/// Faults read at a time for a table of all.
const FAULTS: u64 = 500;

impl EnrollmentsService {
    /// A page of imports, the latest first: one's own; all for who manages the school's enrolments.
    pub(crate) async fn list_imports(
        &self,
        who: &Principal,
        request: &PageRequest,
    ) -> Result<Page<EnrollmentImport>, EnrollmentError> {
        let scope = who.scope();
        let whose = (!sees_all(who)).then_some(who.user_id);
        let (rows, total) = imports::page(&self.platform.db.read(scope), scope, whose, request).await?;
        let page = Page::cut(rows, request, |row| Cursor { id: row.id.uuid(), key: Vec::new() });
        Ok(Page { total, ..page.map(|row| EnrollmentImport::new(&row, Vec::new())) })
    }

    async fn import_seen(&self, who: &Principal, id: EnrollmentImportId) -> Result<Model, EnrollmentError> {
        let scope = who.scope();
        let row = imports::find(&self.platform.db.read(scope), scope, id).await?;
        row.filter(|row| sees_all(who) || row.importer_id == who.user_id).ok_or(EnrollmentError::NotFound)
    }

    /// One import, with the first of its faults.
    pub(crate) async fn show_import(
        &self,
        who: &Principal,
        id: EnrollmentImportId,
    ) -> Result<EnrollmentImport, EnrollmentError> {
        let row = self.import_seen(who, id).await?;
        let db = self.platform.db.read(who.scope());
        let faults = imports::faulty_behind(&db, who.scope(), id, -1, FIRST_FAULTS).await?;
        Ok(EnrollmentImport::new(&row, faults))
    }

    /// A page of the faults of an import, in the order of their lines.
    pub(crate) async fn list_import_faults(
        &self,
        who: &Principal,
        id: EnrollmentImportId,
        request: &PageRequest,
    ) -> Result<Page<ImportFault>, EnrollmentError> {
        self.import_seen(who, id).await?;
        let (scope, behind) = (who.scope(), imports::fault_line(request.cursor.as_ref()));
        let db = self.platform.db.read(scope);
        let total = if request.total { Some(imports::count_faulty(&db, scope, id).await?) } else { None };
        let rows = imports::faulty_behind(&db, scope, id, behind, request.fetch()).await?;
        let page = Page::cut(rows, request, imports::fault_cursor);
        Ok(Page { total, ..page.map(fault) })
    }

    /// All faults of an import, as lines of CSV.
    pub(crate) async fn export_import_faults(
        &self,
        who: &Principal,
        id: EnrollmentImportId,
    ) -> Result<impl Stream<Item = Result<String, Problem>> + use<>, EnrollmentError> {
        self.import_seen(who, id).await?;
        let scope = who.scope();
        let begin = (self.platform.clone(), Some(-1));
        Ok(stream::try_unfold(begin, move |(platform, behind)| async move {
            let Some(line) = behind else { return Ok(None) };
            let db = platform.db.read(scope);
            let rows = imports::faulty_behind(&db, scope, id, line, FAULTS).await.map_err(EnrollmentError::from)?;
            let next = if (rows.len() as u64) < FAULTS { None } else { rows.last().map(|row| row.line) };
            let mut text = String::with_capacity(rows.len() * 128);
            for row in rows {
                csv::write_record(&mut text, fault(row).cells());
            }
            Ok(Some((text, (platform, next))))
        }))
    }

    /// Calls an import off. What it has applied stays.
    pub(crate) async fn cancel_import(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: EnrollmentImportId,
    ) -> Result<Committed<EnrollmentImport>, EnrollmentError> {
        let school = who.school_id.ok_or(EnrollmentError::NotFound)?;
        self.import_seen(who, id).await?;
        let mut tx = uow.begin().await?;
        let row = imports::find_locked(tx.conn(), school, id).await?.ok_or(EnrollmentError::NotFound)?;
        if row.state != State::Cancelled {
            if row.ended() {
                return Err(EnrollmentError::ImportEnded);
            }
            self.end_import(&mut tx, &row, State::Cancelled).await?;
        }
        let after = imports::find(tx.conn(), who.scope(), id).await?.ok_or(EnrollmentError::NotFound)?;
        let faults = imports::faulty_behind(tx.conn(), who.scope(), id, -1, FIRST_FAULTS).await?;
        let tag = etag(IMPORT, after.version);
        Ok(tx.commit(Answer::ok(EnrollmentImport::new(&after, faults)).etag(tag)).await?)
    }
}

/// Whether the imports of others are there for somebody.
fn sees_all(who: &Principal) -> bool {
    who.school_id.is_none() || who.may(EnrollmentManage::PERMISSION)
}
