//! Who learns what at the demo school: made through the service that the API uses.

use std::collections::HashMap;

use lyceum_enrollments::{NewEnrollment, Role};
use lyceum_kernel::{CourseId, SchoolId, UserId};

use super::work;
use crate::system::System;

/// Whom staff enrolled in which course, by its code. Its owner teaches it anyway.
const ENROLLED: [(&str, &[&str], &[&str]); 2] = [
    ("BIO-9-1", &["leonhard"], &["sofia", "emmy", "srini", "maryam"]),
    ("MAT-9-2", &["grace"], &["sofia", "emmy", "srini", "maryam"]),
];

/// The course that people come into by themselves, how many places it has, and who came, in this order: the last one waits.
const OPEN: (&str, i64, [&str; 3]) = ("OPEN-1", 2, ["sofia", "srini", "maryam"]);

/// Enrols the people of the demo.
pub(super) async fn plant(
    system: &System,
    school: SchoolId,
    courses: &HashMap<&'static str, CourseId>,
    account_of: impl Fn(&str) -> anyhow::Result<UserId>,
) -> anyhow::Result<()> {
    let course_of = |code: &str| {
        courses.get(code).copied().ok_or_else(|| anyhow::anyhow!("no course of the demo has the code {code}"))
    };
    let mut tx = work(system).begin().await?;
    for (code, teachers, students) in ENROLLED {
        let course = course_of(code)?;
        let roles = teachers.iter().map(|name| (name, Role::Teacher));
        for (name, role) in roles.chain(students.iter().map(|name| (name, Role::Student))) {
            let new = NewEnrollment { school, course, user: account_of(name)?, role, oneself: false };
            system.enrollments.plant_enrollment(&mut tx, new).await?;
        }
    }
    let (code, places, students) = OPEN;
    let course = course_of(code)?;
    system.enrollments.open_course(&mut tx, (school, course), places).await?;
    for name in students {
        let new = NewEnrollment { school, course, user: account_of(name)?, role: Role::Student, oneself: true };
        system.enrollments.plant_enrollment(&mut tx, new).await?;
    }
    tx.commit_quietly().await?;
    Ok(())
}
