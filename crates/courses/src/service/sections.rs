//! Sections of courses.

use lyceum_kernel::events::courses::{BlocksDeleted, BlocksRestored, CourseRearranged};
use lyceum_kernel::{CourseId, Page, PageRequest, PermissionMarker as _, Principal, SectionId};
use lyceum_platform::db::Change;
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use serde_json::{Value, json};

use super::access::COURSE;
use super::removal::mark;
use super::{CoursesService, tag};
use crate::dto::DeletedFilter;
use crate::dto::section::{OrderedSections, PatchSection, PutSection, Section, SectionOrder};
use crate::error::CourseError;
use crate::model::course;
use crate::model::section::{Column, Entity, Model};
use crate::perm::CourseUpdate;
use crate::policy::{Refusal, Viewer};
use crate::repo::lifecycle::{self, Tree};
use crate::repo::{content, order};

/// The kind of view in entity tags of sections.
pub(crate) const SECTION: &str = "section";

/// Sections of one course, and blocks of one section, at most.
pub(crate) const MOST: i32 = 500;

impl CoursesService {
    /// A page of the sections of a course, in order.
    pub(crate) async fn list_sections(
        &self,
        who: &Principal,
        id: CourseId,
        filter: &DeletedFilter,
        request: &PageRequest,
    ) -> Result<Page<Section>, CourseError> {
        let entry = self.seen(who, id).await?;
        let deleted = filter.deleted.is_some();
        if deleted && !(who.may(CourseUpdate::PERMISSION) && Viewer::of(who).teaches(&entry.row)) {
            return Err(Refusal::DeletedForRestorers.into());
        }
        let db = self.platform.db.read(Self::scope_of(&entry.row));
        let (rows, total) = content::section_page(&db, (entry.row.school_id, id), deleted, request).await?;
        let page = Page::cut(rows, request, |row| content::place_cursor(row.id.uuid(), row.position));
        Ok(Page { total, ..page.map(Section::from) })
    }

    /// One section.
    pub(crate) async fn show_section(&self, who: &Principal, id: SectionId) -> Result<Section, CourseError> {
        Ok(self.section_seen(who, id).await?.0.into())
    }

    /// A new section at the end of a course.
    pub(crate) async fn create_section(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        (id, form): (CourseId, PutSection),
    ) -> Result<Committed<Section>, CourseError> {
        let school = self.may_edit(who, id).await?;
        let language = self.language(school).await?;
        let mut tx = uow.begin().await?;
        let course = self.hold(&tx, who, id).await?;
        let row = self.put_section(&mut tx, &course, form, language).await?;
        let (tag, location) = (etag(SECTION, row.version), format!("/v1/sections/{}", row.id));
        Ok(tx.commit(Answer::created(Section::from(row)).location(location).etag(tag)).await?)
    }

    /// Writes a new section at the end of a course that is held.
    pub(crate) async fn put_section(
        &self,
        tx: &mut Tx,
        course: &course::Model,
        form: PutSection,
        language: &'static str,
    ) -> Result<Model, CourseError> {
        let position = content::count::<Entity>(tx.conn(), course.school_id, course.id.uuid()).await?;
        if position >= MOST {
            return Err(CourseError::Full);
        }
        let row = Model {
            school_id: course.school_id,
            id: SectionId::new(tx.now(), tx.entropy()),
            course_id: course.id,
            position,
            title: form.title.into(),
            description: form.description,
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
            deleted_at: None,
            deletion_id: None,
        };
        content::insert_section(tx.conn(), &row).await?;
        self.index_section(tx, &row, language).await?;
        self.rearranged(tx, course).await?;
        tx.audit(audit("courses.section_created", &row).after(facts(&row)));
        Ok(row)
    }

    /// The course's sections are others, or in another order: its version rises.
    pub(crate) async fn rearranged(&self, tx: &mut Tx, course: &course::Model) -> Result<(), CourseError> {
        Change::of(course, tx.now()).raise(course::Column::OutlineVersion).apply(tx.conn()).await?;
        tx.invalidate(tag(course.id));
        Ok(())
    }

    /// Replaces what can be changed about a section.
    pub(crate) async fn replace_section(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, form): (SectionId, PutSection),
    ) -> Result<Committed<Section>, CourseError> {
        let edit = |before| Model { title: form.title.into(), description: form.description, ..before };
        self.change_section(who, uow, if_match, id, edit).await
    }

    /// Changes the fields of a section that the patch names.
    pub(crate) async fn patch_section(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, patch): (SectionId, PatchSection),
    ) -> Result<Committed<Section>, CourseError> {
        let edit = |before: Model| Model {
            title: patch.title.map_or(before.title, String::from),
            description: patch.description.apply_to(before.description),
            ..before
        };
        self.change_section(who, uow, if_match, id, edit).await
    }

    async fn change_section(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: SectionId,
        edit: impl FnOnce(Model) -> Model + Send,
    ) -> Result<Committed<Section>, CourseError> {
        let course = self.section_seen(who, id).await?.0.course_id;
        let school = self.may_edit(who, course).await?;
        let language = self.language(school).await?;
        let mut tx = uow.begin().await?;
        self.hold(&tx, who, course).await?;
        let row = living(&tx, school, id).await?;
        if_match.require(&etag(SECTION, row.version))?;
        let mut after = edit(row.clone());
        if after != row {
            Change::of(&row, tx.now())
                .set(Column::Title, after.title.clone())
                .set(Column::Description, after.description.clone())
                .apply(tx.conn())
                .await?;
            (after.version, after.updated_at) = (row.version + 1, tx.now());
            self.index_section(&tx, &after, language).await?;
            self.edited(&mut tx, school, course).await?;
            tx.audit(audit("courses.section_changed", &row).before(facts(&row)).after(facts(&after)));
        }
        let tag = etag(SECTION, after.version);
        Ok(tx.commit(Answer::ok(Section::from(after)).etag(tag)).await?)
    }

    /// Deletes a section with its blocks, softly; those behind it move up.
    pub(crate) async fn delete_section(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: SectionId,
    ) -> Result<Committed<()>, CourseError> {
        let course = self.section_seen(who, id).await?.0.course_id;
        let school = self.may_edit(who, course).await?;
        let mut tx = uow.begin().await?;
        let course = self.hold(&tx, who, course).await?;
        let row = living(&tx, school, id).await?;
        if_match.require(&etag(SECTION, row.version))?;
        Change::of(&row, tx.now()).apply(tx.conn()).await?;
        let (place, stroke) = ((school, course.id), mark(&tx));
        lifecycle::delete(tx.conn(), place, Tree::Section(id), (stroke, tx.now())).await?;
        order::close::<Entity>(tx.conn(), school, course.id.uuid(), row.position).await?;
        self.rearranged(&mut tx, &course).await?;
        let block_ids = lifecycle::blocks_marked(tx.conn(), place, stroke).await?;
        tx.emit(&BlocksDeleted { school_id: school, course_id: course.id, block_ids });
        tx.audit(audit("courses.section_deleted", &row).before(facts(&row)));
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Brings a deleted section back with the blocks that went with it, to where it stood.
    pub(crate) async fn restore_section(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: SectionId,
    ) -> Result<Committed<Section>, CourseError> {
        let school = who.school_id.ok_or(CourseError::NotFound)?;
        let db = self.platform.db.read(who.scope());
        let course = content::any_section(&db, school, id).await?.ok_or(CourseError::NotFound)?.course_id;
        let mut tx = uow.begin().await?;
        let course = self.hold(&tx, who, course).await?;
        let row = content::any_section(tx.conn(), school, id).await?.ok_or(CourseError::NotFound)?;
        let (Some(_), Some(stroke)) = (row.deleted_at, row.deletion_id) else { return Err(CourseError::NotDeleted) };
        let there = content::count::<Entity>(tx.conn(), school, course.id.uuid()).await?;
        if there >= MOST {
            return Err(CourseError::Full);
        }
        let (place, position) = ((school, course.id), row.position.min(there));
        order::open::<Entity>(tx.conn(), school, course.id.uuid(), position).await?;
        let block_ids = lifecycle::blocks_marked(tx.conn(), place, stroke).await?;
        Change::of(&row, tx.now()).set(Column::Position, position).apply(tx.conn()).await?;
        lifecycle::restore(tx.conn(), place, stroke).await?;
        self.rearranged(&mut tx, &course).await?;
        let version = row.version + 1;
        let after = Model { deleted_at: None, deletion_id: None, position, version, updated_at: tx.now(), ..row };
        tx.emit(&BlocksRestored { school_id: school, course_id: course.id, block_ids });
        tx.audit(audit("courses.section_restored", &after).after(facts(&after)));
        let tag = etag(SECTION, after.version);
        Ok(tx.commit(Answer::ok(Section::from(after)).etag(tag)).await?)
    }

    /// Puts the sections of a course into another order.
    pub(crate) async fn order_sections(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, form): (CourseId, SectionOrder),
    ) -> Result<Committed<OrderedSections>, CourseError> {
        let school = self.may_edit(who, id).await?;
        let mut tx = uow.begin().await?;
        let course = self.hold(&tx, who, id).await?;
        if_match.require(&etag(COURSE, course.version))?;
        let before = order::ids::<Entity>(tx.conn(), school, id.uuid()).await?;
        let ids: Vec<_> = form.ids.iter().map(|id| id.uuid()).collect();
        let mut version = course.version;
        if must_be_permutation(&before, &ids)? {
            order::arrange::<Entity>(tx.conn(), school, id.uuid(), &ids).await?;
            self.rearranged(&mut tx, &course).await?;
            version += 1;
            tx.emit(&CourseRearranged { school_id: school, course_id: id });
            let audit = Audit::of("courses.sections_ordered", "course", id.uuid()).school(Some(school));
            tx.audit(audit.before(json!({ "section_ids": before })).after(json!({ "section_ids": ids })));
        }
        let view = OrderedSections { ids: form.ids, version };
        Ok(tx.commit(Answer::ok(view).etag(etag(COURSE, version))).await?)
    }
}

/// Whether an order differs from the one that there is; it must name the same things, each once.
pub(crate) fn must_be_permutation(before: &[uuid::Uuid], after: &[uuid::Uuid]) -> Result<bool, CourseError> {
    let sorted = |ids: &[uuid::Uuid]| {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids
    };
    if sorted(before) == sorted(after) { Ok(before != after) } else { Err(CourseError::OrderMismatch) }
}

async fn living(tx: &Tx, school: lyceum_kernel::SchoolId, id: SectionId) -> Result<Model, CourseError> {
    let row = content::any_section(tx.conn(), school, id).await?;
    row.filter(|section| section.deleted_at.is_none()).ok_or(CourseError::NotFound)
}

fn audit(action: &'static str, row: &Model) -> Audit {
    Audit::of(action, "section", row.id.uuid()).school(Some(row.school_id))
}

/// What the audit log keeps of a section.
fn facts(row: &Model) -> Value {
    json!({ "course_id": row.course_id, "position": row.position, "title": row.title, "description": row.description })
}
