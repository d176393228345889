//! What can go wrong in identity, with the stable code of each.

use std::time::Duration;

use lyceum_kernel::{ErrorKind, Fault, ServiceError};
use lyceum_platform::PlatformError;
use lyceum_platform::db::ChangeError;
use lyceum_platform::error::violated_constraint;
use sea_orm::DbErr;

/// Everything a use case of identity can fail with.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Unknown account or wrong password: the two are never told apart.
    #[error("the username, e-mail address or password is wrong")]
    InvalidCredentials,
    /// The password is right; a second factor is wanted as well.
    #[error("this account is protected by a second factor: send its code as `totp`")]
    MfaRequired,
    /// The second factor is wrong, expired or was used already.
    #[error("the code is wrong, expired or was used already")]
    MfaCodeInvalid,
    /// The password is right, but the address was never proven.
    #[error("the account has not been activated yet")]
    NotActivated,
    /// The password is right, but staff closed the account.
    #[error("the account is disabled")]
    AccountDisabled,
    /// The refresh token is malformed, expired, spent or revoked.
    #[error("the refresh token is not valid")]
    InvalidRefreshToken,
    /// The access token's session or account has ended since the request began.
    #[error("the session has ended")]
    SessionEnded,
    /// Too many failures for this account from this address, or for the account, or from the address.
    #[error("too many failed attempts")]
    TooManyFailures {
        /// When to try again.
        retry_after: Duration,
    },
    /// A one-time token that was never issued.
    #[error("the token is not known")]
    OneTimeTokenUnknown,
    /// A one-time token whose time has passed, that was used or that a newer one has made void.
    #[error("the token has expired or was used already")]
    OneTimeTokenExpired,
    /// The deployment does not let people register by themselves.
    #[error("people cannot register by themselves here: ask for an invitation")]
    RegistrationClosed,
    /// An account without username and address: nobody could log in to it.
    #[error("an account needs a username or an e-mail address")]
    LoginNameMissing,
    /// The code that was to confirm a second factor is wrong.
    #[error("the code is wrong: is the clock of the device right?")]
    ConfirmationCodeWrong,
    /// Nothing can be mailed to an account without an address.
    #[error("the account has no e-mail address")]
    AddressMissing,
    /// Another context refused, in its own words.
    #[error("{0}")]
    Belonging(Box<dyn ServiceError>),
    /// Another context could not say what it keeps about a person.
    #[error("the export is not complete")]
    Export(Box<dyn ServiceError>),
    /// Somebody must be left who runs the deployment.
    #[error("this is the last super admin")]
    LastSuperAdmin,
    /// An account that was not deleted cannot be restored.
    #[error("the account is not deleted")]
    NotDeleted,
    /// A rule about ranks forbids it.
    #[error(transparent)]
    Refused(#[from] crate::policy::Refusal),
    /// Values that were refused.
    #[error("the request contains invalid values")]
    Invalid(Vec<Fault>),
    /// The account may not enter the school, or there is no such school: the two are never told apart.
    #[error("you are not a member of such a school")]
    NotAMember,
    /// Another context could not say which schools there are.
    #[error("the schools could not be looked up: {0}")]
    Schools(Box<dyn ServiceError>),
    /// No such account, or not visible.
    #[error("there is no such account")]
    AccountNotFound,
    /// No such session among the caller's own.
    #[error("there is no such session")]
    SessionNotFound,
    /// The username belongs to somebody else.
    #[error("the username is taken")]
    UsernameTaken,
    /// The address belongs to somebody else.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// `If-Match` names an older version.
    #[error("the account has changed in the meantime")]
    Stale,
    /// Proof of the password is wanted with this operation, and was wrong.
    #[error("the password is wrong")]
    ReauthenticationFailed,
    /// A second factor is set up already.
    #[error("a second factor is already active")]
    MfaAlreadyActive,
    /// There is no second factor to work on.
    #[error("no second factor is active")]
    MfaNotActive,
    /// The caller lacks a further permission that this needs.
    #[error("you may not do this")]
    NotAllowed,
    /// The hashing queue is full.
    #[error("too many passwords are being checked right now")]
    HasherBusy,
    /// Something below failed.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// The permissions of the caller could not be loaded.
    #[error("the permissions could not be loaded: {0}")]
    Permissions(Box<dyn ServiceError>),
    /// A fault of ours that no client can help.
    #[error("{0}")]
    Internal(&'static str),
}

impl From<DbErr> for IdentityError {
    fn from(error: DbErr) -> Self {
        match violated_constraint(&error).as_deref() {
            Some("uq_accounts_username_key") => Self::UsernameTaken,
            Some("uq_accounts_email_key") => Self::EmailTaken,
            _ => Self::Platform(error.into()),
        }
    }
}

impl From<ChangeError> for IdentityError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Stale => Self::Stale,
            ChangeError::Database(error) => error.into(),
        }
    }
}

impl ServiceError for IdentityError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::InvalidCredentials
            | Self::MfaRequired
            | Self::MfaCodeInvalid
            | Self::InvalidRefreshToken
            | Self::SessionEnded => ErrorKind::Unauthenticated,
            Self::NotActivated
            | Self::AccountDisabled
            | Self::ReauthenticationFailed
            | Self::NotAllowed
            | Self::RegistrationClosed
            | Self::ConfirmationCodeWrong
            | Self::NotAMember
            | Self::Refused(_) => ErrorKind::Forbidden,
            Self::TooManyFailures { .. } => ErrorKind::TooMany,
            Self::OneTimeTokenUnknown | Self::AccountNotFound | Self::SessionNotFound => ErrorKind::NotFound,
            Self::OneTimeTokenExpired => ErrorKind::Gone,
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::UsernameTaken
            | Self::EmailTaken
            | Self::MfaAlreadyActive
            | Self::MfaNotActive
            | Self::LoginNameMissing
            | Self::AddressMissing
            | Self::LastSuperAdmin
            | Self::NotDeleted => ErrorKind::Conflict,
            Self::Stale => ErrorKind::Stale,
            Self::HasherBusy => ErrorKind::Unavailable,
            Self::Platform(error) => error.kind(),
            Self::Belonging(error) => error.kind(),
            Self::Permissions(error) | Self::Schools(error) | Self::Export(error) => match error.kind() {
                ErrorKind::Internal => ErrorKind::Internal,
                _ => ErrorKind::Unavailable,
            },
            Self::Internal(_) => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::InvalidCredentials => "invalid-credentials",
            Self::MfaRequired => "mfa-required",
            Self::MfaCodeInvalid => "mfa-code-invalid",
            Self::NotActivated => "account-not-activated",
            Self::AccountDisabled => "account-disabled",
            Self::InvalidRefreshToken => "invalid-refresh-token",
            Self::SessionEnded => "session-ended",
            Self::TooManyFailures { .. } => "too-many-failures",
            Self::OneTimeTokenUnknown => "one-time-token-unknown",
            Self::OneTimeTokenExpired => "one-time-token-expired",
            Self::RegistrationClosed => "registration-closed",
            Self::LoginNameMissing => "login-name-missing",
            Self::ConfirmationCodeWrong => "confirmation-code-wrong",
            Self::NotAMember => "not-a-member",
            Self::Schools(_) => "schools-unavailable",
            Self::LastSuperAdmin => "last-super-admin",
            Self::NotDeleted => "not-deleted",
            Self::Refused(refusal) => refusal.code(),
            Self::Invalid(_) => "invalid",
            Self::AccountNotFound | Self::SessionNotFound => "not-found",
            Self::UsernameTaken => "username-taken",
            Self::EmailTaken => "email-taken",
            Self::Stale => "stale",
            Self::ReauthenticationFailed => "reauthentication-failed",
            Self::MfaAlreadyActive => "mfa-already-active",
            Self::MfaNotActive => "mfa-not-active",
            Self::NotAllowed => "not-allowed",
            Self::HasherBusy => "hasher-busy",
            Self::Platform(error) => error.code(),
            Self::Belonging(error) => error.code(),
            Self::Permissions(_) => "permissions-unavailable",
            Self::AddressMissing => "address-missing",
            Self::Export(_) => "export-unavailable",
            Self::Internal(_) => "internal",
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            Self::Invalid(faults) => faults.clone(),
            Self::Platform(error) => error.faults(),
            Self::Belonging(error) => error.faults(),
            _ => Vec::new(),
        }
    }

    fn recorded(&self) -> bool {
        matches!(self, Self::ReauthenticationFailed)
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyFailures { retry_after } => Some(*retry_after),
            Self::HasherBusy => Some(Duration::from_secs(1)),
            Self::Platform(error) => error.retry_after(),
            Self::Belonging(error) | Self::Permissions(error) | Self::Schools(error) | Self::Export(error) => {
                error.retry_after()
            }
            _ => None,
        }
    }
}
