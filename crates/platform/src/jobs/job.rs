//! The table `jobs`.

use chrono::{DateTime, Utc};
use lyceum_kernel::{EventId, JobId, SchoolId};
use sea_orm::entity::prelude::*;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum JobState {
    /// Waiting for `run_at` and a worker.
    #[sea_orm(string_value = "ready")]
    Ready,
    /// Claimed; if `lease_until` passes, claimable again.
    #[sea_orm(string_value = "running")]
    Running,
    /// Succeeded.
    #[sea_orm(string_value = "done")]
    Done,
    /// Gave up after its last try; an operator may retry it.
    #[sea_orm(string_value = "parked")]
    Parked,
    /// Called off.
    #[sea_orm(string_value = "cancelled")]
    Cancelled,
}

impl JobState {
    /// Every state, in the order a job may pass them.
    pub const ALL: [Self; 5] = [Self::Ready, Self::Running, Self::Done, Self::Parked, Self::Cancelled];

    /// The name in the database, the API and the metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Done => "done",
            Self::Parked => "parked",
            Self::Cancelled => "cancelled",
        }
    }
}

/// One job.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobId,
    /// What is to be done: the name of its handler, such as `mail.send`.
    pub kind: String,
    /// Where it stands.
    pub state: JobState,
    /// What the handler needs to know; for a consumer of an event, the event's payload.
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    /// At most one job ever has this key.
    pub unique_key: Option<String>,
    /// The event it consumes, if it does.
    pub event_id: Option<EventId>,
    /// The school it works for, if one.
    pub school_id: Option<SchoolId>,
    /// The request that caused it.
    pub request_id: Option<String>,
    /// W3C trace context of its cause.
    pub traceparent: Option<String>,
    /// Not claimable before; while running, the same as `lease_until`, so that one index finds all that is claimable.
    pub run_at: DateTime<Utc>,
    /// How often it was claimed. Fences every write about the run.
    pub attempt: i32,
    /// Until when the present claim holds.
    pub lease_until: Option<DateTime<Utc>>,
    /// The worker that holds, or last held, it.
    pub worker_id: Option<String>,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// Units of long work done.
    pub progress_done: i32,
    /// Units of long work in all, once known.
    pub progress_total: Option<i32>,
    /// Units that failed without failing the job.
    pub progress_errors: i32,
    /// What long work leaves for whoever asked for it.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub result: Option<Json>,
    /// When its cause committed, about.
    pub created_at: DateTime<Utc>,
    /// When it was done, parked or cancelled.
    pub finished_at: Option<DateTime<Utc>>,
}

/// None: jobs name nothing by foreign key, so that what they speak of may be deleted first.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
