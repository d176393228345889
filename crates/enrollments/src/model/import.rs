//! Imports: enrolments in bulk, from a file or a list of people and groups.

use chrono::{DateTime, Utc};
use lyceum_kernel::{SchoolId, UserId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

lyceum_kernel::id!(EnrollmentImportId, "Many enrolments at once.");

/// A row of `enrollment_imports`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "enrollment_imports")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own, and a column")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The import.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EnrollmentImportId,
    /// Where it stands.
    pub state: State,
    /// What is being done, while it is running.
    pub step: Option<Step>,
    /// What was sent.
    pub format: Format,
    /// Whether nothing is to be changed.
    pub dry_run: bool,
    /// Whether faulty rows are left out; else one of them stops the whole.
    pub skip_faulty: bool,
    /// Whether people are asked first.
    pub inviting: bool,
    /// Who asked for it.
    pub importer_id: UserId,
    /// Whether every course of the school was theirs then.
    pub manages: bool,
    /// Counts the runs of its job; only the latest may write.
    pub attempt: i32,
    /// The line up to which the present step has come.
    pub line: i64,
    /// Rows worked through in the present step.
    pub rows_done: i64,
    /// Rows in all.
    pub rows_total: i64,
    /// How many faults are listed.
    pub faults: i64,
    /// People who came in.
    pub created: i64,
    /// Enrolments that changed.
    pub updated: i64,
    /// Enrolments that are as the row says.
    pub unchanged: i64,
    /// People who were withdrawn.
    pub withdrawn: i64,
    /// Of those who came in, how many wait for a place.
    pub waiting: i64,
    /// Rows left out.
    pub skipped: i64,
    /// Raised by every change.
    pub version: i64,
    /// When it came.
    pub created_at: DateTime<Utc>,
    /// When the row last changed.
    pub updated_at: DateTime<Utc>,
    /// When work on it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Where an import stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
#[serde(rename_all = "snake_case")]
#[schema(as = EnrollmentImportState)]
pub enum State {
    /// Its rows are still being stored; nobody sees it yet.
    #[sea_orm(string_value = "receiving")]
    #[serde(skip)]
    Receiving,
    /// Waits for a worker.
    #[sea_orm(string_value = "queued")]
    Queued,
    /// At work.
    #[sea_orm(string_value = "running")]
    Running,
    /// Ended well.
    #[sea_orm(string_value = "done")]
    Done,
    /// Ended because of what is listed in the errors.
    #[sea_orm(string_value = "failed")]
    Failed,
    /// Called off.
    #[sea_orm(string_value = "cancelled")]
    Cancelled,
}

/// What a running import is at.
#[derive(Copy, Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
#[serde(rename_all = "snake_case")]
#[schema(as = EnrollmentImportStep)]
pub enum Step {
    /// Judges every row; nothing is changed.
    #[sea_orm(string_value = "checking")]
    Checking,
    /// Enrols and withdraws.
    #[sea_orm(string_value = "applying")]
    Applying,
}

/// What was sent.
#[derive(Copy, Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
#[serde(rename_all = "snake_case")]
#[schema(as = EnrollmentImportFormat)]
pub enum Format {
    /// A table with Lyceum's columns.
    #[sea_orm(string_value = "csv")]
    Csv,
    /// The `enrollments.csv` of `OneRoster`.
    #[sea_orm(string_value = "oneroster")]
    #[serde(rename = "oneroster")]
    OneRoster,
    /// People and groups.
    #[sea_orm(string_value = "people")]
    People,
}

impl Model {
    /// Whether nothing more is done about it.
    pub const fn ended(&self) -> bool {
        matches!(self.state, State::Done | State::Failed | State::Cancelled)
    }
}
