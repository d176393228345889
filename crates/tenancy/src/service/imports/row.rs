//! What the rows of a file say, and what is wrong with them.

use lyceum_kernel::SchoolId;
pub(super) use lyceum_web::tabular::{Placed, RowFault};
use secrecy::SecretString;

use crate::model::import::ImportId;
use crate::model::import_fault;

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

    /// Something that is wrong with it.
    pub(super) const fn wrong(&self, fault: RowFault) -> Placed {
        Placed { file: self.file, line: Some(self.line), fault }
    }
}

/// A fault as the table of faults has it.
pub(super) fn stored(placed: Placed, school_id: SchoolId, import_id: ImportId, number: i64) -> import_fault::Model {
    let Placed { file, line, fault } = placed;
    let reason = fault.reason();
    let RowFault { column, value, code, reason: _ } = fault;
    import_fault::Model {
        school_id,
        import_id,
        number,
        file: file.map(str::to_owned),
        line: line.map(|line| i64::try_from(line).unwrap_or(i64::MAX)),
        column_name: column,
        value,
        code: code.to_owned(),
        reason,
    }
}
