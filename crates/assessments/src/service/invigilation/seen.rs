//! What a room has seen, and what is new to it: no I/O.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use lyceum_kernel::{AttemptId, UserId};

use crate::dto::attempt::AttemptEvent;
use crate::dto::invigilation::{Presence, RunningAttempt, Saved, TestEvent, WatchedAttempt};
use crate::model::attempt::{Model, State};
use crate::model::attempt_event::{self, AttemptEventId, Kind};

/// Nothing saved for so long is quiet.
const QUIET: TimeDelta = TimeDelta::minutes(2);

/// How far back every look goes: what happened at a moment is there once its transaction has ended, a little later.
pub(super) const OVERLAP: TimeDelta = TimeDelta::seconds(10);

/// Whether an attempt is quiet at a moment.
pub(super) fn is_quiet(row: (State, DateTime<Utc>), saved: Saved, now: DateTime<Utc>) -> bool {
    let (state, started_at) = row;
    state == State::Open && now - saved.at.map_or(started_at, |at| at.max(started_at)) >= QUIET
}

/// What is there at a look.
#[derive(Debug, Default)]
pub(super) struct News {
    /// Attempts that changed since the look before.
    pub(super) rows: Vec<Model>,
    /// What is saved in those that run, and what happened at clients since the look before; only where somebody wants to know.
    pub(super) room: Option<(HashMap<AttemptId, Saved>, Vec<attempt_event::Model>)>,
}

/// Something to be told.
#[derive(Debug, PartialEq)]
pub(super) struct Told {
    /// Whose attempt it is about, and which.
    pub(super) about: (UserId, AttemptId),
    /// What those hear who invigilate.
    pub(super) watchers: Option<TestEvent>,
    /// What they hear themselves.
    pub(super) taker: Option<TestEvent>,
}

#[derive(Debug)]
struct Known {
    view: WatchedAttempt,
    saved: Saved,
    updated_at: DateTime<Utc>,
}

/// What was seen so far.
#[derive(Debug)]
pub(super) struct Seen {
    began: DateTime<Utc>,
    /// When the last look was.
    pub(super) at: DateTime<Utc>,
    /// Whether the last look saw answers and reports.
    pub(super) watched: bool,
    attempts: HashMap<AttemptId, Known>,
    reports: HashMap<AttemptEventId, DateTime<Utc>>,
}

impl Seen {
    /// Nothing yet.
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Self { began: now, at: now, watched: false, attempts: HashMap::new(), reports: HashMap::new() }
    }

    /// How many attempts run.
    pub(super) fn running(&self) -> u64 {
        self.attempts.values().filter(|known| known.view.state == State::Open).count() as u64
    }

    /// Somebody's attempt that runs.
    pub(super) fn running_of(&self, user: UserId, now: DateTime<Utc>) -> Option<RunningAttempt> {
        let mut theirs = self.attempts.values().filter(|known| known.view.user_id == user);
        theirs.find(|known| known.view.state == State::Open).map(|known| RunningAttempt::of(&known.view, now))
    }

    /// Takes in what is there now, and says what of it is new.
    pub(super) fn take(&mut self, news: News, now: DateTime<Utc>) -> Vec<Told> {
        let mut told = Vec::new();
        for row in news.rows {
            told.extend(self.take_row(&row, now));
        }
        let fresh = !self.watched;
        self.watched = news.room.is_some();
        if let Some((saved, reports)) = news.room {
            // Whoever comes now reads the present state by themselves.
            let (progress, reported) = (self.take_saved(&saved, now), self.take_reports(reports));
            if !fresh {
                told.extend(progress);
                told.extend(reported);
            }
        }
        self.at = now;
        let old = now - OVERLAP * 2;
        self.attempts.retain(|_, known| known.view.state == State::Open || known.updated_at >= old);
        self.reports.retain(|_, at| *at >= old);
        told
    }

    fn take_row(&mut self, row: &Model, now: DateTime<Utc>) -> Option<Told> {
        let before = self.attempts.get(&row.id);
        if before.is_some_and(|known| known.view.version >= row.version) {
            return None;
        }
        let saved = before.map(|known| known.saved).unwrap_or_default();
        let view = WatchedAttempt::of(row, saved, is_quiet((row.state, row.started_at), saved, now));
        let was_open = before.map(|known| known.view.state == State::Open);
        let deadline = before.map(|known| known.view.deadline);
        let own = RunningAttempt::of(&view, now);
        let (watchers, taker) = match (was_open, row.state == State::Open) {
            (None, true) => (TestEvent::Started as fn(_) -> _, TestEvent::Begun as fn(_) -> _),
            (Some(true), true) if deadline != Some(view.deadline) => {
                (TestEvent::TimeChanged as _, TestEvent::Deadline as _)
            }
            (Some(true), false) => (TestEvent::Submitted as _, TestEvent::Ended as _),
            // One that was over before this room was there has been marked: nothing that is heard here.
            (None, false) if row.finished_at.is_some_and(|at| at >= self.began - OVERLAP) => {
                (TestEvent::Submitted as _, TestEvent::Ended as _)
            }
            _ => {
                self.attempts.insert(row.id, Known { view, saved, updated_at: row.updated_at });
                return None;
            }
        };
        let told =
            Told { about: (row.user_id, row.id), watchers: Some(watchers(view.clone())), taker: Some(taker(own)) };
        self.attempts.insert(row.id, Known { view, saved, updated_at: row.updated_at });
        Some(told)
    }

    fn take_saved(&mut self, saved: &HashMap<AttemptId, Saved>, now: DateTime<Utc>) -> Vec<Told> {
        let mut told = Vec::new();
        for (id, known) in &mut self.attempts {
            if known.view.state != State::Open {
                continue;
            }
            let there = saved.get(id).copied().unwrap_or_default();
            let quiet = is_quiet((known.view.state, known.view.started_at), there, now);
            let (moved, hushed) = (there != known.saved, quiet && !known.view.quiet);
            known.saved = there;
            known.view = WatchedAttempt { answered: there.answered, saved_at: there.at, quiet, ..known.view.clone() };
            let event = match (moved, hushed) {
                (_, true) => TestEvent::Quiet(known.view.clone()),
                (true, false) => TestEvent::Progress(known.view.clone()),
                (false, false) => continue,
            };
            told.push(Told { about: (known.view.user_id, *id), watchers: Some(event), taker: None });
        }
        told
    }

    fn take_reports(&mut self, reports: Vec<attempt_event::Model>) -> Vec<Told> {
        let mut told = Vec::new();
        for report in reports {
            if self.reports.insert(report.id, report.created_at).is_some() {
                continue;
            }
            let Some(known) = self.attempts.get(&report.attempt_id) else { continue };
            let (attempt_id, user_id, at) = (report.attempt_id, known.view.user_id, report.created_at);
            let event = match report.kind {
                Kind::SocketOpened => TestEvent::Connected(Presence { attempt_id, user_id, at }),
                Kind::SocketClosed => TestEvent::Disconnected(Presence { attempt_id, user_id, at }),
                _ => TestEvent::Reported(AttemptEvent::from(report)),
            };
            told.push(Told { about: (user_id, attempt_id), watchers: Some(event), taker: None });
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use lyceum_kernel::{SchoolId, TestId};
    use uuid::Uuid;

    use super::*;
    use crate::deadline::{Allowance, Deadline, Window};
    use crate::model::attempt::{Paper, StoredDeadline};
    use crate::points::Points;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(1_000_000 + seconds)
    }

    fn row(state: State, version: i64, started: i64, added_s: i32) -> Model {
        let window = Window { time_limit_s: Some(600), ..Window::default() };
        let deadline = Deadline::of(window, Allowance::default(), at(started), added_s.unsigned_abs());
        Model {
            school_id: SchoolId(Uuid::nil()),
            id: AttemptId(Uuid::from_u128(1)),
            test_id: TestId(Uuid::nil()),
            user_id: UserId(Uuid::from_u128(2)),
            number: 1,
            state,
            trial: false,
            test_revision: 1,
            paper: Paper::default(),
            seed: 0,
            deadline: StoredDeadline(deadline),
            ends_at: deadline.accepted_until,
            started_at: at(started),
            added_s,
            finished_at: (state != State::Open).then(|| at(started + 100)),
            marks: None,
            tally: None,
            graded: false,
            score: None,
            max_score: Points::ZERO,
            passed: None,
            version,
            updated_at: at(started),
        }
    }

    fn names(told: &[Told]) -> Vec<String> {
        let name = |event: &TestEvent| serde_json::to_value(event).unwrap()["event"].as_str().unwrap().to_owned();
        told.iter().flat_map(|one| [&one.watchers, &one.taker]).flatten().map(name).collect()
    }

    fn rows(rows: impl IntoIterator<Item = Model>) -> News {
        News { rows: rows.into_iter().collect(), room: None }
    }

    #[test]
    fn each_change_is_told_once() {
        let mut seen = Seen::new(at(0));
        assert_eq!(names(&seen.take(rows([row(State::Open, 1, 5, 0)]), at(5))), ["started", "begun"]);
        assert_eq!(names(&seen.take(rows([row(State::Open, 1, 5, 0)]), at(6))), [""; 0]);
        assert_eq!(names(&seen.take(rows([row(State::Open, 2, 5, 60)]), at(7))), ["time_changed", "deadline"]);
        assert_eq!(names(&seen.take(rows([row(State::Open, 3, 5, 60)]), at(8))), [""; 0], "nothing that is heard");
        assert_eq!(names(&seen.take(rows([row(State::Closed, 4, 5, 60)]), at(9))), ["submitted", "ended"]);
        assert_eq!(names(&seen.take(rows([row(State::Open, 3, 5, 60)]), at(9))), [""; 0], "what is older is not heard");
        assert_eq!(seen.running(), 0);
    }

    #[test]
    fn what_was_over_long_ago_is_not_told_and_what_was_missed_is() {
        let mut seen = Seen::new(at(0));
        assert_eq!(names(&seen.take(rows([row(State::Submitted, 3, -500, 0)]), at(5))), [""; 0], "it was marked");
        let mut seen = Seen::new(at(0));
        assert_eq!(names(&seen.take(rows([row(State::Submitted, 2, -99, 0)]), at(5))), ["submitted", "ended"]);
    }

    #[test]
    fn quiet_and_progress_are_for_those_who_were_there() {
        let mut seen = Seen::new(at(0));
        seen.take(rows([row(State::Open, 1, 0, 0)]), at(0));
        let id = AttemptId(Uuid::from_u128(1));
        let mut look = |answered: u64, saved: i64, now: i64| {
            let saved = HashMap::from([(id, Saved { answered, at: Some(at(saved)) })]);
            names(&seen.take(News { rows: Vec::new(), room: Some((saved, Vec::new())) }, at(now)))
        };
        assert_eq!(look(2, 3, 4), [""; 0], "read by whoever has come");
        assert_eq!(look(3, 6, 7), ["progress"]);
        assert_eq!(look(3, 6, 125), [""; 0]);
        assert_eq!(look(3, 6, 126), ["quiet"]);
        assert_eq!(look(3, 6, 200), [""; 0], "told once");
        assert_eq!(look(4, 201, 202), ["progress"]);
        seen.take(rows([]), at(203));
        assert!(!seen.watched);
    }
}
