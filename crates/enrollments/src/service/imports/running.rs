//! One run of an import's job: it goes over the rows and writes what comes of them, batch by batch.
//!
//! Each batch is a short unit of work that also says how far the import has come, so a run that takes over after a crash begins
//! where the last commit ended. Only the latest run of an import may write: each counts `attempt` up, and every batch holds the
//! import's row. Whoever calls it off changes its state in the same way.

use std::collections::{HashMap, HashSet};

use lyceum_kernel::{CourseId, SchoolId, Scope, UserId};
use lyceum_platform::jobs::JobRun;
use lyceum_platform::uow::{Audit, Tx, UnitOfWork};
use lyceum_web::tabular::RowFault;
use serde_json::json;

use super::judging::{Decision, Rules, judge, meant};
use super::{count, faulty};
use crate::error::EnrollmentError;
use crate::model::enrollment::{self, Role};
use crate::model::import::{Column, EnrollmentImportId, Model, State, Step};
use crate::model::import_row::{self, What};
use crate::repo::imports::{self, Change};
use crate::repo::{enrollments, settings};
use crate::service::EnrollmentsService;

/// Rows judged at a time.
const PIECE: u64 = 500;

/// What came, or would come, of an import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) created: i64,
    pub(super) updated: i64,
    pub(super) unchanged: i64,
    pub(super) withdrawn: i64,
    pub(super) waiting: i64,
    pub(super) skipped: i64,
}

impl Counts {
    /// Adds them to what is written.
    pub(super) fn onto(self, change: Change, row: &Model) -> Change {
        change
            .set(Column::Created, row.created + self.created)
            .set(Column::Updated, row.updated + self.updated)
            .set(Column::Unchanged, row.unchanged + self.unchanged)
            .set(Column::Withdrawn, row.withdrawn + self.withdrawn)
            .set(Column::Waiting, row.waiting + self.waiting)
            .set(Column::Skipped, row.skipped + self.skipped)
    }

    pub(super) const fn add(&mut self, decision: Decision) {
        match decision {
            Decision::TakeIn => self.created += 1,
            Decision::Change => self.updated += 1,
            Decision::Withdraw => self.withdrawn += 1,
            Decision::Leave => self.unchanged += 1,
        }
    }
}

/// Why a run ends before its import does.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stopped {
    /// Called off, taken over by another run, or the worker is stopping: there is nothing left to do here.
    #[error("the import was called off, or is another worker's now")]
    Elsewhere,
    /// Try again later.
    #[error(transparent)]
    Failed(#[from] EnrollmentError),
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

/// A run of an import.
pub(super) struct Run<'j> {
    pub(super) job: &'j JobRun,
    pub(super) school: SchoolId,
    pub(super) id: EnrollmentImportId,
    pub(super) importer: UserId,
    pub(super) inviting: bool,
    attempt: i32,
    pub(super) rules: Rules,
}

impl Run<'_> {
    /// A unit of work of whoever imports.
    pub(super) fn work(&self) -> UnitOfWork {
        self.job.platform().unit_of_work(self.job.cause()).acting_for(self.importer)
    }

    /// The run's last unit of work.
    pub(super) fn last_work(&self) -> UnitOfWork {
        self.job.unit_of_work().acting_for(self.importer)
    }

    /// Holds the import's row, if it is still this run's.
    pub(super) async fn hold(&self, tx: &Tx) -> Result<Model, Stopped> {
        let row = imports::find_locked(tx.conn(), self.school, self.id).await?;
        let mine = |row: &Model| row.state == State::Running && row.attempt == self.attempt;
        row.filter(mine).filter(|_| !self.job.cancelled.is_cancelled()).ok_or(Stopped::Elsewhere)
    }
}

/// What was seen of the rows so far.
#[derive(Default)]
struct Seen {
    /// On which line somebody and a course stand.
    pairs: HashMap<(UserId, CourseId), i64>,
    /// How many places are left in the courses that have no waiting line.
    room: HashMap<CourseId, Option<i64>>,
}

impl EnrollmentsService {
    /// Works on an import until it has ended.
    pub(super) async fn run_import(
        &self,
        job: &JobRun,
        school: SchoolId,
        id: EnrollmentImportId,
    ) -> Result<(), Stopped> {
        let Some((step, run)) = self.resume_import(job, school, id).await? else { return Ok(()) };
        if step == Step::Checking && !self.check_import(&run).await? {
            return Ok(());
        }
        self.apply_import(&run).await
    }

    /// Makes this run the latest. Nothing if there is nothing to do.
    async fn resume_import<'j>(
        &self,
        job: &'j JobRun,
        school: SchoolId,
        id: EnrollmentImportId,
    ) -> Result<Option<(Step, Run<'j>)>, Stopped> {
        let tx = job.platform().unit_of_work(job.cause()).begin().await?;
        let Some(row) = imports::find_locked(tx.conn(), school, id).await? else { return Ok(None) };
        if row.ended() || row.state == State::Receiving {
            return Ok(None);
        }
        let step = row.step.unwrap_or(Step::Checking);
        let mut change = Change::of(&row, tx.now())
            .to(State::Running)
            .set(Column::StartedAt, row.started_at.unwrap_or(tx.now()))
            .set(Column::Attempt, row.attempt + 1)
            .set(Column::Step, step);
        if step == Step::Checking {
            // Begun again from the first row; what was found to be wrong stays noted.
            change = change.set(Column::Line, -1_i64).set(Column::RowsDone, 0_i64);
            change = Counts::default().onto(change, &blank_counts(&row));
        }
        if !change.apply(tx.conn()).await? {
            return Err(Stopped::Elsewhere);
        }
        tx.commit_quietly().await?;
        let rules = self.rules_of(school, &row).await?;
        let (importer, inviting, attempt) = (row.importer_id, row.inviting, row.attempt + 1);
        Ok(Some((step, Run { job, school, id, importer, inviting, attempt, rules })))
    }

    /// Which courses are the importer's now.
    async fn rules_of(&self, school: SchoolId, row: &Model) -> Result<Rules, EnrollmentError> {
        let mut teaches = HashSet::new();
        if !row.manages {
            teaches.extend(self.neighbours.courses.taught_by(school, row.importer_id).await?);
            let db = self.platform.db.read(Scope::School(school));
            let now = self.platform.clock.now();
            let role = Some(Role::Teacher);
            teaches.extend(enrollments::courses_of(&db, (school, row.importer_id), role, now).await?);
        }
        Ok(Rules { manages: row.manages, teaches })
    }

    /// Judges every row. Whether the rows are to be applied now; if not, the import has ended.
    async fn check_import(&self, run: &Run<'_>) -> Result<bool, Stopped> {
        let mut seen = Seen::default();
        let mut line = -1;
        loop {
            let db = self.platform.db.read(Scope::School(run.school));
            let rows = imports::rows_behind(&db, run.school, run.id, line, PIECE).await?;
            let Some(last) = rows.last().map(|row| row.line) else { break };
            let done = count(rows.len());
            let (faults, counts) = self.check_rows(run, rows, &mut seen).await?;
            let tx = run.work().begin().await?;
            let row = run.hold(&tx).await?;
            let change = counts.onto(Change::of(&row, tx.now()), &row);
            change
                .set(Column::Line, last)
                .set(Column::RowsDone, row.rows_done + done)
                .set(Column::Faults, row.faults + count(faults.len()))
                .apply(tx.conn())
                .await?;
            imports::note_faults(tx.conn(), faults).await?;
            tx.commit_quietly().await?;
            line = last;
        }
        self.conclude_check(run).await
    }

    /// Judges some rows: those that are faulty, and what would come of the others.
    async fn check_rows(
        &self,
        run: &Run<'_>,
        rows: Vec<import_row::Model>,
        seen: &mut Seen,
    ) -> Result<(Vec<import_row::Model>, Counts), EnrollmentError> {
        let known = self.known(run.school, &rows).await?;
        let sound = rows.iter().filter(|row| row.fault_code.is_none() && row.what != What::Nothing);
        let found: HashMap<i64, _> = sound.map(|row| (row.line, meant(row, &known, &run.rules))).collect();
        let pairs: Vec<_> = found.values().filter_map(|found| found.as_ref().ok()).cloned().collect();
        let db = self.platform.db.read(Scope::School(run.school));
        let users: Vec<_> = pairs.iter().map(|meant| meant.user).collect();
        let courses: Vec<_> = pairs.iter().map(|meant| meant.course).collect();
        let there = enrollments::of_people(&db, run.school, &courses, &users).await?;
        let there: HashMap<_, _> = there.into_iter().map(|row| ((row.user_id, row.course_id), row)).collect();
        self.look_for_room(run.school, &courses, seen).await?;
        let (mut faults, mut counts) = (Vec::new(), Counts::default());
        for row in rows {
            let Some(found) = found.get(&row.line) else {
                counts.skipped += 1;
                continue;
            };
            let decided = found.clone().and_then(|meant| {
                let pair = (meant.user, meant.course);
                let before = *seen.pairs.entry(pair).or_insert(row.line);
                if before != row.line {
                    return Err(RowFault::new("duplicate", format!("is about the same as line {before}")));
                }
                let decision = judge(&row, &meant, there.get(&pair))?;
                take_room(decision, &row, &meant.course, seen)?;
                Ok(decision)
            });
            match decided {
                Ok(decision) => counts.add(decision),
                Err(fault) => {
                    counts.skipped += 1;
                    faults.push(faulty(row, fault));
                }
            }
        }
        Ok((faults, counts))
    }

    /// Notes how many places are left in courses that were not looked at yet.
    async fn look_for_room(
        &self,
        school: SchoolId,
        courses: &[CourseId],
        seen: &mut Seen,
    ) -> Result<(), EnrollmentError> {
        let new: HashSet<_> = courses.iter().copied().filter(|course| !seen.room.contains_key(course)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let new: Vec<_> = new.into_iter().collect();
        seen.room.extend(new.iter().map(|course| (*course, None)));
        for row in settings::find_many(&self.platform.db.read(Scope::School(school)), school, &new).await? {
            let left = row.capacity.map(|capacity| (capacity - row.taken - row.waiting).max(0));
            seen.room.insert(row.course_id, left.filter(|_| !row.waiting_list));
        }
        Ok(())
    }

    /// Goes on to the next step, or ends the import.
    async fn conclude_check(&self, run: &Run<'_>) -> Result<bool, Stopped> {
        let mut tx = run.work().begin().await?;
        let row = run.hold(&tx).await?;
        let whole = imports::rows_behind(tx.conn(), run.school, run.id, -1, 1).await?;
        let unreadable = whole.first().is_some_and(|row| row.line == 0);
        let faulty = unreadable || (row.faults > 0 && !row.skip_faulty);
        if row.dry_run || faulty {
            self.end_import(&mut tx, &row, if faulty { State::Failed } else { State::Done }).await?;
            tx.commit_quietly().await?;
            return Ok(false);
        }
        let change = Change::of(&row, tx.now()).set(Column::Step, Step::Applying).set(Column::Line, -1_i64);
        let change = Counts::default().onto(change, &blank_counts(&row));
        change.set(Column::RowsDone, 0_i64).apply(tx.conn()).await?;
        tx.commit_quietly().await?;
        Ok(true)
    }

    /// Ends an import within a unit of work. Rows that are not faulty, nobody looks at any more.
    pub(super) async fn end_import(&self, tx: &mut Tx, row: &Model, state: State) -> Result<(), EnrollmentError> {
        imports::forget_rows(tx.conn(), row.school_id, row.id, i64::MAX).await?;
        let change = Change::of(row, tx.now()).to(state).set(Column::FinishedAt, tx.now());
        change.apply(tx.conn()).await?;
        let audit = Audit::of("enrollments.import_ended", "enrollment_import", row.id.uuid());
        tx.audit(audit.school(Some(row.school_id)).after(json!({
            "state": state, "faults": row.faults, "created": row.created, "updated": row.updated,
            "unchanged": row.unchanged, "withdrawn": row.withdrawn, "waiting": row.waiting, "skipped": row.skipped,
        })));
        Ok(())
    }
}

/// Takes a place for a student who comes in, where the course has a last one and nobody may wait.
fn take_room(decision: Decision, row: &import_row::Model, course: &CourseId, seen: &mut Seen) -> Result<(), RowFault> {
    if decision != Decision::TakeIn || row.role != Role::Student {
        return Ok(());
    }
    match seen.room.get_mut(course) {
        Some(Some(0)) => Err(RowFault::new("course-full", "has no place left").at("course_code")),
        Some(Some(left)) => {
            *left -= 1;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The import with nothing counted.
fn blank_counts(row: &Model) -> Model {
    Model { created: 0, updated: 0, unchanged: 0, withdrawn: 0, waiting: 0, skipped: 0, ..row.clone() }
}

/// The enrolments of a batch by whom and what they are about.
pub(super) type There = HashMap<(UserId, CourseId), enrollment::Model>;
