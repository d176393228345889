//! Marking a test anew: after a key is corrected, a question voided, or full credit given.
//!
//! What is done about questions stands with the test from the moment in which it is asked for, so attempts that end from then on are
//! marked by it; a job goes over those that are over ([`running`] tells how). What they were worth before is kept and can be put back.
//! A dry run does the same and writes nothing but what would change.

pub(crate) mod jobs;
mod running;

use std::collections::{HashMap, HashSet};

use futures_util::{Stream, stream};
use lyceum_kernel::{AttemptId, Cursor, Page, PageRequest, Principal, SchoolId, Scope, TestId};
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::{Problem, etag};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::AssessmentsService;
use super::blueprints::{self, tag};
use crate::dto::regrade::{Regrade, RegradeChange, RegradeQuestion, StartRegrade};
use crate::error::AssessmentError;
use crate::model::adjustment::{Action, Adjustment, Adjustments};
use crate::model::question::QuestionId;
use crate::model::regrade::{Column, Model, RegradeId, State};
use crate::model::test;
use crate::repo::regrades::{self, Change};
use crate::repo::tests;

/// The kind of view in entity tags of regrades.
pub(crate) const REGRADE: &str = "regrade";

/// Changes read at a time for a table of all.
const CHANGES: u64 = 500;

impl AssessmentsService {
    /// Says how questions are marked from now on, and leaves what is over to a job.
    pub(crate) async fn start_regrade(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        (id, form): (TestId, StartRegrade),
    ) -> Result<Committed<Regrade>, AssessmentError> {
        let school = self.test_taught(who, id).await?.row.school_id;
        let StartRegrade { questions, dry_run, note } = form;
        let mut tx = uow.begin().await?;
        let test = self.hold_idle_test(&tx, school, id).await?;
        let before = test.adjustments.clone();
        let actions = actions(tx.conn(), &test, questions).await?;
        let adjustments = before.clone().unwrap_or_default().with(&actions.0);
        let row = Model {
            school_id: school,
            id: RegradeId::new(tx.now(), tx.entropy()),
            test_id: id,
            requester_id: who.user_id,
            state: State::Queued,
            dry_run,
            note,
            actions,
            adjustments: adjustments.clone(),
            adjustments_before: before,
            attempt: 0,
            position: None,
            done: 0,
            total: None,
            changed: 0,
            raised: 0,
            lowered: 0,
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
            since: tx.now(),
            started_at: None,
            finished_at: None,
        };
        regrades::insert(tx.conn(), row.clone()).await?;
        if !dry_run {
            regrades::adjust(tx.conn(), (school, id), Some(adjustments)).await?;
            tx.invalidate(tag(school));
        }
        tx.enqueue(jobs::regrade_of(&row));
        tx.audit(audit("assessments.regrade_started", &row).after(facts(&row)));
        let (tag, location) = (etag(REGRADE, row.version), format!("/v1/regrades/{}", row.id));
        Ok(tx.commit(Answer::accepted(Regrade::from(row)).location(location).etag(tag)).await?)
    }

    /// A test, held, that nobody else is marking anew.
    async fn hold_idle_test(&self, tx: &Tx, school: SchoolId, id: TestId) -> Result<test::Model, AssessmentError> {
        let test = tests::hold(tx.conn(), school, id).await?;
        let test = test.filter(|test| test.deleted_at.is_none()).ok_or(AssessmentError::NotFound)?;
        if regrades::any_at_work(tx.conn(), (school, id)).await? {
            return Err(AssessmentError::RegradeRunning);
        }
        Ok(test)
    }

    /// A page of the regrades of a test, the latest first.
    pub(crate) async fn list_regrades(
        &self,
        who: &Principal,
        id: TestId,
        request: &PageRequest,
    ) -> Result<Page<Regrade>, AssessmentError> {
        let school = self.test_watched(who, id).await?.row.school_id;
        let db = self.platform.db.read(Scope::School(school));
        let (rows, total) = regrades::page(&db, (school, id), request).await?;
        let page = Page::cut(rows, request, |row| Cursor { id: row.id.uuid(), key: Vec::new() });
        Ok(Page { total, ..page.map(Regrade::from) })
    }

    /// A regrade of a test whose attempts the caller reads.
    async fn regrade_seen(&self, who: &Principal, id: RegradeId) -> Result<Model, AssessmentError> {
        let scope = who.scope();
        let row = regrades::find(&self.platform.db.read(scope), scope, id).await?.ok_or(AssessmentError::NotFound)?;
        let (_, standing) = self.test_seen(who, row.test_id).await?;
        if standing.is_staff() { Ok(row) } else { Err(AssessmentError::NotFound) }
    }

    /// One regrade.
    pub(crate) async fn show_regrade(&self, who: &Principal, id: RegradeId) -> Result<Regrade, AssessmentError> {
        self.regrade_seen(who, id).await.map(Regrade::from)
    }

    /// A page of what a regrade changes, in order of the attempts.
    pub(crate) async fn list_regrade_changes(
        &self,
        who: &Principal,
        id: RegradeId,
        request: &PageRequest,
    ) -> Result<Page<RegradeChange>, AssessmentError> {
        self.regrade_seen(who, id).await?;
        let of = (who.scope(), id);
        let db = self.platform.db.read(who.scope());
        let total = if request.total { Some(regrades::count_changes(&db, of).await?) } else { None };
        let behind = request.cursor.as_ref().map(|cursor| AttemptId(cursor.id));
        let rows = regrades::changes_behind(&db, of, behind, request.fetch()).await?;
        let page = Page::cut(rows, request, |row| Cursor { id: row.attempt_id.uuid(), key: Vec::new() });
        Ok(Page { total, ..page.map(RegradeChange::from) })
    }

    /// Everything that a regrade changes, as lines of CSV.
    pub(crate) async fn export_regrade_changes(
        &self,
        who: &Principal,
        id: RegradeId,
    ) -> Result<impl Stream<Item = Result<String, Problem>> + use<>, AssessmentError> {
        self.regrade_seen(who, id).await?;
        let scope = who.scope();
        let begin = (self.platform.clone(), Some(None::<AttemptId>));
        Ok(stream::try_unfold(begin, move |(platform, place)| async move {
            let Some(behind) = place else { return Ok(None) };
            let db = platform.db.read(scope);
            let rows =
                regrades::changes_behind(&db, (scope, id), behind, CHANGES).await.map_err(AssessmentError::from)?;
            let next = if (rows.len() as u64) < CHANGES { None } else { rows.last().map(|row| Some(row.attempt_id)) };
            let mut text = String::with_capacity(rows.len() * 128);
            for row in rows {
                RegradeChange::from(row).write(&mut text);
            }
            Ok(Some((text, (platform, next))))
        }))
    }

    /// Puts back what attempts were worth before a regrade, and how questions were marked.
    pub(crate) async fn revert_regrade(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: RegradeId,
    ) -> Result<Committed<Regrade>, AssessmentError> {
        let seen = self.regrade_seen(who, id).await?;
        let school = self.test_taught(who, seen.test_id).await?.row.school_id;
        let mut tx = uow.begin().await?;
        self.hold_idle_test(&tx, school, seen.test_id).await?;
        let row = regrades::hold(tx.conn(), school, id).await?.ok_or(AssessmentError::NotFound)?;
        if row.state != State::Done || row.dry_run {
            return Err(AssessmentError::RegradeNotDone);
        }
        if regrades::is_superseded(tx.conn(), &row).await? {
            return Err(AssessmentError::RegradeSuperseded);
        }
        let after = self.put_back(&mut tx, &row, "assessments.regrade_reverted").await?;
        let tag = etag(REGRADE, after.version);
        Ok(tx.commit(Answer::accepted(Regrade::from(after)).etag(tag)).await?)
    }

    /// Calls a regrade off: a dry run ends; of others what was done is put back.
    pub(crate) async fn cancel_regrade(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: RegradeId,
    ) -> Result<Committed<Regrade>, AssessmentError> {
        let seen = self.regrade_seen(who, id).await?;
        let school = self.test_taught(who, seen.test_id).await?.row.school_id;
        let mut tx = uow.begin().await?;
        let test = tests::hold(tx.conn(), school, seen.test_id).await?;
        test.filter(|test| test.deleted_at.is_none()).ok_or(AssessmentError::NotFound)?;
        let row = regrades::hold(tx.conn(), school, id).await?.ok_or(AssessmentError::NotFound)?;
        let after = match row.state {
            State::Queued | State::Running if row.dry_run => {
                let change = Change::of(&row, tx.now()).to(State::Cancelled).set(Column::FinishedAt, tx.now());
                change.apply(tx.conn()).await?;
                let (version, finished_at, updated_at) = (row.version + 1, Some(tx.now()), tx.now());
                let after = Model { state: State::Cancelled, finished_at, version, updated_at, ..row.clone() };
                tx.audit(audit("assessments.regrade_cancelled", &row).before(facts(&row)).after(facts(&after)));
                after
            }
            State::Queued | State::Running => self.put_back(&mut tx, &row, "assessments.regrade_cancelled").await?,
            _ => return Err(AssessmentError::RegradeEnded),
        };
        let tag = etag(REGRADE, after.version);
        Ok(tx.commit(Answer::ok(Regrade::from(after)).etag(tag)).await?)
    }

    /// Questions are marked as they were before; what was marked otherwise is left to a job.
    async fn put_back(&self, tx: &mut Tx, row: &Model, action: &'static str) -> Result<Model, AssessmentError> {
        let after = Model {
            state: State::Reverting,
            position: None,
            done: 0,
            since: tx.now(),
            finished_at: None,
            version: row.version + 1,
            updated_at: tx.now(),
            ..row.clone()
        };
        let change = Change::of(row, tx.now())
            .to(State::Reverting)
            .set(Column::Position, None::<AttemptId>)
            .set(Column::Done, 0_i64)
            .set(Column::Since, tx.now())
            .set(Column::FinishedAt, None::<chrono::DateTime<chrono::Utc>>);
        if !change.apply(tx.conn()).await? {
            return Err(AssessmentError::Stale);
        }
        regrades::adjust(tx.conn(), (row.school_id, row.test_id), row.adjustments_before.clone()).await?;
        tx.invalidate(tag(row.school_id));
        tx.enqueue(jobs::regrade_of(&after));
        tx.audit(audit(action, row).before(facts(row)).after(facts(&after)));
        Ok(after)
    }
}

/// What is done about which questions: as asked, or by the present keys of all.
async fn actions(
    db: &impl ConnectionTrait,
    test: &test::Model,
    wanted: Vec<RegradeQuestion>,
) -> Result<Adjustments, AssessmentError> {
    let blueprint = blueprints::resolve(db, test.clone()).await?;
    let items = blueprint.fixed.iter().chain(blueprint.pools.iter().flat_map(|pool| &pool.items));
    let mut asked: HashMap<QuestionId, i32> = items.map(|item| (item.question_id, item.revision)).collect();
    let before = test.adjustments.clone().unwrap_or_default();
    if wanted.is_empty() {
        let by_key = |(question_id, revision): (QuestionId, i32)| {
            let action = before.of(question_id).map_or(Action::CorrectedKey, |one| one.action);
            let corrects = matches!(action, Action::CorrectedKey | Action::EitherKey) && revision > 1;
            corrects.then_some(Adjustment { question_id, action, revision: Some(revision) })
        };
        let mut all: Vec<_> = asked.into_iter().filter_map(by_key).collect();
        all.sort_unstable_by_key(|one| one.question_id);
        return Ok(Adjustments(all));
    }
    let missing: Vec<_> = wanted.iter().map(|one| one.question_id).filter(|id| !asked.contains_key(id)).collect();
    // Of questions that the test does not ask any more, its own are known.
    let own = tests::questions(db, test.school_id, &missing).await?;
    asked.extend(own.into_iter().filter(|row| row.bank_id == test.bank_id).map(|row| (row.id, row.revision)));
    let mut seen = HashSet::new();
    let mut all = Vec::with_capacity(wanted.len());
    for RegradeQuestion { question_id, action } in wanted {
        let revision = *asked.get(&question_id).ok_or(AssessmentError::UnknownQuestion)?;
        if !seen.insert(question_id) {
            return Err(AssessmentError::QuestionTwice);
        }
        let revision = matches!(action, Action::CorrectedKey | Action::EitherKey).then_some(revision);
        all.push(Adjustment { question_id, action, revision });
    }
    Ok(Adjustments(all))
}

fn audit(action: &'static str, row: &Model) -> Audit {
    Audit::of(action, "regrade", row.id.uuid()).school(Some(row.school_id))
}

/// What the audit log keeps of a regrade.
fn facts(row: &Model) -> Value {
    let Model { test_id, state, dry_run, note, actions, changed, raised, lowered, .. } = row;
    json!({
        "test_id": test_id, "state": state, "dry_run": dry_run, "note": note, "questions": actions.0, "changed": changed,
        "raised": raised, "lowered": lowered,
    })
}
