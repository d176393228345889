//! Opening and closing courses.

use lyceum_kernel::events::courses::{CourseArchived, CoursePublished};
use lyceum_kernel::{CourseId, Principal};
use lyceum_platform::db::Change;
use lyceum_platform::uow::{Answer, Audit, Committed, UnitOfWork};
use lyceum_web::etag;
use serde_json::json;

use super::access::COURSE;
use super::{CoursesService, tag};
use crate::dto::course::Course;
use crate::error::CourseError;
use crate::model::course::{Column, Model, Status};

impl CoursesService {
    /// Opens a course to those who may see it.
    pub(crate) async fn publish_course(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: CourseId,
    ) -> Result<Committed<Course>, CourseError> {
        self.change_status(who, uow, id, Status::Published).await
    }

    /// Closes a course: who took part still reads it.
    pub(crate) async fn archive_course(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: CourseId,
    ) -> Result<Committed<Course>, CourseError> {
        self.change_status(who, uow, id, Status::Archived).await
    }

    async fn change_status(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: CourseId,
        status: Status,
    ) -> Result<Committed<Course>, CourseError> {
        self.may_edit(who, id).await?;
        let mut tx = uow.begin().await?;
        let row = self.hold(&tx, who, id).await?;
        // A draft was never open: there is nothing to close.
        if row.status == status || (status == Status::Archived && row.status == Status::Draft) {
            return Err(CourseError::WrongStatus);
        }
        let mut after = Model { status, version: row.version + 1, updated_at: tx.now(), ..row.clone() };
        let action = if status == Status::Published {
            (after.published_at, after.archived_at) = (Some(tx.now()), None);
            "courses.course_published"
        } else {
            after.archived_at = Some(tx.now());
            "courses.course_archived"
        };
        Change::of(&row, tx.now())
            .set(Column::Status, status)
            .set(Column::PublishedAt, after.published_at)
            .set(Column::ArchivedAt, after.archived_at)
            .raise(Column::OutlineVersion)
            .apply(tx.conn())
            .await?;
        tx.invalidate(tag(id));
        let (school_id, course_id) = (row.school_id, row.id);
        if status == Status::Published {
            tx.emit(&CoursePublished { school_id, course_id, title: row.title.clone() });
        } else {
            tx.emit(&CourseArchived { school_id, course_id });
        }
        let audit = Audit::of(action, "course", id.uuid()).school(Some(school_id));
        tx.audit(audit.before(json!({ "status": row.status })).after(json!({ "status": status })));
        let tag = etag(COURSE, after.version);
        Ok(tx.commit(Answer::ok(Course::from(after)).etag(tag)).await?)
    }
}
