//! Question banks.

use lyceum_kernel::{Cursor, Page, PageRequest, PermissionMarker as _, Principal};
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use sea_orm::{ColumnTrait as _, Condition};
use serde_json::{Value, json};

use super::blueprints::tag;
use super::{AssessmentsService, stroke};
use crate::dto::bank::{BankFilter, PatchQuestionBank, PutQuestionBank, QuestionBank};
use crate::error::AssessmentError;
use crate::model::bank::{BankId, Column, Entity, Model};
use crate::model::{ScopedTable as _, question};
use crate::perm::QuestionDelete;
use crate::policy::{BankViewer, Refusal};
use crate::repo::change::{Change, mark, unmark};
use crate::repo::questions::{self, BankQuery};

/// The kind of view in entity tags of banks.
pub(crate) const BANK: &str = "question-bank";

impl AssessmentsService {
    /// A page of the banks that the caller sees.
    pub(crate) async fn list_banks(
        &self,
        who: &Principal,
        filter: BankFilter,
        request: &PageRequest,
    ) -> Result<Page<QuestionBank>, AssessmentError> {
        let BankFilter { owner_id, deleted, updated_since } = filter;
        let query = BankQuery { owner: owner_id, deleted: deleted.is_some(), updated_since };
        if query.deleted && !who.may(QuestionDelete::PERMISSION) {
            return Err(Refusal::DeletedForRestorers.into());
        }
        let viewer = BankViewer::of(who);
        let db = self.platform.db.read(viewer.scope);
        let (rows, total) = questions::bank_page(&db, &viewer, query, request).await?;
        let page = Page::cut(rows, request, |row| Cursor { id: row.id.uuid(), key: Vec::new() });
        Ok(Page { total, ..page.map(QuestionBank::from) })
    }

    /// A bank that the caller sees.
    pub(crate) async fn bank_seen(&self, who: &Principal, id: BankId) -> Result<Model, AssessmentError> {
        let viewer = BankViewer::of(who);
        let db = self.platform.db.read(viewer.scope);
        let row = questions::any_bank(&db, viewer.scope, id).await?.ok_or(AssessmentError::NotFound)?;
        if row.deleted_at.is_none() && viewer.sees(&row) { Ok(row) } else { Err(AssessmentError::NotFound) }
    }

    /// One bank.
    pub(crate) async fn show_bank(&self, who: &Principal, id: BankId) -> Result<QuestionBank, AssessmentError> {
        self.bank_seen(who, id).await.map(QuestionBank::from)
    }

    /// A bank that the caller may change, held until the transaction ends; deleted or not.
    pub(crate) async fn hold_any_bank(&self, tx: &Tx, who: &Principal, id: BankId) -> Result<Model, AssessmentError> {
        let school = who.school_id.ok_or(AssessmentError::NotFound)?;
        let row = questions::hold_bank(tx.conn(), school, id).await?.ok_or(AssessmentError::NotFound)?;
        let viewer = BankViewer::of(who);
        if viewer.may_change(&row).is_err() && (row.deleted_at.is_some() || !viewer.sees(&row)) {
            return Err(AssessmentError::NotFound);
        }
        viewer.may_change(&row)?;
        Ok(row)
    }

    /// The same, of one that was not deleted.
    pub(crate) async fn hold_bank(&self, tx: &Tx, who: &Principal, id: BankId) -> Result<Model, AssessmentError> {
        let row = self.hold_any_bank(tx, who, id).await?;
        if row.deleted_at.is_some() { Err(AssessmentError::NotFound) } else { Ok(row) }
    }

    /// A new bank of the caller's.
    pub(crate) async fn create_bank(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        form: PutQuestionBank,
    ) -> Result<Committed<QuestionBank>, AssessmentError> {
        let school = who.school_id.ok_or(AssessmentError::SchoolNeeded)?;
        let mut tx = uow.begin().await?;
        let row = Model {
            school_id: school,
            id: BankId::new(tx.now(), tx.entropy()),
            owner_id: who.user_id,
            test_id: None,
            name: form.name.into(),
            description: form.description,
            shared: form.shared,
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
            deleted_at: None,
            deletion_id: None,
        };
        Entity::add(tx.conn(), [row.clone()]).await?;
        tx.audit(audit("assessments.bank_created", &row).after(facts(&row)));
        let (tag, location) = (etag(BANK, row.version), format!("/v1/question-banks/{}", row.id));
        Ok(tx.commit(Answer::created(QuestionBank::from(row)).location(location).etag(tag)).await?)
    }

    /// Replaces what can be changed about a bank.
    pub(crate) async fn replace_bank(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, form): (BankId, PutQuestionBank),
    ) -> Result<Committed<QuestionBank>, AssessmentError> {
        let PutQuestionBank { name, description, shared } = form;
        let edit = |before| Model { name: name.into(), description, shared, ..before };
        self.change_bank(who, uow, if_match, id, edit).await
    }

    /// Changes the fields of a bank that the patch names.
    pub(crate) async fn patch_bank(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, patch): (BankId, PatchQuestionBank),
    ) -> Result<Committed<QuestionBank>, AssessmentError> {
        let edit = |before: Model| Model {
            name: patch.name.map_or(before.name, String::from),
            description: patch.description.apply_to(before.description),
            shared: patch.shared.unwrap_or(before.shared),
            ..before
        };
        self.change_bank(who, uow, if_match, id, edit).await
    }

    async fn change_bank(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: BankId,
        edit: impl FnOnce(Model) -> Model + Send,
    ) -> Result<Committed<QuestionBank>, AssessmentError> {
        let mut tx = uow.begin().await?;
        let row = self.hold_bank(&tx, who, id).await?;
        if_match.require(&etag(BANK, row.version))?;
        let mut after = edit(row.clone());
        if after != row {
            Change::<Entity>::of(row.school_id, id.uuid(), row.version, tx.now())
                .set(Column::Name, after.name.clone())
                .set(Column::Description, after.description.clone())
                .set(Column::Shared, after.shared)
                .apply(tx.conn())
                .await?;
            (after.version, after.updated_at) = (row.version + 1, tx.now());
            tx.audit(audit("assessments.bank_changed", &row).before(facts(&row)).after(facts(&after)));
        }
        let tag = etag(BANK, after.version);
        Ok(tx.commit(Answer::ok(QuestionBank::from(after)).etag(tag)).await?)
    }

    /// Deletes a bank with its questions, softly. Tests and attempts keep the revisions that they have.
    pub(crate) async fn delete_bank(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: BankId,
    ) -> Result<Committed<()>, AssessmentError> {
        let mut tx = uow.begin().await?;
        let row = self.hold_bank(&tx, who, id).await?;
        if_match.require(&etag(BANK, row.version))?;
        let (school, stroke) = (row.school_id, (stroke(&tx), tx.now()));
        Change::<Entity>::of(school, id.uuid(), row.version, tx.now()).apply(tx.conn()).await?;
        mark::<Entity>(tx.conn(), school, Condition::all().add(Column::Id.eq(id)), stroke).await?;
        mark::<question::Entity>(tx.conn(), school, within(id), stroke).await?;
        tx.invalidate(tag(school));
        tx.audit(audit("assessments.bank_deleted", &row).before(facts(&row)));
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Brings a deleted bank back with the questions that went with it.
    pub(crate) async fn restore_bank(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: BankId,
    ) -> Result<Committed<QuestionBank>, AssessmentError> {
        let mut tx = uow.begin().await?;
        let row = self.hold_any_bank(&tx, who, id).await?;
        let (Some(_), Some(stroke)) = (row.deleted_at, row.deletion_id) else {
            return Err(AssessmentError::NotDeleted);
        };
        let school = row.school_id;
        Change::<Entity>::of(school, id.uuid(), row.version, tx.now()).apply(tx.conn()).await?;
        unmark::<Entity>(tx.conn(), school, Condition::all().add(Column::Id.eq(id)), stroke).await?;
        unmark::<question::Entity>(tx.conn(), school, within(id), stroke).await?;
        let version = row.version + 1;
        let after = Model { deleted_at: None, deletion_id: None, version, updated_at: tx.now(), ..row };
        tx.invalidate(tag(school));
        tx.audit(audit("assessments.bank_restored", &after).after(facts(&after)));
        let tag = etag(BANK, after.version);
        Ok(tx.commit(Answer::ok(QuestionBank::from(after)).etag(tag)).await?)
    }
}

fn within(bank: BankId) -> Condition {
    Condition::all().add(question::Column::BankId.eq(bank))
}

fn audit(action: &'static str, row: &Model) -> Audit {
    Audit::of(action, "question_bank", row.id.uuid()).school(Some(row.school_id))
}

/// What the audit log keeps of a bank.
fn facts(row: &Model) -> Value {
    json!({ "name": row.name, "description": row.description, "shared": row.shared, "owner_id": row.owner_id })
}
