//! Whole courses made by the program itself: the demo, and what other contexts bring in.

use lyceum_kernel::{BlockId, CourseId, FileId, SchoolId, SectionId, TestId, UserId};
use lyceum_platform::uow::Tx;

use super::CoursesService;
use super::blocks::{audit, facts, living, write};
use super::courses::{blank, keyed};
use crate::dto::block::{BlockCompletion, BlockType, PutBlock};
use crate::dto::section::PutSection;
use crate::error::CourseError;
use crate::model::block;
use crate::model::course::{Model, Status, Tags, Teachers, Visibility};
use crate::release::Rule;
use crate::repo::{content, courses};

/// A course to be made as it is to be.
#[derive(Debug, Clone)]
pub struct NewCourse {
    /// The school.
    pub school: SchoolId,
    /// Whose it is.
    pub owner: UserId,
    /// Who teaches it beside the owner.
    pub teachers: Vec<UserId>,
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// Its code.
    pub code: String,
    /// Its name in addresses.
    pub slug: String,
    /// Year, grade or level.
    pub level: String,
    /// What it is filed under.
    pub tags: Vec<String>,
    /// Whom it is for.
    pub visibility: Visibility,
    /// Whether it is open; else it is a draft.
    pub published: bool,
}

/// A section to be made.
#[derive(Debug, Clone)]
pub struct NewSection {
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub description: Option<String>,
}

/// A block to be made.
#[derive(Debug, Clone)]
pub struct NewBlock {
    /// What sort of block.
    pub kind: BlockType,
    /// What it is called.
    pub title: String,
    /// Where it leads.
    pub url: Option<String>,
    /// Its text, in Markdown.
    pub content: Option<String>,
    /// The file in it, of the same school.
    pub file: Option<FileId>,
    /// When it opens, and for whom.
    pub release: Option<Rule>,
    /// What completes it for a learner.
    pub completion: BlockCompletion,
}

impl CoursesService {
    /// Makes a course within a unit of work.
    ///
    /// # Errors
    /// [`CourseError::CodeTaken`], [`CourseError::SlugTaken`].
    pub async fn plant_course(&self, tx: &mut Tx, new: NewCourse) -> Result<CourseId, CourseError> {
        let row = blank(new.school, CourseId::new(tx.now(), tx.entropy()), new.owner, tx.now());
        let row = keyed(Model {
            title: new.title,
            description: Some(new.description),
            code: Some(new.code),
            slug: Some(new.slug),
            level: Some(new.level),
            tags: Tags(new.tags),
            teacher_ids: Teachers(new.teachers),
            visibility: new.visibility,
            status: if new.published { Status::Published } else { Status::Draft },
            published_at: new.published.then(|| tx.now()),
            ..row
        });
        let language = self.language(new.school).await?;
        self.put_course(tx, &row, language).await?;
        Ok(row.id)
    }

    /// Makes a section at the end of a course within a unit of work.
    ///
    /// # Errors
    /// [`CourseError::NotFound`] if there is no such course.
    pub async fn plant_section(
        &self,
        tx: &mut Tx,
        (school, course): (SchoolId, CourseId),
        new: NewSection,
    ) -> Result<SectionId, CourseError> {
        let course = courses::find_locked(tx.conn(), school, course).await?.ok_or(CourseError::NotFound)?;
        let title = new.title.try_into().map_err(|_| CourseError::BlockIncomplete)?;
        let language = self.language(school).await?;
        let form = PutSection { title, description: new.description };
        Ok(self.put_section(tx, &course, form, language).await?.id)
    }

    /// Makes a block at the end of a section within a unit of work.
    ///
    /// # Errors
    /// [`CourseError::NotFound`] if there is no such section; what is wrong with the block.
    pub async fn plant_block(
        &self,
        tx: &mut Tx,
        (school, section): (SchoolId, SectionId),
        new: NewBlock,
    ) -> Result<BlockId, CourseError> {
        let section = content::any_section(tx.conn(), school, section).await?.ok_or(CourseError::NotFound)?;
        let course = courses::find_locked(tx.conn(), school, section.course_id).await?;
        let course = course.ok_or(CourseError::NotFound)?;
        let incomplete = |_| CourseError::BlockIncomplete;
        let form = PutBlock {
            title: new.title.try_into().map_err(incomplete)?,
            kind: new.kind,
            description: None,
            url: new.url.map(TryInto::try_into).transpose().map_err(incomplete)?,
            content: new.content,
            file_id: new.file,
            test_id: None,
            release: new.release,
            completion: new.completion,
        };
        let language = self.language(school).await?;
        Ok(self.put_block(tx, (&course, &section), form, language).await?.id)
    }

    /// Hangs a test on a block within a unit of work: who passes it has completed the block.
    ///
    /// # Errors
    /// [`CourseError::NotFound`] if there is no such block.
    pub async fn plant_test(
        &self,
        tx: &mut Tx,
        (school, block): (SchoolId, BlockId),
        test: TestId,
    ) -> Result<(), CourseError> {
        let row = living(tx, school, block).await?;
        let after = block::Model { test_id: Some(test.uuid()), completion: BlockCompletion::Passed, ..row.clone() };
        write(tx, &row, &after).await?;
        self.edited(tx, school, row.course_id).await?;
        tx.audit(audit("courses.block_changed", &row).before(facts(&row)).after(facts(&after)));
        Ok(())
    }
}
