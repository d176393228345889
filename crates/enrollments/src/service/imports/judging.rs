//! What becomes of a row: a rule over what it says, what is there, and what the importer may do.

use std::collections::{HashMap, HashSet};

use lyceum_kernel::{CourseId, SchoolId, UserId};
use lyceum_web::tabular::RowFault;

use crate::error::EnrollmentError;
use crate::model::enrollment::{self, Role, Status};
use crate::model::import_row::{By, Model as Row, What};
use crate::ports::{CourseFacts, CourseKey, MemberFacts, PersonKey};
use crate::service::EnrollmentsService;

/// Whose courses are the importer's.
#[derive(Debug)]
pub(super) struct Rules {
    /// Whether all of the school's are.
    pub(super) manages: bool,
    /// Which, if not all.
    pub(super) teaches: HashSet<CourseId>,
}

/// Whom and what some rows name.
#[derive(Debug, Default)]
pub(super) struct Known {
    people: HashMap<PersonKey, (UserId, MemberFacts)>,
    courses: HashMap<CourseKey, CourseFacts>,
}

/// Somebody and a course, found.
#[derive(Debug, Clone)]
pub(super) struct Meant {
    pub(super) user: UserId,
    pub(super) course: CourseId,
    pub(super) archived: bool,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Somebody comes in, for the first time or again.
    TakeIn,
    /// Their role or dates change.
    Change,
    /// They are withdrawn.
    Withdraw,
    /// Everything is as the row says.
    Leave,
}

impl EnrollmentsService {
    /// Finds whom and what some rows name: two questions, whatever their number.
    pub(super) async fn known(&self, school: SchoolId, rows: &[Row]) -> Result<Known, EnrollmentError> {
        let mut people: Vec<_> = rows.iter().filter_map(person_key).collect();
        let mut courses: Vec<_> = rows.iter().filter_map(course_key).collect();
        people.sort_unstable();
        people.dedup();
        courses.sort_unstable();
        courses.dedup();
        if people.is_empty() || courses.is_empty() {
            return Ok(Known::default());
        }
        let people = self.neighbours.people.named(school, &people).await?;
        let courses = self.neighbours.courses.named(school, &courses).await?;
        Ok(Known { people, courses })
    }
}

fn person_key(row: &Row) -> Option<PersonKey> {
    let name = row.person.clone()?;
    Some(match row.person_by? {
        By::Id => PersonKey::Id(name.parse().ok()?),
        By::Record => PersonKey::ExternalId(name),
        By::Email => PersonKey::Email(name),
        By::Username => PersonKey::Username(name),
    })
}

fn course_key(row: &Row) -> Option<CourseKey> {
    let name = row.course.clone()?;
    Some(match row.course_by? {
        By::Id => CourseKey::Id(name.parse().ok()?),
        By::Record | By::Email | By::Username => CourseKey::Code(name),
    })
}

/// The heading under which a name usually stands.
const fn heading(by: Option<By>, of_course: bool) -> &'static str {
    match (by, of_course) {
        (Some(By::Id), true) => "course_id",
        (_, true) => "course_code",
        (Some(By::Record), false) => "external_id",
        (Some(By::Email), false) => "email",
        (Some(By::Username), false) => "username",
        (_, false) => "user_id",
    }
}

/// Whom and what a row means, if it is the importer's to say.
pub(super) fn meant(row: &Row, known: &Known, rules: &Rules) -> Result<Meant, RowFault> {
    let (person, course) = (row.person.as_deref().unwrap_or_default(), row.course.as_deref().unwrap_or_default());
    let found = course_key(row).and_then(|key| known.courses.get(&key));
    let theirs = found.filter(|course| rules.manages || rules.teaches.contains(&course.id));
    let course = theirs.ok_or_else(|| {
        let reason = "is not a course of the school that the importer teaches";
        RowFault::new("unknown-course", reason).at(heading(row.course_by, true)).value(course)
    })?;
    let found = person_key(row).and_then(|key| known.people.get(&key));
    let (user, member) = found.ok_or_else(|| {
        RowFault::new("unknown-person", "is nobody of the school").at(heading(row.person_by, false)).value(person)
    })?;
    if row.what == What::Enrol && row.role == Role::Teacher && !member.staff {
        let fault = RowFault::new("not-staff", "is not of the staff: only they teach");
        return Err(fault.at(heading(row.person_by, false)).value(person));
    }
    Ok(Meant { user: *user, course: course.id, archived: course.archived })
}

/// What is to be done about somebody who has this enrolment, or none.
pub(super) fn judge(row: &Row, meant: &Meant, there: Option<&enrollment::Model>) -> Result<Decision, RowFault> {
    let there = there.filter(|there| there.status != Status::Withdrawn);
    if row.what == What::Withdraw {
        return Ok(if there.is_some() { Decision::Withdraw } else { Decision::Leave });
    }
    let Some(there) = there else {
        if meant.archived {
            return Err(RowFault::new("course-archived", "is over: nobody comes in any more").at("course_code"));
        }
        return Ok(Decision::TakeIn);
    };
    let after = dated(row, there);
    if after.starts_at.zip(after.ends_at).is_some_and(|(starts, ends)| ends <= starts) {
        return Err(RowFault::new("dates-reversed", "would end before it begins").at("ends_at"));
    }
    let same = after.role == row.role && after == *there;
    Ok(if same { Decision::Leave } else { Decision::Change })
}

/// The enrolment with the dates that the row says; what it leaves out stays as it is.
pub(super) fn dated(row: &Row, before: &enrollment::Model) -> enrollment::Model {
    let (starts_at, ends_at) = (row.starts_at.or(before.starts_at), row.ends_at.or(before.ends_at));
    enrollment::Model { starts_at, ends_at, ..before.clone() }
}
