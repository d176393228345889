//! What the rows of a file say, and what is wrong with them.

use std::borrow::Cow;

use lyceum_kernel::SchoolId;
use secrecy::SecretString;

use crate::model::import::ImportId;
use crate::model::import_fault;

/// Most characters of a value that are shown.
const SHOWN: usize = 200;

/// Somebody, as a row has them. What a row leaves out stays as it is.
#[derive(Debug, Clone, Default)]
pub(super) struct Person {
    pub(super) external_id: Option<String>,
    pub(super) username: Option<String>,
    pub(super) email: Option<String>,
    pub(super) full_name: Option<String>,
    pub(super) level: Option<String>,
    /// Sorted, without doubles; empty if the row names none.
    pub(super) roles: Vec<String>,
    /// Names or external ids of groups.
    pub(super) groups: Vec<String>,
    pub(super) password: Option<SecretString>,
    /// Whether the person is to be kept out.
    pub(super) keep_out: bool,
}

/// A class, which becomes a group.
#[derive(Debug, Clone)]
pub(super) struct Class {
    pub(super) external_id: String,
    pub(super) title: String,
    pub(super) code: Option<String>,
}

impl Class {
    /// Names for its group, the best first: titles are often the same.
    pub(super) fn names(&self) -> [String; 3] {
        let cut = |text: String| text.chars().take(200).collect();
        let code = self.code.as_deref().unwrap_or(&self.external_id);
        let with = |more: &str| cut(format!("{} ({more})", self.title));
        [self.title.clone(), with(code), with(&self.external_id)]
    }
}

/// Somebody in a class.
#[derive(Debug, Clone)]
pub(super) struct Enrolment {
    pub(super) class: String,
    pub(super) person: String,
    /// Whether they are to be taken out.
    pub(super) ends: bool,
}

/// What a row is about.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Person(Box<Person>),
    Class(Class),
    Enrolment(Enrolment),
    /// Nobody whom Lyceum knows: parents, deleted classes.
    Nothing,
}

/// One row of a file.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) file: Option<&'static str>,
    /// The line on which it begins, from 1.
    pub(super) line: u64,
    pub(super) content: Content,
    /// What can be seen to be wrong without looking any further.
    pub(super) faults: Vec<RowFault>,
}

impl Row {
    /// What names a row among those of all files.
    pub(super) const fn place(&self) -> (Option<&'static str>, u64) {
        (self.file, self.line)
    }
}

/// Something wrong with a row, or with the whole.
#[derive(Debug, Clone)]
pub(super) struct RowFault {
    /// The heading of the column, or its name where the file has no such column.
    pub(super) column: Option<String>,
    pub(super) value: Option<String>,
    pub(super) code: &'static str,
    pub(super) reason: Cow<'static, str>,
}

impl RowFault {
    pub(super) fn new(code: &'static str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { column: None, value: None, code, reason: reason.into() }
    }

    /// In this column.
    pub(super) fn at(mut self, column: &str) -> Self {
        self.column = Some(shown(column, 64));
        self
    }

    /// Where this stands.
    pub(super) fn value(mut self, value: &str) -> Self {
        self.value = Some(shown(value, SHOWN));
        self
    }
}

/// A fault and where it is.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) file: Option<&'static str>,
    pub(super) line: Option<u64>,
    pub(super) fault: RowFault,
}

impl Placed {
    pub(super) const fn of(row: &Row, fault: RowFault) -> Self {
        Self { file: row.file, line: Some(row.line), fault }
    }

    /// About the whole file or archive.
    pub(super) const fn whole(file: Option<&'static str>, fault: RowFault) -> Self {
        Self { file, line: None, fault }
    }

    /// As the table has it.
    pub(super) fn row(self, school_id: SchoolId, import_id: ImportId, number: i64) -> import_fault::Model {
        let Self { file, line, fault: RowFault { column, value, code, reason } } = self;
        import_fault::Model {
            school_id,
            import_id,
            number,
            file: file.map(str::to_owned),
            line: line.map(|line| i64::try_from(line).unwrap_or(i64::MAX)),
            column_name: column,
            value,
            code: code.to_owned(),
            reason: shown(&reason, 300),
        }
    }
}

/// A text as it can be stored and shown: cut, without control characters.
fn shown(text: &str, most: usize) -> String {
    text.chars().take(most).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
