//! Who is enrolled in a course as a teacher, teaches it beside its owner.

use lyceum_kernel::{CourseId, SchoolId, UserId};
use lyceum_platform::uow::Tx;

use super::CoursesService;
use crate::error::CourseError;
use crate::model::course::{Model, Teachers};
use crate::repo::courses;

/// Most co-teachers of a course.
const MOST: usize = 20;

impl CoursesService {
    /// Brings a course's co-teachers in line with whether somebody is enrolled in it as a teacher now, whatever was said last.
    pub(crate) async fn follow_teacher(
        &self,
        tx: &mut Tx,
        (school, id): (SchoolId, CourseId),
        user: UserId,
    ) -> Result<(), CourseError> {
        let language = self.language(school).await?;
        let Some(row) = courses::find_locked(tx.conn(), school, id).await? else { return Ok(()) };
        if row.deleted_at.is_some() || row.owner_id == user {
            return Ok(());
        }
        // Asked now that nobody else changes the course: whoever comes next, asks again.
        let teaches = self.neighbours.enrolments.teaches(school, user, id).await?;
        let mut staff = row.teacher_ids.0.clone();
        if !teaches {
            staff.retain(|teacher| *teacher != user);
        } else if !staff.contains(&user) && staff.len() < MOST {
            staff.push(user);
        }
        let after = Model { teacher_ids: Teachers(staff), ..row.clone() };
        self.write_course(tx, row, after, (language, true)).await?;
        Ok(())
    }
}
