//! The outline of a course and its materials.

use lyceum_kernel::{BlockId, CourseId, FileId, SectionId};
use serde::Serialize;
use utoipa::ToSchema;

use super::block::{BlockCompletion, BlockType, Lock};
use crate::ports::FileFacts;

/// A whole course at one glance, with the caller's state in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "course_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2e05", "title": "Light and life", "version": 4, "blocks": 1, "completed": 0,
    "sections": [{
        "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2f06", "title": "What light is", "description": null, "version": 2,
        "blocks": [{
            "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f3007", "type": "lesson", "title": "Colours", "description": null,
            "version": 1, "completion": "manual", "completed": false, "locked": null
        }]
    }]
}))]
pub struct Outline {
    /// The course.
    pub course_id: CourseId,
    /// What it is called.
    pub title: String,
    /// The course's version.
    pub version: i64,
    /// How many blocks there are.
    pub blocks: usize,
    /// How many of them the caller has completed.
    pub completed: usize,
    /// Its sections, in order.
    pub sections: Vec<OutlineSection>,
}

/// A section in an outline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OutlineSection {
    /// The section.
    pub id: SectionId,
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub description: Option<String>,
    /// The section's version.
    pub version: i64,
    /// Its blocks, in order.
    pub blocks: Vec<OutlineBlock>,
}

/// A block in an outline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OutlineBlock {
    /// The block.
    pub id: BlockId,
    /// What sort of block.
    #[serde(rename = "type")]
    pub kind: BlockType,
    /// What it is called.
    pub title: String,
    /// What it is about; not told while it is locked.
    pub description: Option<String>,
    /// The block's version.
    pub version: i64,
    /// What completes it for a learner.
    pub completion: BlockCompletion,
    /// Whether the caller has completed it.
    pub completed: bool,
    /// Why it is locked for the caller; nothing if it is open.
    pub locked: Option<Lock>,
}

/// A file or document of a course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "block_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f3007", "section_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2f06",
    "type": "document", "title": "The spectrum", "url": "https://example.org/spectrum.pdf", "file": null, "locked": null
}))]
pub struct Material {
    /// The block that it is in.
    pub block_id: BlockId,
    /// The section that it is in.
    pub section_id: SectionId,
    /// What sort of block.
    #[serde(rename = "type")]
    pub kind: BlockType,
    /// What it is called.
    pub title: String,
    /// Where it leads.
    pub url: Option<String>,
    /// The file.
    pub file: Option<MaterialFile>,
    /// Why it is locked for the caller; nothing if it is open.
    pub locked: Option<Lock>,
}

/// A file among the materials of a course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MaterialFile {
    /// The file.
    pub id: FileId,
    /// What it is called.
    pub name: String,
    /// Its media type.
    pub content_type: String,
    /// In bytes.
    pub size: u64,
}

impl From<FileFacts> for MaterialFile {
    fn from(facts: FileFacts) -> Self {
        let FileFacts { id, name, content_type, size } = facts;
        Self { id, name, content_type, size }
    }
}
