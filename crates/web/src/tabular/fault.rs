//! What is wrong with the rows of a file.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most characters of a value that are shown.
const SHOWN: usize = 200;

/// Something wrong with a row, or with the whole.
#[derive(Debug, Clone)]
pub struct RowFault {
    /// The heading of the column, or its name where the file has no such column.
    pub column: Option<String>,
    /// What stands there, cut.
    pub value: Option<String>,
    /// Stable, machine-readable.
    pub code: &'static str,
    /// For people.
    pub reason: Cow<'static, str>,
}

impl RowFault {
    /// Of this code, for this reason.
    pub fn new(code: &'static str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { column: None, value: None, code, reason: reason.into() }
    }

    /// In this column.
    #[must_use]
    pub fn at(mut self, column: &str) -> Self {
        self.column = Some(shown(column, 64));
        self
    }

    /// Where this stands.
    #[must_use]
    pub fn value(mut self, value: &str) -> Self {
        self.value = Some(shown(value, SHOWN));
        self
    }

    /// The reason as it can be stored and shown.
    pub fn reason(&self) -> String {
        shown(&self.reason, 300)
    }
}

/// A fault and where it is.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The file in the archive, if it was one.
    pub file: Option<&'static str>,
    /// The line on which the row begins, from 1; none if it is about the whole.
    pub line: Option<u64>,
    /// What is wrong.
    pub fault: RowFault,
}

impl Placed {
    /// About the whole file or archive.
    pub const fn whole(file: Option<&'static str>, fault: RowFault) -> Self {
        Self { file, line: None, fault }
    }
}

/// A text as it can be stored and shown: cut, without control characters.
pub fn shown(text: &str, most: usize) -> String {
    text.chars().take(most).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// What faulty rows do to an import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// One is enough, and nothing is applied.
    #[default]
    Abort,
    /// They are left out.
    Skip,
}

/// Something wrong with a row, or with the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "file": null, "line": 7, "column": "email", "value": "grace.example.org", "code": "email",
    "reason": "must be an e-mail address"
}))]
pub struct ImportFault {
    /// The file in the archive, if it was one.
    pub file: Option<String>,
    /// The line on which the row begins, from 1; null if it is about the whole.
    pub line: Option<i64>,
    /// The heading of the column.
    pub column: Option<String>,
    /// What stands there, cut to 200 characters; never a password.
    pub value: Option<String>,
    /// Stable, machine-readable.
    pub code: String,
    /// For people.
    pub reason: String,
}

impl ImportFault {
    /// The columns of a table of faults.
    pub const COLUMNS: [&str; 6] = ["file", "line", "column", "value", "code", "reason"];

    /// As a row of a table.
    pub fn cells(self) -> [String; 6] {
        let Self { file, line, column, value, code, reason } = self;
        let line = line.map(|line| line.to_string()).unwrap_or_default();
        let text = Option::<String>::unwrap_or_default;
        [text(file), line, text(column), text(value), code, reason]
    }
}
