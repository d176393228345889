//! What is in a test: its questions, settled when it is written and shown when it is read.

use std::collections::HashSet;

use lyceum_kernel::{Principal, SchoolId, Scope};
use lyceum_platform::uow::Tx;
use sea_orm::ConnectionTrait;

use super::AssessmentsService;
use super::questions::new_question;
use crate::dto::test::{PublicQuestion, PublicQuestionMembers, Test, TestQuestion, TestQuestionMembers};
use crate::dto::test_form::{Reference, TestItem};
use crate::error::AssessmentError;
use crate::model::attempt::PaperItem;
use crate::model::question::{self, QuestionId};
use crate::model::test::{self, Item};
use crate::points::{Points, Worth};
use crate::policy::BankViewer;
use crate::repo::questions::{self, QuestionQuery};
use crate::repo::tests;

impl AssessmentsService {
    /// The questions of a test as they are to be. Those given in whole go to its own bank, unless the same is there already.
    pub(super) async fn settle_items(
        &self,
        tx: &mut Tx,
        who: &Principal,
        row: &test::Model,
        sent: Vec<TestItem>,
    ) -> Result<Vec<Item>, AssessmentError> {
        let school = row.school_id;
        let own = self.own_questions(tx, row).await?;
        let wanted: Vec<_> = sent.iter().filter_map(reference).map(|reference| reference.question_id).collect();
        let referred = self.referred(tx, who, row, &wanted).await?;
        let pinned: Vec<_> =
            sent.iter().filter_map(reference).filter_map(|r| Some((r.question_id, r.revision?))).collect();
        let pinned = self.revisions(tx.conn(), school, &pinned).await;
        let pinned = pinned.map_err(|error| match error {
            AssessmentError::NotFound => AssessmentError::UnknownQuestion,
            error => error,
        })?;
        let (mut items, mut made, mut used) = (Vec::new(), Vec::new(), HashSet::new());
        for (place, item) in sent.into_iter().enumerate() {
            let item = match item {
                TestItem::Reference(Reference { question_id, revision, points, section }) => {
                    if !referred.contains(&question_id) {
                        return Err(AssessmentError::UnknownQuestion);
                    }
                    let at = revision.and_then(|number| {
                        pinned.iter().find(|row| (row.question_id, row.number) == (question_id, number))
                    });
                    let points = points.map(Worth::points).or(at.map(|row| row.points));
                    Item { question_id, revision, points, section }
                }
                TestItem::Inline(question, section) => {
                    let settled = question.settle();
                    let settled =
                        settled.map_err(|flaw| AssessmentError::flawed(&format!("/questions/{place}"), &flaw))?;
                    let same = |row: &&question::Model| {
                        (&row.content, row.points) == (&settled.content, settled.points.points())
                            && !used.contains(&row.id)
                    };
                    let question_id = if let Some(row) = own.iter().find(same) {
                        row.id
                    } else {
                        let row = new_question(tx, (school, row.bank_id), settled);
                        let id = row.id;
                        made.push(row);
                        id
                    };
                    Item { question_id, revision: None, points: None, section }
                }
            };
            if !used.insert(item.question_id) {
                return Err(AssessmentError::QuestionTwice);
            }
            items.push(item);
        }
        questions::insert(tx.conn(), &made, who.user_id).await?;
        Ok(items)
    }

    async fn own_questions(&self, tx: &Tx, row: &test::Model) -> Result<Vec<question::Model>, AssessmentError> {
        use sea_orm::QueryOrder as _;
        if row.version == 0 {
            return Ok(Vec::new());
        }
        let all = questions::matching(row.school_id, row.bank_id, &QuestionQuery::default());
        Ok(all.order_by_asc(question::Column::Id).all(tx.conn()).await?)
    }

    /// Those of some questions that there are, in banks that the caller sees; and those that the test has already.
    async fn referred(
        &self,
        tx: &Tx,
        who: &Principal,
        row: &test::Model,
        wanted: &[QuestionId],
    ) -> Result<HashSet<QuestionId>, AssessmentError> {
        let found = tests::questions(tx.conn(), row.school_id, wanted).await?;
        let banks: Vec<_> = found.iter().map(|question| question.bank_id).collect::<HashSet<_>>().into_iter().collect();
        let viewer = BankViewer::of(who);
        let banks = tests::banks(tx.conn(), row.school_id, &banks).await?;
        let seen: HashSet<_> =
            banks.iter().filter(|bank| bank.id == row.bank_id || viewer.sees(bank)).map(|bank| bank.id).collect();
        let there = found.iter().filter(|question| question.deleted_at.is_none() && seen.contains(&question.bank_id));
        let had = row.structure.items.iter().map(|item| item.question_id);
        Ok(there.map(|question| question.id).chain(had).collect())
    }

    /// The test with its questions, as they are outside of any transaction.
    pub(super) async fn whole(&self, row: test::Model, fixed: &[PaperItem]) -> Result<Test, AssessmentError> {
        let db = self.platform.db.read(Scope::School(row.school_id));
        let questions = self.test_questions(&db, &row, fixed).await?;
        Ok(Test::of(row, questions))
    }

    /// The same within a transaction that has changed it.
    pub(super) async fn whole_in(&self, tx: &Tx, row: test::Model) -> Result<Test, AssessmentError> {
        let ids: Vec<_> = row.structure.items.iter().map(|item| item.question_id).collect();
        let latest = tests::latest(tx.conn(), row.school_id, &ids).await?;
        let fixed = row.structure.items.iter().filter_map(|item| {
            let (_, number, points) = latest.iter().find(|(id, ..)| *id == item.question_id)?;
            let revision = item.revision.unwrap_or(*number);
            let points = item.points.unwrap_or(*points);
            Some(PaperItem { question_id: item.question_id, revision, points, section: item.section })
        });
        let fixed: Vec<_> = fixed.collect();
        let questions = self.test_questions(tx.conn(), &row, &fixed).await?;
        Ok(Test::of(row, questions))
    }

    async fn test_questions(
        &self,
        db: &impl ConnectionTrait,
        row: &test::Model,
        fixed: &[PaperItem],
    ) -> Result<Vec<TestQuestion>, AssessmentError> {
        let keys: Vec<_> = fixed.iter().map(|item| (item.question_id, item.revision)).collect();
        let revisions = self.revisions(db, row.school_id, &keys).await?;
        let pinned: HashSet<_> =
            row.structure.items.iter().filter(|item| item.revision.is_some()).map(|item| item.question_id).collect();
        let question = |(item, revision): (&PaperItem, std::sync::Arc<crate::model::revision::Model>)| {
            let content = revision.content.clone();
            let members = TestQuestionMembers {
                question_id: item.question_id,
                revision: item.revision,
                pinned: pinned.contains(&item.question_id),
                section: item.section,
                points: item.points,
                text: content.text,
                feedback: content.feedback,
            };
            TestQuestion { members, body: content.body }
        };
        Ok(fixed.iter().zip(revisions).map(question).collect())
    }

    /// Questions without their keys, as they stand.
    pub(super) async fn public_questions(
        &self,
        school: SchoolId,
        items: &[PaperItem],
    ) -> Result<Vec<PublicQuestion>, AssessmentError> {
        let keys: Vec<_> = items.iter().map(|item| (item.question_id, item.revision)).collect();
        let db = self.platform.db.read(Scope::School(school));
        let revisions = self.revisions(&db, school, &keys).await?;
        Ok(items.iter().zip(revisions).map(|(item, revision)| public(item, &revision.content)).collect())
    }
}

/// A question without its key.
pub(super) fn public(item: &PaperItem, content: &question::Content) -> PublicQuestion {
    let (section, points): (u8, Points) = (item.section, item.points);
    let members = PublicQuestionMembers { question_id: item.question_id, section, points, text: content.text.clone() };
    PublicQuestion { members, body: content.body.public() }
}

fn reference(item: &TestItem) -> Option<&Reference> {
    match item {
        TestItem::Reference(reference) => Some(reference),
        TestItem::Inline(..) => None,
    }
}
