//! Archives of `OneRoster` 1.1 and 1.2 (1EdTech): which files they hold, and what these say.
//!
//! Nothing of an archive is written anywhere, and names of entries are only compared: what matters is how much comes out. Each
//! file is read as a stream, up to a bound, and its checksum must be right.

use std::collections::HashMap;
use std::io::{self, Cursor, Read};

use lyceum_web::tabular::{Cells, Table, TooLarge};
use zip::ZipArchive;

use super::people::{self, NOBODY, role_of};
use super::row::{Class, Content, Enrolment, Placed, Row, RowFault};
use crate::dto::text::{ExternalId, Name};

/// Most entries of an archive.
const MOST_ENTRIES: usize = 100;

/// Most bytes of all files that are read, unpacked.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// Most rows of roles, classes and enrolments each.
const MOST_ROWS: u64 = 500_000;

/// The files that say something to Lyceum.
const USERS: &str = "users.csv";
const ROLES: &str = "roles.csv";
const CLASSES: &str = "classes.csv";
const ENROLLMENTS: &str = "enrollments.csv";
const MANIFEST: &str = "manifest.csv";

type Take<'t> = &'t mut dyn FnMut(Row) -> bool;

/// Reads people, classes and who is in them.
pub(super) fn read(bytes: &[u8], take: Take<'_>) -> Result<(), Placed> {
    let mut archive = Archive::open(bytes)?;
    archive.check_version()?;
    let roles = archive.roles()?;
    let goes_on = archive.users(&roles, take)?;
    if goes_on && archive.classes(take)? {
        archive.enrolments(take)?;
    }
    Ok(())
}

struct Archive<'b> {
    zip: ZipArchive<Cursor<&'b [u8]>>,
    /// Where each file stands.
    files: HashMap<&'static str, usize>,
    left: u64,
}

fn refused(code: &'static str, reason: &'static str) -> Placed {
    Placed::whole(None, RowFault::new(code, reason))
}

impl<'b> Archive<'b> {
    fn open(bytes: &'b [u8]) -> Result<Self, Placed> {
        let damaged = || refused("archive", "is damaged: it cannot be unpacked");
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged())?;
        if zip.len() > MOST_ENTRIES {
            return Err(refused("archive", "holds more than 100 files"));
        }
        let mut files = HashMap::new();
        for place in 0..zip.len() {
            let Some(Ok(name)) = zip.name_for_index(place) else { continue };
            // Some exporters put everything into one folder.
            let name = name.rsplit('/').next().unwrap_or_default();
            let known = [USERS, ROLES, CLASSES, ENROLLMENTS, MANIFEST].into_iter();
            let Some(known) = known.into_iter().find(|known| known.eq_ignore_ascii_case(name)) else { continue };
            if files.insert(known, place).is_some() {
                return Err(Placed::whole(Some(known), RowFault::new("archive", "is in the archive twice")));
            }
        }
        for needed in [MANIFEST, USERS] {
            if !files.contains_key(needed) {
                return Err(Placed::whole(Some(needed), RowFault::new("missing-file", "is not in the archive")));
            }
        }
        Ok(Self { zip, files, left: MOST_BYTES })
    }

    /// Reads a file with `read`; nothing if it is not there.
    fn table<T>(
        &mut self,
        file: &'static str,
        read: impl FnOnce(&mut Table<'_>) -> Result<T, Placed>,
    ) -> Result<Option<T>, Placed> {
        let Some(place) = self.files.get(file).copied() else { return Ok(None) };
        let unusual =
            |_| Placed::whole(Some(file), RowFault::new("archive", "is encrypted, or packed in an unusual way"));
        let entry = self.zip.by_index(place).map_err(unusual)?;
        if entry.size() > self.left {
            return Err(Placed::whole(Some(file), RowFault::new("too-large", "holds more than an archive may hold")));
        }
        let mut table = Table::open(Some(file), Bounded { inner: entry, left: &mut self.left })?;
        read(&mut table).map(Some)
    }

    /// A manifest that names another version than those that are known is not read on a guess.
    fn check_version(&mut self) -> Result<(), Placed> {
        self.table(MANIFEST, |table| {
            let columns = Columns::of(table, MANIFEST, ["propertyName", "value"])?;
            while let Some(cells) = table.next()? {
                let [name, value] = columns.texts(&cells);
                let known = value.is_some_and(|version| matches!(version, "1.1" | "1.2"));
                if name.is_some_and(|name| name.eq_ignore_ascii_case("oneroster.version")) && !known {
                    let fault = RowFault::new("version", "is not a version that is known: 1.1 or 1.2").at("value");
                    let fault = fault.value(value.unwrap_or_default());
                    return Err(Placed { file: Some(MANIFEST), line: Some(cells.line), fault });
                }
            }
            Ok(())
        })
        .map(|_| ())
    }

    /// The roles of people by their ids: `OneRoster` 1.2 has them in a file of their own.
    fn roles(&mut self) -> Result<HashMap<String, Vec<String>>, Placed> {
        let found = self.table(ROLES, |table| {
            let mut roles: HashMap<String, Vec<String>> = HashMap::new();
            let columns = Columns::of(table, ROLES, ["userSourcedId", "role", "status"])?;
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
        let read = self.table(USERS, |table| people::read(table, Some(USERS), &mut with_roles))?;
        Ok(read.unwrap_or(true))
    }

    fn classes(&mut self, take: Take<'_>) -> Result<bool, Placed> {
        let read = self.table(CLASSES, |table| {
            let columns = Columns::of(table, CLASSES, ["sourcedId", "title", "classCode", "status"])?;
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
        self.table(ENROLLMENTS, |table| {
            let columns = Columns::of(table, ENROLLMENTS, ["classSourcedId", "userSourcedId", "status"])?;
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

/// Where some columns stand in a table; those at the end of the list may be left out of it.
struct Columns<const N: usize>([Option<usize>; N]);

impl<const N: usize> Columns<N> {
    fn of(table: &Table<'_>, file: &'static str, names: [&str; N]) -> Result<Self, Placed> {
        let places = names.map(|name| table.headings().iter().position(|heading| heading.eq_ignore_ascii_case(name)));
        for (name, place) in names.into_iter().zip(places) {
            if place.is_none() && !matches!(name, "status" | "classCode") {
                let fault = RowFault::new("columns", "needs this column").at(name);
                return Err(Placed { file: Some(file), line: Some(1), fault });
            }
        }
        Ok(Self(places))
    }

    fn texts<'t>(&self, cells: &Cells<'t>) -> [Option<&'t str>; N] {
        self.0.map(|place| place.and_then(|place| cells.text(place)))
    }
}

/// A reader that gives up when more comes out than may.
struct Bounded<'l, R> {
    inner: R,
    left: &'l mut u64,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => {
                *self.left = left;
                Ok(read)
            }
            None => Err(io::Error::other(TooLarge)),
        }
    }
}
