//! Enrolments made by the program itself: for the demo.

use lyceum_kernel::{CourseId, EnrollmentId, SchoolId, UserId};
use lyceum_platform::uow::Tx;

use super::EnrollmentsService;
use super::desk::{Desk, Wish};
use super::enrollments::take_in;
use crate::error::EnrollmentError;
use crate::model::enrollment::{Means, Role, Status};
use crate::model::settings;
use crate::policy::Actor;

/// Somebody to be enrolled.
#[derive(Debug, Clone, Copy)]
pub struct NewEnrollment {
    /// The school.
    pub school: SchoolId,
    /// The course.
    pub course: CourseId,
    /// Who.
    pub user: UserId,
    /// As what.
    pub role: Role,
    /// Whether they came by themselves.
    pub oneself: bool,
}

impl EnrollmentsService {
    /// Lets people enrol themselves in a course with so many places and a waiting line, within a unit of work.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn open_course(
        &self,
        tx: &mut Tx,
        (school, course): (SchoolId, CourseId),
        capacity: i64,
    ) -> Result<(), EnrollmentError> {
        let mut desk = Desk::open(tx, school, course).await?;
        desk.row = settings::Model {
            self_enroll: true,
            capacity: Some(capacity),
            waiting_list: true,
            version: desk.row.version + 1,
            updated_at: tx.now(),
            ..desk.row
        };
        desk.close(tx).await.map(|_| ())
    }

    /// Enrols somebody within a unit of work.
    ///
    /// # Errors
    /// [`EnrollmentError::AlreadyEnrolled`], [`EnrollmentError::CourseFull`].
    pub async fn plant_enrollment(&self, tx: &mut Tx, new: NewEnrollment) -> Result<EnrollmentId, EnrollmentError> {
        let NewEnrollment { school, course, user, role, oneself } = new;
        let (actor, means) = if oneself { (Actor::Oneself, Means::Oneself) } else { (Actor::Staff, Means::Staff) };
        let wish = Wish { role, status: Status::Active, actor, by: None };
        let mut desk = Desk::open(tx, school, course).await?;
        let row = take_in(&mut desk, tx, user, means, wish, |_| ()).await?;
        desk.close(tx).await?;
        Ok(row.id)
    }
}
