//! What files tells the others.

use serde::{Deserialize, Serialize};

use super::event;
use crate::{FileId, SchoolId, UserId};

/// A file arrived and was found to be what it was said to be: it can be read from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReady {
    /// The school.
    pub school_id: SchoolId,
    /// The file.
    pub file_id: FileId,
    /// Who uploaded it.
    pub owner_id: UserId,
    /// Its media type.
    pub content_type: String,
    /// Bytes.
    pub size: i64,
}
event!(FileReady, "files.file_ready.v1");

/// A file was deleted. It may be restored until it is purged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDeleted {
    /// The school.
    pub school_id: SchoolId,
    /// The file.
    pub file_id: FileId,
}
event!(FileDeleted, "files.file_deleted.v1");

/// A deleted file was brought back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRestored {
    /// The school.
    pub school_id: SchoolId,
    /// The file.
    pub file_id: FileId,
}
event!(FileRestored, "files.file_restored.v1");

/// The text of a file can be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextExtracted {
    /// The school.
    pub school_id: SchoolId,
    /// The file.
    pub file_id: FileId,
}
event!(TextExtracted, "files.text_extracted.v1");
