//! The desk of a course: whoever comes in, leaves or changes passes it one after the other. It counts the places and the line.

use std::collections::BTreeSet;

use lyceum_kernel::events::enrollments::{
    CourseCompleted, PersonEnrolled, PersonWithdrawn, PlaceFreed, TeachingChanged,
};
use lyceum_kernel::{CourseId, SchoolId, UserId};
use lyceum_platform::uow::{Audit, Tx};
use serde_json::{Value, json};

use super::learner;
use crate::error::EnrollmentError;
use crate::model::enrollment::{Model, Role, Status};
use crate::model::settings;
use crate::policy::{Actor, may_become};
use crate::repo;

/// What an enrolment is to become.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish {
    /// As what.
    pub(crate) role: Role,
    /// Where it is to stand.
    pub(crate) status: Status,
    /// Who wants it.
    pub(crate) actor: Actor,
    /// Their account, if it is somebody.
    pub(crate) by: Option<UserId>,
}

/// A course's row of settings and counters, held until the transaction ends.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) row: settings::Model,
    before: settings::Model,
}

impl Desk {
    /// Holds the course's row.
    pub(crate) async fn open(tx: &Tx, school: SchoolId, course: CourseId) -> Result<Self, EnrollmentError> {
        let usual = settings::Model::usual(school, course, tx.now());
        let row = repo::settings::hold(tx.conn(), usual).await?;
        Ok(Self { before: row.clone(), row })
    }

    /// Writes what changed about the row; says if somebody who waits can come in.
    pub(crate) async fn close(self, tx: &mut Tx) -> Result<settings::Model, EnrollmentError> {
        let Self { row, before } = self;
        if row != before {
            repo::settings::write(tx.conn(), &row).await?;
        }
        if row.waiting > 0 && row.has_room() {
            tx.emit(&PlaceFreed { school_id: row.school_id, course_id: row.course_id });
        }
        Ok(row)
    }

    /// What becomes of an enrolment by a wish: where there is no place it waits, if the course has a waiting line.
    ///
    /// # Errors
    /// [`EnrollmentError::WrongStatus`], [`EnrollmentError::CourseFull`].
    pub(crate) fn granted(&mut self, tx: &Tx, row: &Model, wish: Wish) -> Result<Model, EnrollmentError> {
        let Wish { role, status, actor, by } = wish;
        if status != row.status && !may_become(actor, row.status, status) {
            return Err(EnrollmentError::WrongStatus);
        }
        let mut after = Model { role, status, ..row.clone() };
        if after.holds_place() && !row.holds_place() {
            let waits = row.waits() && row.role == Role::Student;
            let room = if waits { self.row.has_room() } else { self.row.has_room_for_newcomer() };
            if !room {
                if waits || !self.row.waiting_list || status != Status::Active {
                    return Err(EnrollmentError::CourseFull);
                }
                after.status = Status::Waiting;
            }
        }
        if role == Role::Teacher && after.status == Status::Waiting {
            return Err(EnrollmentError::WrongStatus);
        }
        self.stamp(tx, row, &mut after, by);
        Ok(after)
    }

    /// What becomes of an enrolment that is to come back: what it was, as far as there is a place.
    ///
    /// # Errors
    /// [`EnrollmentError::CourseFull`].
    pub(crate) fn restored(&mut self, tx: &Tx, row: &Model) -> Result<Model, EnrollmentError> {
        let mut after = Model { deleted_at: None, ..row.clone() };
        if after.holds_place() && !self.row.has_room_for_newcomer() {
            if !self.row.waiting_list || after.status != Status::Active {
                return Err(EnrollmentError::CourseFull);
            }
            after.status = Status::Waiting;
        }
        self.stamp(tx, row, &mut after, None);
        Ok(after)
    }

    /// Times, numbers and names that go with a status.
    fn stamp(&mut self, tx: &Tx, before: &Model, after: &mut Model, by: Option<UserId>) {
        if after.status != Status::Waiting {
            after.number = None;
        } else if !before.waits() || before.number.is_none() {
            self.row.last_number += 1;
            after.number = Some(self.row.last_number);
        }
        if after.takes_part() && after.enrolled_at.is_none() {
            after.enrolled_at = Some(tx.now());
        }
        if after.status == before.status {
            return;
        }
        let withdrawn = after.status == Status::Withdrawn;
        after.withdrawn_at = withdrawn.then(|| tx.now());
        after.withdrawn_by = by.filter(|_| withdrawn);
        after.left_as = None;
        match after.status {
            Status::Completed => {
                after.completed_at = after.completed_at.or(Some(tx.now()));
                after.first_completed_at = after.first_completed_at.or(after.completed_at);
            }
            Status::Withdrawn => {}
            Status::Invited | Status::Active | Status::Waiting => after.completed_at = None,
        }
    }

    /// Counts the place or the wait of an enrolment that was so and is so now.
    fn count(&mut self, before: Option<&Model>, after: &Model) {
        let held = i64::from(before.is_some_and(Model::holds_place));
        let waited = i64::from(before.is_some_and(Model::waits));
        self.row.taken += i64::from(after.holds_place()) - held;
        self.row.waiting += i64::from(after.waits()) - waited;
    }

    /// Writes a new enrolment.
    pub(crate) async fn enter(&mut self, tx: &mut Tx, row: Model) -> Result<Model, EnrollmentError> {
        repo::enrollments::insert(tx.conn(), &row).await?;
        self.admit(tx, &row);
        Ok(row)
    }

    /// Counts and tells of a new enrolment that is written by itself.
    pub(crate) fn admit(&mut self, tx: &mut Tx, row: &Model) {
        self.count(None, row);
        tell(tx, None, row);
        tx.audit(audit("enrollments.enrollment_created", row).after(facts(row)));
    }

    /// Writes an enrolment as it is to be. Nothing if it is that already.
    pub(crate) async fn change(
        &mut self,
        tx: &mut Tx,
        action: &'static str,
        before: &Model,
        after: Model,
    ) -> Result<Model, EnrollmentError> {
        if after == *before {
            return Ok(after);
        }
        repo::enrollments::write(tx.conn(), &after, tx.now()).await?;
        self.count(Some(before), &after);
        let after = Model { version: before.version + 1, updated_at: tx.now(), ..after };
        tell(tx, Some(before), &after);
        tx.audit(audit(action, &after).before(facts(before)).after(facts(&after)));
        Ok(after)
    }
}

/// The desks of several courses, held until the transaction ends.
#[derive(Debug)]
pub(crate) struct Desks(Vec<Desk>);

impl Desks {
    /// Holds the rows of these courses, always in the same order.
    pub(crate) async fn open(
        tx: &Tx,
        school: SchoolId,
        courses: impl Iterator<Item = CourseId>,
    ) -> Result<Self, EnrollmentError> {
        let courses: BTreeSet<_> = courses.collect();
        let usual = courses.into_iter().map(|course| settings::Model::usual(school, course, tx.now()));
        let rows = repo::settings::hold_many(tx.conn(), usual.collect()).await?;
        Ok(Self(rows.into_iter().map(|row| Desk { before: row.clone(), row }).collect()))
    }

    /// Which courses they are.
    pub(crate) fn courses(&self) -> Vec<CourseId> {
        self.0.iter().map(|desk| desk.row.course_id).collect()
    }

    /// The desk of a course.
    pub(crate) fn of(&mut self, course: CourseId) -> Option<&mut Desk> {
        self.0.iter_mut().find(|desk| desk.row.course_id == course)
    }

    /// Writes what changed about the rows.
    pub(crate) async fn close(self, tx: &mut Tx) -> Result<(), EnrollmentError> {
        for desk in self.0 {
            desk.close(tx).await?;
        }
        Ok(())
    }
}

/// Says what happened to somebody's taking part.
pub(crate) fn tell(tx: &mut Tx, before: Option<&Model>, after: &Model) {
    if let Some(before) = before.filter(|before| before.user_id != after.user_id) {
        // Another's from now on: the one goes, the other comes.
        tell(tx, Some(before), &Model { status: Status::Withdrawn, ..before.clone() });
        return tell(tx, None, after);
    }
    let (took, takes) = (before.is_some_and(Model::takes_part), after.takes_part());
    let Model { school_id, id: enrollment_id, course_id, user_id, .. } = *after;
    let role = after.role.as_str().to_owned();
    tx.invalidate(learner::tag(user_id));
    if takes && (!took || before.is_some_and(|before| before.role != after.role)) {
        tx.emit(&PersonEnrolled { school_id, enrollment_id, course_id, user_id, role });
    } else if took && !takes {
        tx.emit(&PersonWithdrawn { school_id, enrollment_id, course_id, user_id, role });
    }
    let teaches = |row: &Model| row.takes_part() && row.role == Role::Teacher;
    if teaches(after) != before.is_some_and(teaches) {
        tx.emit(&TeachingChanged { school_id, course_id, user_id });
    }
    // Once, also if it is reopened and completed again.
    if after.first_completed_at.is_some() && before.is_none_or(|before| before.first_completed_at.is_none()) {
        tx.emit(&CourseCompleted { school_id, enrollment_id, course_id, user_id });
    }
}

/// An entry about an enrolment.
pub(crate) fn audit(action: &'static str, row: &Model) -> Audit {
    Audit::of(action, "enrollment", row.id.uuid()).school(Some(row.school_id)).about(row.user_id)
}

/// What the audit log keeps of an enrolment.
pub(crate) fn facts(row: &Model) -> Value {
    json!({
        "course_id": row.course_id, "user_id": row.user_id, "role": row.role, "status": row.status, "means": row.means,
        "starts_at": row.starts_at, "ends_at": row.ends_at,
    })
}
