//! What can go wrong in tenancy, with the stable code of each.

use std::time::Duration;

use lyceum_kernel::{ErrorKind, Fault, ServiceError};
use lyceum_platform::PlatformError;
use lyceum_platform::db::ChangeError;
use lyceum_platform::error::violated_constraint;
use sea_orm::DbErr;

use crate::ports::PortError;

/// Everything a use case of tenancy can fail with.
#[derive(Debug, thiserror::Error)]
pub enum TenancyError {
    /// No such school, or not visible.
    #[error("there is no such school")]
    SchoolNotFound,
    /// No such person in the school, or not visible.
    #[error("there is no such person")]
    MemberNotFound,
    /// No such group, or not visible.
    #[error("there is no such group")]
    GroupNotFound,
    /// No such invite, or not visible.
    #[error("there is no such invite")]
    InviteNotFound,
    /// The code is none.
    #[error("there is no such invite")]
    InviteUnknown,
    /// The invite lets nobody in any more.
    #[error("the invite is used up, has expired or was withdrawn")]
    InviteOver,
    /// The invite is for another address.
    #[error("the invite is for another address")]
    InviteForAnother,
    /// The account came by this invite before.
    #[error("this invite was redeemed before")]
    InviteRedeemed,
    /// Too many wrong codes.
    #[error("too many wrong codes")]
    TooManyGuesses {
        /// When it may be tried again.
        retry_after: Duration,
    },
    /// It would be over before it began.
    #[error("this moment is past")]
    AlreadyPast,
    /// No such course.
    #[error("there is no such course")]
    CourseNotFound,
    /// No such request to join, or not visible.
    #[error("there is no such request")]
    RequestNotFound,
    /// The request was decided before.
    #[error("the request was decided before")]
    AlreadyDecided,
    /// Nobody founds schools by themselves on this deployment.
    #[error("schools are founded by the platform's staff here")]
    SignupClosed,
    /// Too many sign-ups from an address, or in the name of one.
    #[error("too many sign-ups")]
    TooManySignups {
        /// When it may be tried again.
        retry_after: Duration,
    },
    /// No such import, or not visible.
    #[error("there is no such import")]
    ImportNotFound,
    /// Another import of the school is under way.
    #[error("another import is under way in this school")]
    ImportRunning,
    /// What has ended cannot be called off.
    #[error("the import has ended")]
    ImportEnded,
    /// There is no active school, and this is about one.
    #[error("this needs an active school: switch to one first")]
    SchoolNeeded,
    /// Another school has the slug.
    #[error("the slug is taken")]
    SlugTaken,
    /// Another member has the username.
    #[error("the username is taken")]
    UsernameTaken,
    /// Another member has the external id.
    #[error("the external id is taken")]
    ExternalIdTaken,
    /// Another group has the name.
    #[error("the name is taken")]
    GroupNameTaken,
    /// The school has no role of that name.
    #[error("there is no such role in the school")]
    UnknownRole,
    /// The address or the account belongs to a member already.
    #[error("this person is a member already")]
    AlreadyMember,
    /// The school has as many members as it may have.
    #[error("the school has no seat left")]
    NoSeatLeft,
    /// Somebody must be left who runs the school.
    #[error("this is the last administrator of the school")]
    LastAdministrator,
    /// What was not deleted cannot be restored.
    #[error("it is not deleted")]
    NotDeleted,
    /// Staff keep this person out.
    #[error("the membership is not active")]
    KeptOut,
    /// The offer is used up, void or too old.
    #[error("the offer has expired or was answered already")]
    OfferExpired,
    /// There is no such offer.
    #[error("there is no such offer")]
    OfferUnknown,
    /// Nothing can be mailed to somebody without an address.
    #[error("this person has no e-mail address")]
    AddressMissing,
    /// The school is suspended or lapsed.
    #[error("the school is suspended or lapsed: it can be read, not changed")]
    SchoolReadOnly,
    /// A rule about ranks and roles forbids it.
    #[error(transparent)]
    Refused(#[from] crate::policy::Refusal),
    /// Values that were refused.
    #[error("the request contains invalid values")]
    Invalid(Vec<Fault>),
    /// `If-Match` names an older version, or somebody was faster.
    #[error("it has changed in the meantime")]
    Stale,
    /// Two requests did the same at the same moment.
    #[error("somebody did the same at the same moment")]
    Raced,
    /// Another context refused, in its own words.
    #[error("{0}")]
    Port(PortError),
    /// Something below failed.
    #[error(transparent)]
    Platform(#[from] PlatformError),
}

impl From<DbErr> for TenancyError {
    fn from(error: DbErr) -> Self {
        match violated_constraint(&error).as_deref() {
            Some("uq_groups_school_id_name_key") => Self::GroupNameTaken,
            Some("uq_groups_school_id_external_id" | "uq_memberships_school_id_external_id") => Self::ExternalIdTaken,
            Some("uq_memberships_school_id_email_key" | "pk_memberships") => Self::AlreadyMember,
            Some("uq_memberships_school_id_username_key") => Self::UsernameTaken,
            Some("uq_schools_slug") => Self::SlugTaken,
            _ => Self::Platform(error.into()),
        }
    }
}

impl From<ChangeError> for TenancyError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Stale => Self::Stale,
            ChangeError::Database(error) => error.into(),
        }
    }
}

impl From<PortError> for TenancyError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl ServiceError for TenancyError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::SchoolNotFound
            | Self::MemberNotFound
            | Self::GroupNotFound
            | Self::CourseNotFound
            | Self::InviteNotFound
            | Self::InviteUnknown
            | Self::RequestNotFound
            | Self::ImportNotFound
            | Self::OfferUnknown => ErrorKind::NotFound,
            Self::OfferExpired | Self::InviteOver => ErrorKind::Gone,
            Self::SchoolNeeded
            | Self::KeptOut
            | Self::SchoolReadOnly
            | Self::InviteForAnother
            | Self::SignupClosed
            | Self::Refused(_) => ErrorKind::Forbidden,
            Self::TooManyGuesses { .. } | Self::TooManySignups { .. } => ErrorKind::TooMany,
            Self::SlugTaken
            | Self::UsernameTaken
            | Self::ExternalIdTaken
            | Self::GroupNameTaken
            | Self::UnknownRole
            | Self::AlreadyMember
            | Self::NoSeatLeft
            | Self::LastAdministrator
            | Self::AddressMissing
            | Self::InviteRedeemed
            | Self::AlreadyPast
            | Self::AlreadyDecided
            | Self::ImportRunning
            | Self::ImportEnded
            | Self::NotDeleted => ErrorKind::Conflict,
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::Stale => ErrorKind::Stale,
            Self::Raced => ErrorKind::Unavailable,
            Self::Port(error) => error.kind(),
            Self::Platform(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::SchoolNotFound
            | Self::MemberNotFound
            | Self::GroupNotFound
            | Self::CourseNotFound
            | Self::InviteNotFound
            | Self::InviteUnknown
            | Self::RequestNotFound
            | Self::ImportNotFound
            | Self::OfferUnknown => "not-found",
            Self::AlreadyDecided => "already-decided",
            Self::SignupClosed => "school-signup-closed",
            Self::TooManySignups { .. } => "too-many-requests",
            Self::InviteOver => "invite-over",
            Self::InviteForAnother => "invite-for-another",
            Self::InviteRedeemed => "already-redeemed",
            Self::TooManyGuesses { .. } => "too-many-failures",
            Self::AlreadyPast => "already-past",
            Self::ImportRunning => "import-running",
            Self::ImportEnded => "import-ended",
            Self::SchoolNeeded => "school-needed",
            Self::SlugTaken => "slug-taken",
            Self::UsernameTaken => "username-taken",
            Self::ExternalIdTaken => "external-id-taken",
            Self::GroupNameTaken => "name-taken",
            Self::UnknownRole => "unknown-role",
            Self::AlreadyMember => "already-a-member",
            Self::NoSeatLeft => "no-seat-left",
            Self::LastAdministrator => "last-administrator",
            Self::NotDeleted => "not-deleted",
            Self::KeptOut => "membership-inactive",
            Self::OfferExpired => "offer-expired",
            Self::AddressMissing => "address-missing",
            Self::SchoolReadOnly => "school-read-only",
            Self::Refused(refusal) => refusal.code(),
            Self::Invalid(_) => "invalid",
            Self::Stale => "stale",
            Self::Raced => "busy",
            Self::Port(error) => error.code(),
            Self::Platform(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            Self::Invalid(faults) => faults.clone(),
            Self::Port(error) => error.faults(),
            Self::Platform(error) => error.faults(),
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Raced => Some(Duration::from_secs(1)),
            Self::TooManyGuesses { retry_after } | Self::TooManySignups { retry_after } => Some(*retry_after),
            Self::Port(error) => error.retry_after(),
            Self::Platform(error) => error.retry_after(),
            _ => None,
        }
    }
}
