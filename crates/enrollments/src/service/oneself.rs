//! People enrol themselves, accept invitations to courses, and leave.

use lyceum_kernel::{CourseId, Principal, Scope};
use lyceum_platform::uow::{Answer, Committed, UnitOfWork};
use lyceum_web::etag;

use super::EnrollmentsService;
use super::desk::{Desk, Wish};
use super::enrollments::{ENROLLMENT, still_on, take_in};
use crate::dto::enrollment::Enrollment;
use crate::error::EnrollmentError;
use crate::model::enrollment::{Means, Model, Role, Status};
use crate::policy::Actor;
use crate::repo::enrollments;

impl EnrollmentsService {
    /// The caller comes into a course that lets them: at once, or to the end of the waiting line. Who is invited accepts.
    pub(crate) async fn enroll_oneself(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: CourseId,
    ) -> Result<Committed<Enrollment>, EnrollmentError> {
        let school = who.school_id.ok_or(EnrollmentError::NotFound)?;
        let mine = enrollments::of_person(&self.platform.db.read(who.scope()), (school, id), who.user_id).await?;
        let invited = mine.is_some_and(|row| row.status == Status::Invited);
        let courses = &self.neighbours.courses;
        // Whoever is invited to a course comes into it, also one that others do not see.
        let course = if invited { courses.course(school, id).await? } else { courses.seen(who, id).await? };
        let course = course.ok_or(EnrollmentError::NotFound)?;
        still_on(&course)?;
        self.member(school, who.user_id, Role::Student).await.map_err(|error| match error {
            // Platform staff look in; they are nobody of the school.
            EnrollmentError::UnknownPerson => EnrollmentError::NotOpen,
            other => other,
        })?;
        let mut tx = uow.begin().await?;
        let mut desk = Desk::open(&tx, school, id).await?;
        let mine = enrollments::of_person(tx.conn(), (school, id), who.user_id).await?;
        let (actor, by) = (Actor::Oneself, Some(who.user_id));
        let row = match mine {
            Some(row) if row.status == Status::Invited => {
                let wish = Wish { role: row.role, status: Status::Active, actor, by };
                let after = desk.granted(&tx, &row, wish)?;
                desk.change(&mut tx, "enrollments.enrollment_changed", &row, after).await?
            }
            mine => {
                let open = course.published && desk.row.is_open(tx.now());
                if !open || mine.is_some_and(|row| sent_away(&row, who)) {
                    return Err(EnrollmentError::NotOpen);
                }
                let wish = Wish { role: Role::Student, status: Status::Active, actor, by };
                take_in(&mut desk, &mut tx, who.user_id, Means::Oneself, wish, |_| ()).await?
            }
        };
        desk.close(&mut tx).await?;
        let (tag, location) = (etag(ENROLLMENT, row.version), format!("/v1/enrollments/{}", row.id));
        Ok(tx.commit(Answer::created(Enrollment::from(row)).location(location).etag(tag)).await?)
    }

    /// The caller leaves a course into which they came by themselves, the waiting line, or declines an invitation.
    pub(crate) async fn leave_course(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: CourseId,
    ) -> Result<Committed<()>, EnrollmentError> {
        let school = who.school_id.ok_or(EnrollmentError::NotFound)?;
        let db = self.platform.db.read(Scope::School(school));
        let mine =
            enrollments::of_person(&db, (school, id), who.user_id).await?.filter(|row| row.status != Status::Withdrawn);
        if mine.is_none() || self.neighbours.courses.course(school, id).await?.is_none() {
            return Err(EnrollmentError::NotFound);
        }
        let mut tx = uow.begin().await?;
        let mut desk = Desk::open(&tx, school, id).await?;
        let row = enrollments::of_person(tx.conn(), (school, id), who.user_id).await?;
        let row = row.filter(|row| row.status != Status::Withdrawn).ok_or(EnrollmentError::NotFound)?;
        if row.status == Status::Active && !desk.row.self_enroll {
            return Err(EnrollmentError::NotOpen);
        }
        let wish = Wish { role: row.role, status: Status::Withdrawn, actor: Actor::Oneself, by: Some(who.user_id) };
        let after = desk.granted(&tx, &row, wish)?;
        desk.change(&mut tx, "enrollments.enrollment_changed", &row, after).await?;
        desk.close(&mut tx).await?;
        Ok(tx.commit(Answer::no_content()).await?)
    }
}

/// Whether staff withdrew somebody: then they do not come back by themselves.
fn sent_away(row: &Model, who: &Principal) -> bool {
    row.status == Status::Withdrawn && row.withdrawn_by.is_some_and(|by| by != who.user_id)
}
