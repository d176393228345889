//! Views of questions, for those who may see the key.

use chrono::{DateTime, Utc};
use lyceum_kernel::UserId;
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{IntoParams, PartialSchema, ToSchema};
use validator::Validate;

use super::Deleted;
use crate::model::bank::BankId;
use crate::model::question::{self, QuestionId};
use crate::model::revision;
use crate::points::Points;
use crate::question::{Body, QuestionType};

/// What every question has.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
struct QuestionMembers {
    /// The question.
    id: QuestionId,
    /// The bank that it is in.
    bank_id: BankId,
    /// The number of its latest revision, which this is, from 1.
    revision: i32,
    /// What is asked, in Markdown.
    text: String,
    /// What everybody is told afterwards.
    feedback: Option<String>,
    /// What it is worth unless a test says otherwise.
    points: Points,
    /// From 1, easy, to 5.
    difficulty: Option<i16>,
    /// What it is filed under.
    tags: Vec<String>,
    /// Raised by every change.
    version: i64,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
    /// When it was deleted; such questions are only seen with `?deleted=only`.
    deleted_at: Option<DateTime<Utc>>,
}

/// A question with its key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Question {
    #[serde(flatten)]
    members: QuestionMembers,
    #[serde(flatten)]
    body: Body,
}

impl From<question::Model> for Question {
    fn from(row: question::Model) -> Self {
        let question::Model {
            school_id: _,
            id,
            bank_id,
            kind: _,
            revision,
            content,
            points,
            difficulty,
            tags,
            version,
            created_at,
            updated_at,
            deleted_at,
            deletion_id: _,
        } = row;
        let question::Content { text, feedback, body } = content;
        let members = QuestionMembers {
            id,
            bank_id,
            revision,
            text,
            feedback,
            points,
            difficulty,
            tags: tags.0,
            version,
            created_at,
            updated_at,
            deleted_at,
        };
        Self { members, body }
    }
}

impl PartialSchema for Question {
    fn schema() -> RefOr<Schema> {
        Body::schema_with(&QuestionMembers::schema())
    }
}

impl ToSchema for Question {
    fn name() -> std::borrow::Cow<'static, str> {
        "Question".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        QuestionMembers::schemas(schemas);
        Body::schemas(schemas);
    }
}

/// What every revision has.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
struct RevisionMembers {
    /// The question.
    question_id: QuestionId,
    /// From 1.
    number: i32,
    /// What is asked, in Markdown.
    text: String,
    /// What everybody is told afterwards.
    feedback: Option<String>,
    /// What it is worth unless a test says otherwise.
    points: Points,
    /// Who wrote it.
    author_id: UserId,
    /// When it was written.
    created_at: DateTime<Utc>,
}

/// A revision of a question: it never changes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuestionRevision {
    #[serde(flatten)]
    members: RevisionMembers,
    #[serde(flatten)]
    body: Body,
}

impl From<revision::Model> for QuestionRevision {
    fn from(row: revision::Model) -> Self {
        let revision::Model { school_id: _, question_id, number, content, points, author_id, created_at } = row;
        let question::Content { text, feedback, body } = content;
        Self { members: RevisionMembers { question_id, number, text, feedback, points, author_id, created_at }, body }
    }
}

impl PartialSchema for QuestionRevision {
    fn schema() -> RefOr<Schema> {
        Body::schema_with(&RevisionMembers::schema())
    }
}

impl ToSchema for QuestionRevision {
    fn name() -> std::borrow::Cow<'static, str> {
        "QuestionRevision".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        RevisionMembers::schemas(schemas);
        Body::schemas(schemas);
    }
}

/// Which questions to list.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct QuestionFilter {
    /// Only questions of this type.
    #[serde(rename = "type")]
    #[param(inline, rename = "type")]
    pub kind: Option<QuestionType>,
    /// Only questions with this tag, whatever its case.
    #[param(min_length = 1, max_length = 40, required = false)]
    #[validate(length(min = 1, max = 40))]
    pub tag: Option<String>,
    /// Only questions of this difficulty.
    #[param(minimum = 1, maximum = 5, required = false)]
    #[validate(range(min = 1, max = 5))]
    pub difficulty: Option<i16>,
    /// `only`: the deleted ones in place of the others; for those who may restore them.
    #[param(inline)]
    pub deleted: Option<Deleted>,
    /// Only those that changed at this moment or later.
    pub updated_since: Option<DateTime<Utc>>,
}

impl Question {
    /// With its version, for the entity tag.
    pub fn versioned(self) -> (Self, i64) {
        let version = self.members.version;
        (self, version)
    }
}
