//! The demo school: made through the services that the API uses, once, on an empty database.

mod courses;
mod enrollments;
mod progress;
mod tests;

use std::fmt::Write;

use lyceum_billing::Sale;
use lyceum_files::NewFile;
use lyceum_identity::NewAccount;
use lyceum_kernel::{GroupId, PlatformRole, RequestId, SchoolId, UserId};
use lyceum_platform::secrets::Token;
use lyceum_platform::uow::{Cause, Tx, UnitOfWork};
use lyceum_tenancy::{Joining, NewGroup, NewInvite, NewRequest, NewSchool, Newcomer};
use secrecy::SecretString;

use crate::system::System;

/// Every demo account's password. It opens nothing but a demo on somebody's own machine.
pub const PASSWORD: &str = "learning is fun";

/// The school that everybody in the demo belongs to.
const SLUG: &str = "northfield";

/// The classes of the demo school.
const CLASSES: [&str; 2] = ["Year 9 Blue", "Year 9 Green"];

/// What the demo school pays for.
const SALE: Sale = Sale {
    code: "northfield-standard",
    name: "Standard",
    currency: "GBP",
    unit_amount: 250,
    seats: 250,
    once: ("Setting up and training", 48_000),
};

/// Files of the demo school: whose, what they are called, of which type, and what is in them.
const FILES: [(&str, &str, &str, &str); 3] = [
    ("peter", "Welcome to Northfield.md", "text/markdown", include_str!("demo/welcome.md")),
    ("grace", "Timetable Year 9.csv", "text/csv", include_str!("demo/timetable.csv")),
    ("leonhard", "Reading a proof.txt", "text/plain", include_str!("demo/proofs.txt")),
];

/// Who lives in the demo.
const PEOPLE: [Person; 18] = [
    Person::staff("root", "Ruth Root", PlatformRole::SuperAdmin, None),
    Person::staff("ada", "Ada Ahrens", PlatformRole::Admin, None),
    Person::staff("sam", "Samira Said", PlatformRole::Member, Some("school_admin")),
    Person::staff("peter", "Peter Novak", PlatformRole::Member, Some("principal")),
    Person::staff("grace", "Grace Hall", PlatformRole::Member, Some("teacher")),
    Person::staff("leonhard", "Leonhard Brunner", PlatformRole::Member, Some("teacher")),
    Person::student("sofia", "Sofia Karlsson", 0),
    Person::student("emmy", "Emmy Neumann", 0),
    Person::student("srini", "Srini Raman", 1),
    Person::student("maryam", "Maryam Farahani", 1),
    Person::student("seun", "Oluwaseun Adeyemi", 0),
    Person::student("mei", "Mei Tanaka", 0),
    Person::student("tomas", "Tomáš Kovač", 0),
    Person::student("fatima", "Fatima Haddad", 0),
    Person::student("lucas", "Lucas Moreau", 1),
    Person::student("hannah", "Hannah Weiss", 1),
    Person::student("arjun", "Arjun Patel", 1),
    Person::student("isla", "Isla Fraser", 1),
];

/// Somebody in the demo.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    username: &'static str,
    name: &'static str,
    platform_role: PlatformRole,
    /// The role in the demo school.
    role: Option<&'static str>,
    /// Which of the classes.
    class: Option<usize>,
}

impl Person {
    const fn staff(
        username: &'static str,
        name: &'static str,
        platform_role: PlatformRole,
        role: Option<&'static str>,
    ) -> Self {
        Self { username, name, platform_role, role, class: None }
    }

    const fn student(username: &'static str, name: &'static str, class: usize) -> Self {
        Self { username, name, platform_role: PlatformRole::Member, role: Some("student"), class: Some(class) }
    }

    fn email(&self) -> String {
        format!("{}@demo.lyceum.example", self.username)
    }
}

/// What there is to be told about the demo.
#[derive(Debug)]
pub struct Seeded {
    people: &'static [Person],
    /// The code of an invite, where the school was made just now: no code is kept.
    invite: Option<Token>,
}

/// Makes the accounts and the school that are not there yet.
pub async fn seed(system: &System) -> anyhow::Result<Seeded> {
    let mut accounts = Vec::with_capacity(PEOPLE.len());
    for person in &PEOPLE {
        let account = NewAccount {
            email: person.email(),
            username: Some(person.username.to_owned()),
            full_name: Some(person.name.to_owned()),
            password: SecretString::from(PASSWORD),
            platform_role: person.platform_role,
        };
        accounts.push((person, system.identity.ensure_account(account).await?));
    }
    if let Some(school) = system.tenancy.school_named(SLUG).await? {
        sell(system, school).await?;
        return Ok(Seeded { people: &PEOPLE, invite: None });
    }
    let mut tx = work(system).begin().await?;
    let (school, classes) = found(system, &mut tx).await?;
    let mut administrator = None;
    for &(person, account) in &accounts {
        let Some(role) = person.role else { continue };
        let roles = system.tenancy.role_facts(&tx, school, &[role.to_owned()]).await?;
        let mut joining = Joining::new(school, Newcomer::Owner(account), roles, "founded");
        joining.groups = person.class.and_then(|class| classes.get(class)).copied().into_iter().collect();
        joining.level = person.class.map(|_| "Year 9".to_owned());
        system.tenancy.join(&mut tx, joining).await?;
        if role == "school_admin" {
            administrator = Some(account);
        }
    }
    let invite = match administrator {
        Some(created_by) => {
            let new = NewInvite { school, created_by, role: "student".to_owned(), max_uses: 100 };
            Some(system.tenancy.make_invite(&mut tx, new).await?)
        }
        None => None,
    };
    let (email, full_name) = ("asking@demo.lyceum.example".to_owned(), "Amalie Noether".to_owned());
    let asking = NewRequest { school, email, full_name, role: "teacher".to_owned() };
    system.tenancy.file_request(&mut tx, asking).await?;
    tx.commit_quietly().await?;
    let account_of = |name: &str| {
        let found = accounts.iter().find(|(person, _)| person.username == name);
        found.map(|(_, account)| *account).ok_or_else(|| anyhow::anyhow!("nobody in the demo is called {name}"))
    };
    let (biology, mathematics) = (account_of("grace")?, account_of("leonhard")?);
    let planted = courses::plant(system, &courses::Staff { school, biology, mathematics, classes }).await?;
    enrollments::plant(system, school, &planted, account_of).await?;
    let students: Vec<_> =
        accounts.iter().filter(|(person, _)| person.class.is_some()).map(|(_, account)| *account).collect();
    tests::plant(system, school, &planted, (biology, mathematics, &students)).await?;
    progress::plant(system, school, &planted, account_of).await?;
    for (username, name, content_type, text) in FILES {
        deposit(system, (school, account_of(username)?), (name, content_type, text)).await?;
    }
    sell(system, school).await?;
    Ok(Seeded { people: &PEOPLE, invite })
}

/// Puts a file where an upload would.
async fn deposit(
    system: &System,
    (school, owner): (SchoolId, UserId),
    (name, content_type, text): (&str, &str, &str),
) -> anyhow::Result<()> {
    let (name, content_type, bytes) = (name.to_owned(), content_type.to_owned(), text.as_bytes().to_vec());
    let new = NewFile { school, owner, name, content_type, bytes };
    system.files.deposit(work(system), new).await.map(drop).map_err(Into::into)
}

/// A unit of work of nobody's.
fn work(system: &System) -> UnitOfWork {
    let (now, entropy) = (system.platform.clock.now(), system.platform.entropy.as_ref());
    let cause = Cause { request_id: RequestId::new(now, entropy), ip: None, user_agent: None, trace: None };
    system.platform.unit_of_work(cause)
}

/// Subscribes the school, if it never was, and lets what follows from it (its seats, a letter) happen before anybody comes.
async fn sell(system: &System, school: SchoolId) -> anyhow::Result<()> {
    system.billing.sell(work(system), school, SALE).await?;
    system.drain_jobs().await.map(drop)
}

async fn found(system: &System, tx: &mut Tx) -> anyhow::Result<(SchoolId, Vec<GroupId>)> {
    let new = NewSchool {
        name: "Northfield School".to_owned(),
        slug: SLUG.to_owned(),
        time_zone: "Europe/London".to_owned(),
        locale: "en-GB".to_owned(),
        directory_public: true,
        requestable_roles: ["student", "teacher", "instructor"].map(str::to_owned).to_vec(),
    };
    let school = system.tenancy.found_school(tx, new).await?;
    let mut classes = Vec::with_capacity(CLASSES.len());
    for name in CLASSES {
        classes.push(system.tenancy.form_group(tx, NewGroup { school, name: name.to_owned() }).await?);
    }
    Ok((school, classes))
}

/// What is printed when the demo is ready.
pub fn welcome(public_url: &str, seeded: &Seeded) -> String {
    let mut text = format!("\nLyceum's demo school is ready at {public_url}\n\n");
    let _ = writeln!(text, "  API documentation  {public_url}/docs (Swagger UI), {public_url}/redoc");
    let _ = writeln!(text, "  Health             {public_url}/health\n");
    let _ = writeln!(text, "  Accounts, all with the password \"{PASSWORD}\":\n");
    for person in seeded.people {
        let role = person.role.unwrap_or(person.platform_role.as_str());
        let _ = writeln!(text, "    {:<32} {:<18} {role}", person.email(), person.name);
    }
    if let Some(code) = &seeded.invite {
        let _ = writeln!(
            text,
            "\n  An invite for students, shown now and never again:\n\n    {public_url}/join?token={}",
            code.expose()
        );
    }
    text
}
