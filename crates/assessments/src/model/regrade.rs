//! Regrades: tests that are marked anew.

use chrono::{DateTime, Utc};
use lyceum_kernel::{AttemptId, SchoolId, TestId, UserId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::adjustment::Adjustments;

lyceum_kernel::id!(RegradeId, "Marking a test anew.");

/// A row of `regrades`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "regrades")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The regrade.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RegradeId,
    /// The test.
    pub test_id: TestId,
    /// Who asked for it.
    pub requester_id: UserId,
    /// Where it stands.
    pub state: State,
    /// Nothing is changed: it says what would be.
    pub dry_run: bool,
    /// Why.
    pub note: Option<String>,
    /// What was asked for.
    #[sea_orm(column_type = "JsonBinary")]
    pub actions: Adjustments,
    /// How questions are marked by it.
    #[sea_orm(column_type = "JsonBinary")]
    pub adjustments: Adjustments,
    /// How they were marked before.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub adjustments_before: Option<Adjustments>,
    /// Counts the runs of its job; only the latest may write.
    pub attempt: i32,
    /// The attempt up to which the present run has come.
    pub position: Option<AttemptId>,
    /// Attempts worked through.
    pub done: i64,
    /// Attempts in all, once they are counted.
    pub total: Option<i64>,
    /// Attempts that change.
    pub changed: i64,
    /// Those with more points than before.
    pub raised: i64,
    /// Those with less.
    pub lowered: i64,
    /// Raised by every change.
    pub version: i64,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When the row last changed.
    pub updated_at: DateTime<Utc>,
    /// Since when attempts that are handed in are marked in the way that it puts through.
    pub since: DateTime<Utc>,
    /// When work on it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Where a regrade stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
#[serde(rename_all = "snake_case")]
#[schema(as = RegradeState)]
pub enum State {
    /// Waits for a worker.
    #[sea_orm(string_value = "queued")]
    Queued,
    /// At work.
    #[sea_orm(string_value = "running")]
    Running,
    /// Every attempt is marked anew; or, in a dry run, looked at.
    #[sea_orm(string_value = "done")]
    Done,
    /// A dry run that was called off.
    #[sea_orm(string_value = "cancelled")]
    Cancelled,
    /// Former marks are being put back.
    #[sea_orm(string_value = "reverting")]
    Reverting,
    /// Former marks were put back.
    #[sea_orm(string_value = "reverted")]
    Reverted,
}

impl State {
    /// Whether a job is at it, or will be.
    pub const fn at_work(self) -> bool {
        matches!(self, Self::Queued | Self::Running | Self::Reverting)
    }
}

impl Model {
    /// How questions are to be marked where it stands.
    pub fn aim(&self) -> Adjustments {
        match self.state {
            State::Reverting | State::Reverted => self.adjustments_before.clone().unwrap_or_default(),
            _ => self.adjustments.clone(),
        }
    }
}
