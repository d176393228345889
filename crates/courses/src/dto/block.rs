//! Requests and views of blocks.

use chrono::{DateTime, Utc};
use lyceum_kernel::{BlockId, CourseId, FileId, SectionId};
use lyceum_web::MergeField;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use super::text::{Title, WebAddress};
use crate::model::block;
pub use crate::model::block::{Completion as BlockCompletion, Kind as BlockType};
use crate::release::Rule;

/// Why a block is locked for the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BlockLock, example = json!({"reasons": [{"kind": "after", "at": "2026-12-01T08:00:00Z"}]}))]
pub struct Lock {
    /// The conditions of its release rule that do not hold; all of them must.
    pub reasons: Vec<Rule>,
}

/// A content block. What is locked for the caller is there without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f3007", "course_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2e05",
    "section_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2f06", "position": 0, "type": "lesson", "title": "Colours",
    "description": null, "url": null, "content": "White light is *all* colours.", "content_html": null, "file_id": null,
    "test_id": null, "release": null, "completion": "manual", "locked": null, "version": 1, "created_at": "2026-11-21T07:55:00Z",
    "updated_at": "2026-11-21T07:55:00Z", "deleted_at": null
}))]
pub struct Block {
    /// The block.
    pub id: BlockId,
    /// Its course.
    pub course_id: CourseId,
    /// Its section.
    pub section_id: SectionId,
    /// Its place in the section, from 0; of a deleted one, where it stood.
    pub position: i32,
    /// What sort of block.
    #[serde(rename = "type")]
    pub kind: BlockType,
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub description: Option<String>,
    /// Where it leads.
    pub url: Option<String>,
    /// Its text, in Markdown.
    pub content: Option<String>,
    /// The same as clean HTML, with `?render=html`.
    pub content_html: Option<String>,
    /// The file in it.
    pub file_id: Option<FileId>,
    /// The test in it.
    pub test_id: Option<Uuid>,
    /// When it opens, and for whom; shown to those who teach the course.
    pub release: Option<Rule>,
    /// What completes it for a learner.
    pub completion: BlockCompletion,
    /// Why it is locked for the caller; nothing if it is open.
    pub locked: Option<Lock>,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted; such blocks are only seen with `?deleted=only`.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl Block {
    /// The block as those see it who teach the course.
    pub fn whole(row: block::Model) -> Self {
        let block::Model {
            school_id: _,
            id,
            course_id,
            section_id,
            position,
            kind,
            title,
            description,
            url,
            content,
            file_id,
            test_id,
            release,
            completion,
            version,
            created_at,
            updated_at,
            deleted_at,
            deletion_id: _,
        } = row;
        Self {
            id,
            course_id,
            section_id,
            position,
            kind,
            title,
            description,
            url,
            content,
            content_html: None,
            file_id,
            test_id,
            release,
            completion,
            locked: None,
            version,
            created_at,
            updated_at,
            deleted_at,
        }
    }

    /// The block as a learner sees it: without its rule, and without anything in it while it is locked.
    pub fn for_learner(row: block::Model, reasons: Vec<Rule>) -> Self {
        let open = Self { release: None, ..Self::whole(row) };
        if reasons.is_empty() {
            return open;
        }
        let locked = Some(Lock { reasons });
        Self { url: None, content: None, file_id: None, test_id: None, description: None, locked, ..open }
    }
}

/// A block in a list: without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f3007", "section_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2f06", "position": 0,
    "type": "lesson", "title": "Colours", "description": null, "release": null, "completion": "manual", "locked": null,
    "version": 1, "created_at": "2026-11-21T07:55:00Z", "updated_at": "2026-11-21T07:55:00Z", "deleted_at": null
}))]
pub struct BlockSummary {
    /// The block.
    pub id: BlockId,
    /// Its section.
    pub section_id: SectionId,
    /// Its place in the section, from 0.
    pub position: i32,
    /// What sort of block.
    #[serde(rename = "type")]
    pub kind: BlockType,
    /// What it is called.
    pub title: String,
    /// What it is about; not told while it is locked.
    pub description: Option<String>,
    /// When it opens, and for whom; shown to those who teach the course.
    pub release: Option<Rule>,
    /// What completes it for a learner.
    pub completion: BlockCompletion,
    /// Why it is locked for the caller; nothing if it is open.
    pub locked: Option<Lock>,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted; such blocks are only seen with `?deleted=only`.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl BlockSummary {
    /// The block as those see it who teach the course, or as a learner does.
    pub fn of(row: block::Brief, teaches: bool, reasons: Vec<Rule>) -> Self {
        let block::Brief {
            id,
            section_id,
            position,
            kind,
            title,
            description,
            release,
            completion,
            version,
            created_at,
            updated_at,
            deleted_at,
        } = row;
        let locked = (!reasons.is_empty()).then_some(Lock { reasons });
        let description = if locked.is_some() { None } else { description };
        let release = if teaches { release } else { None };
        Self {
            id,
            section_id,
            position,
            kind,
            title,
            description,
            release,
            completion,
            locked,
            version,
            created_at,
            updated_at,
            deleted_at,
        }
    }
}

/// A block to be made at the end of a section, or the whole of what can be changed about one.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "Colours", "type": "lesson", "content": "White light is *all* colours."}))]
pub struct PutBlock {
    /// What it is called.
    pub title: Title,
    /// What sort of block. A link needs a `url`; a video and a document need a `url` or a `file_id`.
    #[serde(rename = "type")]
    pub kind: BlockType,
    /// What it is about.
    #[serde(default)]
    #[validate(length(max = 5000))]
    #[schema(max_length = 5000)]
    pub description: Option<String>,
    /// Where it leads.
    #[serde(default)]
    pub url: Option<WebAddress>,
    /// Its text, in Markdown.
    #[serde(default)]
    #[validate(length(max = 100_000))]
    #[schema(max_length = 100_000)]
    pub content: Option<String>,
    /// The file in it.
    #[serde(default)]
    pub file_id: Option<FileId>,
    /// The test in it.
    #[serde(default)]
    pub test_id: Option<Uuid>,
    /// When it opens, and for whom; at once for all who see the course if left out.
    #[serde(default)]
    pub release: Option<Rule>,
    /// What completes it for a learner; `manual` if left out. Only a quiz is `passed`, only an assignment `submitted`.
    #[serde(default)]
    #[schema(required = false)]
    pub completion: BlockCompletion,
}

/// A merge patch (RFC 7396) of a block.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"release": {"kind": "after", "at": "2026-12-01T08:00:00Z"}}))]
pub struct PatchBlock {
    /// What it is called.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = Title, required = false)]
    pub title: Option<Title>,
    /// What sort of block.
    #[serde(default, rename = "type", deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = BlockType, required = false)]
    pub kind: Option<BlockType>,
    /// Another section of the course: the block goes to its end.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = SectionId, required = false)]
    pub section_id: Option<SectionId>,
    /// What it is about.
    #[serde(default)]
    #[validate(length(max = 5000))]
    #[schema(value_type = Option<String>, max_length = 5000)]
    pub description: MergeField<String>,
    /// Where it leads.
    #[serde(default)]
    #[schema(value_type = Option<WebAddress>)]
    pub url: MergeField<WebAddress>,
    /// Its text, in Markdown.
    #[serde(default)]
    #[validate(length(max = 100_000))]
    #[schema(value_type = Option<String>, max_length = 100_000)]
    pub content: MergeField<String>,
    /// The file in it.
    #[serde(default)]
    #[schema(value_type = Option<FileId>)]
    pub file_id: MergeField<FileId>,
    /// The test in it.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    pub test_id: MergeField<Uuid>,
    /// When it opens, and for whom.
    #[serde(default)]
    #[schema(value_type = Option<Rule>)]
    pub release: MergeField<Rule>,
    /// What completes it for a learner.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = BlockCompletion, required = false)]
    pub completion: Option<BlockCompletion>,
}

/// All blocks of a section in the order they are to have.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"ids": ["019aa5d2-6f00-7c3e-8000-5d1f1f6f3007", "019aa5d2-6f00-7c3e-8000-5d1f1f6f3008"]}))]
pub struct BlockOrder {
    /// Each block of the section, once.
    #[validate(length(max = 500))]
    #[schema(max_items = 500)]
    pub ids: Vec<BlockId>,
}

/// The blocks of a section in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"ids": ["019aa5d2-6f00-7c3e-8000-5d1f1f6f3007"], "version": 5}))]
pub struct OrderedBlocks {
    /// The blocks.
    pub ids: Vec<BlockId>,
    /// The version of the section now.
    pub version: i64,
}

/// Into what to render a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Render {
    /// Clean HTML.
    Html,
}

/// How to show a block.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BlockOptions {
    /// `html`: the text also as HTML without anything that acts, in `content_html`.
    #[param(inline)]
    pub render: Option<Render>,
}
