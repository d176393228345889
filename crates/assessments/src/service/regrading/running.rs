//! One run of a regrade's job: it goes over the attempts that are over, batch by batch.
//!
//! A batch is marked outside of any transaction; only attempts that come out otherwise are then held and written, in a short unit of
//! work that also says how far the regrade has come, so a run that takes over after a crash begins where the last commit ended. Only
//! the latest run of a regrade may write: each counts `attempt` up, and every batch holds the regrade's row.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use lyceum_kernel::{AttemptId, SchoolId, Scope};
use lyceum_platform::jobs::JobRun;
use lyceum_platform::uow::{Tx, UnitOfWork};
use sea_orm::ConnectionTrait;

use super::jobs::{STALE, late_of};
use super::{audit, facts};
use crate::error::AssessmentError;
use crate::model::attempt::{Mark, Model as Attempt};
use crate::model::question::QuestionId;
use crate::model::regrade::{Column, Model, RegradeId, State};
use crate::model::{answer, regrade_change, test};
use crate::repo::regrades::{self, Change};
use crate::repo::{attempts, tests};
use crate::service::AssessmentsService;
use crate::service::attempts as attempts_service;
use crate::service::finishing::tell_ended;
use crate::tally;

/// Why a run ends before its regrade does.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stopped {
    /// Called off, taken over by another run, or the worker is stopping: there is nothing left to do here.
    #[error("the regrade was called off, or is another worker's now")]
    Elsewhere,
    /// Try again later.
    #[error(transparent)]
    Failed(#[from] AssessmentError),
}

impl From<sea_orm::DbErr> for Stopped {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Failed(error.into())
    }
}

impl From<lyceum_platform::PlatformError> for Stopped {
    fn from(error: lyceum_platform::PlatformError) -> Self {
        Self::Failed(error.into())
    }
}

/// How long a transaction may have been under way before it became visible.
const SLOW: TimeDelta = TimeDelta::minutes(1);

/// A run of a regrade.
struct Run<'j> {
    job: &'j JobRun,
    /// The regrade as the run found it.
    row: Model,
    /// The test, marked as the regrade wants it.
    test: test::Model,
    /// Only attempts that changed between two moments.
    between: Option<regrades::Span>,
}

impl Run<'_> {
    fn work(&self) -> UnitOfWork {
        self.job.platform().unit_of_work(self.job.cause()).acting_for(self.row.requester_id)
    }

    fn of(&self) -> (SchoolId, RegradeId) {
        (self.row.school_id, self.row.id)
    }

    /// Holds the regrade's row, if it is still this run's.
    async fn hold(&self, tx: &Tx) -> Result<Model, Stopped> {
        let row = regrades::hold(tx.conn(), self.row.school_id, self.row.id).await?;
        let mine = |row: &Model| (row.state, row.attempt) == (self.row.state, self.row.attempt);
        row.filter(mine).filter(|_| !self.job.cancelled.is_cancelled()).ok_or(Stopped::Elsewhere)
    }

    const fn puts_back(&self) -> bool {
        matches!(self.row.state, State::Reverting | State::Reverted)
    }

    /// Attempts in a batch: few enough that nobody waits for them longer than for an answer to be saved.
    fn batch(&self) -> u64 {
        if self.job.platform().db.is_postgres() { 200 } else { 50 }
    }
}

/// An attempt that comes out otherwise.
struct Remarked {
    before: Attempt,
    after: Attempt,
}

impl Remarked {
    /// Whether anybody but a statistician sees the difference.
    fn is_told(&self) -> bool {
        let told = |row: &Attempt| (row.score, row.max_score, row.passed, row.graded);
        told(&self.before) != told(&self.after)
    }

    /// The questions that did not wait for a person and do now, or the other way round.
    fn turned(&self, waits: bool) -> Vec<QuestionId> {
        let waited = |row: &Attempt, place: usize| {
            let mark: Option<&Mark> = row.marks.as_ref().and_then(|marks| marks.0.get(place));
            mark.is_some_and(|mark| mark.points.is_none())
        };
        let items = self.after.paper.0.iter().enumerate();
        let turned =
            items.filter(|(place, _)| (waited(&self.before, *place), waited(&self.after, *place)) == (!waits, waits));
        turned.map(|(_, item)| item.question_id).collect()
    }

    fn change(&self, (school_id, regrade_id): (SchoolId, RegradeId)) -> regrade_change::Model {
        let Self { before, after } = self;
        regrade_change::Model {
            school_id,
            regrade_id,
            attempt_id: after.id,
            user_id: after.user_id,
            number: after.number,
            score_before: before.score,
            score_after: after.score,
            max_score_before: before.max_score,
            max_score_after: after.max_score,
            passed_before: before.passed,
            passed_after: after.passed,
            graded_before: before.graded,
            graded_after: after.graded,
            marks_before: before.marks.clone(),
            version_after: after.version,
        }
    }
}

impl AssessmentsService {
    /// Works on a regrade until it has ended.
    pub(super) async fn run_regrade(&self, job: &JobRun, of: (SchoolId, RegradeId)) -> Result<(), Stopped> {
        let Some(run) = self.resume_regrade(job, of).await? else { return Ok(()) };
        self.remark_all(&run, run.row.position).await?;
        let mut tx = job.unit_of_work().acting_for(run.row.requester_id).begin().await?;
        let row = run.hold(&tx).await?;
        let state = if run.puts_back() { State::Reverted } else { State::Done };
        Change::of(&row, tx.now()).to(state).set(Column::FinishedAt, tx.now()).apply(tx.conn()).await?;
        tx.audit(audit("assessments.regrade_ended", &row).after(facts(&Model { state, ..row.clone() })));
        if !row.dry_run {
            tx.enqueue(late_of(&row, state));
        }
        Ok(tx.commit_quietly().await?)
    }

    /// Looks once more at attempts that were handed in while the marking changed: another node may have marked them as before.
    pub(super) async fn look_again(
        &self,
        job: &JobRun,
        (school, id): (SchoolId, RegradeId),
        state: State,
    ) -> Result<(), Stopped> {
        let db = self.platform.db.read(Scope::School(school));
        let row = regrades::find(&db, Scope::School(school), id).await?.filter(|row| row.state == state);
        let Some(row) = row else { return Ok(()) };
        let between = Some((row.since - SLOW, row.since + STALE));
        let Some(test) = tests::any(&db, Scope::School(school), row.test_id).await? else { return Ok(()) };
        if test.adjustments.clone().unwrap_or_default() != row.aim() {
            // A later regrade looks at them.
            return Ok(());
        }
        let run = Run { job, row, test, between };
        self.remark_all(&run, None).await
    }

    /// Makes this run the latest. Nothing if there is nothing to do.
    async fn resume_regrade<'j>(
        &self,
        job: &'j JobRun,
        (school, id): (SchoolId, RegradeId),
    ) -> Result<Option<Run<'j>>, Stopped> {
        let tx = job.platform().unit_of_work(job.cause()).begin().await?;
        let row = regrades::hold(tx.conn(), school, id).await?.filter(|row| row.state.at_work());
        let Some(row) = row else { return Ok(None) };
        let test = tests::any(tx.conn(), Scope::School(school), row.test_id).await?;
        let Some(test) = test else { return Ok(None) };
        let total = regrades::count_attempts(tx.conn(), (school, row.test_id)).await?;
        let total = i64::try_from(total).unwrap_or(i64::MAX);
        let state = if row.state == State::Queued { State::Running } else { row.state };
        let started_at = row.started_at.unwrap_or(tx.now());
        let change = Change::of(&row, tx.now())
            .to(state)
            .set(Column::StartedAt, started_at)
            .set(Column::Attempt, row.attempt + 1)
            .set(Column::Total, total);
        if !change.apply(tx.conn()).await? {
            return Err(Stopped::Elsewhere);
        }
        tx.commit_quietly().await?;
        let row = Model { state, attempt: row.attempt + 1, ..row };
        let test = test::Model { adjustments: Some(row.aim()), ..test };
        Ok(Some(Run { job, row, test, between: None }))
    }

    async fn remark_all(&self, run: &Run<'_>, mut position: Option<AttemptId>) -> Result<(), Stopped> {
        let of = (run.row.school_id, run.row.test_id);
        loop {
            let began = Instant::now();
            let db = self.platform.db.read(Scope::School(of.0));
            let rows = regrades::attempts_behind(&db, of, (position, run.between), run.batch()).await?;
            let Some(last) = rows.last().map(|row| row.id) else { return Ok(()) };
            let looked_at = i64::try_from(rows.len()).unwrap_or(i64::MAX);
            let changed = self.remark(&db, run, rows).await?;
            self.write_batch(run, changed, (last, looked_at)).await?;
            position = Some(last);
            if !self.platform.db.is_postgres() {
                // SQLite has one writer: others come in between.
                tokio::time::sleep((began.elapsed() / 3).clamp(Duration::from_millis(1), Duration::from_millis(50)))
                    .await;
            }
        }
    }

    /// Marks some attempts anew; those that come out otherwise. Two queries, whatever their number.
    async fn remark(
        &self,
        db: &impl ConnectionTrait,
        run: &Run<'_>,
        rows: Vec<Attempt>,
    ) -> Result<Vec<Remarked>, AssessmentError> {
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let mut answers: HashMap<AttemptId, Vec<answer::Model>> = HashMap::new();
        for answer in regrades::answers(db, run.row.school_id, &ids).await? {
            answers.entry(answer.attempt_id).or_default().push(answer);
        }
        let former = if run.puts_back() { regrades::changes_of(db, run.of(), &ids).await? } else { Vec::new() };
        let former: HashMap<_, _> = former.into_iter().map(|change| (change.attempt_id, change)).collect();
        let mut changed = Vec::new();
        for before in rows {
            let exact = former.get(&before.id).filter(|change| change.version_after == before.version);
            let after = if let Some(change) = exact {
                as_it_was(&before, change)
            } else {
                let saved = answers.remove(&before.id).unwrap_or_default();
                self.graded(db, &run.test, before.clone(), &saved).await?.0
            };
            let after = Attempt { version: before.version + 1, ..after };
            let of = |row: &Attempt| (row.marks.clone(), row.score, row.max_score, row.passed, row.graded);
            if of(&before) != of(&after) {
                changed.push(Remarked { before, after });
            }
        }
        Ok(changed)
    }

    /// Writes what has come out otherwise, unless it is a dry run, and how far the regrade has come.
    async fn write_batch(
        &self,
        run: &Run<'_>,
        mut changed: Vec<Remarked>,
        (last, looked_at): (AttemptId, i64),
    ) -> Result<(), Stopped> {
        if run.between.is_some() && changed.is_empty() {
            return Ok(());
        }
        let mut tx = run.work().begin().await?;
        let row = run.hold(&tx).await?;
        if !row.dry_run {
            changed = self.still_so(&tx, run, changed).await?;
            for one in &mut changed {
                one.after.updated_at = tx.now();
                write(&mut tx, &run.test, one).await?;
            }
        }
        let count = |which: fn(&Remarked) -> bool| i64::try_from(changed.iter().filter(|one| which(one)).count());
        let count = |which| count(which).unwrap_or(i64::MAX);
        let mut change = Change::of(&row, tx.now());
        if run.between.is_none() {
            change = change.set(Column::Position, Some(last)).set(Column::Done, row.done + looked_at);
        }
        if !run.puts_back() {
            let rows = changed.iter().map(|one| one.change(run.of())).collect();
            let new = note(&tx, run, rows).await?;
            change = change
                .set(Column::Changed, row.changed + new)
                .set(Column::Raised, row.raised + count(|one| one.after.score > one.before.score))
                .set(Column::Lowered, row.lowered + count(|one| one.after.score < one.before.score));
        }
        if !change.apply(tx.conn()).await? {
            return Err(Stopped::Elsewhere);
        }
        Ok(tx.commit_quietly().await?)
    }

    /// Holds the attempts that are to be written. Those that somebody else has changed meanwhile are marked once more.
    async fn still_so(&self, tx: &Tx, run: &Run<'_>, changed: Vec<Remarked>) -> Result<Vec<Remarked>, AssessmentError> {
        let ids: Vec<_> = changed.iter().map(|one| one.before.id).collect();
        let held = regrades::hold_attempts(tx.conn(), run.row.school_id, &ids).await?;
        let versions: HashMap<_, _> = held.iter().map(|row| (row.id, row.version)).collect();
        let (mut same, others): (Vec<_>, Vec<_>) =
            changed.into_iter().partition(|one| versions.get(&one.before.id) == Some(&one.before.version));
        if !others.is_empty() {
            let stale = |row: &Attempt| others.iter().any(|one| one.before.id == row.id);
            let rows = held.into_iter().filter(stale).collect();
            same.extend(self.remark(tx.conn(), run, rows).await?);
        }
        Ok(same)
    }
}

/// Writes an attempt that comes out otherwise, and tells of it.
async fn write(tx: &mut Tx, test: &test::Model, one: &Remarked) -> Result<(), AssessmentError> {
    let of = (one.after.school_id, one.after.id);
    attempts::write(tx.conn(), &one.after).await?;
    for waits in [true, false] {
        regrades::await_marking(tx.conn(), of, (one.turned(waits), waits)).await?;
    }
    if one.is_told() {
        let entry = attempts_service::audit("assessments.attempt_regraded", &one.after);
        tx.audit(entry.before(attempts_service::facts(&one.before)).after(attempts_service::facts(&one.after)));
        tell_ended(tx, test, &one.after);
    }
    Ok(())
}

/// Notes what changes; how many attempts had not changed before.
async fn note(tx: &Tx, run: &Run<'_>, rows: Vec<regrade_change::Model>) -> Result<i64, AssessmentError> {
    let ids: Vec<_> = rows.iter().map(|row| row.attempt_id).collect();
    let there = regrades::changes_of(tx.conn(), run.of(), &ids).await?;
    let (old, new): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| there.iter().any(|there| there.attempt_id == row.attempt_id));
    for row in &old {
        regrades::amend_change(tx.conn(), row).await?;
    }
    let count = i64::try_from(new.len()).unwrap_or(i64::MAX);
    regrades::insert_changes(tx.conn(), new).await?;
    Ok(count)
}

/// An attempt as it was before a regrade changed it.
fn as_it_was(row: &Attempt, change: &regrade_change::Model) -> Attempt {
    let marks = change.marks_before.clone();
    Attempt {
        tally: marks.as_ref().map(|marks| tally::encode(&row.paper, marks)),
        marks,
        score: change.score_before,
        max_score: change.max_score_before,
        passed: change.passed_before,
        graded: change.graded_before,
        ..row.clone()
    }
}
