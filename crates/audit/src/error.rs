//! What can go wrong with the audit log.

use std::time::Duration;

use lyceum_kernel::{ErrorKind, Fault, ServiceError};
use lyceum_platform::PlatformError;
use sea_orm::DbErr;

/// Everything a use case of the audit log can fail with.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// No such entry, or another school's.
    #[error("there is no such entry")]
    NotFound,
    /// Another sealer wrote the chain although it was this one's turn: nothing was sealed, the next turn will.
    #[error("the chain grew under this sealer")]
    Overtaken,
    /// A fault of ours that no client can help.
    #[error("{0}")]
    Internal(&'static str),
    /// Something below failed.
    #[error(transparent)]
    Platform(#[from] PlatformError),
}

impl From<DbErr> for AuditError {
    fn from(error: DbErr) -> Self {
        Self::Platform(error.into())
    }
}

impl ServiceError for AuditError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound => ErrorKind::NotFound,
            Self::Overtaken => ErrorKind::Unavailable,
            Self::Internal(_) => ErrorKind::Internal,
            Self::Platform(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Overtaken => "unavailable",
            Self::Internal(_) => "internal",
            Self::Platform(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            Self::Platform(error) => error.faults(),
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Platform(error) => error.retry_after(),
            Self::Overtaken => Some(Duration::from_secs(1)),
            _ => None,
        }
    }
}
