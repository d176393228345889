//! Copies of courses.

use std::collections::HashMap;

use lyceum_kernel::{BlockId, CourseId, Principal, SectionId};
use lyceum_platform::uow::{Answer, Audit, Committed, UnitOfWork};
use lyceum_web::etag;
use serde_json::json;

use super::CoursesService;
use super::access::COURSE;
use super::courses::{blank, keyed};
use crate::dto::course::{Course, DuplicateCourse};
use crate::error::CourseError;
use crate::model::{ScopedTable as _, block, course, section};
use crate::repo::content;

impl CoursesService {
    /// A draft of the caller's with the sections and blocks of a course that they teach. Code and slug are not copied: they are
    /// unique; nor are ratings. Release rules speak of the copied blocks.
    pub(crate) async fn duplicate_course(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        (id, form): (CourseId, DuplicateCourse),
    ) -> Result<Committed<Course>, CourseError> {
        let school = self.may_edit(who, id).await?;
        let language = self.language(school).await?;
        let mut tx = uow.begin().await?;
        let original = self.hold(&tx, who, id).await?;
        let row = keyed(course::Model {
            title: form.title.map_or_else(|| original.title.clone(), String::from),
            description: original.description.clone(),
            code: form.code.map(String::from),
            slug: form.slug.map(String::from),
            level: original.level.clone(),
            tags: original.tags.clone(),
            visibility: original.visibility,
            cover_file_id: original.cover_file_id,
            offered: original.offered,
            ..blank(school, CourseId::new(tx.now(), tx.entropy()), who.user_id, tx.now())
        });
        self.put_course(&mut tx, &row, language).await?;
        let mut sections = content::sections(tx.conn(), school, id).await?;
        let mut blocks = content::blocks(tx.conn(), school, id).await?;
        let (now, entropy) = (tx.now(), tx.entropy());
        let mut section_names = HashMap::new();
        for section in &mut sections {
            let new = SectionId::new(now, entropy);
            section_names.insert(section.id, new);
            (section.id, section.course_id) = (new, row.id);
            (section.version, section.created_at, section.updated_at) = (1, now, now);
        }
        let names: HashMap<_, _> = blocks.iter().map(|block| (block.id, BlockId::new(now, entropy))).collect();
        for block in &mut blocks {
            block.section_id = section_names.get(&block.section_id).copied().unwrap_or(block.section_id);
            block.id = names.get(&block.id).copied().unwrap_or(block.id);
            block.release = block.release.as_ref().map(|rule| rule.renamed(&names));
            (block.course_id, block.version, block.created_at, block.updated_at) = (row.id, 1, now, now);
        }
        section::Entity::add(tx.conn(), sections.clone()).await?;
        block::Entity::add(tx.conn(), blocks.clone()).await?;
        self.index_copy(&mut tx, &sections, &blocks, language).await?;
        let audit = Audit::of("courses.course_duplicated", "course", row.id.uuid()).school(Some(school));
        tx.audit(audit.after(json!({ "from": id, "sections": sections.len(), "blocks": blocks.len() })));
        let (tag, location) = (etag(COURSE, row.version), format!("/v1/courses/{}", row.id));
        Ok(tx.commit(Answer::created(Course::from(row)).location(location).etag(tag)).await?)
    }
}
