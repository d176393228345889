//! Deleting a course, and bringing it back with exactly what went with it.

use lyceum_kernel::events::courses::{CourseDeleted, CourseRestored};
use lyceum_kernel::id::uuid_v7;
use lyceum_kernel::{CourseId, Principal};
use lyceum_platform::db::Change;
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use uuid::Uuid;

use super::access::COURSE;
use super::courses::facts;
use super::{CoursesService, tag};
use crate::dto::course::Course;
use crate::error::CourseError;
use crate::model::course;
use crate::repo::lifecycle::{self, Tree};

/// A new mark of a deletion.
pub(crate) fn mark(tx: &Tx) -> Uuid {
    uuid_v7(tx.now(), tx.entropy())
}

impl CoursesService {
    /// Deletes a course and everything in it, softly.
    pub(crate) async fn delete_course(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: CourseId,
    ) -> Result<Committed<()>, CourseError> {
        let school = self.may_edit(who, id).await?;
        let mut tx = uow.begin().await?;
        let row = self.hold(&tx, who, id).await?;
        if_match.require(&etag(COURSE, row.version))?;
        Change::of(&row, tx.now()).raise(course::Column::OutlineVersion).apply(tx.conn()).await?;
        lifecycle::delete(tx.conn(), (school, id), Tree::Course, (mark(&tx), tx.now())).await?;
        tx.invalidate(tag(id));
        tx.emit(&CourseDeleted { school_id: school, course_id: id });
        tx.audit(Audit::of("courses.course_deleted", "course", id.uuid()).school(Some(school)).before(facts(&row)));
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Brings a deleted course back with what was deleted with it, and nothing that was deleted before.
    pub(crate) async fn restore_course(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: CourseId,
    ) -> Result<Committed<Course>, CourseError> {
        let mut tx = uow.begin().await?;
        let row = self.hold_any(&tx, who, id).await?;
        let (Some(_), Some(stroke)) = (row.deleted_at, row.deletion_id) else { return Err(CourseError::NotDeleted) };
        let school = row.school_id;
        lifecycle::restore(tx.conn(), (school, id), stroke).await?;
        Change::of(&row, tx.now()).raise(course::Column::OutlineVersion).apply(tx.conn()).await?;
        let after = course::Model {
            deleted_at: None,
            deletion_id: None,
            version: row.version + 1,
            updated_at: tx.now(),
            ..row
        };
        tx.invalidate(tag(id));
        tx.emit(&CourseRestored { school_id: school, course_id: id });
        tx.audit(Audit::of("courses.course_restored", "course", id.uuid()).school(Some(school)).after(facts(&after)));
        let tag = etag(COURSE, after.version);
        Ok(tx.commit(Answer::ok(Course::from(after)).etag(tag)).await?)
    }
}
