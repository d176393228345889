//! What can go wrong in assessments, with the stable code of each.

use std::time::Duration;

use lyceum_kernel::{ErrorKind, Fault, ServiceError};
use lyceum_platform::PlatformError;
use sea_orm::DbErr;

use crate::ports::PortError;
use crate::question::Flaw;

/// Everything a use case of assessments can fail with.
#[derive(Debug, thiserror::Error)]
pub enum AssessmentError {
    /// No such bank, question, test or attempt, or not visible.
    #[error("there is no such thing, or it is not visible to you")]
    NotFound,
    /// There is no active school, and this is about one.
    #[error("this needs an active school: switch to one first")]
    SchoolNeeded,
    /// A question that is wrong beyond its shape.
    #[error("the question contradicts itself")]
    QuestionFlawed(Vec<Fault>),
    /// Questions keep their type.
    #[error("a question keeps its type: make a new one")]
    TypeFixed,
    /// The test is to belong to a course that the caller does not teach.
    #[error("there is no such course, or you do not teach it")]
    UnknownCourse,
    /// A draw is from a bank that the caller does not see.
    #[error("there is no such question bank")]
    UnknownBank,
    /// A question is not in a bank that the caller sees, or has no such revision.
    #[error("there is no such question, or no such revision of it")]
    UnknownQuestion,
    /// A question stands in a section that the test does not have.
    #[error("a question stands in a section that there is not")]
    UnknownSection,
    /// A question stands in a test twice.
    #[error("a question stands in the test twice")]
    QuestionTwice,
    /// It closes before it opens.
    #[error("the test would close before it opens")]
    DatesReversed,
    /// No address, or no network.
    #[error("one of the addresses is none")]
    BadAddress,
    /// It has that status already.
    #[error("the test is published already")]
    WrongStatus,
    /// There is nothing in it.
    #[error("the test has no questions")]
    TestEmpty,
    /// A bank has fewer questions than are to be drawn.
    #[error("a bank has fewer questions than are drawn from it")]
    DrawTooSmall,
    /// Nobody of the school, or no group of it.
    #[error("there is nobody of that kind in the school")]
    UnknownSubject,
    /// The test has not opened.
    #[error("the test opens later")]
    NotOpenYet,
    /// The test is over.
    #[error("the test is closed")]
    TestClosed,
    /// The test is a draft.
    #[error("the test is not published")]
    NotPublished,
    /// No attempt is left.
    #[error("there is no attempt left")]
    NoAttemptLeft,
    /// The next attempt may be started later.
    #[error("the next attempt may be started later")]
    AttemptDelay(Duration),
    /// It has to be taken by an attempt.
    #[error("this test is taken by an attempt: start one")]
    AttemptRequired,
    /// There is an open attempt.
    #[error("there is an open attempt: hand that in")]
    AttemptOpen,
    /// The attempt was handed in or closed.
    #[error("the attempt was handed in or closed")]
    AttemptClosed,
    /// The attempt's time is over.
    #[error("the time of the attempt is over")]
    AttemptOver,
    /// Answers that are none of the attempt's questions.
    #[error("some answers are not to questions of this attempt, or not of their shape")]
    AnswerMisfit(Vec<Fault>),
    /// More points than the question is worth.
    #[error("the question is not worth as many points")]
    TooManyPoints,
    /// As many as there may be.
    #[error("there are as many as there may be")]
    Full,
    /// What was not deleted cannot be restored.
    #[error("it is not deleted")]
    NotDeleted,
    /// What it belongs to is deleted.
    #[error("what it belongs to is deleted: restore that first")]
    ParentDeleted,
    /// The test is being marked anew.
    #[error("the test is being marked anew")]
    RegradeRunning,
    /// It has ended.
    #[error("the regrade has ended already")]
    RegradeEnded,
    /// There is nothing to put back.
    #[error("there is nothing to put back")]
    RegradeNotDone,
    /// A later one was built upon it.
    #[error("a later regrade was built upon it: put that back first")]
    RegradeSuperseded,
    /// Work on another thread did not end.
    #[error("work on another thread did not end")]
    Interrupted,
    /// A rule forbids it.
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

impl From<DbErr> for AssessmentError {
    fn from(error: DbErr) -> Self {
        Self::Platform(error.into())
    }
}

impl From<PortError> for AssessmentError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl From<lyceum_web::Stale> for AssessmentError {
    fn from(_: lyceum_web::Stale) -> Self {
        Self::Stale
    }
}

impl AssessmentError {
    /// A question, at a place in the body, is wrong beyond its shape.
    pub fn flawed(at: &str, flaw: &Flaw) -> Self {
        Self::QuestionFlawed(vec![Fault::new(format!("{at}{}", flaw.pointer), "contradiction", flaw.message)])
    }
}

impl ServiceError for AssessmentError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound | Self::UnknownSubject => ErrorKind::NotFound,
            Self::SchoolNeeded | Self::Refused(_) => ErrorKind::Forbidden,
            Self::Stale => ErrorKind::Stale,
            Self::Interrupted => ErrorKind::Internal,
            Self::Port(error) => error.kind(),
            Self::Platform(error) => error.kind(),
            _ => ErrorKind::Conflict,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound | Self::UnknownSubject => "not-found",
            Self::SchoolNeeded => "school-needed",
            Self::QuestionFlawed(_) => "question-flawed",
            Self::TypeFixed => "type-fixed",
            Self::UnknownCourse => "unknown-course",
            Self::UnknownBank => "unknown-bank",
            Self::UnknownQuestion => "unknown-question",
            Self::UnknownSection => "unknown-section",
            Self::QuestionTwice => "question-twice",
            Self::DatesReversed => "dates-reversed",
            Self::BadAddress => "bad-address",
            Self::WrongStatus => "wrong-status",
            Self::TestEmpty => "test-empty",
            Self::DrawTooSmall => "draw-too-small",
            Self::NotOpenYet => "not-open-yet",
            Self::TestClosed => "test-closed",
            Self::NotPublished => "not-published",
            Self::NoAttemptLeft => "no-attempt-left",
            Self::AttemptDelay(_) => "attempt-delay",
            Self::AttemptRequired => "attempt-required",
            Self::AttemptOpen => "attempt-open",
            Self::AttemptClosed => "attempt-closed",
            Self::AttemptOver => "attempt-over",
            Self::AnswerMisfit(_) => "answer-misfit",
            Self::TooManyPoints => "too-many-points",
            Self::Full => "full",
            Self::NotDeleted => "not-deleted",
            Self::ParentDeleted => "parent-deleted",
            Self::RegradeRunning => "regrade-running",
            Self::RegradeEnded => "regrade-ended",
            Self::RegradeNotDone => "regrade-not-done",
            Self::RegradeSuperseded => "regrade-superseded",
            Self::Interrupted => "internal",
            Self::Refused(refusal) => refusal.code(),
            Self::Stale => "stale",
            Self::Port(error) => error.code(),
            Self::Platform(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            Self::QuestionFlawed(faults) | Self::AnswerMisfit(faults) => faults.clone(),
            Self::Port(error) => error.faults(),
            Self::Platform(error) => error.faults(),
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::AttemptDelay(left) => Some(*left),
            Self::Port(error) => error.retry_after(),
            Self::Platform(error) => error.retry_after(),
            _ => None,
        }
    }
}
