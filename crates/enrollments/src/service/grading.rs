//! Teachers read completions, and say what they think of them.

use lyceum_kernel::{BlockId, Cursor, Page, PageRequest, Principal, Scope};
use lyceum_platform::uow::{Answer, Committed, UnitOfWork};
use lyceum_web::{IfMatch, etag};

use super::EnrollmentsService;
use super::completing::{COMPLETION, audit, facts};
use crate::dto::completion::{Completion, CompletionFilter, PatchGrade, PutGrade};
use crate::error::EnrollmentError;
use crate::model::completion::{CompletionId, Model};
use crate::model::enrollment;
use crate::policy::Refusal;
use crate::repo::completions::{self, Filter};
use crate::repo::enrollments;

impl EnrollmentsService {
    /// A page of the completions of a block, oldest first, for those who teach its course.
    pub(crate) async fn list_completions(
        &self,
        who: &Principal,
        (id, filter): (BlockId, CompletionFilter),
        request: &PageRequest,
    ) -> Result<Page<Completion>, EnrollmentError> {
        let block = self.neighbours.lessons.block(who, id).await?.ok_or(EnrollmentError::NotFound)?;
        if !self.viewer(who).await?.oversees(block.course_id) {
            return Err(Refusal::NotYours.into());
        }
        let CompletionFilter { graded, deleted, updated_since } = filter;
        let filter = Filter { graded, deleted: deleted.is_some(), updated_since };
        let db = self.platform.db.read(Scope::School(block.school_id));
        let (rows, total) = completions::page(&db, (block.school_id, id), filter, request).await?;
        let page = Page::cut(rows, request, |row| Cursor { id: row.id.uuid(), key: Vec::new() });
        Ok(Page { total, ..page.map(Completion::from) })
    }

    /// The caller's own completion of a block.
    pub(crate) async fn my_completion(&self, who: &Principal, id: BlockId) -> Result<Completion, EnrollmentError> {
        let block = self.neighbours.lessons.block(who, id).await?.ok_or(EnrollmentError::NotFound)?;
        let (school, place) = (block.school_id, (block.school_id, block.course_id));
        let db = self.platform.db.read(Scope::School(school));
        let learner = enrollments::of_person(&db, place, who.user_id).await?;
        let learner = learner.filter(enrollment::Model::takes_part).ok_or(EnrollmentError::NotFound)?;
        let row = completions::of_block(&db, (school, learner.id), id).await?;
        row.filter(|row| row.deleted_at.is_none()).map(Completion::from).ok_or(EnrollmentError::NotFound)
    }

    /// A completion of the caller's own, or in a course that they teach.
    pub(crate) async fn show_completion(
        &self,
        who: &Principal,
        id: CompletionId,
    ) -> Result<Completion, EnrollmentError> {
        let scope = who.scope();
        let row = completions::any(&self.platform.db.read(scope), scope, id).await?;
        let row = row.filter(|row| row.deleted_at.is_none()).ok_or(EnrollmentError::NotFound)?;
        // What is beneath a course that is deleted or out of sight is there for nobody.
        self.neighbours.lessons.block(who, row.block_id).await?.ok_or(EnrollmentError::NotFound)?;
        let theirs = row.user_id == who.user_id || self.viewer(who).await?.oversees(row.course_id);
        if theirs { Ok(row.into()) } else { Err(EnrollmentError::NotFound) }
    }

    /// Replaces what a teacher says about a completion.
    pub(crate) async fn replace_grade(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, form): (CompletionId, PutGrade),
    ) -> Result<Committed<Completion>, EnrollmentError> {
        let PutGrade { grade, teacher_feedback } = form;
        self.grade(who, uow, if_match, id, |row| Model { grade, teacher_feedback, ..row }).await
    }

    /// Changes what the patch names of what a teacher says about a completion.
    pub(crate) async fn patch_grade(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, patch): (CompletionId, PatchGrade),
    ) -> Result<Committed<Completion>, EnrollmentError> {
        let edit = |row: Model| Model {
            grade: patch.grade.apply_to(row.grade),
            teacher_feedback: patch.teacher_feedback.apply_to(row.teacher_feedback.clone()),
            ..row
        };
        self.grade(who, uow, if_match, id, edit).await
    }

    async fn grade(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: CompletionId,
        edit: impl FnOnce(Model) -> Model + Send,
    ) -> Result<Committed<Completion>, EnrollmentError> {
        let school = who.school_id.ok_or(EnrollmentError::NotFound)?;
        let seen = self.show_completion(who, id).await?;
        if !self.viewer(who).await?.oversees(seen.course_id) {
            return Err(Refusal::NotYours.into());
        }
        let mut tx = uow.begin().await?;
        let row = completions::hold(tx.conn(), (school, seen.enrollment_id), seen.block_id).await?;
        let row = row.filter(|row| row.id == id && row.deleted_at.is_none()).ok_or(EnrollmentError::NotFound)?;
        if_match.require(&etag(COMPLETION, row.version))?;
        let mut after = edit(row.clone());
        if after != row {
            (after.graded_by, after.graded_at) = (Some(who.user_id), Some(tx.now()));
            completions::write(tx.conn(), &after, tx.now()).await?;
            (after.version, after.updated_at) = (row.version + 1, tx.now());
            tx.audit(audit("enrollments.completion_graded", &after).before(facts(&row)).after(facts(&after)));
        }
        let tag = etag(COMPLETION, after.version);
        Ok(tx.commit(Answer::ok(Completion::from(after)).etag(tag)).await?)
    }
}
