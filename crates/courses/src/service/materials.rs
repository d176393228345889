//! The files and documents of a course; and who may read a file that hangs on one.

use lyceum_kernel::{CourseId, Cursor, FileId, Page, PageRequest, Principal, Scope};

use super::CoursesService;
use crate::dto::block::Lock;
use crate::dto::outline::Material;
use crate::error::CourseError;
use crate::policy::Viewer;
use crate::repo::{content, courses};

impl CoursesService {
    /// A page of the materials of a course. What is locked for the caller is named, no more.
    pub(crate) async fn list_materials(
        &self,
        who: &Principal,
        id: CourseId,
        request: &PageRequest,
    ) -> Result<Page<Material>, CourseError> {
        let entry = self.seen(who, id).await?;
        let school = entry.row.school_id;
        let db = self.platform.db.read(Scope::School(school));
        let (rows, total) = content::material_page(&db, (school, id), request).await?;
        let page = Page::cut(rows, request, |row| Cursor { id: row.id.uuid(), key: Vec::new() });
        let files: Vec<_> = page.items.iter().filter_map(|row| row.file_id).collect();
        let mut facts = Vec::new();
        if !files.is_empty() {
            facts = self.neighbours.files.describe(school, &files).await?;
        }
        let locks = self.locks(who, &entry.row, page.items.iter().map(|row| row.release.as_ref())).await?;
        let mut locks = locks.into_iter();
        let page = page.map(|row| {
            let reasons = locks.next().unwrap_or_default();
            let locked = (!reasons.is_empty()).then_some(Lock { reasons });
            let open = locked.is_none();
            let file = facts.iter().find(|facts| open && Some(facts.id) == row.file_id).cloned();
            Material {
                block_id: row.id,
                section_id: row.section_id,
                kind: row.kind,
                title: row.title,
                url: row.url.filter(|_| open),
                file: file.map(Into::into),
                locked,
            }
        });
        Ok(Page { total, ..page })
    }

    /// Whether somebody may read a file because it hangs on a course: on the cover of one that they see, or in a block that is open
    /// for them.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn may_read_file(&self, who: &Principal, file: FileId) -> Result<bool, CourseError> {
        let scope = courses::reach(&Viewer::of(who));
        let db = self.platform.db.read(scope);
        for course in courses::covered_by(&db, scope, file).await? {
            match self.seen(who, course).await {
                Ok(_) => return Ok(true),
                Err(CourseError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        for block in content::blocks_with_file(&db, scope, file).await? {
            let entry = match self.seen(who, block.course_id).await {
                Ok(entry) => entry,
                Err(CourseError::NotFound) => continue,
                Err(error) => return Err(error),
            };
            let locks = self.locks(who, &entry.row, std::iter::once(block.release.as_ref())).await?;
            if locks.iter().all(Vec::is_empty) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a file hangs on any course, deleted ones included: such a file is not swept away.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn holds_file(&self, school: lyceum_kernel::SchoolId, file: FileId) -> Result<bool, CourseError> {
        let db = self.platform.db.read(Scope::School(school));
        Ok(courses::any_holds(&db, school, file).await? || content::any_holds(&db, school, file).await?)
    }

    /// Whether there is a course of this id in a school.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn exists(&self, school: lyceum_kernel::SchoolId, id: CourseId) -> Result<bool, CourseError> {
        let scope = Scope::School(school);
        Ok(courses::find(&self.platform.db.read(scope), scope, id).await?.is_some())
    }
}
