//! Requests and views of courses.

use chrono::{DateTime, Utc};
use lyceum_kernel::{CourseId, FileId, SchoolId, UserId};
use lyceum_web::MergeField;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::Deleted;
use super::text::{Code, CourseSlug, Level, Tag, Title};
pub use crate::model::course::Visibility;
use crate::model::course::{self, Status};
use crate::repo::courses::{Filter, Sorting};

/// A course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2e05", "school_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03",
    "owner_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "teacher_ids": [], "title": "Light and life",
    "description": "How plants eat light.", "code": "BIO-9-1", "slug": "light-and-life", "level": "Year 9",
    "tags": ["biology"], "visibility": "member", "status": "published", "starts_at": null, "ends_at": null,
    "cover_file_id": null, "version": 4, "created_at": "2026-11-21T07:55:00Z", "updated_at": "2026-11-21T08:10:00Z",
    "published_at": "2026-11-21T08:10:00Z", "archived_at": null, "deleted_at": null
}))]
pub struct Course {
    /// The course.
    pub id: CourseId,
    /// Its school.
    pub school_id: SchoolId,
    /// Whose it is.
    pub owner_id: UserId,
    /// Who teaches it beside the owner.
    pub teacher_ids: Vec<UserId>,
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub description: Option<String>,
    /// The code in the school's own records.
    pub code: Option<String>,
    /// Its name in addresses.
    pub slug: Option<String>,
    /// Year, grade or level.
    pub level: Option<String>,
    /// What it is filed under.
    pub tags: Vec<String>,
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
    /// Raised by every change of the course itself, and when sections come, go or change their order.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was last published.
    pub published_at: Option<DateTime<Utc>>,
    /// When it was archived.
    pub archived_at: Option<DateTime<Utc>>,
    /// When it was deleted; such courses are only seen with `?deleted=only`.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl From<course::Model> for Course {
    fn from(row: course::Model) -> Self {
        let course::Model {
            school_id,
            id,
            owner_id,
            title,
            title_key: _,
            description,
            code,
            code_key: _,
            slug,
            level,
            tags,
            teacher_ids,
            visibility,
            status,
            starts_at,
            ends_at,
            cover_file_id,
            offered: _,
            rating_count: _,
            rating_sum: _,
            outline_version: _,
            version,
            created_at,
            updated_at,
            published_at,
            archived_at,
            deleted_at,
            deletion_id: _,
        } = row;
        Self {
            id,
            school_id,
            owner_id,
            teacher_ids: teacher_ids.0,
            title,
            description,
            code,
            slug,
            level,
            tags: tags.0,
            visibility,
            status,
            starts_at,
            ends_at,
            cover_file_id,
            version,
            created_at,
            updated_at,
            published_at,
            archived_at,
            deleted_at,
        }
    }
}

/// A course to be made, or the whole of what can be changed about one.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "Light and life", "code": "BIO-9-1", "tags": ["biology"], "visibility": "member"}))]
pub struct PutCourse {
    /// What it is called.
    pub title: Title,
    /// What it is about.
    #[serde(default)]
    #[validate(length(max = 5000))]
    #[schema(max_length = 5000)]
    pub description: Option<String>,
    /// The code in the school's own records; unique in the school, whatever its case.
    #[serde(default)]
    pub code: Option<Code>,
    /// Its name in addresses; unique in the school.
    #[serde(default)]
    pub slug: Option<CourseSlug>,
    /// Year, grade or level.
    #[serde(default)]
    pub level: Option<Level>,
    /// What it is filed under; each counts once, whatever its case.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20, required = false)]
    pub tags: Vec<Tag>,
    /// Whom it is for; `member` if left out.
    #[serde(default)]
    #[schema(required = false)]
    pub visibility: Visibility,
    /// When it begins.
    #[serde(default)]
    pub starts_at: Option<DateTime<Utc>>,
    /// When it ends.
    #[serde(default)]
    pub ends_at: Option<DateTime<Utc>>,
    /// The picture on its cover.
    #[serde(default)]
    pub cover_file_id: Option<FileId>,
    /// Whose it is; the caller's, or who had it before, if left out.
    #[serde(default)]
    pub owner_id: Option<UserId>,
    /// Who teaches it beside the owner: staff of the school.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20, required = false)]
    pub teacher_ids: Vec<UserId>,
}

/// A merge patch (RFC 7396) of a course.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"description": "How plants eat light.", "level": "Year 9"}))]
pub struct PatchCourse {
    /// What it is called.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = Title, required = false)]
    pub title: Option<Title>,
    /// What it is about.
    #[serde(default)]
    #[validate(length(max = 5000))]
    #[schema(value_type = Option<String>, max_length = 5000)]
    pub description: MergeField<String>,
    /// The code in the school's own records.
    #[serde(default)]
    #[schema(value_type = Option<Code>)]
    pub code: MergeField<Code>,
    /// Its name in addresses.
    #[serde(default)]
    #[schema(value_type = Option<CourseSlug>)]
    pub slug: MergeField<CourseSlug>,
    /// Year, grade or level.
    #[serde(default)]
    #[schema(value_type = Option<Level>)]
    pub level: MergeField<Level>,
    /// What it is filed under.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[validate(length(max = 20))]
    #[schema(value_type = Vec<Tag>, max_items = 20, required = false)]
    pub tags: Option<Vec<Tag>>,
    /// Whom it is for.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = Visibility, required = false)]
    pub visibility: Option<Visibility>,
    /// When it begins.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub starts_at: MergeField<DateTime<Utc>>,
    /// When it ends.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub ends_at: MergeField<DateTime<Utc>>,
    /// The picture on its cover.
    #[serde(default)]
    #[schema(value_type = Option<FileId>)]
    pub cover_file_id: MergeField<FileId>,
    /// Whose it is: for its owner, and those who run the school, to give away.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = UserId, required = false)]
    pub owner_id: Option<UserId>,
    /// Who teaches it beside the owner.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[validate(length(max = 20))]
    #[schema(value_type = Vec<UserId>, max_items = 20, required = false)]
    pub teacher_ids: Option<Vec<UserId>>,
}

/// What a copy of a course is to be called.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "Light and life, spring"}))]
pub struct DuplicateCourse {
    /// What the copy is called; as the course if left out.
    #[serde(default)]
    pub title: Option<Title>,
    /// The copy's code.
    #[serde(default)]
    pub code: Option<Code>,
    /// The copy's name in addresses.
    #[serde(default)]
    pub slug: Option<CourseSlug>,
}

/// The orders of a list of courses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub enum CourseSort {
    /// Oldest first.
    #[default]
    #[serde(rename = "created_at")]
    CreatedAt,
    /// Newest first.
    #[serde(rename = "-created_at")]
    CreatedAtDescending,
    /// By title, from A.
    #[serde(rename = "title")]
    Title,
    /// By title, from Z.
    #[serde(rename = "-title")]
    TitleDescending,
}

/// Whose courses are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// The caller's.
    Me,
}

/// Which courses to list, and in which order.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CourseFilter {
    /// Words in the course, its sections, blocks and files: the best answers first, at most 1,000. `sort` has no effect then.
    #[param(min_length = 1, max_length = 200, required = false)]
    #[validate(length(min = 1, max = 200))]
    pub q: Option<String>,
    /// Only courses for these. `member` and `private` are for members of a school.
    #[serde(default)]
    #[param(inline, min_items = 1, max_items = 3, required = false)]
    #[validate(length(max = 3))]
    pub visibility: Vec<Visibility>,
    /// Only courses in this status.
    #[param(inline)]
    pub status: Option<Status>,
    /// `me`: only courses that the caller takes part in.
    #[param(inline)]
    pub enrolled: Option<Whose>,
    /// Only courses that this person owns or teaches.
    pub teacher_id: Option<UserId>,
    /// Only courses with this tag, whatever its case.
    #[param(min_length = 1, max_length = 40, required = false)]
    #[validate(length(min = 1, max = 40))]
    pub tag: Option<String>,
    /// Only courses of this level.
    #[param(min_length = 1, max_length = 64, required = false)]
    #[validate(length(min = 1, max = 64))]
    pub level: Option<String>,
    /// `only`: the deleted ones in place of the others; for those who may restore them.
    #[param(inline)]
    pub deleted: Option<Deleted>,
    /// Only those that changed at this moment or later.
    pub updated_since: Option<DateTime<Utc>>,
    /// The order; `created_at` if left out.
    #[param(inline)]
    pub sort: Option<CourseSort>,
}

impl CourseFilter {
    /// The words, the filter and the order as the repository knows them.
    pub(crate) fn into_query(self) -> (Option<String>, Filter, Sorting) {
        let Self { q, visibility, status, enrolled, teacher_id, tag, level, deleted, updated_since, sort } = self;
        let (by_title, descending) = match sort.unwrap_or_default() {
            CourseSort::CreatedAt => (false, false),
            CourseSort::CreatedAtDescending => (false, true),
            CourseSort::Title => (true, false),
            CourseSort::TitleDescending => (true, true),
        };
        let (enrolled, deleted) = (enrolled.is_some(), deleted.is_some());
        let filter = Filter { visibility, status, enrolled, teacher: teacher_id, tag, level, deleted, updated_since };
        (q, filter, Sorting { by_title, descending })
    }
}
