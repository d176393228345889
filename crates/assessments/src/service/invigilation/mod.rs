//! Invigilation: what happens at a test while it is taken, and what can be done about it.

mod reports;
mod rooms;
mod seen;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use lyceum_kernel::{AttemptId, Cursor, Page, PageRequest, PermissionMarker as _, Principal, Scope, TestId};
use lyceum_platform::uow::{Answer, Committed, Tx, UnitOfWork};
use lyceum_web::etag;
use lyceum_web::socket::{CloseCode, Closing, Socket};

pub(crate) use self::reports::writable;
pub(crate) use self::rooms::{Key, Place, Rooms};
use self::rooms::{Room, call};
use self::seen::{News, OVERLAP, Seen, is_quiet};
use super::AssessmentsService;
use super::attempts::{ATTEMPT, audit, facts};
use crate::deadline::Deadline;
use crate::dto::invigilation::{AddTime, TestEvent, WatchedAttempt};
use crate::error::AssessmentError;
use crate::model::attempt::{Model, State, StoredDeadline};
use crate::perm::{TestInvigilate, TestTake};
use crate::policy::{Refusal, Standing};
use crate::repo::{attempts, invigilation};

/// The most that is added to one attempt, in seconds: a week.
const MOST_ADDED: i32 = 7 * 86_400;

impl AssessmentsService {
    /// After the commit, those who are at a test hear what happened.
    pub(super) fn call_room(&self, tx: &mut Tx, key: Key) {
        let bus = self.platform.bus.clone();
        tx.after_commit(move || call(&bus, key));
    }

    /// The test that the caller may be at, and whether they invigilate it or take it.
    pub(crate) async fn at_test(&self, who: &Principal, id: TestId) -> Result<(Key, bool), AssessmentError> {
        let (blueprint, standing) = self.test_seen(who, id).await?;
        let key = (blueprint.row.school_id, id);
        if standing.is_staff() && who.may(TestInvigilate::PERMISSION) {
            return Ok((key, true));
        }
        match standing {
            Standing::Takes | Standing::Teaches if who.may(TestTake::PERMISSION) => Ok((key, false)),
            _ => Err(Refusal::NotTakingPart.into()),
        }
    }

    /// Lets a connection in, and greets it.
    pub(crate) async fn enter(
        self: &Arc<Self>,
        socket: &Socket,
        (key, watches): (Key, bool),
    ) -> Result<Place, AssessmentError> {
        let user = socket.principal().user_id;
        let place = self.rooms.sit(self, key, (user, watches, socket.handle()));
        let mut held = place.room.seen.lock().await;
        let now = self.platform.clock.now();
        let seen = if let Some(mut seen) = held.take() {
            if watches && !seen.watched {
                let news = self.news(key, seen.at - OVERLAP, (true, false)).await?;
                place.room.tell(&seen.take(news, now));
            }
            seen
        } else {
            let mut seen = Seen::new(now);
            // Nothing of it is new: whoever comes now reads it.
            seen.take(self.news(key, now - OVERLAP, (watches, true)).await?, now);
            seen
        };
        let (test_id, server_time) = (key.1, now);
        socket.say(&if watches {
            TestEvent::Watching { test_id, running: seen.running(), server_time }
        } else {
            TestEvent::Attending { test_id, attempt: seen.running_of(user, now), server_time }
        });
        *held = Some(seen);
        place.greeted();
        drop(held);
        Ok(place)
    }

    /// Looks at what is new at a test, and tells those who are there.
    pub(super) async fn look(&self, room: &Room) -> Result<(), AssessmentError> {
        let mut held = room.seen.lock().await;
        let Some(seen) = held.as_mut() else { return Ok(()) };
        let now = self.platform.clock.now();
        let news = self.news(room.key, seen.at - OVERLAP, (room.is_watched(), false)).await?;
        room.tell(&seen.take(news, now));
        drop(held);
        self.dismiss(room).await;
        Ok(())
    }

    /// A constant number of queries, however many take the test.
    async fn news(
        &self,
        key: Key,
        since: DateTime<Utc>,
        (watched, all): (bool, bool),
    ) -> Result<News, AssessmentError> {
        let db = self.platform.db.read(Scope::School(key.0));
        let rows = invigilation::changed(&db, key, (since, all)).await?;
        let room = if watched {
            Some((invigilation::saved_in_test(&db, key).await?, invigilation::reports_since(&db, key, since).await?))
        } else {
            None
        };
        Ok(News { rows, room })
    }

    /// Closes the connections of those who invigilate here no more, though their permissions are what they were.
    async fn dismiss(&self, room: &Room) {
        for seat in room.seats().iter().filter(|seat| seat.watches) {
            let Some(who) = seat.handle.principal() else { continue };
            let gone = match self.at_test(&who, room.key.1).await {
                Ok((_, watches)) => !watches,
                Err(AssessmentError::NotFound | AssessmentError::Refused(_)) => true,
                Err(_) => false,
            };
            if gone {
                seat.handle
                    .close(Closing::new(CloseCode::POLICY, "this test is not the caller's to invigilate any more"));
            }
        }
    }

    /// A page of the attempts at a test that run.
    pub(crate) async fn list_running(
        &self,
        who: &Principal,
        id: TestId,
        request: &PageRequest,
    ) -> Result<Page<WatchedAttempt>, AssessmentError> {
        let school = self.test_watched(who, id).await?.row.school_id;
        let db = self.platform.db.read(Scope::School(school));
        let (rows, total) = invigilation::page(&db, (school, id), request).await?;
        let page = Page::cut(rows, request, |row| Cursor { id: row.id.uuid(), key: Vec::new() });
        let ids = page.items.iter().map(|row| row.id).collect();
        let saved = invigilation::saved_in(&db, school, ids).await?;
        let now = self.platform.clock.now();
        let view = |row: Model| {
            let saved = saved.get(&row.id).copied().unwrap_or_default();
            WatchedAttempt::of(&row, saved, is_quiet((row.state, row.started_at), saved, now))
        };
        Ok(Page { total, ..page.map(view) })
    }

    /// Gives somebody more time while they are at it.
    pub(crate) async fn add_time(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        (id, form): (AttemptId, AddTime),
    ) -> Result<Committed<WatchedAttempt>, AssessmentError> {
        let (seen, blueprint, staff) = self.attempt_seen(who, id).await?;
        if !(staff && who.may(TestInvigilate::PERMISSION)) || who.school_id.is_none() {
            return Err(Refusal::NotYourTest.into());
        }
        let test = &blueprint.row;
        let allowance = self.allowance(&self.platform.db.read(who.scope()), test, seen.user_id).await?;
        let mut tx = uow.begin().await?;
        let row = attempts::hold(tx.conn(), seen.school_id, id).await?.ok_or(AssessmentError::NotFound)?;
        if row.state != State::Open {
            return Err(AssessmentError::AttemptClosed);
        }
        let added_s = row.added_s.saturating_add(form.seconds);
        if added_s > MOST_ADDED {
            return Err(AssessmentError::Full);
        }
        let deadline = Deadline::of(test.settings.window(), allowance, row.started_at, added_s.unsigned_abs());
        let (before, version) = (facts(&row), row.version + 1);
        let (ends_at, updated_at) = (deadline.accepted_until, tx.now());
        let after = Model { added_s, deadline: StoredDeadline(deadline), ends_at, version, updated_at, ..row };
        attempts::write(tx.conn(), &after).await?;
        tx.audit(audit("assessments.time_added", &after).before(before).after(facts(&after)));
        self.call_room(&mut tx, (after.school_id, after.test_id));
        let mut saved = invigilation::saved_in(tx.conn(), after.school_id, vec![id]).await?;
        let saved = saved.remove(&id).unwrap_or_default();
        let quiet = is_quiet((after.state, after.started_at), saved, tx.now());
        let (view, tag) = (WatchedAttempt::of(&after, saved, quiet), etag(ATTEMPT, after.version));
        Ok(tx.commit(Answer::ok(view).etag(tag)).await?)
    }
}
