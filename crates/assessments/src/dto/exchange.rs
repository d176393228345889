//! Imports and exports of questions.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::exchange::{ExportFormat, ImportFormat};
use crate::model::question::QuestionId;
use crate::question::QuestionType;

/// What becomes of the rest if a question is refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnRefusal {
    /// The rest is imported.
    #[default]
    Keep,
    /// None is.
    None,
}

/// How to import questions.
#[derive(Debug, Clone, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct QuestionImportOptions {
    /// What the file is.
    #[param(inline)]
    pub format: ImportFormat,
    /// What becomes of the rest if a question is refused; `keep` if left out.
    #[param(inline)]
    pub on_error: Option<OnRefusal>,
    /// `true`: only tell what would be done.
    pub dry_run: Option<bool>,
}

/// How to export questions.
#[derive(Debug, Clone, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct QuestionExportOptions {
    /// What the file shall be.
    #[param(inline)]
    pub format: ExportFormat,
}

/// What became of a question of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = QuestionImportOutcome)]
pub enum ImportOutcome {
    /// It is in the bank.
    Imported,
    /// It could be, and is not: this was a dry run, or another was refused.
    Ready,
    /// It cannot be.
    Rejected,
}

/// A question of a file and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct QuestionOfFile {
    /// The file of an archive.
    pub file: Option<String>,
    /// The line on which it begins, from 1.
    pub line: Option<u32>,
    /// What it is called there.
    pub title: Option<String>,
    /// The id that it has there.
    pub external_id: Option<String>,
    /// Where it is filed there, outermost first.
    pub category: Vec<String>,
    /// Its type here.
    #[serde(rename = "type")]
    pub kind: Option<QuestionType>,
    /// What became of it.
    pub outcome: ImportOutcome,
    /// The question in the bank.
    pub question_id: Option<QuestionId>,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// What was lost or changed on the way.
    pub notes: Vec<String>,
}

/// What came of an import, question by question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!(example()))]
pub struct QuestionImport {
    /// What the file is.
    pub format: ImportFormat,
    /// Whether anything was written.
    pub applied: bool,
    /// How many questions were imported, or could be.
    pub good: usize,
    /// How many were rejected.
    pub rejected: usize,
    /// What is to be said of the whole file.
    pub notes: Vec<String>,
    /// In the order of the file.
    pub questions: Vec<QuestionOfFile>,
}

/// An import as it might be.
pub fn example() -> serde_json::Value {
    json!({
        "format": "gift", "applied": true, "good": 1, "rejected": 1, "notes": [], "questions": [
            {"file": null, "line": 3, "title": "Gas", "external_id": "BIO-17", "category": ["Biology"], "type": "single_choice",
             "outcome": "imported", "question_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f4002", "reason": null, "notes": []},
            {"file": null, "line": 9, "title": null, "external_id": null, "category": [], "type": null, "outcome": "rejected",
             "question_id": null, "reason": "is not closed: a } is missing", "notes": []}
        ]
    })
}
