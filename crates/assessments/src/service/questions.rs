//! Questions and their revisions.

use lyceum_kernel::{Cursor, Page, PageRequest, PermissionMarker as _, Principal, SchoolId, Scope};
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use sea_orm::{ColumnTrait as _, Condition};
use serde_json::{Value, json};

use super::blueprints::tag;
use super::{AssessmentsService, stroke};
use crate::dto::question::{Question, QuestionFilter, QuestionRevision};
use crate::dto::question_form::{Facts, PatchQuestion, PutQuestion, Settled};
use crate::dto::text::QuestionTag;
use crate::error::AssessmentError;
use crate::model::bank::{self, BankId};
use crate::model::fold;
use crate::model::question::{Column, Entity, Model, QuestionId, Tags};
use crate::perm::QuestionDelete;
use crate::policy::{BankViewer, Refusal};
use crate::repo::change::{Change, mark, unmark};
use crate::repo::questions::{self, QuestionQuery};

/// The kind of view in entity tags of questions.
pub(crate) const QUESTION: &str = "question";

/// Questions in one bank, at most.
pub(crate) const MOST: u64 = 10_000;

impl AssessmentsService {
    /// A page of the questions of a bank.
    pub(crate) async fn list_questions(
        &self,
        who: &Principal,
        (id, filter): (BankId, QuestionFilter),
        request: &PageRequest,
    ) -> Result<Page<Question>, AssessmentError> {
        let bank = self.bank_seen(who, id).await?;
        let QuestionFilter { kind, tag, difficulty, deleted, updated_since } = filter;
        let kind = kind.map(crate::question::QuestionType::name);
        let query = QuestionQuery { kind, tag, difficulty, deleted: deleted.is_some(), updated_since };
        let restores = who.may(QuestionDelete::PERMISSION) && BankViewer::of(who).may_change(&bank).is_ok();
        if query.deleted && !restores {
            return Err(Refusal::DeletedForRestorers.into());
        }
        let db = self.platform.db.read(Scope::School(bank.school_id));
        let (rows, total) = questions::question_page(&db, (bank.school_id, id), &query, request).await?;
        let page = Page::cut(rows, request, |row| Cursor { id: row.id.uuid(), key: Vec::new() });
        Ok(Page { total, ..page.map(Question::from) })
    }

    /// A question in a bank that the caller sees.
    async fn question_seen(&self, who: &Principal, id: QuestionId) -> Result<Model, AssessmentError> {
        let scope = BankViewer::of(who).scope;
        let row = questions::any_question(&self.platform.db.read(scope), scope, id).await?;
        let row = row.filter(|row| row.deleted_at.is_none()).ok_or(AssessmentError::NotFound)?;
        self.bank_seen(who, row.bank_id).await?;
        Ok(row)
    }

    /// One question.
    pub(crate) async fn show_question(&self, who: &Principal, id: QuestionId) -> Result<Question, AssessmentError> {
        self.question_seen(who, id).await.map(Question::from)
    }

    /// A page of the revisions of a question.
    pub(crate) async fn list_revisions(
        &self,
        who: &Principal,
        id: QuestionId,
        request: &PageRequest,
    ) -> Result<Page<QuestionRevision>, AssessmentError> {
        let row = self.question_seen(who, id).await?;
        let db = self.platform.db.read(Scope::School(row.school_id));
        let (rows, total) = questions::revision_page(&db, (row.school_id, id), request).await?;
        let cursor = |row: &crate::model::revision::Model| Cursor {
            id: row.question_id.uuid(),
            key: row.number.to_be_bytes().to_vec(),
        };
        let page = Page::cut(rows, request, cursor);
        Ok(Page { total, ..page.map(QuestionRevision::from) })
    }

    /// A new question in a bank.
    pub(crate) async fn create_question(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        (id, form): (BankId, PutQuestion),
    ) -> Result<Committed<Question>, AssessmentError> {
        let mut tx = uow.begin().await?;
        let bank = self.hold_bank(&tx, who, id).await?;
        let settled = form.settle().map_err(|flaw| AssessmentError::flawed("", &flaw))?;
        if questions::count(tx.conn(), bank.school_id, id).await? >= MOST {
            return Err(AssessmentError::Full);
        }
        let row = new_question(&tx, (bank.school_id, id), settled);
        questions::insert(tx.conn(), std::slice::from_ref(&row), who.user_id).await?;
        tx.invalidate(tag(row.school_id));
        tx.audit(audit("assessments.question_created", &row).after(facts(&row)));
        let (tag, location) = (etag(QUESTION, row.version), format!("/v1/questions/{}", row.id));
        Ok(tx.commit(Answer::created(Question::from(row)).location(location).etag(tag)).await?)
    }

    /// A question that the caller may change; its bank is held. Deleted or not.
    async fn hold_any_question(
        &self,
        tx: &Tx,
        who: &Principal,
        id: QuestionId,
    ) -> Result<(Model, bank::Model), AssessmentError> {
        let school = who.school_id.ok_or(AssessmentError::NotFound)?;
        let scope = Scope::School(school);
        let row = questions::any_question(tx.conn(), scope, id).await?.ok_or(AssessmentError::NotFound)?;
        let bank = self.hold_any_bank(tx, who, row.bank_id).await?;
        // What was read before the bank was held may have changed since.
        let row = questions::any_question(tx.conn(), scope, id).await?.ok_or(AssessmentError::NotFound)?;
        Ok((row, bank))
    }

    async fn hold_question(&self, tx: &Tx, who: &Principal, id: QuestionId) -> Result<Model, AssessmentError> {
        let (row, bank) = self.hold_any_question(tx, who, id).await?;
        let there = row.deleted_at.is_none() && bank.deleted_at.is_none();
        if there { Ok(row) } else { Err(AssessmentError::NotFound) }
    }

    /// Replaces what can be changed about a question: what it says, by a new revision.
    pub(crate) async fn replace_question(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, form): (QuestionId, PutQuestion),
    ) -> Result<Committed<Question>, AssessmentError> {
        self.change_question(who, uow, if_match, id, |_| Ok(form)).await
    }

    /// Changes the members of a question that the patch names.
    pub(crate) async fn patch_question(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, patch): (QuestionId, PatchQuestion),
    ) -> Result<Committed<Question>, AssessmentError> {
        let edit = |before: &Model| {
            let tags = before.tags.0.iter().cloned().map(QuestionTag::try_from).filter_map(Result::ok).collect();
            let (content, points, difficulty) = (before.content.clone(), before.points.into(), before.difficulty);
            patch.apply_to(Settled { content, points, difficulty, tags })
        };
        self.change_question(who, uow, if_match, id, edit).await
    }

    async fn change_question(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: QuestionId,
        edit: impl FnOnce(&Model) -> Result<PutQuestion, AssessmentError> + Send,
    ) -> Result<Committed<Question>, AssessmentError> {
        let mut tx = uow.begin().await?;
        let row = self.hold_question(&tx, who, id).await?;
        if_match.require(&etag(QUESTION, row.version))?;
        let settled = edit(&row)?.settle().map_err(|flaw| AssessmentError::flawed("", &flaw))?;
        let Settled { content, points, difficulty, tags } = settled;
        if content.body.kind().name() != row.kind {
            return Err(AssessmentError::TypeFixed);
        }
        let after = Model { content, points: points.points(), difficulty, tags: distinct(tags), ..row.clone() };
        let after = self.write_question(&mut tx, who, row, after).await?;
        let tag = etag(QUESTION, after.version);
        Ok(tx.commit(Answer::ok(Question::from(after)).etag(tag)).await?)
    }

    /// Writes a changed question; a new revision if it says something else.
    pub(crate) async fn write_question(
        &self,
        tx: &mut Tx,
        who: &Principal,
        row: Model,
        mut after: Model,
    ) -> Result<Model, AssessmentError> {
        if after == row {
            return Ok(row);
        }
        let revised = (&after.content, after.points) != (&row.content, row.points);
        after.revision = row.revision + i32::from(revised);
        (after.version, after.updated_at) = (row.version + 1, tx.now());
        Change::<Entity>::of(row.school_id, row.id.uuid(), row.version, tx.now())
            .set(Column::Revision, after.revision)
            .set(Column::Content, after.content.clone())
            .set(Column::Points, after.points)
            .set(Column::Difficulty, after.difficulty)
            .set(Column::Tags, after.tags.clone())
            .apply(tx.conn())
            .await?;
        if revised {
            questions::insert_revision(tx.conn(), &after, who.user_id).await?;
        }
        if after.tags != row.tags {
            questions::retag(tx.conn(), &after).await?;
        }
        tx.invalidate(tag(row.school_id));
        tx.audit(audit("assessments.question_changed", &row).before(facts(&row)).after(facts(&after)));
        Ok(after)
    }

    /// Deletes a question, softly. Tests and attempts keep the revisions that they have.
    pub(crate) async fn delete_question(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: QuestionId,
    ) -> Result<Committed<()>, AssessmentError> {
        let mut tx = uow.begin().await?;
        let row = self.hold_question(&tx, who, id).await?;
        if_match.require(&etag(QUESTION, row.version))?;
        let (school, stroke) = (row.school_id, (stroke(&tx), tx.now()));
        Change::<Entity>::of(school, id.uuid(), row.version, tx.now()).apply(tx.conn()).await?;
        mark::<Entity>(tx.conn(), school, Condition::all().add(Column::Id.eq(id)), stroke).await?;
        tx.invalidate(tag(row.school_id));
        tx.audit(audit("assessments.question_deleted", &row).before(facts(&row)));
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Brings a deleted question back.
    pub(crate) async fn restore_question(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: QuestionId,
    ) -> Result<Committed<Question>, AssessmentError> {
        let mut tx = uow.begin().await?;
        let (row, bank) = self.hold_any_question(&tx, who, id).await?;
        let (Some(_), Some(stroke)) = (row.deleted_at, row.deletion_id) else {
            return Err(AssessmentError::NotDeleted);
        };
        if bank.deleted_at.is_some() {
            return Err(AssessmentError::ParentDeleted);
        }
        if questions::count(tx.conn(), row.school_id, row.bank_id).await? >= MOST {
            return Err(AssessmentError::Full);
        }
        Change::<Entity>::of(row.school_id, id.uuid(), row.version, tx.now()).apply(tx.conn()).await?;
        unmark::<Entity>(tx.conn(), row.school_id, Condition::all().add(Column::Id.eq(id)), stroke).await?;
        let version = row.version + 1;
        let after = Model { deleted_at: None, deletion_id: None, version, updated_at: tx.now(), ..row };
        tx.invalidate(tag(after.school_id));
        tx.audit(audit("assessments.question_restored", &after).after(facts(&after)));
        let tag = etag(QUESTION, after.version);
        Ok(tx.commit(Answer::ok(Question::from(after)).etag(tag)).await?)
    }
}

/// A row for a question to be made in a bank.
pub(crate) fn new_question(tx: &Tx, (school, bank): (SchoolId, BankId), settled: Settled) -> Model {
    let Settled { content, points, difficulty, tags } = settled;
    Model {
        school_id: school,
        id: QuestionId::new(tx.now(), tx.entropy()),
        bank_id: bank,
        kind: content.body.kind().name().to_owned(),
        revision: 1,
        content,
        points: points.points(),
        difficulty,
        tags: distinct(tags),
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
        deleted_at: None,
        deletion_id: None,
    }
}

/// Tags as they were written, each once whatever its case.
fn distinct(tags: Vec<QuestionTag>) -> Tags {
    let mut seen = std::collections::HashSet::new();
    Tags(tags.into_iter().map(String::from).filter(|tag| seen.insert(fold(tag))).collect())
}

fn audit(action: &'static str, row: &Model) -> Audit {
    Audit::of(action, "question", row.id.uuid()).school(Some(row.school_id))
}

/// What the audit log keeps of a question.
fn facts(row: &Model) -> Value {
    let Model { kind, revision, points, difficulty, tags, content, .. } = row;
    json!(Facts { kind, revision: *revision, points: *points, difficulty: *difficulty, tags: &tags.0, content })
}
