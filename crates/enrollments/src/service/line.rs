//! The waiting line of a course, and the course's own comings and goings.

use lyceum_kernel::{CourseId, SchoolId, Scope};
use lyceum_platform::jobs::NewJob;
use lyceum_platform::uow::{Tx, UnitOfWork};

use super::EnrollmentsService;
use super::desk::{Desk, Wish};
use crate::consumers::{Given, PLACE_GIVEN};
use crate::error::EnrollmentError;
use crate::letters;
use crate::model::enrollment::Status;
use crate::policy::Actor;
use crate::repo::{enrollments, settings};

/// Who comes in at one stroke.
const BATCH: i64 = 100;

impl EnrollmentsService {
    /// Lets in who is next, as long as there are places. Those who are left when there are many, the next event lets in.
    pub(crate) async fn let_in(&self, tx: &mut Tx, school: SchoolId, course: CourseId) -> Result<(), EnrollmentError> {
        let found = self.neighbours.courses.course(school, course).await?;
        if found.is_none_or(|course| course.archived) {
            return Ok(());
        }
        let mut desk = Desk::open(tx, school, course).await?;
        let free = desk.row.capacity.map_or(BATCH, |capacity| (capacity - desk.row.taken).clamp(0, BATCH));
        let next =
            enrollments::next_in_line(tx.conn(), school, course, u64::try_from(free).unwrap_or_default()).await?;
        for row in next {
            let wish = Wish { role: row.role, status: Status::Active, actor: Actor::Program, by: None };
            let after = desk.granted(tx, &row, wish)?;
            let after = desk.change(tx, "enrollments.enrollment_changed", &row, after).await?;
            let given = Given { school_id: school, enrollment_id: after.id };
            tx.enqueue(NewJob::new(PLACE_GIVEN, &given).school(Some(school)));
        }
        desk.close(tx).await?;
        Ok(())
    }

    /// Writes to somebody who waited that they have a place, if they still have it.
    pub(crate) async fn tell_place(&self, uow: UnitOfWork, given: &Given) -> Result<(), EnrollmentError> {
        let scope = Scope::School(given.school_id);
        let row = enrollments::any(&self.platform.db.read(scope), scope, given.enrollment_id).await?;
        let mut letter = None;
        if let Some(row) = row.filter(|row| row.deleted_at.is_none() && row.takes_part()) {
            let to = self.neighbours.people.addressee(row.school_id, row.user_id).await?;
            let course = self.neighbours.courses.course(row.school_id, row.course_id).await?;
            letter = to.zip(course).map(|(to, course)| (row, to, course.title));
        }
        let mut tx = uow.begin().await?;
        if let Some((row, to, course)) = letter {
            letters::place_given(&mut tx, &row, to, &course);
        }
        Ok(tx.commit_quietly().await?)
    }

    /// Notes whether a course is there now, whatever was said last. Its enrolments stay as they are.
    pub(crate) async fn follow_course(
        &self,
        tx: &mut Tx,
        school: SchoolId,
        course: CourseId,
    ) -> Result<(), EnrollmentError> {
        if settings::find(tx.conn(), school, course).await?.is_none() {
            return Ok(());
        }
        let mut desk = Desk::open(tx, school, course).await?;
        desk.row.course_deleted = self.neighbours.courses.course(school, course).await?.is_none();
        // Says that places are free, if somebody waited meanwhile.
        desk.close(tx).await?;
        Ok(())
    }
}
