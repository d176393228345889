//! Attempts.

use chrono::{DateTime, Utc};
use lyceum_kernel::{AttemptId, SchoolId, TestId, UserId};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::question::QuestionId;
use crate::deadline::Deadline;
use crate::points::Points;

/// A row of `attempts`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attempts")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The attempt.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AttemptId,
    /// The test.
    pub test_id: TestId,
    /// Whose it is.
    pub user_id: UserId,
    /// Which of theirs, from 1.
    pub number: i32,
    /// Whether it runs.
    pub state: State,
    /// Staff of the test trying it out: counts for nothing.
    pub trial: bool,
    /// The revision of the test's structure that it was made from.
    pub test_revision: i32,
    /// The questions in their order.
    #[sea_orm(column_type = "JsonBinary")]
    pub paper: Paper,
    /// What decided the orders and draws.
    pub seed: i64,
    /// When it ends, with the parts of that.
    #[sea_orm(column_type = "JsonBinary")]
    pub deadline: StoredDeadline,
    /// Until when answers are taken: out of the deadline.
    pub ends_at: Option<DateTime<Utc>>,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// What invigilators added while it ran, in seconds: a part of the deadline.
    pub added_s: i32,
    /// When it was handed in or closed.
    pub finished_at: Option<DateTime<Utc>>,
    /// What each question was worth, once it is over.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub marks: Option<Marks>,
    /// The same for statistics, in few bytes; not there in old rows.
    pub tally: Option<Vec<u8>>,
    /// Whether everything is marked.
    pub graded: bool,
    /// The points, once everything is marked; until then those of what is.
    pub score: Option<Points>,
    /// What there is to have.
    pub max_score: Points,
    /// Whether the pass mark was reached, once everything is marked.
    pub passed: Option<bool>,
    /// Raised by every change but answers.
    pub version: i64,
    /// When the row last changed.
    pub updated_at: DateTime<Utc>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Where an attempt stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
#[serde(rename_all = "snake_case")]
#[schema(as = AttemptState)]
pub enum State {
    /// It runs.
    #[sea_orm(string_value = "open")]
    Open,
    /// Handed in.
    #[sea_orm(string_value = "submitted")]
    Submitted,
    /// Closed with what was saved, because its time was over.
    #[sea_orm(string_value = "overdue")]
    Overdue,
    /// Closed with what was saved, by an invigilator.
    #[sea_orm(string_value = "closed")]
    Closed,
    /// Its time was over, and the test counts such attempts for nothing.
    #[sea_orm(string_value = "abandoned")]
    Abandoned,
}

/// A question in an attempt: 60 bytes that name a revision, which never changes and is at hand in memory. A copy of everything that
/// was asked would make each start write what all the others wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperItem {
    /// The question.
    #[serde(rename = "q")]
    pub question_id: QuestionId,
    /// The revision that it was.
    #[serde(rename = "r")]
    pub revision: i32,
    /// What it is worth.
    #[serde(rename = "p")]
    pub points: Points,
    /// The section, from 0.
    #[serde(rename = "s", default)]
    pub section: u8,
}

/// The questions of an attempt in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Paper(pub Vec<PaperItem>);

/// A deadline as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct StoredDeadline(pub Deadline);

/// What a question was worth in an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Its points; none while it waits for a person.
    #[serde(rename = "p")]
    pub points: Option<Points>,
    /// Whether there was an answer.
    #[serde(rename = "a")]
    pub answered: bool,
    /// Whether it was right: all of it, or not.
    #[serde(rename = "f", default)]
    pub full: bool,
    /// The options that were chosen, for statistics.
    #[serde(rename = "c", default, skip_serializing_if = "Vec::is_empty")]
    pub chosen: Vec<String>,
}

/// The marks of an attempt, in the order of its paper.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Marks(pub Vec<Mark>);
