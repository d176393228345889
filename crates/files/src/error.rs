//! What can go wrong with files, with the stable code of each.

use std::time::Duration;

use lyceum_kernel::{ErrorKind, ServiceError};
use lyceum_platform::PlatformError;
use lyceum_platform::db::ChangeError;
use sea_orm::DbErr;

use crate::ports::PortError;
use crate::store::StoreError;

/// Everything a use case of files can fail with.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// No such file, or not visible.
    #[error("there is no such file")]
    NotFound,
    /// There is no active school, and this is about one.
    #[error("this needs an active school: switch to one first")]
    SchoolNeeded,
    /// Somebody else's.
    #[error("this file is somebody else's")]
    NotYours,
    /// What was not deleted cannot be restored.
    #[error("it is not deleted")]
    NotDeleted,
    /// The upload is over, one way or the other.
    #[error("this upload is complete")]
    UploadOver,
    /// The bytes are not in the store.
    #[error("the bytes have not all arrived in the store")]
    Incomplete,
    /// A part with that number does not belong to the upload.
    #[error("this upload has no part with such a number")]
    NoSuchPart,
    /// Another number of bytes than announced.
    #[error("the file is not of the size that was announced")]
    SizeMismatch,
    /// Other bytes than announced.
    #[error("the file's SHA-256 is not the one that was announced")]
    ChecksumMismatch,
    /// More than a file may have.
    #[error("the file is larger than {0} bytes")]
    TooLarge(u64),
    /// A picture with more pixels than anybody decodes.
    #[error("the picture has more pixels than are taken")]
    TooManyPixels,
    /// The bytes are not what they were said to be.
    #[error("the file's content is not of the type {0}")]
    NotOfType(String),
    /// What is to be somebody's picture is none.
    #[error("the file is no picture: PNG, JPEG, GIF or WebP are")]
    NotAPicture,
    /// A program.
    #[error("programs are not taken")]
    Program,
    /// An archive that unpacks to more than anybody wants.
    #[error("the archive unpacks to more than is taken")]
    Bomb,
    /// The school or the person has no room left.
    #[error("there is no room left: the files of the {0} come to as much as they may")]
    QuotaExceeded(&'static str),
    /// The signed URL was altered, is for something else, or too old.
    #[error("the signature is not valid for this request, or has expired")]
    BadSignature,
    /// `If-Match` names an older version, or somebody was faster.
    #[error("it has changed in the meantime")]
    Stale,
    /// The store is away.
    #[error("the store of files is away")]
    StoreAway,
    /// Another context refused, in its own words.
    #[error("{0}")]
    Port(PortError),
    /// Something below failed.
    #[error(transparent)]
    Platform(#[from] PlatformError),
}

impl From<DbErr> for FilesError {
    fn from(error: DbErr) -> Self {
        Self::Platform(error.into())
    }
}

impl From<ChangeError> for FilesError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Stale => Self::Stale,
            ChangeError::Database(error) => error.into(),
        }
    }
}

impl From<PortError> for FilesError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl From<StoreError> for FilesError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Missing => Self::Incomplete,
            StoreError::Away(reason) => {
                tracing::warn!(reason, "files.store_away");
                Self::StoreAway
            }
        }
    }
}

impl ServiceError for FilesError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound => ErrorKind::NotFound,
            Self::SchoolNeeded | Self::NotYours | Self::BadSignature => ErrorKind::Forbidden,
            Self::NotDeleted
            | Self::UploadOver
            | Self::Incomplete
            | Self::NoSuchPart
            | Self::NotAPicture
            | Self::QuotaExceeded(_) => ErrorKind::Conflict,
            Self::SizeMismatch | Self::ChecksumMismatch => ErrorKind::Invalid,
            Self::TooLarge(_) | Self::TooManyPixels => ErrorKind::TooLarge,
            Self::NotOfType(_) | Self::Program | Self::Bomb => ErrorKind::UnsupportedType,
            Self::Stale => ErrorKind::Stale,
            Self::StoreAway => ErrorKind::Unavailable,
            Self::Port(error) => error.kind(),
            Self::Platform(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::SchoolNeeded => "school-needed",
            Self::NotYours => "not-yours",
            Self::NotDeleted => "not-deleted",
            Self::UploadOver => "upload-over",
            Self::Incomplete => "upload-incomplete",
            Self::NoSuchPart => "no-such-part",
            Self::SizeMismatch => "size-mismatch",
            Self::ChecksumMismatch => "checksum-mismatch",
            Self::TooLarge(_) => "body-too-large",
            Self::TooManyPixels => "too-many-pixels",
            Self::NotOfType(_) => "content-mismatch",
            Self::NotAPicture => "not-a-picture",
            Self::Program => "program-refused",
            Self::Bomb => "archive-bomb",
            Self::QuotaExceeded(_) => "quota-exceeded",
            Self::BadSignature => "bad-signature",
            Self::Stale => "stale",
            Self::StoreAway => "store-unavailable",
            Self::Port(error) => error.code(),
            Self::Platform(error) => error.code(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::StoreAway => Some(Duration::from_secs(5)),
            Self::Port(error) => error.retry_after(),
            Self::Platform(error) => error.retry_after(),
            _ => None,
        }
    }
}
