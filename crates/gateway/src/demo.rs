//! The demo school: made through the services that the API uses, once, on an empty database.

use std::fmt::Write;

use lyceum_identity::NewAccount;
use lyceum_kernel::PlatformRole;
use secrecy::SecretString;

use crate::system::System;

/// Every demo account's password. It opens nothing but a demo on somebody's own machine.
pub const PASSWORD: &str = "learning is fun";

/// Who lives in the demo.
const PEOPLE: [Person; 6] = [
    Person { email: "root@demo.lyceum.example", username: "root", name: "Ruth Root", role: PlatformRole::SuperAdmin },
    Person { email: "ada@demo.lyceum.example", username: "ada", name: "Ada Ahrens", role: PlatformRole::Admin },
    Person { email: "grace@demo.lyceum.example", username: "grace", name: "Grace Hall", role: PlatformRole::Member },
    Person {
        email: "leonhard@demo.lyceum.example",
        username: "leonhard",
        name: "Leonhard Brunner",
        role: PlatformRole::Member,
    },
    Person {
        email: "sofia@demo.lyceum.example",
        username: "sofia",
        name: "Sofia Karlsson",
        role: PlatformRole::Member,
    },
    Person { email: "emmy@demo.lyceum.example", username: "emmy", name: "Emmy Neumann", role: PlatformRole::Member },
];

/// Somebody in the demo.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    email: &'static str,
    username: &'static str,
    name: &'static str,
    role: PlatformRole,
}

/// Makes the accounts that are not there yet.
pub async fn seed(system: &System) -> anyhow::Result<&'static [Person]> {
    for person in &PEOPLE {
        let account = NewAccount {
            email: person.email.to_owned(),
            username: Some(person.username.to_owned()),
            full_name: Some(person.name.to_owned()),
            password: SecretString::from(PASSWORD),
            platform_role: person.role,
        };
        system.identity.ensure_account(account).await?;
    }
    Ok(&PEOPLE)
}

/// What is printed when the demo is ready.
pub fn welcome(public_url: &str, people: &[Person]) -> String {
    let mut text = format!("\nLyceum's demo school is ready at {public_url}\n\n");
    let _ = writeln!(text, "  API documentation  {public_url}/docs (Swagger UI), {public_url}/redoc");
    let _ = writeln!(text, "  Health             {public_url}/health\n");
    let _ = writeln!(text, "  Accounts, all with the password \"{PASSWORD}\":\n");
    for person in people {
        let _ = writeln!(text, "    {:<32} {:<18} {}", person.email, person.name, person.role.as_str());
    }
    text
}
