//! Who gets to which enrolments, and what others ask about them.

use lyceum_kernel::{CourseId, EnrollmentId, PermissionMarker as _, Principal, SchoolId, Scope, UserId};

use super::EnrollmentsService;
use crate::error::EnrollmentError;
use crate::model::enrollment::{Model, Role};
use crate::perm::EnrollmentManage;
use crate::policy::{Refusal, Viewer};
use crate::ports::{CourseFacts, MemberFacts};
use crate::repo::enrollments;

impl EnrollmentsService {
    /// The courses of a school that somebody takes part in at this moment: one query.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn courses_of(&self, school: SchoolId, user: UserId) -> Result<Vec<CourseId>, EnrollmentError> {
        let db = self.platform.db.read(Scope::School(school));
        Ok(enrollments::courses_of(&db, (school, user), None, self.platform.clock.now()).await?)
    }

    /// Whether somebody is enrolled in a course as a teacher: one query.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn teaches(&self, school: SchoolId, user: UserId, course: CourseId) -> Result<bool, EnrollmentError> {
        let db = self.platform.db.read(Scope::School(school));
        let row = enrollments::of_person(&db, (school, course), user).await?;
        Ok(row.is_some_and(|row| row.takes_part() && row.role == Role::Teacher))
    }

    /// The courses that somebody takes part in as a teacher.
    async fn taught_by_enrolment(&self, school: SchoolId, user: UserId) -> Result<Vec<CourseId>, EnrollmentError> {
        let db = self.platform.db.read(Scope::School(school));
        let now = self.platform.clock.now();
        Ok(enrollments::courses_of(&db, (school, user), Some(Role::Teacher), now).await?)
    }

    /// The caller, with the courses they teach: two queries where they do not manage all.
    pub(crate) async fn viewer(&self, who: &Principal) -> Result<Viewer, EnrollmentError> {
        let Some(school) = who.school_id.filter(|_| !who.may(EnrollmentManage::PERMISSION)) else {
            return Ok(Viewer::of(who, Vec::new()));
        };
        let mut teaches = self.neighbours.courses.taught_by(school, who.user_id).await?;
        teaches.extend(self.taught_by_enrolment(school, who.user_id).await?);
        Ok(Viewer::of(who, teaches))
    }

    /// An enrolment that the caller sees. One that was deleted is there for those who may restore it.
    pub(crate) async fn seen(
        &self,
        who: &Principal,
        id: EnrollmentId,
        deleted: bool,
    ) -> Result<(Model, Viewer), EnrollmentError> {
        let scope = who.scope();
        let row = enrollments::any(&self.platform.db.read(scope), scope, id).await?;
        let row = row.ok_or(EnrollmentError::NotFound)?;
        let viewer = self.viewer(who).await?;
        let there =
            if row.deleted_at.is_none() { viewer.sees(&row) } else { deleted && viewer.oversees(row.course_id) };
        if there { Ok((row, viewer)) } else { Err(EnrollmentError::NotFound) }
    }

    /// An enrolment that is the caller's to change, with its course.
    pub(crate) async fn theirs(
        &self,
        who: &Principal,
        id: EnrollmentId,
        deleted: bool,
    ) -> Result<(Model, CourseFacts), EnrollmentError> {
        let (row, viewer) = self.seen(who, id, deleted).await?;
        viewer.may_change(row.course_id)?;
        let course = self.neighbours.courses.course(row.school_id, row.course_id).await?;
        Ok((row, course.ok_or(EnrollmentError::NotFound)?))
    }

    /// A course whose enrolments are the caller's to change. `unknown`: what it is if they do not see it.
    pub(crate) async fn overseen(
        &self,
        who: &Principal,
        (school, id): (SchoolId, CourseId),
        unknown: EnrollmentError,
    ) -> Result<CourseFacts, EnrollmentError> {
        let courses = &self.neighbours.courses;
        if who.may(EnrollmentManage::PERMISSION) {
            return courses.course(school, id).await?.ok_or(unknown);
        }
        let course = courses.seen(who, id).await?.ok_or(unknown)?;
        let taught =
            course.is_taught_by(who.user_id) || self.taught_by_enrolment(school, who.user_id).await?.contains(&id);
        if taught { Ok(course) } else { Err(Refusal::NotYours.into()) }
    }

    /// Somebody of the school, who may be what they are to be.
    pub(crate) async fn member(
        &self,
        school: SchoolId,
        user: UserId,
        role: Role,
    ) -> Result<MemberFacts, EnrollmentError> {
        let member = self.neighbours.people.members(school, &[user]).await?.remove(&user);
        let member = member.ok_or(EnrollmentError::UnknownPerson)?;
        if role == Role::Teacher && !member.staff { Err(EnrollmentError::NotStaff) } else { Ok(member) }
    }
}
