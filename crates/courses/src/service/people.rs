//! What courses keep of a person: told to them, and forgotten with them.

use lyceum_kernel::{Scope, UserId};
use lyceum_platform::uow::Tx;
use serde_json::{Value, json};

use super::{CoursesService, tag};
use crate::error::CourseError;
use crate::repo::{courses, ratings};

impl CoursesService {
    /// Everything that courses keep about a person, for the export of personal data.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn personal_data(&self, person: UserId) -> Result<Value, CourseError> {
        let db = self.platform.db.read(Scope::Platform);
        let teaching = courses::of_person(&db, person).await?;
        let given = ratings::all_of_person(&db, person).await?;
        let teaching = teaching.iter().map(|row| {
            json!({
                "id": row.id, "school_id": row.school_id, "title": row.title, "owner": row.owner_id == person,
                "created_at": row.created_at, "deleted_at": row.deleted_at,
            })
        });
        let given = given.iter().map(|row| {
            json!({
                "course_id": row.course_id, "school_id": row.school_id, "stars": row.stars, "comment": row.comment,
                "created_at": row.created_at, "updated_at": row.updated_at, "deleted_at": row.deleted_at,
            })
        });
        Ok(json!({ "courses": teaching.collect::<Vec<_>>(), "ratings": given.collect::<Vec<_>>() }))
    }

    /// Takes the words out of what a person wrote about courses. Courses are the school's: they stay, and the ids in them say nothing
    /// once the account is anonymous.
    pub(crate) async fn forget_person(&self, tx: &mut Tx, person: UserId) -> Result<(), CourseError> {
        for course in ratings::forget_words(tx.conn(), person).await? {
            tx.invalidate(tag(course));
        }
        Ok(())
    }
}
