//! The waiting line of a course, and the course's own comings and goings.

use lyceum_kernel::{CourseId, SchoolId};
use lyceum_platform::uow::Tx;

use super::EnrollmentsService;
use super::desk::{Desk, Wish};
use crate::error::EnrollmentError;
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
            desk.change(tx, "enrollments.enrollment_changed", &row, after).await?;
        }
        desk.close(tx).await?;
        Ok(())
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
