//! What can go wrong with roles, with the stable code of each.

use std::time::Duration;

use lyceum_kernel::{ErrorKind, Fault, ServiceError};
use lyceum_platform::PlatformError;
use sea_orm::DbErr;

use crate::policy::Refusal;

/// Everything a use case of rbac can fail with.
#[derive(Debug, thiserror::Error)]
pub enum RbacError {
    /// No such role, or not visible.
    #[error("there is no such role")]
    RoleNotFound,
    /// The role does not grant the permission that is to be taken.
    #[error("the role does not grant this permission")]
    NotGranted,
    /// The catalogue knows no such permission.
    #[error("there is no permission {0}")]
    UnknownPermission(String),
    /// Roles are made in a school.
    #[error("choose a school first: roles are made in one")]
    SchoolRequired,
    /// The name belongs to another role of the school, or to a built-in one.
    #[error("the name is taken")]
    NameTaken,
    /// Somebody has the role, or is about to get it.
    #[error("the role is in use: take it from everybody first")]
    InUse,
    /// A built-in role cannot be deleted; only a school's version of it.
    #[error("a built-in role cannot be deleted")]
    BuiltIn,
    /// The rank of a built-in role stays what it is.
    #[error("the rank of a built-in role does not change")]
    RankFixed,
    /// A super admin holds every permission, always.
    #[error("a super admin holds every permission")]
    PermissionsFixed,
    /// A role that was not deleted cannot be restored.
    #[error("the role is not deleted")]
    NotDeleted,
    /// The school has as many roles as it may have.
    #[error("a school has at most {0} roles of its own")]
    TooMany(u64),
    /// A rule about ranks and permissions forbids it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The permission that this needs beside the route's own.
    #[error("this needs the permission {0}")]
    PermissionMissing(&'static str),
    /// `If-Match` names an older version.
    #[error("the role has changed in the meantime")]
    Stale,
    /// It could not be found out whether the role is in use.
    #[error("whether the role is in use cannot be known now: {0}")]
    UseUnknown(Box<dyn ServiceError>),
    /// Something below failed.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// A fault of ours that no client can help.
    #[error("{0}")]
    Internal(&'static str),
}

impl From<DbErr> for RbacError {
    fn from(error: DbErr) -> Self {
        Self::Platform(error.into())
    }
}

impl ServiceError for RbacError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::RoleNotFound | Self::NotGranted => ErrorKind::NotFound,
            Self::UnknownPermission(_)
            | Self::SchoolRequired
            | Self::NameTaken
            | Self::InUse
            | Self::BuiltIn
            | Self::RankFixed
            | Self::PermissionsFixed
            | Self::NotDeleted
            | Self::TooMany(_) => ErrorKind::Conflict,
            Self::Refused(_) | Self::PermissionMissing(_) => ErrorKind::Forbidden,
            Self::Stale => ErrorKind::Stale,
            Self::UseUnknown(error) => match error.kind() {
                ErrorKind::Internal => ErrorKind::Internal,
                _ => ErrorKind::Unavailable,
            },
            Self::Platform(error) => error.kind(),
            Self::Internal(_) => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::RoleNotFound => "not-found",
            Self::NotGranted => "permission-not-granted",
            Self::UnknownPermission(_) => "unknown-permission",
            Self::SchoolRequired => "school-required",
            Self::NameTaken => "role-name-taken",
            Self::InUse => "role-in-use",
            Self::BuiltIn => "role-built-in",
            Self::RankFixed => "rank-fixed",
            Self::PermissionsFixed => "permissions-fixed",
            Self::NotDeleted => "not-deleted",
            Self::TooMany(_) => "too-many-roles",
            Self::Refused(refusal) => refusal.code(),
            Self::PermissionMissing(_) => "permission-missing",
            Self::Stale => "stale",
            Self::UseUnknown(_) => "role-use-unavailable",
            Self::Platform(error) => error.code(),
            Self::Internal(_) => "internal",
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            Self::Platform(error) => error.faults(),
            _ => Vec::new(),
        }
    }

    fn recorded(&self) -> bool {
        matches!(self, Self::Refused(_))
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Platform(error) => error.retry_after(),
            Self::UseUnknown(error) => error.retry_after(),
            _ => None,
        }
    }
}
