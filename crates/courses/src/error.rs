//! What can go wrong in courses, with the stable code of each.

use std::time::Duration;

use lyceum_kernel::{ErrorKind, Fault, ServiceError};
use lyceum_platform::PlatformError;
use lyceum_platform::db::ChangeError;
use lyceum_platform::error::violated_constraint;
use sea_orm::DbErr;

use crate::ports::PortError;

/// Everything a use case of courses can fail with.
#[derive(Debug, thiserror::Error)]
pub enum CourseError {
    /// No such course, section, block or rating, or not visible.
    #[error("there is no such thing, or it is not visible to you")]
    NotFound,
    /// There is no active school, and this is about one.
    #[error("this needs an active school: switch to one first")]
    SchoolNeeded,
    /// Another course has the code.
    #[error("another course has the code")]
    CodeTaken,
    /// Another course has the slug.
    #[error("another course has the slug")]
    SlugTaken,
    /// It ends before it begins.
    #[error("the course would end before it begins")]
    DatesReversed,
    /// Somebody who is not of the school's staff.
    #[error("only staff of the school teach: somebody named is not")]
    UnknownTeacher,
    /// No such file, or it is not theirs to use.
    #[error("there is no such file, or you may not use it")]
    UnknownFile,
    /// No such test, or it is not theirs to use.
    #[error("there is no such test, or it is not yours to use")]
    UnknownTest,
    /// A release rule speaks of a block that is not in the course.
    #[error("the release rule speaks of a block that is not in this course")]
    UnknownBlock,
    /// A release rule speaks of a group that is not in the school.
    #[error("the release rule speaks of a group that is not in this school")]
    UnknownGroup,
    /// A block is to be moved to a section that is not in the course.
    #[error("there is no such section in this course")]
    UnknownSection,
    /// A release rule has too many conditions or levels.
    #[error("the release rule has more than 4 levels or 32 conditions")]
    RuleTooLarge,
    /// Blocks that wait for each other would never open.
    #[error("the blocks would wait for each other")]
    PrerequisiteCircle,
    /// A link without an address, a document without a file.
    #[error("a block of this type needs an address or a file")]
    BlockIncomplete,
    /// A block cannot be completed in this way.
    #[error("only a quiz is completed by passing it, and only an assignment by handing it in")]
    CompletionUnfit,
    /// The ids are not just those that there are.
    #[error("the order must name each one exactly once: somebody may have added or removed one")]
    OrderMismatch,
    /// As many as there may be.
    #[error("there are as many as there may be")]
    Full,
    /// What was not deleted cannot be restored.
    #[error("it is not deleted")]
    NotDeleted,
    /// What it belongs to is deleted.
    #[error("what it belongs to is deleted: restore that first")]
    ParentDeleted,
    /// The course has this status already.
    #[error("the course is not in a state in which this can be done")]
    WrongStatus,
    /// Ratings are given by those who completed the course.
    #[error("only who has completed the course rates it")]
    NotCompleted,
    /// One rating per person and course.
    #[error("you have rated this course already")]
    AlreadyRated,
    /// A rule about courses forbids it.
    #[error(transparent)]
    Refused(#[from] crate::policy::Refusal),
    /// `If-Match` names an older version, or somebody was faster.
    #[error("it has changed in the meantime")]
    Stale,
    /// Another context refused, in its own words.
    #[error("{0}")]
    Port(PortError),
    /// Something below failed.
    #[error(transparent)]
    Platform(#[from] PlatformError),
}

impl From<DbErr> for CourseError {
    fn from(error: DbErr) -> Self {
        match violated_constraint(&error).as_deref() {
            Some("uq_courses_school_id_code_key") => Self::CodeTaken,
            Some("uq_courses_school_id_slug") => Self::SlugTaken,
            Some("uq_ratings_school_id_course_id_user_id") => Self::AlreadyRated,
            _ => Self::Platform(error.into()),
        }
    }
}

impl From<ChangeError> for CourseError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Stale => Self::Stale,
            ChangeError::Database(error) => error.into(),
        }
    }
}

impl From<PortError> for CourseError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl From<lyceum_web::Stale> for CourseError {
    fn from(_: lyceum_web::Stale) -> Self {
        Self::Stale
    }
}

impl ServiceError for CourseError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound => ErrorKind::NotFound,
            Self::SchoolNeeded | Self::Refused(_) => ErrorKind::Forbidden,
            Self::Stale => ErrorKind::Stale,
            Self::Port(error) => error.kind(),
            Self::Platform(error) => error.kind(),
            _ => ErrorKind::Conflict,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::SchoolNeeded => "school-needed",
            Self::CodeTaken => "code-taken",
            Self::SlugTaken => "slug-taken",
            Self::DatesReversed => "dates-reversed",
            Self::UnknownTeacher => "unknown-teacher",
            Self::UnknownFile => "unknown-file",
            Self::UnknownTest => "unknown-test",
            Self::UnknownBlock => "unknown-block",
            Self::UnknownGroup => "unknown-group",
            Self::UnknownSection => "unknown-section",
            Self::RuleTooLarge => "rule-too-large",
            Self::PrerequisiteCircle => "prerequisite-circle",
            Self::BlockIncomplete => "block-incomplete",
            Self::CompletionUnfit => "completion-unfit",
            Self::OrderMismatch => "order-mismatch",
            Self::Full => "full",
            Self::NotDeleted => "not-deleted",
            Self::ParentDeleted => "parent-deleted",
            Self::WrongStatus => "wrong-status",
            Self::NotCompleted => "not-completed",
            Self::AlreadyRated => "already-rated",
            Self::Refused(refusal) => refusal.code(),
            Self::Stale => "stale",
            Self::Port(error) => error.code(),
            Self::Platform(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            Self::Port(error) => error.faults(),
            Self::Platform(error) => error.faults(),
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Port(error) => error.retry_after(),
            Self::Platform(error) => error.retry_after(),
            _ => None,
        }
    }
}
