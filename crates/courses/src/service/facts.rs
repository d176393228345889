//! Facts about courses that other contexts ask for: each one query at most.

use lyceum_kernel::{CourseId, Principal, SchoolId, Scope, UserId};

use super::CoursesService;
use crate::error::CourseError;
use crate::model::course::{Model, Status};
use crate::model::fold;
use crate::repo::courses;

/// What others may know of a course that was not deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseFacts {
    /// The course.
    pub id: CourseId,
    /// What it is called.
    pub title: String,
    /// Whose it is.
    pub owner_id: UserId,
    /// Who teaches it beside the owner.
    pub teacher_ids: Vec<UserId>,
    /// Whether it is open to those whom it is for.
    pub published: bool,
    /// Whether it is over.
    pub archived: bool,
}

impl From<&Model> for CourseFacts {
    fn from(row: &Model) -> Self {
        Self {
            id: row.id,
            title: row.title.clone(),
            owner_id: row.owner_id,
            teacher_ids: row.teacher_ids.0.clone(),
            published: row.status == Status::Published,
            archived: row.status == Status::Archived,
        }
    }
}

impl CoursesService {
    /// A course of a school.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn facts(&self, school: SchoolId, id: CourseId) -> Result<Option<CourseFacts>, CourseError> {
        let scope = Scope::School(school);
        let row = courses::find(&self.platform.db.read(scope), scope, id).await?;
        Ok(row.as_ref().map(CourseFacts::from))
    }

    /// A course, if somebody sees it.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn facts_for(&self, who: &Principal, id: CourseId) -> Result<Option<CourseFacts>, CourseError> {
        match self.seen(who, id).await {
            Ok(entry) => Ok(Some(CourseFacts::from(&entry.row))),
            Err(CourseError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The courses of a school that have one of these ids or codes, each with its code as it is compared (case-folded).
    ///
    /// # Errors
    /// If the database is away.
    pub async fn facts_named(
        &self,
        school: SchoolId,
        ids: &[CourseId],
        codes: &[String],
    ) -> Result<Vec<(CourseFacts, Option<String>)>, CourseError> {
        let scope = Scope::School(school);
        let codes: Vec<_> = codes.iter().map(|code| fold(code)).collect();
        let rows = courses::named(&self.platform.db.read(scope), scope, ids, &codes).await?;
        Ok(rows.into_iter().map(|row| (CourseFacts::from(&row), row.code_key)).collect())
    }

    /// A code as it is compared.
    pub fn code_key(code: &str) -> String {
        fold(code)
    }

    /// The courses of a school, not deleted, that somebody owns or teaches.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn taught_by(&self, school: SchoolId, user: UserId) -> Result<Vec<CourseId>, CourseError> {
        let scope = Scope::School(school);
        Ok(courses::taught(&self.platform.db.read(scope), scope, user).await?)
    }
}
