//! What can go wrong in enrolments, with the stable code of each.

use std::time::Duration;

use lyceum_kernel::{ErrorKind, Fault, ServiceError};
use lyceum_platform::PlatformError;
use sea_orm::DbErr;

use crate::ports::PortError;

/// Everything a use case of enrolments can fail with.
#[derive(Debug, thiserror::Error)]
pub enum EnrollmentError {
    /// No such course or enrolment, or not visible.
    #[error("there is no such thing, or it is not visible to you")]
    NotFound,
    /// There is no active school, and this is about one.
    #[error("this needs an active school: switch to one first")]
    SchoolNeeded,
    /// Somebody who is not of the school.
    #[error("nobody of the school has this id")]
    UnknownPerson,
    /// A course that is not of the school, or deleted.
    #[error("there is no such course in the school")]
    UnknownCourse,
    /// Only staff teach.
    #[error("only staff of the school teach")]
    NotStaff,
    /// The course is over.
    #[error("the course is archived: nobody comes in any more")]
    CourseArchived,
    /// All places are taken.
    #[error("all places of the course are taken")]
    CourseFull,
    /// Once per person and course.
    #[error("this person is enrolled in the course already")]
    AlreadyEnrolled,
    /// It ends before it begins.
    #[error("it would end before it begins")]
    DatesReversed,
    /// The status does not follow the one that it has.
    #[error("the enrolment is not in a status in which this can be done")]
    WrongStatus,
    /// The course does not let people enrol themselves, or not now.
    #[error("people do not enrol themselves in this course, or not now")]
    NotOpen,
    /// Only who learns in a course completes its blocks.
    #[error("you do not learn in this course, or not now")]
    NotEnrolled,
    /// The course is not open: nothing is completed there.
    #[error("the course is not published: nothing is completed there")]
    CourseClosed,
    /// The block is not open yet, or not for the learner; and why.
    #[error("the block is locked: {0}")]
    BlockLocked(String),
    /// The block is completed by what happens, not by saying so.
    #[error("this block is completed by passing its test or by handing in, not by saying so")]
    CompletesItself,
    /// A group that is not of the school.
    #[error("there is no such group in the school")]
    UnknownGroup,
    /// A table that is larger than may be.
    #[error("the table is larger than 8 MiB: divide it")]
    TooLarge,
    /// Nothing more is done about it.
    #[error("the import has ended already")]
    ImportEnded,
    /// What was not deleted cannot be restored.
    #[error("it is not deleted")]
    NotDeleted,
    /// A rule about enrolments forbids it.
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

impl From<DbErr> for EnrollmentError {
    fn from(error: DbErr) -> Self {
        Self::Platform(error.into())
    }
}

impl From<PortError> for EnrollmentError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl From<lyceum_web::Stale> for EnrollmentError {
    fn from(_: lyceum_web::Stale) -> Self {
        Self::Stale
    }
}

impl ServiceError for EnrollmentError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound => ErrorKind::NotFound,
            Self::SchoolNeeded | Self::NotEnrolled | Self::Refused(_) => ErrorKind::Forbidden,
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
            Self::UnknownPerson => "unknown-person",
            Self::UnknownCourse => "unknown-course",
            Self::NotStaff => "not-staff",
            Self::CourseArchived => "course-archived",
            Self::CourseFull => "course-full",
            Self::AlreadyEnrolled => "already-enrolled",
            Self::DatesReversed => "dates-reversed",
            Self::WrongStatus => "wrong-status",
            Self::NotOpen => "not-open",
            Self::NotEnrolled => "not-enrolled",
            Self::CourseClosed => "course-closed",
            Self::BlockLocked(_) => "block-locked",
            Self::CompletesItself => "completes-itself",
            Self::UnknownGroup => "unknown-group",
            Self::TooLarge => "file-too-large",
            Self::ImportEnded => "import-ended",
            Self::NotDeleted => "not-deleted",
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
