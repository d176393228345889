//! Imports: people in bulk, from a file.

use chrono::{DateTime, Utc};
use lyceum_kernel::{SchoolId, UserId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

lyceum_kernel::id!(ImportId, "One import of people from a file.");

/// A row of `imports`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "imports")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The import.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ImportId,
    /// Where it stands.
    pub state: State,
    /// What is being done, while it is running.
    pub step: Option<Step>,
    /// What the file turned out to be.
    pub format: Option<Format>,
    /// Whether nothing is to be changed.
    pub dry_run: bool,
    /// Whether faulty rows are left out; else one of them stops the whole.
    pub skip_faulty: bool,
    /// The role of newcomers whose row names none; the school's default if none.
    pub default_role: Option<String>,
    /// Who asked for it.
    pub importer_id: UserId,
    /// What they were allowed then.
    #[sea_orm(column_type = "JsonBinary")]
    pub authority: Json,
    /// The size of the file.
    pub bytes: i64,
    /// Counts the runs of its job; only the latest may write.
    pub attempt: i32,
    /// Rows worked through in the present step.
    pub rows_done: i64,
    /// Rows in all, once they are counted.
    pub rows_total: Option<i64>,
    /// How many faults are listed.
    pub faults: i64,
    /// Seats taken beforehand and not used yet.
    pub seats_reserved: i64,
    /// Letters posted so far.
    pub letters: i64,
    /// People who came in at once.
    pub created: i64,
    /// People who were added and asked by mail.
    pub offered: i64,
    /// Members who changed.
    pub updated: i64,
    /// Members who are as the file says.
    pub unchanged: i64,
    /// Rows left out.
    pub skipped: i64,
    /// Groups made of classes.
    pub groups_created: i64,
    /// People put into groups and taken out of them.
    pub group_changes: i64,
    /// Raised by every change.
    pub version: i64,
    /// When the file began to come.
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
#[schema(as = ImportState)]
pub enum State {
    /// Its file is still coming; nobody sees it yet.
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
#[schema(as = ImportStep)]
pub enum Step {
    /// Reads every row and judges it; nothing is changed.
    #[sea_orm(string_value = "checking")]
    Checking,
    /// Adds and changes people.
    #[sea_orm(string_value = "applying")]
    Applying,
}

/// What a file is.
#[derive(Copy, Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
#[serde(rename_all = "snake_case")]
#[schema(as = ImportFormat)]
pub enum Format {
    /// A table of people with Lyceum's columns.
    #[sea_orm(string_value = "csv")]
    Csv,
    /// The `users.csv` of `OneRoster` by itself.
    #[sea_orm(string_value = "oneroster_users")]
    #[serde(rename = "oneroster_users")]
    OneRosterUsers,
    /// A zip archive of `OneRoster`.
    #[sea_orm(string_value = "oneroster")]
    #[serde(rename = "oneroster")]
    OneRoster,
}

impl Model {
    /// Whether nothing more is done about it.
    pub const fn ended(&self) -> bool {
        matches!(self.state, State::Done | State::Failed | State::Cancelled)
    }
}
