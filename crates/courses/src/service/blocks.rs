//! Content blocks in sections.

use lyceum_kernel::events::courses::{BlockCreated, CourseRearranged};
use lyceum_kernel::{BlockId, FileId, Page, PageRequest, PermissionMarker as _, Principal, SchoolId, SectionId};
use lyceum_platform::db::Change;
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use serde_json::{Value, json};

use super::sections::MOST;
use super::{CoursesService, tag};
use crate::dto::DeletedFilter;
use crate::dto::block::{Block, BlockOptions, BlockSummary, PatchBlock, PutBlock};
use crate::error::CourseError;
use crate::markdown;
use crate::model::block::{Column, Completion, Entity, Kind, Model};
use crate::model::{course, section};
use crate::perm::CourseUpdate;
use crate::policy::{self, Parts, Refusal, Viewer};
use crate::repo::{content, courses, order};

/// The kind of view in entity tags of blocks.
pub(crate) const BLOCK: &str = "block";

impl CoursesService {
    /// A page of the blocks of a section, in order, without their content.
    pub(crate) async fn list_blocks(
        &self,
        who: &Principal,
        id: SectionId,
        filter: &DeletedFilter,
        request: &PageRequest,
    ) -> Result<Page<BlockSummary>, CourseError> {
        let (section, entry) = self.section_seen(who, id).await?;
        let teaches = Viewer::of(who).teaches(&entry.row);
        let deleted = filter.deleted.is_some();
        if deleted && !(teaches && who.may(CourseUpdate::PERMISSION)) {
            return Err(Refusal::DeletedForRestorers.into());
        }
        let db = self.platform.db.read(Self::scope_of(&entry.row));
        let (rows, total) = content::block_page(&db, (section.school_id, id), deleted, request).await?;
        let page = Page::cut(rows, request, |row| content::place_cursor(row.id.uuid(), row.position));
        let locks = self.locks(who, &entry.row, page.items.iter().map(|row| row.release.as_ref())).await?;
        let mut locks = locks.into_iter();
        Ok(Page { total, ..page.map(|row| BlockSummary::of(row, teaches, locks.next().unwrap_or_default())) })
    }

    /// One block, without its content while it is locked for the caller; and its entity tag, which says which of these it is.
    pub(crate) async fn show_block(
        &self,
        who: &Principal,
        id: BlockId,
        options: &BlockOptions,
    ) -> Result<(Block, String), CourseError> {
        let (row, entry) = self.block_seen(who, id).await?;
        let (mut view, kind) = if Viewer::of(who).teaches(&entry.row) {
            (Block::whole(row), BLOCK)
        } else {
            let unmet = self.locks(who, &entry.row, std::iter::once(row.release.as_ref())).await?;
            let unmet = unmet.into_iter().next().unwrap_or_default();
            let kind = if unmet.is_empty() { "open-block" } else { "locked-block" };
            (Block::for_learner(row, unmet), kind)
        };
        let mut tag = etag(kind, view.version);
        if options.render.is_some() {
            view.content_html = view.content.as_deref().map(markdown::to_html);
            tag = etag(&format!("{kind}-html"), view.version);
        }
        Ok((view, tag))
    }

    /// A new block at the end of a section.
    pub(crate) async fn create_block(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        (id, form): (SectionId, PutBlock),
    ) -> Result<Committed<Block>, CourseError> {
        let course = self.section_seen(who, id).await?.0.course_id;
        let school = self.may_edit(who, course).await?;
        let language = self.language(school).await?;
        self.check_file(who, None, form.file_id).await?;
        self.check_test(who, None, form.test_id).await?;
        let mut tx = uow.begin().await?;
        let course = self.hold(&tx, who, course).await?;
        let section = living_section(&tx, school, id).await?;
        let row = self.put_block(&mut tx, (&course, &section), form, language).await?;
        let (tag, location) = (etag(BLOCK, row.version), format!("/v1/blocks/{}", row.id));
        Ok(tx.commit(Answer::created(Block::whole(row)).location(location).etag(tag)).await?)
    }

    /// Writes a new block at the end of a section whose course is held.
    pub(crate) async fn put_block(
        &self,
        tx: &mut Tx,
        (course, section): (&course::Model, &section::Model),
        form: PutBlock,
        language: &'static str,
    ) -> Result<Model, CourseError> {
        let school = section.school_id;
        let position = content::count::<Entity>(tx.conn(), school, section.id.uuid()).await?;
        if position >= MOST {
            return Err(CourseError::Full);
        }
        let blank = Model {
            school_id: school,
            id: BlockId::new(tx.now(), tx.entropy()),
            course_id: section.course_id,
            section_id: section.id,
            position,
            kind: Kind::Lesson,
            title: String::new(),
            description: None,
            url: None,
            content: None,
            file_id: None,
            test_id: None,
            release: None,
            completion: Completion::Manual,
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
            deleted_at: None,
            deletion_id: None,
        };
        let row = replaced(&blank, form);
        self.check_block(tx, &row).await?;
        content::insert_block(tx.conn(), &row).await?;
        self.index_block(tx, None, &row, language).await?;
        self.blocks_rearranged(tx, course, section).await?;
        let (school_id, course_id, section_id, block_id) = (school, row.course_id, row.section_id, row.id);
        tx.emit(&BlockCreated { school_id, course_id, section_id, block_id });
        tx.audit(audit("courses.block_created", &row).after(facts(&row)));
        Ok(row)
    }

    /// The section's blocks are others, or in another order: its version rises, and the outline's.
    pub(crate) async fn blocks_rearranged(
        &self,
        tx: &mut Tx,
        course: &course::Model,
        section: &section::Model,
    ) -> Result<(), CourseError> {
        Change::of(section, tx.now()).apply(tx.conn()).await?;
        self.edited(tx, section.school_id, course.id).await
    }

    /// Something beneath a course changed.
    pub(crate) async fn edited(
        &self,
        tx: &mut Tx,
        school: SchoolId,
        course: lyceum_kernel::CourseId,
    ) -> Result<(), CourseError> {
        courses::touch(tx.conn(), school, course).await?;
        tx.invalidate(tag(course));
        Ok(())
    }

    /// Replaces what can be changed about a block.
    pub(crate) async fn replace_block(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, form): (BlockId, PutBlock),
    ) -> Result<Committed<Block>, CourseError> {
        self.change_block(who, uow, if_match, id, |before| replaced(&before, form)).await
    }

    /// Changes the fields of a block that the patch names.
    pub(crate) async fn patch_block(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, patch): (BlockId, PatchBlock),
    ) -> Result<Committed<Block>, CourseError> {
        self.change_block(who, uow, if_match, id, |before| patched(before, patch)).await
    }

    async fn change_block(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: BlockId,
        edit: impl FnOnce(Model) -> Model + Send,
    ) -> Result<Committed<Block>, CourseError> {
        let course = self.block_seen(who, id).await?.0.course_id;
        let school = self.may_edit(who, course).await?;
        let language = self.language(school).await?;
        let mut tx = uow.begin().await?;
        let course = self.hold(&tx, who, course).await?;
        let row = living(&tx, school, id).await?;
        if_match.require(&etag(BLOCK, row.version))?;
        let mut after = edit(row.clone());
        if after != row {
            self.check_file(who, row.file_id, after.file_id).await?;
            self.check_test(who, row.test_id, after.test_id).await?;
            self.check_block(&tx, &after).await?;
            if after.section_id != row.section_id {
                after.position = self.move_block(&mut tx, &course, &row, after.section_id).await?;
            }
            write(&tx, &row, &after).await?;
            (after.version, after.updated_at) = (row.version + 1, tx.now());
            self.index_block(&mut tx, Some(&row), &after, language).await?;
            self.edited(&mut tx, school, course.id).await?;
            tx.audit(audit("courses.block_changed", &row).before(facts(&row)).after(facts(&after)));
        }
        let tag = etag(BLOCK, after.version);
        Ok(tx.commit(Answer::ok(Block::whole(after)).etag(tag)).await?)
    }

    /// Moves a block to the end of another section of the course that is held; both sections' versions rise. Gives its new place.
    async fn move_block(
        &self,
        tx: &mut Tx,
        course: &course::Model,
        row: &Model,
        to: SectionId,
    ) -> Result<i32, CourseError> {
        let school = row.school_id;
        let from = living_section(tx, school, row.section_id).await?;
        let to = content::any_section(tx.conn(), school, to).await?;
        let to = to.filter(|section| section.deleted_at.is_none() && section.course_id == course.id);
        let to = to.ok_or(CourseError::UnknownSection)?;
        let position = content::count::<Entity>(tx.conn(), school, to.id.uuid()).await?;
        if position >= MOST {
            return Err(CourseError::Full);
        }
        content::relocate(tx.conn(), (school, row.id), to.id, position).await?;
        order::close::<Entity>(tx.conn(), school, from.id.uuid(), row.position).await?;
        self.blocks_rearranged(tx, course, &from).await?;
        self.blocks_rearranged(tx, course, &to).await?;
        tx.emit(&CourseRearranged { school_id: school, course_id: course.id });
        Ok(position)
    }

    async fn check_file(
        &self,
        who: &Principal,
        before: Option<FileId>,
        after: Option<FileId>,
    ) -> Result<(), CourseError> {
        match after {
            Some(file) if after != before && !self.neighbours.files.may_attach(who, file).await? => {
                Err(CourseError::UnknownFile)
            }
            _ => Ok(()),
        }
    }

    async fn check_test(
        &self,
        who: &Principal,
        before: Option<uuid::Uuid>,
        after: Option<uuid::Uuid>,
    ) -> Result<(), CourseError> {
        match after {
            Some(test) if after != before && !self.neighbours.tests.may_attach(who, test).await? => {
                Err(CourseError::UnknownTest)
            }
            _ => Ok(()),
        }
    }

    /// A block has what its type needs, and its release rule can be kept.
    async fn check_block(&self, tx: &Tx, row: &Model) -> Result<(), CourseError> {
        if !policy::fits(row.kind, row.completion) {
            return Err(CourseError::CompletionUnfit);
        }
        if !policy::is_whole(row.kind, Parts { url: row.url.is_some(), file: row.file_id.is_some() }) {
            return Err(CourseError::BlockIncomplete);
        }
        match &row.release {
            Some(rule) => self.check_rule(tx, row, rule).await,
            None => Ok(()),
        }
    }
}

fn replaced(before: &Model, form: PutBlock) -> Model {
    let PutBlock { title, kind, description, url, content, file_id, test_id, release, completion } = form;
    let (title, url) = (title.into(), url.map(String::from));
    Model { kind, title, description, url, content, file_id, test_id, release, completion, ..before.clone() }
}

fn patched(before: Model, patch: PatchBlock) -> Model {
    Model {
        title: patch.title.map_or(before.title, String::from),
        kind: patch.kind.unwrap_or(before.kind),
        section_id: patch.section_id.unwrap_or(before.section_id),
        description: patch.description.apply_to(before.description),
        url: patch.url.map(String::from).apply_to(before.url),
        content: patch.content.apply_to(before.content),
        file_id: patch.file_id.apply_to(before.file_id),
        test_id: patch.test_id.apply_to(before.test_id),
        release: patch.release.apply_to(before.release),
        completion: patch.completion.unwrap_or(before.completion),
        ..before
    }
}

pub(super) async fn write(tx: &Tx, row: &Model, after: &Model) -> Result<(), CourseError> {
    Change::of(row, tx.now())
        .set(Column::Kind, after.kind)
        .set(Column::Title, after.title.clone())
        .set(Column::Description, after.description.clone())
        .set(Column::Url, after.url.clone())
        .set(Column::Content, after.content.clone())
        .set(Column::FileId, after.file_id)
        .set(Column::TestId, after.test_id)
        .set(Column::Release, after.release.clone())
        .set(Column::Completion, after.completion)
        .apply(tx.conn())
        .await?;
    Ok(())
}

pub(super) async fn living(tx: &Tx, school: SchoolId, id: BlockId) -> Result<Model, CourseError> {
    let row = content::any_block(tx.conn(), school, id).await?;
    row.filter(|block| block.deleted_at.is_none()).ok_or(CourseError::NotFound)
}

pub(super) async fn living_section(tx: &Tx, school: SchoolId, id: SectionId) -> Result<section::Model, CourseError> {
    let row = content::any_section(tx.conn(), school, id).await?;
    row.filter(|section| section.deleted_at.is_none()).ok_or(CourseError::NotFound)
}

pub(super) fn audit(action: &'static str, row: &Model) -> Audit {
    Audit::of(action, "block", row.id.uuid()).school(Some(row.school_id))
}

/// What the audit log keeps of a block: of its text only how long it is.
pub(super) fn facts(row: &Model) -> Value {
    json!({
        "course_id": row.course_id, "section_id": row.section_id, "position": row.position, "type": row.kind,
        "title": row.title, "description": row.description, "url": row.url,
        "content_length": row.content.as_ref().map(String::len), "file_id": row.file_id, "test_id": row.test_id,
        "release": row.release, "completion": row.completion,
    })
}
