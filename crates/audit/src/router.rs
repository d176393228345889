//! The routes of the audit log.

use std::sync::Arc;

use lyceum_web::reply::csv::Csv;
use lyceum_web::{Caller, Json, ListingOrCsv, Paging, PathId, Query, Route, Routes, State, WantsCsv, get};
use uuid::Uuid;

use crate::dto::{AuditEntry, AuditFilter, COLUMNS};
use crate::error::AuditError;
use crate::perm::AuditRead;
use crate::service::AuditService;

/// All routes of the audit log, served by `service`.
pub fn routes(service: &Arc<AuditService>) -> Routes {
    Routes::new("audit", "Who did what to what: append-only, sealed into signed hash chains.")
        .state(Arc::clone(service))
        .add(list_route())
        .add(show_route())
}

fn list_route() -> Route {
    get("/v1/admin/audit-logs", list_audit_logs)
        .summary("List what was done")
        .describe(
            "Newest first: the entries of the active school, or, for platform staff without one, of the whole deployment. \
             `Accept: text/csv` answers every entry that matches as a table (RFC 4180), whatever `limit` and `cursor` say; cells that \
             a spreadsheet would take for formulas begin with an apostrophe, control characters are shown as `\\u000a`.",
        )
}

async fn list_audit_logs(
    caller: Caller<AuditRead>,
    service: State<AuditService>,
    csv: WantsCsv,
    filter: Query<AuditFilter>,
    paging: Paging,
) -> Result<ListingOrCsv<AuditEntry>, AuditError> {
    let filter = filter.into_inner().into();
    if csv.0 {
        let rows = service.export(caller.scope(), filter);
        return Ok(ListingOrCsv::Csv(Csv::new("audit-log.csv", &COLUMNS, rows)));
    }
    service.list(caller.scope(), &filter, &paging).await.map(Into::into)
}

fn show_route() -> Route {
    get("/v1/admin/audit-logs/{id}", show_audit_log)
        .summary("Read an entry of the audit log")
        .describe("`seal` is its place in the hash chain: none in the first second or so after the deed.")
}

async fn show_audit_log(
    caller: Caller<AuditRead>,
    service: State<AuditService>,
    id: PathId<Uuid>,
) -> Result<Json<AuditEntry>, AuditError> {
    service.show(caller.scope(), id.0).await.map(Json::new)
}
