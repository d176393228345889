//! What regrades change, attempt by attempt, with what there was before.

use lyceum_kernel::{AttemptId, SchoolId, UserId};
use sea_orm::entity::prelude::*;

use super::attempt::Marks;
use super::regrade::RegradeId;
use crate::points::Points;

/// A row of `regrade_changes`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "regrade_changes")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The regrade.
    #[sea_orm(primary_key, auto_increment = false)]
    pub regrade_id: RegradeId,
    /// The attempt.
    #[sea_orm(primary_key, auto_increment = false)]
    pub attempt_id: AttemptId,
    /// Whose it is.
    pub user_id: UserId,
    /// Which of theirs.
    pub number: i32,
    /// Its points before.
    pub score_before: Option<Points>,
    /// Its points after.
    pub score_after: Option<Points>,
    /// What there was to have before.
    pub max_score_before: Points,
    /// What there is to have after.
    pub max_score_after: Points,
    /// Whether it was enough before.
    pub passed_before: Option<bool>,
    /// Whether it is enough after.
    pub passed_after: Option<bool>,
    /// Whether everything was marked before.
    pub graded_before: bool,
    /// Whether everything is marked after.
    pub graded_after: bool,
    /// What each question was worth before.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub marks_before: Option<Marks>,
    /// The version that it gave the attempt.
    pub version_after: i64,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
