//! Blocks that go, come back, and change places.

use lyceum_kernel::events::courses::{BlocksDeleted, BlocksRestored, CourseRearranged};
use lyceum_kernel::{BlockId, Principal, SectionId};
use lyceum_platform::db::Change;
use lyceum_platform::uow::{Answer, Audit, Committed, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use serde_json::json;

use super::CoursesService;
use super::blocks::{BLOCK, audit, facts, living, living_section};
use super::removal::mark;
use super::sections::{MOST, SECTION, must_be_permutation};
use crate::dto::block::{Block, BlockOrder, OrderedBlocks};
use crate::error::CourseError;
use crate::model::block::{Column, Entity, Model};
use crate::repo::lifecycle::{self, Tree};
use crate::repo::{content, order};

impl CoursesService {
    /// Deletes a block, softly; those behind it move up.
    pub(crate) async fn delete_block(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: BlockId,
    ) -> Result<Committed<()>, CourseError> {
        let course = self.block_seen(who, id).await?.0.course_id;
        let school = self.may_edit(who, course).await?;
        let mut tx = uow.begin().await?;
        let course = self.hold(&tx, who, course).await?;
        let row = living(&tx, school, id).await?;
        if_match.require(&etag(BLOCK, row.version))?;
        let section = living_section(&tx, school, row.section_id).await?;
        Change::of(&row, tx.now()).apply(tx.conn()).await?;
        let stroke = (mark(&tx), tx.now());
        lifecycle::delete(tx.conn(), (school, course.id), Tree::Block(id), stroke).await?;
        order::close::<Entity>(tx.conn(), school, section.id.uuid(), row.position).await?;
        self.blocks_rearranged(&mut tx, &course, &section).await?;
        tx.emit(&BlocksDeleted { school_id: school, course_id: course.id, block_ids: vec![id] });
        tx.audit(audit("courses.block_deleted", &row).before(facts(&row)));
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Brings a deleted block back to where it stood.
    pub(crate) async fn restore_block(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: BlockId,
    ) -> Result<Committed<Block>, CourseError> {
        let school = who.school_id.ok_or(CourseError::NotFound)?;
        let db = self.platform.db.read(who.scope());
        let course = content::any_block(&db, school, id).await?.ok_or(CourseError::NotFound)?.course_id;
        let mut tx = uow.begin().await?;
        let course = self.hold(&tx, who, course).await?;
        let row = content::any_block(tx.conn(), school, id).await?.ok_or(CourseError::NotFound)?;
        let (Some(_), Some(stroke)) = (row.deleted_at, row.deletion_id) else { return Err(CourseError::NotDeleted) };
        let section = content::any_section(tx.conn(), school, row.section_id).await?;
        let section = section.filter(|section| section.deleted_at.is_none()).ok_or(CourseError::ParentDeleted)?;
        let there = content::count::<Entity>(tx.conn(), school, section.id.uuid()).await?;
        if there >= MOST {
            return Err(CourseError::Full);
        }
        let position = row.position.min(there);
        order::open::<Entity>(tx.conn(), school, section.id.uuid(), position).await?;
        Change::of(&row, tx.now()).set(Column::Position, position).apply(tx.conn()).await?;
        lifecycle::restore(tx.conn(), (school, course.id), stroke).await?;
        self.blocks_rearranged(&mut tx, &course, &section).await?;
        let version = row.version + 1;
        let after = Model { deleted_at: None, deletion_id: None, position, version, updated_at: tx.now(), ..row };
        tx.emit(&BlocksRestored { school_id: school, course_id: course.id, block_ids: vec![id] });
        tx.audit(audit("courses.block_restored", &after).after(facts(&after)));
        let tag = etag(BLOCK, after.version);
        Ok(tx.commit(Answer::ok(Block::whole(after)).etag(tag)).await?)
    }

    /// Puts the blocks of a section into another order.
    pub(crate) async fn order_blocks(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, form): (SectionId, BlockOrder),
    ) -> Result<Committed<OrderedBlocks>, CourseError> {
        let course = self.section_seen(who, id).await?.0.course_id;
        let school = self.may_edit(who, course).await?;
        let mut tx = uow.begin().await?;
        let course = self.hold(&tx, who, course).await?;
        let section = living_section(&tx, school, id).await?;
        if_match.require(&etag(SECTION, section.version))?;
        let before = order::ids::<Entity>(tx.conn(), school, id.uuid()).await?;
        let ids: Vec<_> = form.ids.iter().map(|id| id.uuid()).collect();
        let mut version = section.version;
        if must_be_permutation(&before, &ids)? {
            order::arrange::<Entity>(tx.conn(), school, id.uuid(), &ids).await?;
            self.blocks_rearranged(&mut tx, &course, &section).await?;
            version += 1;
            tx.emit(&CourseRearranged { school_id: school, course_id: course.id });
            let audit = Audit::of("courses.blocks_ordered", "section", id.uuid()).school(Some(school));
            tx.audit(audit.before(json!({ "block_ids": before })).after(json!({ "block_ids": ids })));
        }
        let view = OrderedBlocks { ids: form.ids, version };
        Ok(tx.commit(Answer::ok(view).etag(etag(SECTION, version))).await?)
    }
}
