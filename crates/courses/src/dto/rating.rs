//! Requests and views of ratings.

use chrono::{DateTime, Utc};
use lyceum_kernel::{CourseId, UserId};
use lyceum_web::MergeField;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::model::rating::{self, RatingId};

/// What somebody who completed a course thinks of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f3108", "course_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2e05",
    "user_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "stars": 5, "comment": "Now I look at leaves differently.",
    "version": 1, "created_at": "2026-11-21T07:55:00Z", "updated_at": "2026-11-21T07:55:00Z", "deleted_at": null
}))]
pub struct Rating {
    /// The rating.
    pub id: RatingId,
    /// The course.
    pub course_id: CourseId,
    /// Who thinks so.
    pub user_id: UserId,
    /// 1 to 5.
    pub stars: i16,
    /// In words.
    pub comment: Option<String>,
    /// Raised by every change.
    pub version: i64,
    /// When it was given.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl From<rating::Model> for Rating {
    fn from(row: rating::Model) -> Self {
        let rating::Model {
            school_id: _,
            id,
            course_id,
            user_id,
            stars,
            comment,
            version,
            created_at,
            updated_at,
            deleted_at,
            deletion_id: _,
        } = row;
        Self { id, course_id, user_id, stars, comment, version, created_at, updated_at, deleted_at }
    }
}

/// A rating to be given, or the whole of what can be changed about one.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"stars": 5, "comment": "Now I look at leaves differently."}))]
pub struct PutRating {
    /// 1 to 5.
    #[validate(range(min = 1, max = 5))]
    #[schema(minimum = 1, maximum = 5)]
    pub stars: i16,
    /// In words.
    #[serde(default)]
    #[validate(length(max = 2000))]
    #[schema(max_length = 2000)]
    pub comment: Option<String>,
}

/// A merge patch (RFC 7396) of a rating.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"stars": 4}))]
pub struct PatchRating {
    /// 1 to 5.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[validate(range(min = 1, max = 5))]
    #[schema(value_type = i16, minimum = 1, maximum = 5, required = false)]
    pub stars: Option<i16>,
    /// In words.
    #[serde(default)]
    #[validate(length(max = 2000))]
    #[schema(value_type = Option<String>, max_length = 2000)]
    pub comment: MergeField<String>,
}

/// How a course was rated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({"count": 12, "mean": 4.25}))]
pub struct RatingStats {
    /// How many ratings there are.
    pub count: i64,
    /// Their mean, 1 to 5; nothing while there are none.
    pub mean: Option<f64>,
}

impl RatingStats {
    /// Of so many ratings with so many stars in all.
    #[expect(clippy::cast_precision_loss, reason = "counts of people are small")]
    pub fn of(count: i64, sum: i64) -> Self {
        Self { count, mean: (count > 0).then(|| sum as f64 / count as f64) }
    }
}
