//! The second step: rows become people, in small batches that hold nobody up.

use std::time::{Duration, Instant};

use lyceum_kernel::{ErrorKind, ServiceError as _};
use lyceum_platform::jobs::Pace;
use lyceum_platform::uow::Tx;

use super::classes::{ClassDecision, judge_class, judge_enrolment};
use super::judging::{Decision, judge};
use super::known::Known;
use super::row::{Content, Person, Placed, Row, RowFault, stored};
use super::running::{Counts, Run, Stopped};
use super::writing::Arrival;
use crate::error::TenancyError;
use crate::model::import::{Column, Model, State};
use crate::ports::HashedPassword;
use crate::repo::imports::{self, Change};
use crate::service::TenancyService;

/// Letters that leave as soon as they are posted; the others follow one by one, so that nobody else's letter waits behind them.
const FIRST_LETTERS: i64 = 500;

/// Letters a second after that.
const LETTERS_A_SECOND: i64 = 50;

/// What a batch is about to write.
#[derive(Default)]
struct Batch {
    counts: Counts,
    faults: Vec<Placed>,
    arrivals: Vec<Arrival>,
}

impl TenancyService {
    /// Applies every row that is left, and ends the import.
    pub(super) async fn apply_import(&self, run: &Run<'_>) -> Result<(), Stopped> {
        let done = {
            let tx = run.work().begin().await?;
            run.hold(&tx).await?.rows_done
        };
        let mut pace = Pace::of(&self.platform.db);
        let (mut pieces, reading) = run.rows(done);
        while let Some(mut rows) = pieces.recv().await {
            while !rows.is_empty() {
                let rest = rows.split_off(first_batch(&rows, usize::try_from(pace.size()).unwrap_or(usize::MAX)));
                let began = Instant::now();
                self.apply_some(run, rows).await?;
                pace.after(began.elapsed()).await;
                rows = rest;
            }
        }
        if !matches!(reading.await, Ok(Ok(_))) {
            return Err(TenancyError::Raced.into());
        }
        let mut tx = run.job.unit_of_work().acting_as(&run.who).begin().await?;
        let row = run.hold(&tx).await?;
        self.end_import(&mut tx, &row, State::Done).await?;
        Ok(tx.commit_quietly().await?)
    }

    /// Applies some rows. Where somebody was faster and took a name, fewer at a time, until the one row is found.
    async fn apply_some(&self, run: &Run<'_>, rows: Vec<Row>) -> Result<(), Stopped> {
        let mut batches = vec![rows];
        while let Some(mut rows) = batches.pop() {
            match self.apply_batch(run, &rows).await {
                Err(Stopped::Failed(error)) if conflicts(&error) => {
                    if let [row] = &rows[..] {
                        self.note_conflict(run, row, &error).await?;
                    } else {
                        let rest = rows.split_off(rows.len() / 2);
                        batches.extend([rest, rows]);
                    }
                }
                other => other?,
            }
        }
        Ok(())
    }

    async fn apply_batch(&self, run: &Run<'_>, rows: &[Row]) -> Result<(), Stopped> {
        let passwords = self.hash_passwords(run, rows).await?;
        let mut tx = run.work().begin().await?;
        let (row, school) = run.hold_school(&tx).await?;
        let sound: Vec<Row> = rows.iter().filter(|row| is_sound(run, row)).cloned().collect();
        let mut batch = Batch::default();
        batch.counts.skipped = i64::try_from(rows.len() - sound.len()).unwrap_or_default();
        let mut known = self.known(&tx, run.school, &sound, &run.default_role).await?;
        for (row, password) in sound.iter().zip(passwords) {
            if let Content::Person(person) = &row.content {
                self.apply_person(&mut tx, run, (row, person, password), &mut known, &mut batch).await?;
            }
        }
        let arrivals = std::mem::take(&mut batch.arrivals);
        let (seats, letters) = (arrivals.len(), letters_of(&arrivals));
        let late = row.letters + letters - FIRST_LETTERS;
        if late > 0 {
            tx.hold_letters(tx.now() + chrono::TimeDelta::milliseconds(late * 1_000 / LETTERS_A_SECOND));
        }
        self.add_people(&mut tx, &school, arrivals).await?;
        self.apply_classes(&mut tx, run, &sound, &mut known, &mut batch).await?;
        let seats = self.take_missing_seats(&mut tx, &row, seats).await?;
        let change = batch.counts.onto(Change::of(&row, tx.now()), &row);
        let done = row.rows_done + i64::try_from(rows.len()).unwrap_or_default();
        let change = change
            .set(Column::RowsDone, done)
            .set(Column::SeatsReserved, seats)
            .set(Column::Letters, row.letters + letters);
        let faults = row.faults + i64::try_from(batch.faults.len()).unwrap_or_default();
        self.write_progress(&tx, run, &row, change, batch.faults).await?;
        self.tell_progress(&mut tx, &Model { rows_done: done, faults, ..row });
        Ok(tx.commit_quietly().await?)
    }

    /// Counts down the seats that were taken beforehand. More newcomers than were expected (members left meanwhile) need more.
    async fn take_missing_seats(&self, tx: &mut Tx, row: &Model, needed: usize) -> Result<i64, Stopped> {
        let left = row.seats_reserved - i64::try_from(needed).unwrap_or_default();
        if left >= 0 {
            return Ok(left);
        }
        match self.reserve_seats(tx, row.school_id, -left).await {
            Err(TenancyError::NoSeatLeft) => {
                let fault = RowFault::new("no-seat-left", "more people join than expected, and no seat is left");
                Err(Stopped::Impossible(Placed::whole(None, fault)))
            }
            other => Ok(other.map(|()| 0)?),
        }
    }

    async fn write_progress(
        &self,
        tx: &Tx,
        run: &Run<'_>,
        row: &Model,
        change: Change,
        faults: Vec<Placed>,
    ) -> Result<(), Stopped> {
        let count = i64::try_from(faults.len()).unwrap_or_default();
        let faults = (row.faults + 1..).zip(faults).map(|(number, fault)| stored(fault, run.school, run.id, number));
        imports::insert_faults(tx.conn(), faults.collect()).await?;
        if change.set(Column::Faults, row.faults + count).apply(tx.conn()).await? {
            Ok(())
        } else {
            Err(Stopped::Elsewhere)
        }
    }

    async fn apply_person(
        &self,
        tx: &mut Tx,
        run: &Run<'_>,
        (row, person, password): (&Row, &Person, Option<HashedPassword>),
        known: &mut Known,
        batch: &mut Batch,
    ) -> Result<(), Stopped> {
        let decision = match judge(person, known, &run.rules()) {
            Ok(decision) => decision,
            Err(fault) => {
                batch.counts.skipped += 1;
                batch.faults.push(row.wrong(fault));
                return Ok(());
            }
        };
        batch.counts.add(&decision, person);
        match decision {
            Decision::Add(added) => {
                batch.arrivals.push(Arrival { person: person.clone(), added, password });
            }
            Decision::Change(changed) => self.change_imported(tx, *changed).await?,
            Decision::KeepOut(member) => {
                self.keep_out_imported(tx, &member).await?;
                known.administrators.retain(|id| *id != member.user_id);
            }
            Decision::Leave(_) | Decision::Ignore => {}
        }
        Ok(())
    }

    async fn apply_classes(
        &self,
        tx: &mut Tx,
        run: &Run<'_>,
        rows: &[Row],
        known: &mut Known,
        batch: &mut Batch,
    ) -> Result<(), Stopped> {
        let mut seats = Vec::new();
        for row in rows {
            let fault = match &row.content {
                Content::Class(class) => match judge_class(class, known, &run.rules()) {
                    Ok(decision) => {
                        let created = matches!(decision, ClassDecision::Create);
                        self.write_class(tx, run.school, (class, decision), known).await?;
                        batch.counts.groups_created += i64::from(created);
                        continue;
                    }
                    Err(fault) => fault,
                },
                Content::Enrolment(enrolment) => match judge_enrolment(enrolment, known, &run.rules()) {
                    Ok(seat) => {
                        seats.push((seat, enrolment.ends));
                        continue;
                    }
                    Err(fault) => fault,
                },
                Content::Nothing => {
                    batch.counts.skipped += 1;
                    continue;
                }
                Content::Person(_) => continue,
            };
            batch.counts.skipped += 1;
            batch.faults.push(row.wrong(fault));
        }
        batch.counts.group_changes += self.write_enrolments(tx, run.school, seats, known).await?;
        Ok(())
    }

    /// Hashes the passwords of those who will be added, one after the other and before the transaction: a hash takes longer than
    /// others may be made to wait.
    async fn hash_passwords(&self, run: &Run<'_>, rows: &[Row]) -> Result<Vec<Option<HashedPassword>>, Stopped> {
        let sound: Vec<Row> = rows.iter().filter(|row| is_sound(run, row)).cloned().collect();
        let has_password = |row: &Row| matches!(&row.content, Content::Person(person) if person.password.is_some());
        if !sound.iter().any(has_password) {
            return Ok(sound.iter().map(|_| None).collect());
        }
        let known = {
            let tx = run.work().begin().await?;
            self.known(&tx, run.school, &sound, &run.default_role).await?
        };
        let mut hashes = Vec::with_capacity(sound.len());
        for row in &sound {
            let Content::Person(person) = &row.content else {
                hashes.push(None);
                continue;
            };
            let added = matches!(judge(person, &known, &run.rules()), Ok(Decision::Add(_)));
            let password = person.password.as_ref().filter(|_| added);
            hashes.push(match password {
                Some(password) => Some(self.hash_patiently(run, person, password).await?),
                None => None,
            });
        }
        Ok(hashes)
    }

    /// People who log in come first: while they keep the hasher busy, this waits.
    async fn hash_patiently(
        &self,
        run: &Run<'_>,
        person: &Person,
        password: &secrecy::SecretString,
    ) -> Result<HashedPassword, Stopped> {
        let names = [&person.username, &person.email, &person.full_name];
        let names: Vec<&str> = names.into_iter().filter_map(Option::as_deref).collect();
        loop {
            match self.accounts.hash_password(&names, password).await {
                Err(error) if error.kind() == ErrorKind::Unavailable && !run.job.cancelled.is_cancelled() => {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                other => return other.map_err(|error| TenancyError::Port(error).into()),
            }
        }
    }

    /// Somebody was faster: the row is left out, and says why.
    async fn note_conflict(&self, run: &Run<'_>, row: &Row, error: &TenancyError) -> Result<(), Stopped> {
        let tx = run.work().begin().await?;
        let import = run.hold(&tx).await?;
        let counts = Counts { skipped: 1, ..Counts::default() };
        let change = counts.onto(Change::of(&import, tx.now()), &import).set(Column::RowsDone, import.rows_done + 1);
        let fault = row.wrong(RowFault::new(error.code(), error.to_string()));
        self.write_progress(&tx, run, &import, change, vec![fault]).await?;
        Ok(tx.commit_quietly().await?)
    }
}

/// How many rows make the next batch. People must be in the school before rows that speak of them are looked at.
fn first_batch(rows: &[Row], most: usize) -> usize {
    let is_person = |row: &Row| matches!(row.content, Content::Person(_) | Content::Nothing);
    let first = rows.first().is_some_and(is_person);
    rows.iter().take(most).take_while(|row| is_person(row) == first).count().max(1)
}

/// Whether nothing was found to be wrong with a row.
fn is_sound(run: &Run<'_>, row: &Row) -> bool {
    let (file, line) = row.place();
    let place = (file.map(str::to_owned), i64::try_from(line).ok());
    row.faults.is_empty() && !run.faulty.contains(&place)
}

/// One each for those who are asked by mail.
fn letters_of(arrivals: &[Arrival]) -> i64 {
    i64::try_from(arrivals.iter().filter(|arrival| arrival.person.email.is_some()).count()).unwrap_or_default()
}

/// Whether a name was taken, or a row changed, between looking and writing.
fn conflicts(error: &TenancyError) -> bool {
    matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Stale)
}
