//! Archives of `OneRoster` 1.1 and 1.2 (1EdTech): what their files say of people, classes and who is in them.

use std::collections::HashMap;

use lyceum_web::tabular::{Bundle, Cells, Columns};

use super::people::{self, NOBODY, role_of};
use super::row::{Class, Content, Enrolment, Placed, Row, RowFault};
use crate::dto::text::{ExternalId, Name};

/// Most rows of roles, classes and enrolments each.
const MOST_ROWS: u64 = 500_000;

/// The files that say something to Lyceum.
const USERS: &str = "users.csv";
const ROLES: &str = "roles.csv";
const CLASSES: &str = "classes.csv";
const ENROLLMENTS: &str = "enrollments.csv";

/// Columns that may be left out.
const OPTIONAL: [&str; 2] = ["status", "classCode"];

type Take<'t> = &'t mut dyn FnMut(Row) -> bool;

/// Reads people, classes and who is in them.
pub(super) fn read(bytes: &[u8], take: Take<'_>) -> Result<(), Placed> {
    let mut archive = Archive(Bundle::open(bytes, &[USERS, ROLES, CLASSES, ENROLLMENTS], &[USERS])?);
    let roles = archive.roles()?;
    let goes_on = archive.users(&roles, take)?;
    if goes_on && archive.classes(take)? {
        archive.enrolments(take)?;
    }
    Ok(())
}

struct Archive<'b>(Bundle<'b>);

impl Archive<'_> {
    /// The roles of people by their ids: `OneRoster` 1.2 has them in a file of their own.
    fn roles(&mut self) -> Result<HashMap<String, Vec<String>>, Placed> {
        let found = self.0.table(ROLES, |table| {
            let mut roles: HashMap<String, Vec<String>> = HashMap::new();
            let columns = Columns::of(table, ROLES, ["userSourcedId", "role", "status"], &OPTIONAL)?;
            let mut count = 0;
            while let Some(cells) = table.next()? {
                bounded(ROLES, &mut count, &cells)?;
                let [person, role, status] = columns.texts(&cells);
                let (Some(person), Some(role)) = (person, role) else { continue };
                if !ends(status) {
                    roles.entry(person.to_owned()).or_default().push(role_of(role));
                }
            }
            Ok(roles)
        })?;
        Ok(found.unwrap_or_default())
    }

    fn users(&mut self, roles: &HashMap<String, Vec<String>>, take: Take<'_>) -> Result<bool, Placed> {
        let mut with_roles = |mut row: Row| {
            let Content::Person(person) = &mut row.content else { return take(row) };
            let theirs = person.external_id.as_ref().and_then(|id| roles.get(id));
            if let Some(theirs) = theirs {
                person.roles.extend(theirs.iter().cloned());
                person.roles.sort();
                person.roles.dedup();
                // Somebody may be a parent and a teacher.
                person.roles.retain(|role| role != NOBODY);
                if person.roles.is_empty() {
                    row.content = Content::Nothing;
                }
            }
            take(row)
        };
        let read = self.0.table(USERS, |table| people::read(table, Some(USERS), &mut with_roles))?;
        Ok(read.unwrap_or(true))
    }

    fn classes(&mut self, take: Take<'_>) -> Result<bool, Placed> {
        let read = self.0.table(CLASSES, |table| {
            let columns = Columns::of(table, CLASSES, ["sourcedId", "title", "classCode", "status"], &OPTIONAL)?;
            let mut count = 0;
            while let Some(cells) = table.next()? {
                bounded(CLASSES, &mut count, &cells)?;
                let [id, title, code, status] = columns.texts(&cells);
                let mut faults = Vec::new();
                let external_id = required::<ExternalId>(&mut faults, "sourcedId", id);
                let title = required::<Name>(&mut faults, "title", title);
                let code = code.map(|code| code.chars().filter(|c| !c.is_control()).take(64).collect());
                let content = match (external_id, title) {
                    (Some(external_id), Some(title)) if !ends(status) => {
                        Content::Class(Class { external_id, title, code })
                    }
                    _ => Content::Nothing,
                };
                if !take(Row { file: Some(CLASSES), line: cells.line, content, faults }) {
                    return Ok(false);
                }
            }
            Ok(true)
        })?;
        Ok(read.unwrap_or(true))
    }

    fn enrolments(&mut self, take: Take<'_>) -> Result<(), Placed> {
        self.0.table(ENROLLMENTS, |table| {
            let columns = Columns::of(table, ENROLLMENTS, ["classSourcedId", "userSourcedId", "status"], &OPTIONAL)?;
            let mut count = 0;
            while let Some(cells) = table.next()? {
                bounded(ENROLLMENTS, &mut count, &cells)?;
                let [class, person, status] = columns.texts(&cells);
                let mut faults = Vec::new();
                let class = required::<ExternalId>(&mut faults, "classSourcedId", class);
                let person = required::<ExternalId>(&mut faults, "userSourcedId", person);
                let content = match (class, person) {
                    (Some(class), Some(person)) => Content::Enrolment(Enrolment { class, person, ends: ends(status) }),
                    _ => Content::Nothing,
                };
                if !take(Row { file: Some(ENROLLMENTS), line: cells.line, content, faults }) {
                    break;
                }
            }
            Ok(())
        })?;
        Ok(())
    }
}

/// Whether a row says that what it speaks of is over.
fn ends(status: Option<&str>) -> bool {
    status.is_some_and(|status| status.eq_ignore_ascii_case("tobedeleted"))
}

fn required<T: TryFrom<String, Error = &'static str> + Into<String>>(
    faults: &mut Vec<RowFault>,
    heading: &str,
    text: Option<&str>,
) -> Option<String> {
    let Some(text) = text else {
        faults.push(RowFault::new("missing", "is missing").at(heading));
        return None;
    };
    match T::try_from(text.to_owned()) {
        Ok(good) => Some(good.into()),
        Err(reason) => {
            faults.push(RowFault::new("invalid", reason).at(heading).value(text));
            None
        }
    }
}

fn bounded(file: &'static str, count: &mut u64, cells: &Cells<'_>) -> Result<(), Placed> {
    *count += 1;
    if *count <= MOST_ROWS {
        return Ok(());
    }
    let fault = RowFault::new("too-many-rows", "has more than 500,000 rows: divide it");
    Err(Placed { file: Some(file), line: Some(cells.line), fault })
}
