//! Enrolments that change, go and come back.

use lyceum_kernel::{EnrollmentId, Principal, Scope};
use lyceum_platform::uow::{Answer, Committed, Tx, UnitOfWork};
use lyceum_web::{IfMatch, etag};

use super::EnrollmentsService;
use super::desk::{Desk, Wish};
use super::enrollments::{ENROLLMENT, check_dates, still_on};
use crate::dto::enrollment::{Enrollment, PatchEnrollment, PutEnrollment};
use crate::error::EnrollmentError;
use crate::model::enrollment::{Model, Status};
use crate::policy::Actor;
use crate::repo::enrollments;

impl EnrollmentsService {
    /// Replaces what can be changed about an enrolment.
    pub(crate) async fn replace_enrollment(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, form): (EnrollmentId, PutEnrollment),
    ) -> Result<Committed<Enrollment>, EnrollmentError> {
        let PutEnrollment { role, status, starts_at, ends_at } = form;
        let edit = move |row: Model| Model { role, status, starts_at, ends_at, ..row };
        self.change_enrollment(who, uow, if_match, id, edit).await
    }

    /// Changes the fields of an enrolment that the patch names.
    pub(crate) async fn patch_enrollment(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, patch): (EnrollmentId, PatchEnrollment),
    ) -> Result<Committed<Enrollment>, EnrollmentError> {
        let PatchEnrollment { role, status, starts_at, ends_at } = patch;
        let edit = move |row: Model| Model {
            role: role.unwrap_or(row.role),
            status: status.unwrap_or(row.status),
            starts_at: starts_at.apply_to(row.starts_at),
            ends_at: ends_at.apply_to(row.ends_at),
            ..row
        };
        self.change_enrollment(who, uow, if_match, id, edit).await
    }

    async fn change_enrollment(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: EnrollmentId,
        edit: impl Fn(Model) -> Model + Send,
    ) -> Result<Committed<Enrollment>, EnrollmentError> {
        let (seen, course) = self.theirs(who, id, false).await?;
        let wanted = edit(seen.clone());
        if wanted.role != seen.role || comes_in(&seen, &wanted) {
            self.member(seen.school_id, seen.user_id, wanted.role).await?;
        }
        let mut tx = uow.begin().await?;
        let mut desk = Desk::open(&tx, seen.school_id, seen.course_id).await?;
        let row = held(&tx, &seen).await?;
        let row = row.filter(|row| row.deleted_at.is_none()).ok_or(EnrollmentError::NotFound)?;
        if_match.require(&etag(ENROLLMENT, row.version))?;
        let wanted = edit(row.clone());
        if comes_in(&row, &wanted) {
            still_on(&course)?;
        }
        let wish = Wish { role: wanted.role, status: wanted.status, actor: Actor::Staff, by: Some(who.user_id) };
        let mut after = desk.granted(&tx, &row, wish)?;
        (after.starts_at, after.ends_at) = (wanted.starts_at, wanted.ends_at);
        check_dates(&after)?;
        let after = desk.change(&mut tx, "enrollments.enrollment_changed", &row, after).await?;
        desk.close(&mut tx).await?;
        let tag = etag(ENROLLMENT, after.version);
        Ok(tx.commit(Answer::ok(Enrollment::from(after)).etag(tag)).await?)
    }

    /// Deletes an enrolment, softly. Its place is free from then on.
    pub(crate) async fn delete_enrollment(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: EnrollmentId,
    ) -> Result<Committed<()>, EnrollmentError> {
        let (seen, _) = self.theirs(who, id, false).await?;
        let mut tx = uow.begin().await?;
        let mut desk = Desk::open(&tx, seen.school_id, seen.course_id).await?;
        let row = held(&tx, &seen).await?;
        let row = row.filter(|row| row.deleted_at.is_none()).ok_or(EnrollmentError::NotFound)?;
        if_match.require(&etag(ENROLLMENT, row.version))?;
        let after = Model { deleted_at: Some(tx.now()), number: None, ..row.clone() };
        desk.change(&mut tx, "enrollments.enrollment_deleted", &row, after).await?;
        desk.close(&mut tx).await?;
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Brings a deleted enrolment back, as it was: if its place is taken meanwhile, to the end of the waiting line.
    pub(crate) async fn restore_enrollment(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: EnrollmentId,
    ) -> Result<Committed<Enrollment>, EnrollmentError> {
        let (seen, course) = self.theirs(who, id, true).await?;
        if seen.status != Status::Withdrawn {
            self.member(seen.school_id, seen.user_id, seen.role).await?;
        }
        let mut tx = uow.begin().await?;
        let mut desk = Desk::open(&tx, seen.school_id, seen.course_id).await?;
        let row = held(&tx, &seen).await?.ok_or(EnrollmentError::NotFound)?;
        if row.deleted_at.is_none() {
            return Err(EnrollmentError::NotDeleted);
        }
        if matches!(row.status, Status::Invited | Status::Waiting) {
            still_on(&course)?;
        }
        let after = desk.restored(&tx, &row)?;
        let after = desk.change(&mut tx, "enrollments.enrollment_restored", &row, after).await?;
        desk.close(&mut tx).await?;
        let tag = etag(ENROLLMENT, after.version);
        Ok(tx.commit(Answer::ok(Enrollment::from(after)).etag(tag)).await?)
    }
}

/// The row as it is while its course's desk is held.
async fn held(tx: &Tx, seen: &Model) -> Result<Option<Model>, EnrollmentError> {
    Ok(enrollments::any(tx.conn(), Scope::School(seen.school_id), seen.id).await?)
}

/// Whether somebody who was out, or waited, would come in.
fn comes_in(before: &Model, after: &Model) -> bool {
    let out = matches!(before.status, Status::Withdrawn | Status::Waiting);
    out && after.status != before.status && after.status != Status::Withdrawn
}
