//! Requests and views of how people come into a course.

use chrono::{DateTime, Utc};
use lyceum_kernel::CourseId;
use lyceum_web::MergeField;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::model::settings;

/// How people come into a course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "course_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2e05", "self_enroll": true, "capacity": 30, "waiting_list": true,
    "opens_at": "2026-12-01T08:00:00Z", "closes_at": null, "version": 2, "updated_at": "2026-11-21T08:00:00Z"
}))]
pub struct EnrollmentSettings {
    /// The course.
    pub course_id: CourseId,
    /// Whether people may enrol themselves.
    pub self_enroll: bool,
    /// How many students there may be; any number if null.
    pub capacity: Option<i64>,
    /// Whether people may wait once it is full.
    pub waiting_list: bool,
    /// From when people may enrol themselves.
    pub opens_at: Option<DateTime<Utc>>,
    /// Until when they may.
    pub closes_at: Option<DateTime<Utc>>,
    /// Raised by every change of the settings.
    pub version: i64,
    /// When they last changed; null if they never have.
    pub updated_at: Option<DateTime<Utc>>,
}

impl From<settings::Model> for EnrollmentSettings {
    fn from(row: settings::Model) -> Self {
        let settings::Model {
            school_id: _,
            course_id,
            self_enroll,
            capacity,
            waiting_list,
            opens_at,
            closes_at,
            taken: _,
            waiting: _,
            last_number: _,
            course_deleted: _,
            version,
            created_at: _,
            updated_at,
        } = row;
        let updated_at = (version > 1).then_some(updated_at);
        Self { course_id, self_enroll, capacity, waiting_list, opens_at, closes_at, version, updated_at }
    }
}

/// The whole of what can be settled about how people come into a course.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"self_enroll": true, "capacity": 30, "waiting_list": true}))]
pub struct PutEnrollmentSettings {
    /// Whether people may enrol themselves, and leave by themselves.
    pub self_enroll: bool,
    /// How many students there may be; any number if left out. Nobody who is in has to go.
    #[serde(default)]
    #[validate(range(min = 1, max = 1_000_000))]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub capacity: Option<i64>,
    /// Whether people may wait once it is full. Who waits already goes on waiting.
    #[serde(default)]
    #[schema(required = false)]
    pub waiting_list: bool,
    /// From when people may enrol themselves.
    #[serde(default)]
    pub opens_at: Option<DateTime<Utc>>,
    /// Until when they may.
    #[serde(default)]
    pub closes_at: Option<DateTime<Utc>>,
}

/// A merge patch (RFC 7396) of how people come into a course.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"capacity": 32}))]
pub struct PatchEnrollmentSettings {
    /// Whether people may enrol themselves, and leave by themselves.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = bool, required = false)]
    pub self_enroll: Option<bool>,
    /// How many students there may be.
    #[serde(default)]
    #[validate(range(min = 1, max = 1_000_000))]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 1_000_000)]
    pub capacity: MergeField<i64>,
    /// Whether people may wait once it is full.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = bool, required = false)]
    pub waiting_list: Option<bool>,
    /// From when people may enrol themselves.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub opens_at: MergeField<DateTime<Utc>>,
    /// Until when they may.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub closes_at: MergeField<DateTime<Utc>>,
}

/// How many there are in a course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"taken": 28, "waiting": 0, "capacity": 30, "free": 2}))]
pub struct Places {
    /// Students who hold a place: invited, active and completed.
    pub taken: i64,
    /// How many wait for one.
    pub waiting: i64,
    /// How many places there are; any number if null.
    pub capacity: Option<i64>,
    /// Places that a newcomer can still take; any number if null.
    pub free: Option<i64>,
}

impl From<settings::Model> for Places {
    fn from(row: settings::Model) -> Self {
        let free = row.capacity.map(|capacity| (capacity - row.taken - row.waiting).max(0));
        Self { taken: row.taken, waiting: row.waiting, capacity: row.capacity, free }
    }
}
