//! Requests and views of sections.

use chrono::{DateTime, Utc};
use lyceum_kernel::{CourseId, SectionId};
use lyceum_web::MergeField;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::text::Title;
use crate::model::section;

/// A section of a course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2f06", "course_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2e05", "position": 0,
    "title": "What light is", "description": null, "version": 1, "created_at": "2026-11-21T07:55:00Z",
    "updated_at": "2026-11-21T07:55:00Z", "deleted_at": null
}))]
pub struct Section {
    /// The section.
    pub id: SectionId,
    /// Its course.
    pub course_id: CourseId,
    /// Its place in the course, from 0; of a deleted one, where it stood.
    pub position: i32,
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub description: Option<String>,
    /// Raised by every change of the section itself, and when blocks come, go or change their order.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted; such sections are only seen with `?deleted=only`.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl From<section::Model> for Section {
    fn from(row: section::Model) -> Self {
        let section::Model {
            school_id: _,
            id,
            course_id,
            position,
            title,
            description,
            version,
            created_at,
            updated_at,
            deleted_at,
            deletion_id: _,
        } = row;
        Self { id, course_id, position, title, description, version, created_at, updated_at, deleted_at }
    }
}

/// A section to be made at the end of a course, or the whole of what can be changed about one.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "What light is"}))]
pub struct PutSection {
    /// What it is called.
    pub title: Title,
    /// What it is about.
    #[serde(default)]
    #[validate(length(max = 5000))]
    #[schema(max_length = 5000)]
    pub description: Option<String>,
}

/// A merge patch (RFC 7396) of a section.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"description": "Waves and particles"}))]
pub struct PatchSection {
    /// What it is called.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = Title, required = false)]
    pub title: Option<Title>,
    /// What it is about.
    #[serde(default)]
    #[validate(length(max = 5000))]
    #[schema(value_type = Option<String>, max_length = 5000)]
    pub description: MergeField<String>,
}

/// All sections of a course in the order they are to have.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"ids": ["019aa5d2-6f00-7c3e-8000-5d1f1f6f2f06", "019aa5d2-6f00-7c3e-8000-5d1f1f6f2f07"]}))]
pub struct SectionOrder {
    /// Each section of the course, once.
    #[validate(length(max = 500))]
    #[schema(max_items = 500)]
    pub ids: Vec<SectionId>,
}

/// The sections of a course in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"ids": ["019aa5d2-6f00-7c3e-8000-5d1f1f6f2f06"], "version": 5}))]
pub struct OrderedSections {
    /// The sections.
    pub ids: Vec<SectionId>,
    /// The version of the course now.
    pub version: i64,
}
