//! The second step: rows become enrolments, in small batches that hold nobody up.

use std::time::Instant;

use lyceum_kernel::{ErrorKind, Scope, ServiceError as _};
use lyceum_platform::jobs::Pace;
use lyceum_platform::uow::Tx;
use lyceum_web::tabular::RowFault;

use super::judging::{Decision, Known, Meant, dated, judge, meant};
use super::running::{Counts, Run, Stopped, There};
use super::{count, faulty};
use crate::error::EnrollmentError;
use crate::model::enrollment::{Means, Model, Status};
use crate::model::import::{Column, State};
use crate::model::import_row::{self, What};
use crate::policy::Actor;
use crate::repo::enrollments;
use crate::repo::imports::{self, Change};
use crate::service::EnrollmentsService;
use crate::service::desk::{Desk, Desks, Wish};
use crate::service::enrollments::{blank, check_dates};

/// What a batch is about to write.
#[derive(Default)]
struct Batch {
    counts: Counts,
    faults: Vec<import_row::Model>,
    /// New enrolments, in one statement.
    new: Vec<Model>,
}

impl EnrollmentsService {
    /// Applies every row that is left, and ends the import.
    pub(super) async fn apply_import(&self, run: &Run<'_>) -> Result<(), Stopped> {
        let mut line = {
            let tx = run.work().begin().await?;
            run.hold(&tx).await?.line
        };
        let mut pace = Pace::of(&self.platform.db);
        loop {
            let began = Instant::now();
            let db = self.platform.db.read(Scope::School(run.school));
            let rows = imports::rows_behind(&db, run.school, run.id, line, pace.size()).await?;
            let Some(last) = rows.last().map(|row| row.line) else { break };
            self.apply_rows(run, rows, last).await?;
            line = last;
            pace.after(began.elapsed()).await;
        }
        let mut tx = run.last_work().begin().await?;
        let row = run.hold(&tx).await?;
        self.end_import(&mut tx, &row, State::Done).await?;
        Ok(tx.commit_quietly().await?)
    }

    async fn apply_rows(&self, run: &Run<'_>, rows: Vec<import_row::Model>, last: i64) -> Result<(), Stopped> {
        let known = self.known(run.school, &rows).await?;
        let mut tx = run.work().begin().await?;
        let import = run.hold(&tx).await?;
        let done = count(rows.len());
        let mut batch = Batch::default();
        let found = sort(rows, &known, run, &mut batch);
        let courses = found.iter().map(|(_, meant)| meant.course);
        let mut desks = Desks::open(&tx, run.school, courses).await?;
        let users: Vec<_> = found.iter().map(|(_, meant)| meant.user).collect();
        let there = enrollments::of_people(tx.conn(), run.school, &desks.courses(), &users).await?;
        let there: There = there.into_iter().map(|row| ((row.user_id, row.course_id), row)).collect();
        for (row, meant) in found {
            let Some(desk) = desks.of(meant.course) else { continue };
            match apply(&mut tx, run, desk, (&row, &meant), &there, &mut batch).await {
                Ok(()) => {}
                Err(Refused::Row(fault)) => {
                    batch.counts.skipped += 1;
                    batch.faults.push(faulty(row, fault));
                }
                Err(Refused::All(error)) => return Err(error.into()),
            }
        }
        enrollments::insert_many(tx.conn(), std::mem::take(&mut batch.new)).await?;
        desks.close(&mut tx).await?;
        let change = batch.counts.onto(Change::of(&import, tx.now()), &import);
        let change = change
            .set(Column::Line, last)
            .set(Column::RowsDone, import.rows_done + done)
            .set(Column::Faults, import.faults + count(batch.faults.len()));
        imports::note_faults(tx.conn(), batch.faults).await?;
        imports::forget_rows(tx.conn(), run.school, run.id, last).await?;
        if !change.apply(tx.conn()).await? {
            return Err(Stopped::Elsewhere);
        }
        Ok(tx.commit_quietly().await?)
    }
}

/// Why a row is not applied.
enum Refused {
    /// It is left out, and says why.
    Row(RowFault),
    /// Nothing goes on.
    All(EnrollmentError),
}

impl From<EnrollmentError> for Refused {
    fn from(error: EnrollmentError) -> Self {
        if error.kind() == ErrorKind::Conflict {
            Self::Row(RowFault::new(error.code(), error.to_string()))
        } else {
            Self::All(error)
        }
    }
}

/// Finds whom and what the sound rows mean; the others are counted.
fn sort(
    rows: Vec<import_row::Model>,
    known: &Known,
    run: &Run<'_>,
    batch: &mut Batch,
) -> Vec<(import_row::Model, Meant)> {
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        if row.fault_code.is_some() || row.what == What::Nothing {
            batch.counts.skipped += 1;
            continue;
        }
        match meant(&row, known, &run.rules) {
            Ok(meant) => found.push((row, meant)),
            Err(fault) => {
                batch.counts.skipped += 1;
                batch.faults.push(faulty(row, fault));
            }
        }
    }
    found
}

async fn apply(
    tx: &mut Tx,
    run: &Run<'_>,
    desk: &mut Desk,
    (row, meant): (&import_row::Model, &Meant),
    there: &There,
    batch: &mut Batch,
) -> Result<(), Refused> {
    let before = there.get(&(meant.user, meant.course));
    let decision = judge(row, meant, before).map_err(Refused::Row)?;
    let by = Some(run.importer);
    let wish = |status| Wish { role: row.role, status, actor: Actor::Staff, by };
    match (decision, before) {
        (Decision::TakeIn, before) => {
            let status = if run.inviting { Status::Invited } else { Status::Active };
            let fresh = || blank(tx, (run.school, meant.course), meant.user, row.role);
            let old = before.cloned().unwrap_or_else(fresh);
            let after = desk.granted(tx, &old, wish(status))?;
            let after = dated(row, &Model { means: Means::Bulk, ..after });
            check_dates(&after)?;
            batch.counts.waiting += i64::from(after.status == Status::Waiting);
            if let Some(before) = before {
                desk.change(tx, "enrollments.enrollment_changed", before, after).await?;
            } else {
                desk.admit(tx, &after);
                batch.new.push(after);
            }
        }
        (Decision::Change, Some(before)) => {
            let after = desk.granted(tx, before, wish(before.status))?;
            desk.change(tx, "enrollments.enrollment_changed", before, dated(row, &after)).await?;
        }
        (Decision::Withdraw, Some(before)) => {
            let wish = Wish { role: before.role, ..wish(Status::Withdrawn) };
            let after = desk.granted(tx, before, wish)?;
            desk.change(tx, "enrollments.enrollment_changed", before, after).await?;
        }
        (Decision::Leave | Decision::Change | Decision::Withdraw, _) => {}
    }
    batch.counts.add(decision);
    Ok(())
}
