//! How people come into a course, and how many there are.

use chrono::{DateTime, Utc};
use lyceum_kernel::{CourseId, SchoolId};
use sea_orm::entity::prelude::*;

/// A row of `enrollment_settings`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "enrollment_settings")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The course.
    #[sea_orm(primary_key, auto_increment = false)]
    pub course_id: CourseId,
    /// Whether people may enrol themselves.
    pub self_enroll: bool,
    /// How many students there may be; any number if none.
    pub capacity: Option<i64>,
    /// Whether people may wait once it is full.
    pub waiting_list: bool,
    /// From when people may enrol themselves.
    pub opens_at: Option<DateTime<Utc>>,
    /// Until when they may.
    pub closes_at: Option<DateTime<Utc>>,
    /// How many students hold a place.
    pub taken: i64,
    /// How many wait for one.
    pub waiting: i64,
    /// The last number that was drawn for the waiting line.
    pub last_number: i64,
    /// Whether the course is deleted, as was heard last: then its enrolments are not there.
    pub course_deleted: bool,
    /// Raised by every change of the settings; the counters do not count.
    pub version: i64,
    /// When the row was made.
    pub created_at: DateTime<Utc>,
    /// When the settings last changed.
    pub updated_at: DateTime<Utc>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// What holds for a course that nobody has settled anything for: staff enrol, and there is room for all.
    pub const fn usual(school_id: SchoolId, course_id: CourseId, now: DateTime<Utc>) -> Self {
        Self {
            school_id,
            course_id,
            self_enroll: false,
            capacity: None,
            waiting_list: false,
            opens_at: None,
            closes_at: None,
            taken: 0,
            waiting: 0,
            last_number: 0,
            course_deleted: false,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// Whether a place is free, never mind who waits.
    pub fn has_room(&self) -> bool {
        self.capacity.is_none_or(|capacity| self.taken < capacity)
    }

    /// Whether there is a place for somebody who comes now: those who wait come first.
    pub fn has_room_for_newcomer(&self) -> bool {
        self.capacity.is_none_or(|capacity| self.taken + self.waiting < capacity)
    }

    /// Whether people may enrol themselves at this moment.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.self_enroll
            && self.opens_at.is_none_or(|from| from <= now)
            && self.closes_at.is_none_or(|until| now < until)
    }
}
