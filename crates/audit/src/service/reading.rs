//! Reading the log: pages, one entry, all of it as CSV.

use futures_util::stream::{self, Stream};
use lyceum_kernel::{Cursor, Page, PageRequest, Scope};
use lyceum_web::Problem;
use lyceum_web::reply::csv;
use uuid::Uuid;

use super::AuditService;
use crate::dto::AuditEntry;
use crate::error::AuditError;
use crate::repo::entries::{self, Filter};

/// Entries read at a time for an export: what it needs of memory.
const CHUNK: u64 = 500;

impl AuditService {
    /// A page of entries, newest first.
    pub(crate) async fn list(
        &self,
        scope: Scope,
        filter: &Filter,
        request: &PageRequest,
    ) -> Result<Page<AuditEntry>, AuditError> {
        let (rows, total) = entries::page(&self.platform.db.read(scope), scope, filter, request).await?;
        let page = Page::cut(rows, request, |row| Cursor { id: row.id, key: Vec::new() });
        Ok(Page { total, ..page.map(AuditEntry::from) })
    }

    /// One entry.
    pub(crate) async fn show(&self, scope: Scope, id: Uuid) -> Result<AuditEntry, AuditError> {
        let row = entries::find(&self.platform.db.read(scope), scope, id).await?;
        row.map(AuditEntry::from).ok_or(AuditError::NotFound)
    }

    /// All entries, newest first, as lines of CSV. What is written meanwhile is not among them. No connection is held while the
    /// client reads.
    pub(crate) fn export(&self, scope: Scope, filter: Filter) -> impl Stream<Item = Result<String, Problem>> + use<> {
        let platform = self.platform.clone();
        let begin = (platform, filter, Some(None::<Cursor>));
        stream::try_unfold(begin, move |(platform, filter, place)| async move {
            let Some(after) = place else { return Ok(None) };
            let db = platform.db.read(scope);
            let rows = entries::chunk(&db, scope, &filter, after.as_ref(), CHUNK).await.map_err(AuditError::from)?;
            let last = rows.last().map(|row| Cursor { id: row.id, key: Vec::new() });
            let next = if (rows.len() as u64) < CHUNK { None } else { last.map(Some) };
            let mut text = String::with_capacity(rows.len() * 512);
            for row in rows {
                csv::write_record(&mut text, AuditEntry::from(row).cells());
            }
            Ok(Some((text, (platform, filter, next))))
        })
    }
}
