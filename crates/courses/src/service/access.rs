//! Who gets to a course: seeing it, and sitting down to change it.

use std::sync::Arc;

use lyceum_kernel::{BlockId, CourseId, Principal, SchoolId, Scope, SectionId};
use lyceum_platform::PlatformError;
use lyceum_platform::uow::Tx;
use lyceum_web::{Serialised, etag};

use super::{CoursesService, tag};
use crate::dto::course::Course;
use crate::error::CourseError;
use crate::model::{block, course, section};
use crate::policy::Viewer;
use crate::repo::{content, courses};

/// The kind of view in entity tags of courses.
pub(crate) const COURSE: &str = "course";

/// A course at hand: its row, and its view as it goes over the wire.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) row: course::Model,
    pub(crate) view: Serialised<Course>,
}

impl Entry {
    fn of(row: course::Model) -> Result<Self, PlatformError> {
        let etag = etag(COURSE, row.version);
        let view = Serialised::new(&Course::from(row.clone()), &etag)?;
        Ok(Self { row, view })
    }
}

impl CoursesService {
    /// A course that the caller sees. No query if it is at hand and does not hang on their taking part.
    pub(crate) async fn seen(&self, who: &Principal, id: CourseId) -> Result<Arc<Entry>, CourseError> {
        let viewer = Viewer::of(who);
        let scope = courses::reach(&viewer);
        let load = async {
            let row = courses::find(&self.platform.db.read(scope), scope, id).await?;
            Ok::<_, CourseError>(Arc::new(Entry::of(row.ok_or(CourseError::NotFound)?)?))
        };
        let entry = self.entries.get_or_load((scope, id), tag(id), load).await?;
        if viewer.sees(&entry.row, false) {
            return Ok(entry);
        }
        let attends = viewer.sees_only_if_enrolled(&entry.row) && self.enrolled(&viewer).await?.contains(&id);
        if attends { Ok(entry) } else { Err(CourseError::NotFound) }
    }

    /// Whether the caller teaches a course of the active school; none if it is not there for them.
    ///
    /// # Errors
    /// If the database, or another context, is away.
    pub async fn teaches(&self, who: &Principal, id: CourseId) -> Result<Option<bool>, CourseError> {
        match self.seen(who, id).await {
            Ok(entry) if who.school_id == Some(entry.row.school_id) => Ok(Some(Viewer::of(who).teaches(&entry.row))),
            Ok(_) | Err(CourseError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The courses that the caller takes part in.
    pub(crate) async fn enrolled(&self, viewer: &Viewer) -> Result<Vec<CourseId>, CourseError> {
        match viewer.school() {
            Some(school) => Ok(self.neighbours.enrolments.courses_of(school, viewer.user).await?),
            None => Ok(Vec::new()),
        }
    }

    /// A section that the caller sees, with its course.
    pub(crate) async fn section_seen(
        &self,
        who: &Principal,
        id: SectionId,
    ) -> Result<(section::Model, Arc<Entry>), CourseError> {
        let scope = courses::reach(&Viewer::of(who));
        let row = content::find_section(&self.platform.db.read(scope), scope, id).await?;
        let row = row.ok_or(CourseError::NotFound)?;
        let entry = self.seen(who, row.course_id).await?;
        Ok((row, entry))
    }

    /// A block that the caller sees, open or locked, with its course.
    pub(crate) async fn block_seen(
        &self,
        who: &Principal,
        id: BlockId,
    ) -> Result<(block::Model, Arc<Entry>), CourseError> {
        let scope = courses::reach(&Viewer::of(who));
        let row = content::find_block(&self.platform.db.read(scope), scope, id).await?;
        let row = row.ok_or(CourseError::NotFound)?;
        let entry = self.seen(who, row.course_id).await?;
        Ok((row, entry))
    }

    /// The school that the caller acts in, and that a course is theirs to change: 404 if they do not see it, else 403.
    pub(crate) async fn may_edit(&self, who: &Principal, id: CourseId) -> Result<SchoolId, CourseError> {
        let school = who.school_id.ok_or(CourseError::NotFound)?;
        let entry = self.seen(who, id).await?;
        Viewer::of(who).may_edit(&entry.row)?;
        Ok(school)
    }

    /// The course's row, held until the transaction ends, after [`Self::may_edit`] has been asked: who changes anything in a course
    /// does so one after the other.
    pub(crate) async fn hold(&self, tx: &Tx, who: &Principal, id: CourseId) -> Result<course::Model, CourseError> {
        let row = self.hold_any(tx, who, id).await?;
        if row.deleted_at.is_some() { Err(CourseError::NotFound) } else { Ok(row) }
    }

    /// The same, of a course that may have been deleted.
    pub(crate) async fn hold_any(&self, tx: &Tx, who: &Principal, id: CourseId) -> Result<course::Model, CourseError> {
        let school = who.school_id.ok_or(CourseError::NotFound)?;
        let row = courses::find_locked(tx.conn(), school, id).await?.ok_or(CourseError::NotFound)?;
        let viewer = Viewer::of(who);
        if viewer.teaches(&row) {
            Ok(row)
        } else if viewer.sees(&row, false) && row.deleted_at.is_none() {
            viewer.may_edit(&row)?;
            Ok(row)
        } else {
            Err(CourseError::NotFound)
        }
    }

    /// The scope in which the rows beneath a course are read.
    pub(crate) const fn scope_of(row: &course::Model) -> Scope {
        Scope::School(row.school_id)
    }
}
