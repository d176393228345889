//! What a table, or an archive of `OneRoster`, says row by row, and what can be seen to be wrong with a row by itself.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use lyceum_kernel::{CourseId, UserId};
use lyceum_web::tabular::{Bundle, Cells, Columns as Places, Placed, RowFault, Table};

use crate::dto::import::ImportOptions;
use crate::model::enrollment::Role;
use crate::model::import::Format;
use crate::model::import_row::{By, What};

/// Most rows in one import.
const MOST_ROWS: usize = 50_000;

/// Most classes in one archive.
const MOST_CLASSES: usize = 50_000;

/// The files of an archive that say something of enrolments.
const CLASSES: &str = "classes.csv";
const ENROLLMENTS: &str = "enrollments.csv";

/// Most characters of a name.
const NAME: usize = 320;

/// One row.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) line: i64,
    pub(super) what: What,
    pub(super) role: Role,
    pub(super) person: Option<(By, String)>,
    pub(super) course: Option<(By, String)>,
    pub(super) starts_at: Option<DateTime<Utc>>,
    pub(super) ends_at: Option<DateTime<Utc>>,
    pub(super) fault: Option<RowFault>,
}

impl Row {
    /// A row that says nothing yet.
    pub(super) const fn at(line: i64, role: Role) -> Self {
        Self { line, what: What::Enrol, role, person: None, course: None, starts_at: None, ends_at: None, fault: None }
    }

    /// Something is wrong with it; what was found first is told.
    fn wrong(&mut self, fault: RowFault) {
        self.fault.get_or_insert(fault);
    }
}

/// What a column says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    UserId,
    ExternalId,
    Email,
    Username,
    CourseId,
    CourseCode,
    Role,
    Status,
    Starts,
    Ends,
}

impl Column {
    /// By its heading, whatever its case and punctuation.
    fn named(heading: &str) -> Option<Self> {
        let plain: String = heading.chars().filter(char::is_ascii_alphanumeric).collect();
        Some(match plain.to_ascii_lowercase().as_str() {
            "userid" => Self::UserId,
            "externalid" | "usersourcedid" => Self::ExternalId,
            "email" | "emailaddress" | "mail" => Self::Email,
            "username" => Self::Username,
            "courseid" => Self::CourseId,
            "coursecode" | "course" | "classsourcedid" => Self::CourseCode,
            "role" => Self::Role,
            "status" => Self::Status,
            "startsat" | "start" | "begindate" => Self::Starts,
            "endsat" | "end" | "enddate" => Self::Ends,
            _ => return None,
        })
    }

    const fn names_somebody(self) -> bool {
        matches!(self, Self::UserId | Self::ExternalId | Self::Email | Self::Username)
    }
}

/// What a file says.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) format: Format,
    pub(super) rows: Vec<Row>,
    /// The codes of classes by their ids in the school's records, where an archive has them.
    pub(super) codes: HashMap<String, String>,
}

/// What a file says; or what is wrong with the whole.
pub(super) fn read(bytes: &[u8], options: &ImportOptions) -> Result<Sheet, RowFault> {
    if Bundle::is_one(bytes) {
        return read_archive(bytes, options).map_err(named);
    }
    let mut table = Table::open(None, bytes).map_err(named)?;
    let (format, rows) = read_table(&mut table, options)?;
    Ok(Sheet { format, rows, codes: HashMap::new() })
}

/// A fault of an archive says which file it is in.
fn named(Placed { file, line, mut fault }: Placed) -> RowFault {
    if let Some(file) = file {
        let line = line.map(|line| format!(" (line {line})")).unwrap_or_default();
        fault.reason = format!("{file}{line} {}", fault.reason).into();
    }
    fault
}

fn read_archive(bytes: &[u8], options: &ImportOptions) -> Result<Sheet, Placed> {
    let mut bundle = Bundle::open(bytes, &[CLASSES, ENROLLMENTS], &[ENROLLMENTS])?;
    let codes = bundle.table(CLASSES, codes_of_classes)?.unwrap_or_default();
    let rows = bundle.table(ENROLLMENTS, |table| {
        let read = read_table(table, options).map_err(|fault| Placed::whole(Some(ENROLLMENTS), fault))?;
        Ok(read.1)
    })?;
    Ok(Sheet { format: Format::OneRoster, rows: rows.unwrap_or_default(), codes })
}

fn codes_of_classes(table: &mut Table<'_>) -> Result<HashMap<String, String>, Placed> {
    let columns = Places::of(table, CLASSES, ["sourcedId", "classCode"], &["classCode"])?;
    let mut codes = HashMap::new();
    while let Some(cells) = table.next()? {
        let [Some(id), Some(code)] = columns.texts(&cells) else { continue };
        codes.insert(id.to_owned(), code.to_owned());
        if codes.len() > MOST_CLASSES {
            let fault = RowFault::new("too-many-rows", "has more than 50,000 rows: divide it");
            return Err(Placed { file: Some(CLASSES), line: Some(cells.line), fault });
        }
    }
    Ok(codes)
}

/// The rows of a table and what it turned out to be; or what is wrong with the whole.
fn read_table(table: &mut Table<'_>, options: &ImportOptions) -> Result<(Format, Vec<Row>), RowFault> {
    let one_roster = table.headings().iter().any(|heading| heading == "userSourcedId");
    let mut columns: Vec<(usize, Column, String)> = Vec::new();
    for (place, heading) in table.headings().iter().enumerate() {
        match Column::named(heading) {
            Some(column) if columns.iter().any(|(_, other, _)| *other == column) => {
                return Err(RowFault::new("column-twice", "says the same as a column before it").at(heading));
            }
            Some(column) => columns.push((place, column, heading.clone())),
            None if one_roster || heading.is_empty() => {}
            None => return Err(RowFault::new("unknown-column", "is not a column that is known here").at(heading)),
        }
    }
    if !columns.iter().any(|(_, column, _)| column.names_somebody()) {
        let reason = "needs a column that says who somebody is: user_id, external_id, email or username";
        return Err(RowFault::new("columns", reason));
    }
    let width = table.headings().len();
    let mut rows = Vec::new();
    while let Some(cells) = table.next().map_err(named)? {
        if rows.len() == MOST_ROWS {
            return Err(RowFault::new("too-many-rows", "has more than 50,000 rows: divide it"));
        }
        rows.push(row(&cells, (&columns, width, one_roster), options));
    }
    Ok((if one_roster { Format::OneRoster } else { Format::Csv }, rows))
}

type Columns<'c> = (&'c [(usize, Column, String)], usize, bool);

fn row(cells: &Cells<'_>, (columns, width, one_roster): Columns<'_>, options: &ImportOptions) -> Row {
    let line = i64::try_from(cells.line).unwrap_or(i64::MAX);
    let mut row = Row::at(line, options.role.unwrap_or_default());
    row.course = options.course_id.map(|course| (By::Id, course.to_string()));
    if cells.len() != width {
        row.wrong(RowFault::new("cells", format!("has {} cells, the first line {width}", cells.len())));
        return row;
    }
    for (place, column, heading) in columns {
        if let Some(text) = cells.text(*place) {
            cell(&mut row, (*column, heading), text, one_roster);
        }
    }
    if row.person.is_none() {
        let (_, _, heading) = columns.iter().find(|(_, column, _)| column.names_somebody()).unwrap_or(&columns[0]);
        row.wrong(RowFault::new("missing", "does not say who it is").at(heading));
    }
    if row.course.is_none() {
        row.wrong(RowFault::new("missing", "does not say which course").at("course_code"));
    }
    if row.starts_at.zip(row.ends_at).is_some_and(|(starts, ends)| ends <= starts) {
        row.wrong(RowFault::new("dates-reversed", "would end before it begins").at("ends_at"));
    }
    row
}

fn cell(row: &mut Row, (column, heading): (Column, &str), text: &str, one_roster: bool) {
    let wrong = |code, reason: &'static str| RowFault::new(code, reason).at(heading).value(text);
    if text.chars().count() > NAME || text.chars().any(char::is_control) {
        return row.wrong(wrong("invalid", "must be at most 320 characters, with no control characters"));
    }
    let text_of = || text.to_owned();
    match column {
        Column::UserId if text.parse::<UserId>().is_err() => row.wrong(wrong("invalid", "must be an id")),
        Column::CourseId if text.parse::<CourseId>().is_err() => row.wrong(wrong("invalid", "must be an id")),
        Column::UserId => row.person = Some((By::Id, text_of().to_lowercase())),
        // The surest of several names counts.
        Column::ExternalId if !is_by(row, &[By::Id]) => row.person = Some((By::Record, text_of())),
        Column::Email if !is_by(row, &[By::Id, By::Record]) => row.person = Some((By::Email, text_of())),
        Column::Username if row.person.is_none() => row.person = Some((By::Username, text_of())),
        Column::ExternalId | Column::Email | Column::Username => {}
        Column::CourseId => row.course = Some((By::Id, text_of().to_lowercase())),
        Column::CourseCode => row.course = Some((By::Record, text_of())),
        Column::Role => match text.to_ascii_lowercase().as_str() {
            "student" | "learner" => row.role = Role::Student,
            "teacher" | "instructor" => row.role = Role::Teacher,
            _ if one_roster => row.what = What::Nothing,
            _ => row.wrong(wrong("unknown-role", "must be student or teacher")),
        },
        Column::Status => match text.to_ascii_lowercase().as_str() {
            "withdrawn" | "inactive" | "tobedeleted" if row.what == What::Enrol => row.what = What::Withdraw,
            "active" | "withdrawn" | "inactive" | "tobedeleted" => {}
            _ => row.wrong(wrong("status", "must be active or withdrawn")),
        },
        Column::Starts | Column::Ends => match moment(text) {
            None => row.wrong(wrong("invalid", "must be a day (2026-09-01) or a moment (2026-09-01T08:00:00Z)")),
            found if column == Column::Starts => row.starts_at = found,
            found => row.ends_at = found,
        },
    }
}

fn is_by(row: &Row, kinds: &[By]) -> bool {
    row.person.as_ref().is_some_and(|(by, _)| kinds.contains(by))
}

/// A moment (RFC 3339), or the beginning of a day in UTC.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.to_utc());
    }
    let day: NaiveDate = text.parse().ok()?;
    Some(day.and_time(NaiveTime::MIN).and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> (Format, Vec<Row>) {
        let sheet = read(text.as_bytes(), &ImportOptions::default()).unwrap_or_else(|fault| panic!("{fault:?}"));
        (sheet.format, sheet.rows)
    }

    #[test]
    fn tables_of_lyceum_and_of_one_roster_are_read() {
        let (format, all) =
            rows("email,course_code,role,status,ends_at\na@b.example,BIO,teacher,withdrawn,2027-07-31\n");
        assert_eq!(format, Format::Csv);
        let row = &all[0];
        assert_eq!((row.line, row.what, row.role), (2, What::Withdraw, Role::Teacher));
        assert_eq!(row.person, Some((By::Email, "a@b.example".to_owned())));
        assert_eq!(row.course, Some((By::Record, "BIO".to_owned())));
        assert!(row.fault.is_none() && row.ends_at.is_some());
        let (format, all) = rows(
            "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n\
             1,active,,BIO,s,u1,student,false,2026-09-01,2027-07-31\n2,active,,BIO,s,u2,guardian,,,\n3,tobedeleted,,BIO,s,u3,student,,,\n",
        );
        assert_eq!(format, Format::OneRoster);
        let what: Vec<_> = all.iter().map(|row| row.what).collect();
        assert_eq!(what, [What::Enrol, What::Nothing, What::Withdraw]);
        assert_eq!(all[0].person, Some((By::Record, "u1".to_owned())));
    }

    #[test]
    fn what_is_wrong_with_a_row_or_the_whole_is_said() {
        let code = |text: &str| match read(text.as_bytes(), &ImportOptions::default()) {
            Err(fault) => fault.code,
            Ok(Sheet { rows, .. }) => rows[0].fault.as_ref().map_or("", |fault| fault.code),
        };
        for (text, expected) in [
            ("", "empty"),
            ("email,colour\n", "unknown-column"),
            ("email,mail\n", "column-twice"),
            ("course_code\nBIO\n", "columns"),
            ("email,course_code\na@b.example\n", "cells"),
            ("email,course_code\n,BIO\n", "missing"),
            ("email,course_code\na@b.example,\n", "missing"),
            ("user_id,course_code\nx,BIO\n", "invalid"),
            ("email,course_code,role\na@b.example,BIO,owner\n", "unknown-role"),
            ("email,course_code,ends_at\na@b.example,BIO,soon\n", "invalid"),
            ("email,course_code,starts_at,ends_at\na@b.example,BIO,2026-02-01,2026-01-01\n", "dates-reversed"),
            ("email,course_code\na@b.example,BIO\n", ""),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
    }
}
