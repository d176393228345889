//! Courses.

use chrono::{DateTime, Utc};
use lyceum_kernel::{CourseId, FileId, SchoolId, UserId};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A row of `courses`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "courses")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The course.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CourseId,
    /// Whose it is.
    pub owner_id: UserId,
    /// What it is called.
    pub title: String,
    /// Where it stands in a list by title.
    pub title_key: String,
    /// What it is about.
    pub description: Option<String>,
    /// The code in the school's own records.
    pub code: Option<String>,
    /// The same case-folded: unique among the school's courses that are not deleted.
    pub code_key: Option<String>,
    /// Its name in addresses; unique among the school's courses that are not deleted.
    pub slug: Option<String>,
    /// Year, grade or level.
    pub level: Option<String>,
    /// What it is filed under.
    #[sea_orm(column_type = "JsonBinary")]
    pub tags: Tags,
    /// Who teaches it beside the owner.
    #[sea_orm(column_type = "JsonBinary")]
    pub teacher_ids: Teachers,
    /// Whom it is for.
    pub visibility: Visibility,
    /// Whether it is open.
    pub status: Status,
    /// When it begins.
    pub starts_at: Option<DateTime<Utc>>,
    /// When it ends.
    pub ends_at: Option<DateTime<Utc>>,
    /// The picture on its cover.
    pub cover_file_id: Option<FileId>,
    /// False while the school is deleted.
    pub offered: bool,
    /// How many ratings it has.
    pub rating_count: i64,
    /// The sum of their stars.
    pub rating_sum: i64,
    /// Raised by every change beneath it.
    pub outline_version: i64,
    /// Raised by every change of the course itself, its sections and their order among them.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When the row last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was last published.
    pub published_at: Option<DateTime<Utc>>,
    /// When it was archived.
    pub archived_at: Option<DateTime<Utc>>,
    /// When it was deleted (restorable).
    pub deleted_at: Option<DateTime<Utc>>,
    /// The mark of what was deleted with it.
    pub deletion_id: Option<Uuid>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Tags as they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Tags(pub Vec<String>);

/// Accounts of co-teachers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Teachers(pub Vec<UserId>);

/// Whom a course is for.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
#[serde(rename_all = "snake_case")]
#[schema(as = CourseVisibility)]
pub enum Visibility {
    /// Anybody with an account.
    #[sea_orm(string_value = "public")]
    Public,
    /// The members of the school.
    #[default]
    #[sea_orm(string_value = "member")]
    Member,
    /// Those who take part.
    #[sea_orm(string_value = "private")]
    Private,
}

/// Whether a course is open.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
#[serde(rename_all = "snake_case")]
#[schema(as = CourseStatus)]
pub enum Status {
    /// Seen by those who teach it only.
    #[default]
    #[sea_orm(string_value = "draft")]
    Draft,
    /// Open.
    #[sea_orm(string_value = "published")]
    Published,
    /// Over: who took part still reads it.
    #[sea_orm(string_value = "archived")]
    Archived,
}
