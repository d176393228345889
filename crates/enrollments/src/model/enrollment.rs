//! Enrolments.

use chrono::{DateTime, Utc};
use lyceum_kernel::{CourseId, EnrollmentId, SchoolId, UserId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A row of `enrollments`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "enrollments")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The enrolment.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EnrollmentId,
    /// The course.
    pub course_id: CourseId,
    /// Who.
    pub user_id: UserId,
    /// As what.
    pub role: Role,
    /// Where it stands.
    pub status: Status,
    /// How they came in last.
    pub means: Means,
    /// The number in the waiting line, while they wait: the lowest is next.
    pub number: Option<i64>,
    /// From when they take part.
    pub starts_at: Option<DateTime<Utc>>,
    /// Until when they take part.
    pub ends_at: Option<DateTime<Utc>>,
    /// When they first took part.
    pub enrolled_at: Option<DateTime<Utc>>,
    /// When they completed the course, if they have.
    pub completed_at: Option<DateTime<Utc>>,
    /// When they completed it for the first time: others were told then.
    pub first_completed_at: Option<DateTime<Utc>>,
    /// How many blocks of the course they have completed.
    pub blocks_done: i32,
    /// When they last completed one, or took it back.
    pub last_activity_at: Option<DateTime<Utc>>,
    /// 1 if they are counted among the learners in roll-ups.
    pub counted_learners: i32,
    /// How many of the blocks that they have completed are counted there.
    pub counted_done: i32,
    /// 1 if they are counted there among those who have completed the course.
    pub counted_completed: i32,
    /// When they were withdrawn, if they are.
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// Who withdrew them; nobody if the program did.
    pub withdrawn_by: Option<UserId>,
    /// What it was when they left the school: it will be that again if they come back.
    pub left_as: Option<Status>,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When the row last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted (restorable).
    pub deleted_at: Option<DateTime<Utc>>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// As what somebody takes part in a course.
#[derive(
    Copy, Clone, Debug, Default, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
#[serde(rename_all = "snake_case")]
#[schema(as = EnrollmentRole)]
pub enum Role {
    /// Learns; takes a place.
    #[default]
    #[sea_orm(string_value = "student")]
    Student,
    /// Teaches, and looks after the enrolments.
    #[sea_orm(string_value = "teacher")]
    Teacher,
}

impl Role {
    /// As events and the audit log have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Student => "student",
            Self::Teacher => "teacher",
        }
    }
}

/// Where an enrolment stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
#[serde(rename_all = "snake_case")]
#[schema(as = EnrollmentStatus)]
pub enum Status {
    /// Asked to take part; a place is kept for them.
    #[sea_orm(string_value = "invited")]
    Invited,
    /// Takes part.
    #[sea_orm(string_value = "active")]
    Active,
    /// Waits for a place.
    #[sea_orm(string_value = "waiting")]
    Waiting,
    /// Has completed the course.
    #[sea_orm(string_value = "completed")]
    Completed,
    /// Takes part no more.
    #[sea_orm(string_value = "withdrawn")]
    Withdrawn,
}

/// How somebody came into a course.
#[derive(Copy, Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
#[serde(rename_all = "snake_case")]
#[schema(as = EnrollmentMeans)]
pub enum Means {
    /// Staff enrolled them.
    #[sea_orm(string_value = "staff")]
    Staff,
    /// They enrolled themselves.
    #[sea_orm(string_value = "oneself")]
    #[serde(rename = "self")]
    Oneself,
    /// By an invite into the school.
    #[sea_orm(string_value = "invite")]
    Invite,
    /// With many others.
    #[sea_orm(string_value = "bulk")]
    Bulk,
}

impl Model {
    /// Whether it is that of somebody who takes part, now or at the dates that it says.
    pub fn takes_part(&self) -> bool {
        self.deleted_at.is_none() && matches!(self.status, Status::Active | Status::Completed)
    }

    /// Whether it takes one of the course's places.
    pub fn holds_place(&self) -> bool {
        let holds = matches!(self.status, Status::Invited | Status::Active | Status::Completed);
        self.deleted_at.is_none() && self.role == Role::Student && holds
    }

    /// Whether it waits for one.
    pub fn waits(&self) -> bool {
        self.deleted_at.is_none() && self.status == Status::Waiting
    }
}
