//! Tests.

use chrono::{DateTime, Utc};
use lyceum_kernel::{CourseId, SchoolId, TestId, UserId};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::adjustment::Adjustments;
use super::bank::BankId;
use super::question::QuestionId;
pub use super::settings::Settings;
use crate::points::Points;

/// A row of `tests`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tests")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The test.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TestId,
    /// The course that it belongs to.
    pub course_id: Option<CourseId>,
    /// Whose it is.
    pub owner_id: UserId,
    /// Its own bank, for questions given inline.
    pub bank_id: BankId,
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub description: Option<String>,
    /// Whether it is open to those whom it is for.
    pub status: Status,
    /// Which questions there are.
    #[sea_orm(column_type = "JsonBinary")]
    pub structure: Structure,
    /// How questions are marked where that is not by what was seen.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub adjustments: Option<Adjustments>,
    /// Raised by every change of the structure.
    pub revision: i32,
    /// How it is taken.
    #[sea_orm(column_type = "JsonBinary")]
    pub settings: Settings,
    /// Out of the settings.
    pub opens_at: Option<DateTime<Utc>>,
    /// Out of the settings.
    pub closes_at: Option<DateTime<Utc>>,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When the row last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// When it was deleted (restorable).
    pub deleted_at: Option<DateTime<Utc>>,
    /// The mark of what was deleted with it.
    pub deletion_id: Option<Uuid>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Whether a test is open.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
#[serde(rename_all = "snake_case")]
#[schema(as = TestStatus)]
pub enum Status {
    /// Seen by those who teach it only.
    #[default]
    #[sea_orm(string_value = "draft")]
    Draft,
    /// Open to those whom it is for, at its times.
    #[sea_orm(string_value = "published")]
    Published,
}

/// A part of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TestSection)]
pub struct Section {
    /// What it is called.
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// What to know before it, in Markdown.
    #[serde(default)]
    #[validate(length(max = 5000))]
    #[schema(max_length = 5000)]
    pub description: Option<String>,
}

/// A question in a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The question.
    pub question_id: QuestionId,
    /// The revision that was pinned; the latest if none.
    pub revision: Option<i32>,
    /// What it is worth here, where that is not what the question says.
    pub points: Option<Points>,
    /// The section, from 0.
    pub section: u8,
}

/// Which questions a test has: the fixed ones. What is drawn stands in the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Structure {
    /// The sections; none if the test is one piece.
    pub sections: Vec<Section>,
    /// The questions in order.
    pub items: Vec<Item>,
}
