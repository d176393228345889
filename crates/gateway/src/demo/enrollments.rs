//! Who learns what at the demo school: made through the service that the API uses.

use lyceum_enrollments::{NewEnrollment, Role};
use lyceum_kernel::{SchoolId, UserId};

use super::courses::Planted;
use super::work;
use crate::system::System;

/// Whom staff enrolled in which course, by its code. Its owner teaches it anyway.
const ENROLLED: [(&str, &[&str], &[&str]); 2] = [("BIO-9-1", &["leonhard"], &YEAR_9), ("MAT-9-2", &["grace"], &YEAR_9)];

/// Everybody who learns in year 9.
const YEAR_9: [&str; 12] =
    ["sofia", "emmy", "srini", "maryam", "seun", "mei", "tomas", "fatima", "lucas", "hannah", "arjun", "isla"];

/// The course that people come into by themselves, how many places it has, and who came, in this order: the last one waits.
const OPEN: (&str, i64, [&str; 3]) = ("OPEN-1", 2, ["sofia", "srini", "maryam"]);

/// Enrols the people of the demo.
pub(super) async fn plant(
    system: &System,
    school: SchoolId,
    planted: &Planted,
    account_of: impl Fn(&str) -> anyhow::Result<UserId>,
) -> anyhow::Result<()> {
    let mut tx = work(system).begin().await?;
    for (code, teachers, students) in ENROLLED {
        let course = planted.course(code)?;
        let roles = teachers.iter().map(|name| (name, Role::Teacher));
        for (name, role) in roles.chain(students.iter().map(|name| (name, Role::Student))) {
            let new = NewEnrollment { school, course, user: account_of(name)?, role, oneself: false };
            system.enrollments.plant_enrollment(&mut tx, new).await?;
        }
    }
    let (code, places, students) = OPEN;
    let course = planted.course(code)?;
    system.enrollments.open_course(&mut tx, (school, course), places).await?;
    for name in students {
        let new = NewEnrollment { school, course, user: account_of(name)?, role: Role::Student, oneself: true };
        system.enrollments.plant_enrollment(&mut tx, new).await?;
    }
    tx.commit_quietly().await?;
    Ok(())
}
