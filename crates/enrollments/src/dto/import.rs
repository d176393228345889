//! Requests and views of imports.

use chrono::{DateTime, Utc};
use lyceum_kernel::{CourseId, GroupId, UserId};
pub use lyceum_web::tabular::{ImportFault, OnError};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::enrollment::Entrance;
use crate::model::enrollment::Role;
use crate::model::import::{EnrollmentImportId, Format, Model, State, Step};
use crate::model::import_row;

/// How to enrol from a file.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportOptions {
    /// `true`: only tell what would be done.
    pub dry_run: Option<bool>,
    /// What faulty rows do; `abort` if left out.
    #[param(inline)]
    pub on_error: Option<OnError>,
    /// The course of rows that name none.
    pub course_id: Option<CourseId>,
    /// The role of rows that name none; `student` if left out.
    #[param(inline)]
    pub role: Option<Role>,
}

/// People and groups to be enrolled in a course.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "course_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2e05", "group_ids": ["019aa5d2-6f00-7c3e-8000-5d1f1f6f2d04"]
}))]
pub struct BulkEnroll {
    /// The course.
    pub course_id: CourseId,
    /// People of the school; each counts once.
    #[serde(default)]
    #[validate(length(max = 1000))]
    #[schema(max_items = 1000, required = false)]
    pub user_ids: Vec<UserId>,
    /// Groups of the school: everybody who is in them at this moment.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20, required = false)]
    pub group_ids: Vec<GroupId>,
    /// As what; `student` if left out.
    #[serde(default)]
    #[schema(required = false)]
    pub role: Role,
    /// How they come in; `active` if left out.
    #[serde(default)]
    #[schema(required = false)]
    pub status: Entrance,
    /// From when they take part.
    #[serde(default)]
    pub starts_at: Option<DateTime<Utc>>,
    /// Until when they take part.
    #[serde(default)]
    pub ends_at: Option<DateTime<Utc>>,
    /// Whether only to tell what would be done.
    #[serde(default)]
    #[schema(required = false)]
    pub dry_run: bool,
    /// What people who cannot be enrolled do to the others; `abort` if left out.
    #[serde(default)]
    #[schema(required = false)]
    pub on_error: OnError,
}

/// What came of an import, or would come of a dry run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct EnrollmentImportResult {
    /// People who came in, those who wait included.
    pub created: i64,
    /// Enrolments that changed.
    pub updated: i64,
    /// Enrolments that are as the row says; nothing was written.
    pub unchanged: i64,
    /// People who were withdrawn.
    pub withdrawn: i64,
    /// Of those who came in, how many wait for a place.
    pub waiting: i64,
    /// Rows that were left out: faulty ones, and those about nobody who takes part, such as guardians.
    pub skipped: i64,
}

/// Many enrolments at once: long work, whose progress is to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f4105", "state": "done", "step": null, "format": "csv", "dry_run": false,
    "on_error": "skip", "done": 3, "total": 3, "error_count": 1,
    "errors": [{"file": null, "line": 3, "column": "email", "value": "grace", "code": "unknown-person",
                "reason": "is nobody of the school"}],
    "result": {"created": 2, "updated": 0, "unchanged": 0, "withdrawn": 0, "waiting": 0, "skipped": 1},
    "created_by": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "version": 5, "created_at": "2026-11-21T08:00:00Z",
    "started_at": "2026-11-21T08:00:01Z", "finished_at": "2026-11-21T08:00:02Z"
}))]
pub struct EnrollmentImport {
    /// The import.
    pub id: EnrollmentImportId,
    /// Where it stands.
    pub state: State,
    /// What is being done, while it is running.
    pub step: Option<Step>,
    /// What was sent.
    pub format: Format,
    /// Whether nothing is changed.
    pub dry_run: bool,
    /// What faulty rows do.
    pub on_error: OnError,
    /// Rows worked through in this step.
    pub done: i64,
    /// Rows in all.
    pub total: i64,
    /// How many faults there are: `/v1/enrollment-imports/{id}/errors` lists all of them.
    pub error_count: i64,
    /// The first twenty faults. Empty in lists.
    #[schema(max_items = 20)]
    pub errors: Vec<ImportFault>,
    /// What came of it so far; null before anything is applied, and where nothing was.
    pub result: Option<EnrollmentImportResult>,
    /// Who asked for it.
    pub created_by: UserId,
    /// Raised by every change.
    pub version: i64,
    /// When it came.
    pub created_at: DateTime<Utc>,
    /// When work on it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

impl EnrollmentImport {
    /// With the first of its faults.
    pub fn new(row: &Model, faults: Vec<import_row::Model>) -> Self {
        let applied = row.step == Some(Step::Applying);
        let told = row.dry_run && row.state == State::Done;
        let result = EnrollmentImportResult {
            created: row.created,
            updated: row.updated,
            unchanged: row.unchanged,
            withdrawn: row.withdrawn,
            waiting: row.waiting,
            skipped: row.skipped,
        };
        Self {
            id: row.id,
            state: row.state,
            step: row.step.filter(|_| row.state == State::Running),
            format: row.format,
            dry_run: row.dry_run,
            on_error: if row.skip_faulty { OnError::Skip } else { OnError::Abort },
            done: row.rows_done,
            total: row.rows_total,
            error_count: row.faults,
            errors: faults.into_iter().map(fault).collect(),
            result: (applied || told).then_some(result),
            created_by: row.importer_id,
            version: row.version,
            created_at: row.created_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
        }
    }
}

/// What is wrong with a row, as it is shown.
pub fn fault(row: import_row::Model) -> ImportFault {
    ImportFault {
        file: None,
        line: Some(row.line).filter(|line| *line > 0),
        column: row.fault_column,
        value: row.fault_value,
        code: row.fault_code.unwrap_or_default(),
        reason: row.fault_reason.unwrap_or_default(),
    }
}
