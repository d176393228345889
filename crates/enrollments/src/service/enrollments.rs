//! Enrolments one by one: listed, read, made by staff.

use lyceum_kernel::{
    CourseId, Cursor, EnrollmentId, Page, PageRequest, PermissionMarker as _, Principal, SchoolId, UserId,
};
use lyceum_platform::uow::{Answer, Committed, Tx, UnitOfWork};
use lyceum_web::etag;

use super::EnrollmentsService;
use super::desk::{Desk, Wish};
use crate::dto::enrollment::{CreateEnrollment, Enrollment, EnrollmentFilter, Entrance};
use crate::error::EnrollmentError;
use crate::model::enrollment::{Means, Model, Role, Status};
use crate::perm::EnrollmentDelete;
use crate::policy::{Actor, Refusal};
use crate::ports::CourseFacts;
use crate::repo::enrollments;

/// The kind of view in entity tags of enrolments.
pub(crate) const ENROLLMENT: &str = "enrollment";

impl EnrollmentsService {
    /// A page of the enrolments that the caller sees, oldest first.
    pub(crate) async fn list_enrollments(
        &self,
        who: &Principal,
        filter: EnrollmentFilter,
        request: &PageRequest,
    ) -> Result<Page<Enrollment>, EnrollmentError> {
        let filter = filter.into_query();
        if filter.deleted && !who.may(EnrollmentDelete::PERMISSION) {
            return Err(Refusal::DeletedForRestorers.into());
        }
        let viewer = self.viewer(who).await?;
        let db = self.platform.db.read(who.scope());
        let (rows, total) = enrollments::page(&db, &viewer, &filter, request).await?;
        let page = Page::cut(rows, request, |row| Cursor { id: row.id.uuid(), key: Vec::new() });
        Ok(Page { total, ..page.map(Enrollment::from) })
    }

    /// One enrolment.
    pub(crate) async fn show_enrollment(
        &self,
        who: &Principal,
        id: EnrollmentId,
    ) -> Result<Enrollment, EnrollmentError> {
        Ok(self.seen(who, id, false).await?.0.into())
    }

    /// Staff enrol somebody, or ask them to come. Who was withdrawn comes in again.
    pub(crate) async fn create_enrollment(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        form: CreateEnrollment,
    ) -> Result<Committed<Enrollment>, EnrollmentError> {
        let school = who.school_id.ok_or(EnrollmentError::SchoolNeeded)?;
        let CreateEnrollment { course_id, user_id, role, status, starts_at, ends_at } = form;
        let course = self.overseen(who, (school, course_id), EnrollmentError::UnknownCourse).await?;
        self.member(school, user_id, role).await?;
        still_on(&course)?;
        let status = match status {
            Entrance::Active => Status::Active,
            Entrance::Invited => Status::Invited,
        };
        let wish = Wish { role, status, actor: Actor::Staff, by: Some(who.user_id) };
        let mut tx = uow.begin().await?;
        let mut desk = Desk::open(&tx, school, course_id).await?;
        let row = take_in(&mut desk, &mut tx, user_id, Means::Staff, wish, |row| {
            (row.starts_at, row.ends_at) = (starts_at, ends_at);
        })
        .await?;
        desk.close(&mut tx).await?;
        let (tag, location) = (etag(ENROLLMENT, row.version), format!("/v1/enrollments/{}", row.id));
        Ok(tx.commit(Answer::created(Enrollment::from(row)).location(location).etag(tag)).await?)
    }
}

/// Somebody comes into a course whose desk is held: with a new enrolment, or again with the one from which they were withdrawn.
///
/// # Errors
/// [`EnrollmentError::AlreadyEnrolled`], [`EnrollmentError::CourseFull`], [`EnrollmentError::DatesReversed`].
pub(crate) async fn take_in(
    desk: &mut Desk,
    tx: &mut Tx,
    user: UserId,
    means: Means,
    wish: Wish,
    edit: impl FnOnce(&mut Model) + Send,
) -> Result<Model, EnrollmentError> {
    let (school, course) = (desk.row.school_id, desk.row.course_id);
    let former = enrollments::of_person(tx.conn(), (school, course), user).await?;
    if former.as_ref().is_some_and(|row| row.status != Status::Withdrawn) {
        return Err(EnrollmentError::AlreadyEnrolled);
    }
    let row = former.clone().unwrap_or_else(|| blank(tx, (school, course), user, wish.role));
    let mut after = desk.granted(tx, &row, wish)?;
    after.means = means;
    edit(&mut after);
    check_dates(&after)?;
    match former {
        Some(before) => desk.change(tx, "enrollments.enrollment_changed", &before, after).await,
        None => desk.enter(tx, after).await,
    }
}

/// An enrolment of somebody who has not come in yet.
pub(crate) fn blank(tx: &Tx, (school_id, course_id): (SchoolId, CourseId), user_id: UserId, role: Role) -> Model {
    Model {
        school_id,
        id: EnrollmentId::new(tx.now(), tx.entropy()),
        course_id,
        user_id,
        role,
        status: Status::Withdrawn,
        means: Means::Staff,
        number: None,
        starts_at: None,
        ends_at: None,
        enrolled_at: None,
        completed_at: None,
        first_completed_at: None,
        blocks_done: 0,
        last_activity_at: None,
        counted_learners: 0,
        counted_done: 0,
        counted_completed: 0,
        withdrawn_at: None,
        withdrawn_by: None,
        left_as: None,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
        deleted_at: None,
    }
}

/// Nobody comes into a course that is over.
pub(crate) const fn still_on(course: &CourseFacts) -> Result<(), EnrollmentError> {
    if course.archived { Err(EnrollmentError::CourseArchived) } else { Ok(()) }
}

/// What ends, ends after it begins.
pub(crate) fn check_dates(row: &Model) -> Result<(), EnrollmentError> {
    let reversed = row.starts_at.zip(row.ends_at).is_some_and(|(starts, ends)| ends <= starts);
    if reversed { Err(EnrollmentError::DatesReversed) } else { Ok(()) }
}
