//! Answers in attempts: the latest of each question.

use chrono::{DateTime, Utc};
use lyceum_kernel::{AttemptId, SchoolId, UserId};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::question::QuestionId;
use crate::points::Points;
use crate::question::Response;

/// A row of `attempt_answers`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "attempt_answers")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The attempt.
    #[sea_orm(primary_key, auto_increment = false)]
    pub attempt_id: AttemptId,
    /// The question.
    #[sea_orm(primary_key, auto_increment = false)]
    pub question_id: QuestionId,
    /// The client's own count: an older one never replaces a newer.
    pub seq: i64,
    /// What was answered; nothing if it was taken back.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub response: Option<Answered>,
    /// When it was saved.
    pub saved_at: DateTime<Utc>,
    /// What the client's clock said.
    pub client_time: Option<DateTime<Utc>>,
    /// Waits for a person to mark it.
    pub awaits_marking: bool,
    /// What a person gave for it.
    pub points: Option<Points>,
    /// What they said.
    pub comment: Option<String>,
    /// What they gave for each criterion.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub rubric: Option<Json>,
    /// Who they are.
    pub marker_id: Option<UserId>,
    /// What a second person gave for it.
    pub second_points: Option<Points>,
    /// Who they are.
    pub second_marker_id: Option<UserId>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// An answer as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Answered(pub Response);
