//! Requests and views of imports.

use chrono::{DateTime, Utc};
use lyceum_kernel::UserId;
pub use lyceum_web::tabular::{ImportFault, OnError};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::text::RoleName;
use crate::model::import::{Format, ImportId, Model, State, Step};
use crate::model::import_fault;

/// How to import.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportOptions {
    /// `true`: only tell what would be done.
    pub dry_run: Option<bool>,
    /// What faulty rows do; `abort` if left out.
    #[param(inline)]
    pub on_error: Option<OnError>,
    /// The role of newcomers whose row names none; the school's default if left out.
    #[param(inline)]
    pub role: Option<RoleName>,
}

/// What came of an import, or would come of a dry run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportResult {
    /// People who came in at once: with a first password.
    pub created: i64,
    /// People who were added and are asked by mail.
    pub offered: i64,
    /// Members who changed.
    pub updated: i64,
    /// Members who are as the file says; nothing was written.
    pub unchanged: i64,
    /// Rows that were left out: faulty ones, and those about nobody whom a school has, such as parents.
    pub skipped: i64,
    /// Groups that were made of classes.
    pub groups_created: i64,
    /// How often somebody was put into a group or taken out of one by an enrolment.
    pub group_changes: i64,
}

impl From<&Model> for ImportResult {
    fn from(row: &Model) -> Self {
        Self {
            created: row.created,
            offered: row.offered,
            updated: row.updated,
            unchanged: row.unchanged,
            skipped: row.skipped,
            groups_created: row.groups_created,
            group_changes: row.group_changes,
        }
    }
}

impl From<import_fault::Model> for ImportFault {
    fn from(row: import_fault::Model) -> Self {
        let import_fault::Model { school_id: _, import_id: _, number: _, file, line, column_name, value, code, reason } =
            row;
        Self { file, line, column: column_name, value, code, reason }
    }
}

/// An import: long work, whose progress is to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2e05", "state": "done", "step": null, "format": "csv", "dry_run": false,
    "on_error": "skip", "role": "student", "done": 3, "total": 3, "error_count": 1,
    "errors": [{"file": null, "line": 3, "column": "email", "value": "grace", "code": "email", "reason": "must be an e-mail address"}],
    "result": {"created": 0, "offered": 2, "updated": 0, "unchanged": 0, "skipped": 1, "groups_created": 0, "group_changes": 0},
    "created_by": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "version": 9, "created_at": "2026-11-21T08:00:00Z",
    "started_at": "2026-11-21T08:00:01Z", "finished_at": "2026-11-21T08:00:02Z"
}))]
pub struct Import {
    /// The import.
    pub id: ImportId,
    /// Where it stands.
    pub state: State,
    /// What is being done, while it is running.
    pub step: Option<Step>,
    /// What the file turned out to be, once it was read.
    pub format: Option<Format>,
    /// Whether nothing is changed.
    pub dry_run: bool,
    /// What faulty rows do.
    pub on_error: OnError,
    /// The role of newcomers whose row names none; the school's default if null.
    pub role: Option<String>,
    /// Rows worked through in this step.
    pub done: i64,
    /// Rows in all, once they are counted.
    pub total: Option<i64>,
    /// How many faults there are: `/v1/imports/{id}/errors` lists all of them.
    pub error_count: i64,
    /// The first twenty faults. Empty in lists.
    #[schema(max_items = 20)]
    pub errors: Vec<ImportFault>,
    /// What came of it so far; null before anything is applied, and where nothing was.
    pub result: Option<ImportResult>,
    /// Who asked for it.
    pub created_by: UserId,
    /// Raised by every change.
    pub version: i64,
    /// When its file came.
    pub created_at: DateTime<Utc>,
    /// When work on it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

impl Import {
    /// With the first of its faults.
    pub fn new(row: Model, faults: Vec<import_fault::Model>) -> Self {
        let applied = row.step == Some(Step::Applying);
        let told = row.dry_run && row.state == State::Done;
        let result = (applied || told).then(|| ImportResult::from(&row));
        Self {
            id: row.id,
            state: row.state,
            step: row.step.filter(|_| row.state == State::Running),
            format: row.format,
            dry_run: row.dry_run,
            on_error: if row.skip_faulty { OnError::Skip } else { OnError::Abort },
            role: row.default_role,
            done: row.rows_done,
            total: row.rows_total,
            error_count: row.faults,
            errors: faults.into_iter().map(ImportFault::from).collect(),
            result,
            created_by: row.importer_id,
            version: row.version,
            created_at: row.created_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
        }
    }
}
