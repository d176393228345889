//! One run of an import's job: it reads the file and writes what comes of it, batch by batch.
//!
//! Each batch is a short unit of work that also says how far the import has come, so a run that takes over after a crash begins
//! where the last commit ended. Only the latest run of an import may write: each counts `attempt` up, and every batch holds the
//! import's row. Whoever calls it off changes its state in the same way.

use std::collections::HashSet;

use bytes::Bytes;
use lyceum_kernel::{Principal, SchoolId, Scope};
use lyceum_platform::jobs::JobRun;
use lyceum_platform::uow::{Audit, Tx, UnitOfWork};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::authority::Authority;
use super::checking::Seen;
use super::judging::{Decision, Rules};
use super::row::{Person, Placed, Row, RowFault, stored};
use super::source::Source;
use super::{CHUNK_PURPOSE, imported};
use crate::error::TenancyError;
use crate::model::import::{Column, Format, ImportId, Model, State, Step};
use crate::model::school;
use crate::repo::imports::{self, Change};
use crate::repo::{memberships, schools};
use crate::service::TenancyService;

/// Rows that are read and judged at a time.
const PIECE: usize = 256;

/// What came, or would come, of an import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) created: i64,
    pub(super) offered: i64,
    pub(super) updated: i64,
    pub(super) unchanged: i64,
    pub(super) skipped: i64,
    pub(super) groups_created: i64,
    pub(super) group_changes: i64,
}

impl Counts {
    /// Counts what becomes of somebody. Whether an address was known is not to be seen: what counts is whether its owner is asked
    /// by mail.
    pub(super) fn add(&mut self, decision: &Decision, person: &Person) {
        let counter = match decision {
            Decision::Add(_) if person.password.is_some() => &mut self.created,
            Decision::Add(_) => &mut self.offered,
            Decision::Change(_) | Decision::KeepOut(_) => &mut self.updated,
            Decision::Leave(_) => &mut self.unchanged,
            Decision::Ignore => &mut self.skipped,
        };
        *counter += 1;
    }

    /// People who need a seat.
    pub(super) const fn newcomers(&self) -> i64 {
        self.created + self.offered
    }

    /// Adds them to what is written.
    pub(super) fn onto(self, change: Change, row: &Model) -> Change {
        change
            .set(Column::Created, row.created + self.created)
            .set(Column::Offered, row.offered + self.offered)
            .set(Column::Updated, row.updated + self.updated)
            .set(Column::Unchanged, row.unchanged + self.unchanged)
            .set(Column::Skipped, row.skipped + self.skipped)
            .set(Column::GroupsCreated, row.groups_created + self.groups_created)
            .set(Column::GroupChanges, row.group_changes + self.group_changes)
    }
}

/// Why a run ends before its import does.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stopped {
    /// Called off, taken over by another run, or the worker is stopping: there is nothing left to do here.
    #[error("the import was called off, or is another worker's now")]
    Elsewhere,
    /// Nothing more can be done about this import.
    #[error("the import cannot go on")]
    Impossible(Placed),
    /// Something is away; another try may succeed.
    #[error(transparent)]
    Failed(#[from] TenancyError),
}

impl From<lyceum_platform::PlatformError> for Stopped {
    fn from(error: lyceum_platform::PlatformError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<sea_orm::DbErr> for Stopped {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Failed(error.into())
    }
}

/// One run.
pub(super) struct Run<'j> {
    pub(super) job: &'j JobRun,
    pub(super) school: SchoolId,
    pub(super) id: ImportId,
    attempt: i32,
    pub(super) who: Principal,
    pub(super) default_role: String,
    pub(super) source: Source,
    /// Rows that were found to be faulty: file and line.
    pub(super) faulty: HashSet<(Option<String>, Option<i64>)>,
}

impl Run<'_> {
    /// A unit of work of the importer's.
    pub(super) fn work(&self) -> UnitOfWork {
        self.job.platform().unit_of_work(self.job.cause()).acting_as(&self.who)
    }

    pub(super) fn rules(&self) -> Rules<'_> {
        Rules { who: &self.who, default_role: &self.default_role }
    }

    /// Holds the import's row, if it is still this run's.
    pub(super) async fn hold(&self, tx: &Tx) -> Result<Model, Stopped> {
        let row = imports::find_locked(tx.conn(), self.school, self.id).await?;
        let mine = |row: &Model| row.state == State::Running && row.attempt == self.attempt;
        row.filter(mine).filter(|_| !self.job.cancelled.is_cancelled()).ok_or(Stopped::Elsewhere)
    }

    /// The same, with the school, which must be one that the importer may still write to.
    pub(super) async fn hold_school(&self, tx: &Tx) -> Result<(Model, school::Model), Stopped> {
        let row = self.hold(tx).await?;
        let refused = |code, reason| Stopped::Impossible(Placed::whole(None, RowFault::new(code, reason)));
        let found = schools::find(tx.conn(), self.school).await?.filter(school::Model::writable);
        let found = found.ok_or_else(|| refused("school-read-only", "the school can only be read now"))?;
        if !crate::policy::is_platform_staff(&self.who) {
            let member = memberships::find(tx.conn(), self.school, self.who.user_id).await?;
            if !member.is_some_and(|member| member.may_enter()) {
                return Err(refused("importer-gone", "whoever imports is not a member of the school any more"));
            }
        }
        Ok((row, found))
    }

    /// The rows behind the first `skip`, read by a thread of its own, a piece at a time.
    pub(super) fn rows(&self, skip: i64) -> (mpsc::Receiver<Vec<Row>>, JoinHandle<Result<Format, Placed>>) {
        let (sender, receiver) = mpsc::channel(2);
        let source = self.source.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let (mut left, mut piece) = (skip, Vec::with_capacity(PIECE));
            let format = source.walk(&mut |row| {
                if left > 0 {
                    left -= 1;
                    return true;
                }
                piece.push(row);
                piece.len() < PIECE || sender.blocking_send(std::mem::take(&mut piece)).is_ok()
            })?;
            // Whoever does not listen any more does not miss it.
            let _ = if piece.is_empty() { Ok(()) } else { sender.blocking_send(piece) };
            Ok(format)
        });
        (receiver, reading)
    }
}

impl TenancyService {
    /// Works on an import until it has ended.
    pub(super) async fn run_import(&self, job: &JobRun, school: SchoolId, id: ImportId) -> Result<(), Stopped> {
        let Some((row, mut run)) = self.resume_import(job, school, id).await? else { return Ok(()) };
        let worked = self.work_through(&mut run, &row).await;
        let Err(Stopped::Impossible(fault)) = worked else { return worked };
        let mut tx = run.job.unit_of_work().acting_as(&run.who).begin().await?;
        let row = run.hold(&tx).await?;
        imports::insert_faults(tx.conn(), vec![stored(fault, school, id, row.faults + 1)]).await?;
        let row = Model { faults: row.faults + 1, ..row };
        self.end_import(&mut tx, &row, State::Failed).await?;
        Ok(tx.commit_quietly().await?)
    }

    async fn work_through(&self, run: &mut Run<'_>, row: &Model) -> Result<(), Stopped> {
        if row.step != Some(Step::Applying) && !self.check_import(run).await? {
            return Ok(());
        }
        let db = self.platform.db.read(Scope::School(run.school));
        run.faulty = imports::faulty_lines(&db, run.school, run.id).await?.into_iter().collect();
        self.apply_import(run).await
    }

    /// Makes this run the latest. Nothing if there is nothing to do.
    async fn resume_import<'j>(
        &self,
        job: &'j JobRun,
        school: SchoolId,
        id: ImportId,
    ) -> Result<Option<(Model, Run<'j>)>, Stopped> {
        let mut tx = job.platform().unit_of_work(job.cause()).begin().await?;
        let Some(row) = imports::find_locked(tx.conn(), school, id).await? else { return Ok(None) };
        if row.ended() || row.state == State::Receiving {
            return Ok(None);
        }
        let Some(who) = Authority::principal(&row) else { return Ok(None) };
        let Some(found) = schools::find(tx.conn(), school).await? else { return Ok(None) };
        let default_role = row.default_role.clone().unwrap_or_else(|| self.joining_role(&found));
        let started = row.started_at.unwrap_or(tx.now());
        let step = row.step.unwrap_or(Step::Checking);
        let change = Change::of(&row, tx.now()).to(State::Running).set(Column::StartedAt, started);
        let change = change.set(Column::Attempt, row.attempt + 1).set(Column::Step, step);
        if !change.apply(tx.conn()).await? {
            return Err(Stopped::Elsewhere);
        }
        let row = Model { attempt: row.attempt + 1, state: State::Running, step: Some(step), ..row };
        self.tell_progress(&mut tx, &row);
        tx.commit_quietly().await?;
        let source = self.file_of(school, id).await?;
        let run = Run { job, school, id, attempt: row.attempt, who, default_role, source, faulty: HashSet::new() };
        Ok(Some((row, run)))
    }

    /// The file, put together again.
    async fn file_of(&self, school: SchoolId, id: ImportId) -> Result<Source, Stopped> {
        let db = self.platform.db.read(Scope::School(school));
        let mut bytes = Vec::new();
        let mut number = 0;
        while let Some(chunk) = imports::chunk(&db, school, id, number).await? {
            let damaged =
                || Stopped::Impossible(Placed::whole(None, RowFault::new("file-lost", "cannot be opened any more")));
            let plain = self.platform.keyring.open(CHUNK_PURPOSE, &chunk.sealed).ok_or_else(damaged)?;
            bytes.extend_from_slice(&plain);
            number += 1;
        }
        Ok(Source::new(Bytes::from(bytes)))
    }

    /// Judges every row. Whether the rows are to be applied now; if not, the import has ended.
    async fn check_import(&self, run: &Run<'_>) -> Result<bool, Stopped> {
        self.begin_again(run).await?;
        let mut seen = Seen::default();
        let (mut pieces, reading) = run.rows(0);
        while let Some(rows) = pieces.recv().await {
            let mut tx = run.work().begin().await?;
            let row = run.hold(&tx).await?;
            let faults = self.check_rows(&tx, run.school, &rows, &run.rules(), &mut seen).await?;
            let number = row.faults;
            let found = number + i64::try_from(faults.len()).unwrap_or_default();
            let change = Change::of(&row, tx.now()).set(Column::RowsDone, seen.rows).set(Column::Faults, found);
            let faults = (number + 1..).zip(faults).map(|(number, fault)| stored(fault, run.school, run.id, number));
            imports::insert_faults(tx.conn(), faults.collect()).await?;
            change.apply(tx.conn()).await?;
            self.tell_progress(&mut tx, &Model { rows_done: seen.rows, faults: found, ..row });
            tx.commit_quietly().await?;
        }
        let format = match reading.await {
            Ok(Ok(format)) => format,
            Ok(Err(fault)) => return Err(Stopped::Impossible(fault)),
            Err(_) => return Err(TenancyError::Raced.into()),
        };
        self.conclude_check(run, &seen, format).await
    }

    /// A run that died while it was checking left faults that will be found again.
    async fn begin_again(&self, run: &Run<'_>) -> Result<(), Stopped> {
        loop {
            let tx = run.work().begin().await?;
            let row = run.hold(&tx).await?;
            let gone = imports::delete_some_faults(tx.conn(), run.school, run.id).await?;
            if gone == 0 && row.faults == 0 {
                return Ok(());
            }
            Change::of(&row, tx.now()).set(Column::Faults, 0_i64).apply(tx.conn()).await?;
            tx.commit_quietly().await?;
        }
    }

    /// Takes the seats and goes on to the next step, or ends the import.
    async fn conclude_check(&self, run: &Run<'_>, seen: &Seen, format: Format) -> Result<bool, Stopped> {
        let mut tx = run.work().begin().await?;
        let (row, school) = run.hold_school(&tx).await?;
        let faulty = row.faults > 0 && !row.skip_faulty;
        let change = Change::of(&row, tx.now()).set(Column::Format, format).set(Column::RowsTotal, seen.rows);
        let row = Model { rows_total: Some(seen.rows), ..row };
        if row.dry_run || faulty {
            let change = if row.dry_run { seen.counts.onto(change, &row) } else { change };
            change.apply(tx.conn()).await?;
            let left = school.seat_limit.map(|limit| limit - school.seats_used);
            if row.dry_run && left.is_some_and(|left| left < seen.counts.newcomers()) {
                tx.commit_quietly().await?;
                return Err(no_seats(seen.counts.newcomers()));
            }
            self.end_import(&mut tx, &row, if faulty { State::Failed } else { State::Done }).await?;
            tx.commit_quietly().await?;
            return Ok(false);
        }
        let seats = seen.counts.newcomers();
        if seats > 0 {
            match self.reserve_seats(&mut tx, run.school, seats).await {
                Err(TenancyError::NoSeatLeft) => return Err(no_seats(seats)),
                other => other?,
            }
        }
        let change = change.set(Column::SeatsReserved, seats).set(Column::Step, Step::Applying);
        change.set(Column::RowsDone, 0_i64).apply(tx.conn()).await?;
        self.tell_progress(&mut tx, &Model { rows_done: 0, step: Some(Step::Applying), ..row });
        tx.commit_quietly().await?;
        Ok(true)
    }

    /// Ends an import within a unit of work: seats that nobody needed go back, and the file is forgotten.
    pub(super) async fn end_import(&self, tx: &mut Tx, row: &Model, state: State) -> Result<(), TenancyError> {
        if row.seats_reserved > 0 {
            self.return_seats(tx, row.school_id, row.seats_reserved).await?;
        }
        imports::delete_chunks(tx.conn(), row.school_id, row.id).await?;
        let change = Change::of(row, tx.now()).to(state).set(Column::SeatsReserved, 0_i64);
        change.set(Column::Faults, row.faults).set(Column::FinishedAt, tx.now()).apply(tx.conn()).await?;
        let audit = Audit::of("tenancy.import_ended", "import", row.id.uuid()).school(Some(row.school_id));
        tx.audit(audit.after(json!({ "state": state, "faults": row.faults, "result": imported(row) })));
        self.tell_progress(tx, &Model { state, ..row.clone() });
        Ok(())
    }
}

fn no_seats(needed: i64) -> Stopped {
    let reason = "people would join, and the school has not as many seats left";
    Stopped::Impossible(Placed::whole(None, RowFault::new("no-seat-left", reason).value(&needed.to_string())))
}
