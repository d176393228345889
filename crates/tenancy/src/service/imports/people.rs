//! Tables of people: which column says what, and what can be seen to be wrong with a row by itself.

use lyceum_web::tabular::{Cells, Table};
use secrecy::SecretString;

use super::row::{Content, Person, Placed, Row, RowFault};
use crate::dto::text::{EmailAddress, ExternalId, FirstPassword, FullName, Level, RoleName, Username};

/// Most people in one import.
pub(super) const MOST_PEOPLE: u64 = 50_000;

/// Most groups that a row may name.
const MOST_GROUPS: usize = 50;

/// What a column says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    ExternalId,
    Username,
    Email,
    FullName,
    GivenName,
    MiddleName,
    FamilyName,
    Role,
    Level,
    Groups,
    Password,
    /// `false` keeps out.
    Active,
    /// `tobedeleted` keeps out.
    Status,
}

impl Column {
    /// By its heading, whatever its case and punctuation.
    fn named(heading: &str) -> Option<Self> {
        Some(match plain(heading).as_str() {
            "externalid" | "sourcedid" => Self::ExternalId,
            "username" => Self::Username,
            "email" | "emailaddress" | "mail" => Self::Email,
            "fullname" | "name" => Self::FullName,
            "givenname" | "firstname" => Self::GivenName,
            "middlename" => Self::MiddleName,
            "familyname" | "lastname" | "surname" => Self::FamilyName,
            "role" | "roles" => Self::Role,
            "level" | "grade" | "grades" | "year" => Self::Level,
            "groups" | "group" => Self::Groups,
            "password" => Self::Password,
            "isactive" | "active" | "enableduser" => Self::Active,
            "status" => Self::Status,
            _ => return None,
        })
    }
}

fn plain(heading: &str) -> String {
    heading.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether the headings are those of `users.csv` of `OneRoster`.
pub(super) fn is_one_roster(headings: &[String]) -> bool {
    let has = |name: &str| headings.iter().any(|heading| heading == name);
    has("sourcedId") && (has("enabledUser") || has("givenName"))
}

/// Where what stands in a table of people.
pub(super) struct People {
    columns: Vec<(usize, Column, String)>,
    width: usize,
    one_roster: bool,
}

impl People {
    /// Of these headings. A column that nobody knows is a fault, for it may be a misspelt one; `OneRoster` has many that say
    /// nothing to Lyceum.
    pub(super) fn of(table: &Table<'_>, file: Option<&'static str>) -> Result<Self, Placed> {
        let one_roster = file.is_some() || is_one_roster(table.headings());
        let mut columns: Vec<(usize, Column, String)> = Vec::new();
        for (place, heading) in table.headings().iter().enumerate() {
            let Some(column) = Column::named(heading) else {
                if one_roster || heading.is_empty() {
                    continue;
                }
                let fault = RowFault::new("unknown-column", "is not a column that is known here").at(heading);
                return Err(Placed { file, line: Some(1), fault });
            };
            if columns.iter().any(|(_, other, _)| *other == column) {
                let fault = RowFault::new("column-twice", "says the same as a column before it").at(heading);
                return Err(Placed { file, line: Some(1), fault });
            }
            columns.push((place, column, heading.clone()));
        }
        let names = |wanted: &[Column]| columns.iter().any(|(_, column, _)| wanted.contains(column));
        if !names(&[Column::ExternalId, Column::Username, Column::Email]) {
            let reason = "needs a column that says who somebody is: external_id, username or email";
            return Err(Placed { file, line: Some(1), fault: RowFault::new("columns", reason) });
        }
        Ok(Self { columns, width: table.headings().len(), one_roster })
    }

    /// What a row says.
    pub(super) fn row(&self, file: Option<&'static str>, cells: &Cells<'_>) -> Row {
        let mut faults = Vec::new();
        let row = |content, faults| Row { file, line: cells.line, content, faults };
        if cells.len() != self.width {
            let reason = format!("has {} cells, the first line {}", cells.len(), self.width);
            return row(Content::Nothing, vec![RowFault::new("cells", reason)]);
        }
        let mut reading = Reading { person: Person::default(), names: [None, None, None], faults: &mut faults };
        for (place, column, heading) in &self.columns {
            if *column == Column::Password {
                reading.password(cells.raw(*place), heading);
            } else if let Some(text) = cells.text(*place) {
                reading.cell(*column, heading, text, self.one_roster);
            }
        }
        let person = reading.finish(self.one_roster);
        if faults.is_empty() && person.external_id.is_none() && person.username.is_none() && person.email.is_none() {
            faults.push(RowFault::new("missing", "does not say who it is: external_id, username or email").at("email"));
        }
        let strangers = self.one_roster && person.roles.iter().any(|role| role == NOBODY);
        let content = if strangers { Content::Nothing } else { Content::Person(Box::new(person)) };
        row(content, faults)
    }
}

struct Reading<'f> {
    person: Person,
    /// Given, middle and family name.
    names: [Option<String>; 3],
    faults: &'f mut Vec<RowFault>,
}

impl Reading<'_> {
    fn checked<T: TryFrom<String, Error = &'static str> + Into<String>>(
        &mut self,
        heading: &str,
        text: &str,
        code: &'static str,
    ) -> Option<String> {
        match T::try_from(text.to_owned()) {
            Ok(good) => Some(good.into()),
            Err(reason) => {
                self.faults.push(RowFault::new(code, reason).at(heading).value(text));
                None
            }
        }
    }

    fn cell(&mut self, column: Column, heading: &str, text: &str, one_roster: bool) {
        match column {
            Column::ExternalId => self.person.external_id = self.checked::<ExternalId>(heading, text, "external_id"),
            // Many systems put the address here.
            Column::Username if one_roster && Username::try_from(text.to_owned()).is_err() => {
                if EmailAddress::try_from(text.to_owned()).is_ok() && self.person.email.is_none() {
                    self.person.email = Some(text.to_owned());
                }
            }
            Column::Username => self.person.username = self.checked::<Username>(heading, text, "username"),
            Column::Email => self.person.email = self.checked::<EmailAddress>(heading, text, "email"),
            Column::FullName => self.person.full_name = self.checked::<FullName>(heading, text, "full_name"),
            Column::GivenName => self.names[0] = self.checked::<FullName>(heading, text, "full_name"),
            Column::MiddleName => self.names[1] = self.checked::<FullName>(heading, text, "full_name"),
            Column::FamilyName => self.names[2] = self.checked::<FullName>(heading, text, "full_name"),
            Column::Level => self.person.level = self.checked::<Level>(heading, text, "level"),
            Column::Role => self.roles(heading, text, one_roster),
            Column::Groups => self.groups(heading, text),
            Column::Active => match plain(text).as_str() {
                "true" | "yes" | "y" | "1" => {}
                "false" | "no" | "n" | "0" => self.person.keep_out = true,
                _ => self.faults.push(RowFault::new("boolean", "must be true or false").at(heading).value(text)),
            },
            Column::Status => match plain(text).as_str() {
                "active" => {}
                "inactive" | "tobedeleted" => self.person.keep_out = true,
                _ => self.faults.push(RowFault::new("status", "must be active or tobedeleted").at(heading).value(text)),
            },
            Column::Password => {}
        }
    }

    fn roles(&mut self, heading: &str, text: &str, one_roster: bool) {
        for part in text.split(['|', ';', ',']).map(str::trim).filter(|part| !part.is_empty()) {
            let name = if one_roster { role_of(part) } else { part.to_lowercase().replace([' ', '-'], "_") };
            if let Ok(name) = RoleName::try_from(name) {
                self.person.roles.push(name.into());
            } else {
                let fault = RowFault::new("unknown-role", "is not a role of the school");
                self.faults.push(fault.at(heading).value(part));
            }
        }
        self.person.roles.sort();
        self.person.roles.dedup();
        if self.person.roles.len() > 20 {
            self.faults.push(RowFault::new("roles", "names more than 20 roles").at(heading));
        }
    }

    fn groups(&mut self, heading: &str, text: &str) {
        for part in text.split(['|', ';']).map(str::trim).filter(|part| !part.is_empty()) {
            if crate::dto::text::Name::try_from(part.to_owned()).is_ok() {
                self.person.groups.push(part.to_owned());
            } else {
                self.faults
                    .push(RowFault::new("unknown-group", "is not a group of the school").at(heading).value(part));
            }
        }
        self.person.groups.sort();
        self.person.groups.dedup();
        if self.person.groups.len() > MOST_GROUPS {
            self.faults.push(RowFault::new("groups", "names more than 50 groups").at(heading));
        }
    }

    /// A password is taken as it stands, and never shown.
    fn password(&mut self, text: &str, heading: &str) {
        if text.is_empty() {
            return;
        }
        match FirstPassword::try_from(SecretString::from(text.to_owned())) {
            Ok(password) => self.person.password = Some(password.0),
            Err(reason) => self.faults.push(RowFault::new("password", reason).at(heading)),
        }
    }

    fn finish(mut self, one_roster: bool) -> Person {
        let parts: Vec<String> = if one_roster {
            let [given, _, family] = self.names;
            [given, family].into_iter().flatten().collect()
        } else {
            self.names.into_iter().flatten().collect()
        };
        if self.person.full_name.is_none() && !parts.is_empty() {
            let name: String = parts.join(" ").chars().take(200).collect();
            self.person.full_name = Some(name);
        }
        self.person
    }
}

/// In place of a role: somebody who does not belong to a school as Lyceum knows it.
pub(super) const NOBODY: &str = "nobody";

/// Lyceum's role for one of `OneRoster` (1.1, section 4.13.5; 1.2, section 4.13.4); another name stands for itself.
pub(super) fn role_of(one_roster: &str) -> String {
    match plain(one_roster).as_str() {
        "administrator" | "siteadministrator" | "districtadministrator" | "systemadministrator" => "school_admin",
        "aide" | "counselor" | "proctor" => "instructor",
        "guardian" | "parent" | "relative" | "user" => NOBODY,
        _ => return one_roster.to_lowercase().replace([' ', '-'], "_"),
    }
    .to_owned()
}

/// Reads a table of people, row by row, until `take` says that it is enough.
pub(super) fn read(
    table: &mut Table<'_>,
    file: Option<&'static str>,
    take: &mut dyn FnMut(Row) -> bool,
) -> Result<bool, Placed> {
    let people = People::of(table, file)?;
    let mut count = 0;
    while let Some(cells) = table.next()? {
        count += 1;
        if count > MOST_PEOPLE {
            let fault = RowFault::new("too-many-rows", "has more than 50,000 rows: divide it");
            return Err(Placed { file, line: Some(cells.line), fault });
        }
        if !take(people.row(file, &cells)) {
            return Ok(false);
        }
    }
    Ok(true)
}
