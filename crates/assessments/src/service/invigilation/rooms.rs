//! Rooms: who is at a test on this node, invigilating it or taking it.
//!
//! A room looks at the database and tells its people what is new to it. It looks when it hears on the bus that something happened, and
//! every two seconds without: what is told is right on every node, also without Redis, and wherever the change was made, by a request or
//! by a job. A test at which nobody has a socket costs nothing.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use lyceum_kernel::{SchoolId, TestId, UserId};
use lyceum_platform::bus::{Bus, Delivery};
use lyceum_web::socket::{Handle, Push};
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use uuid::Uuid;

use super::super::AssessmentsService;
use super::seen::{Seen, Told};
use crate::dto::invigilation::TestEvent;

/// A test of a school.
pub(crate) type Key = (SchoolId, TestId);

/// What nodes call each other by: something happened at a test.
const BUS_TOPIC: &str = "assessments.rooms";

/// Without a call a room looks after this time.
const EVERY: Duration = Duration::from_secs(2);

/// Calls that come together are one look.
const GATHERED: Duration = Duration::from_millis(200);

/// Tells the rooms of all nodes that something happened at a test.
pub(crate) fn call(bus: &Bus, (school, test): Key) {
    bus.publish(BUS_TOPIC, Bytes::from([school.uuid().into_bytes(), test.uuid().into_bytes()].concat()));
}

fn called(bytes: &[u8]) -> Option<Key> {
    let (school, test) = bytes.split_at_checked(16)?;
    Some((SchoolId(Uuid::from_slice(school).ok()?), TestId(Uuid::from_slice(test).ok()?)))
}

/// The rooms of this node.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    open: Mutex<HashMap<Key, (Arc<Room>, AbortHandle)>>,
    numbers: AtomicU64,
}

/// A test at which somebody is.
#[derive(Debug)]
pub(crate) struct Room {
    pub(super) key: Key,
    seats: Mutex<Vec<Seat>>,
    called: Notify,
    /// What was seen so far; nothing before the first look. Whoever looks holds it.
    pub(super) seen: tokio::sync::Mutex<Option<Seen>>,
}

/// Somebody at a test.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    number: u64,
    pub(super) user: UserId,
    pub(super) watches: bool,
    pub(super) handle: Handle,
    greeted: bool,
}

/// A seat, given up when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    rooms: Arc<Rooms>,
    pub(super) room: Arc<Room>,
    number: u64,
}

impl Rooms {
    /// None yet.
    pub(crate) fn new(bus: &Bus) -> Arc<Self> {
        let rooms = Arc::new(Self::default());
        let ears = Arc::downgrade(&rooms);
        bus.attend(BUS_TOPIC, move |delivery| {
            let Some(rooms) = ears.upgrade() else { return };
            let open = lock(&rooms.open);
            match delivery {
                Delivery::Message(bytes) => {
                    if let Some((room, _)) = called(&bytes).and_then(|key| open.get(&key)) {
                        room.called.notify_one();
                    }
                }
                Delivery::Gap => open.values().for_each(|(room, _)| room.called.notify_one()),
            }
        });
        rooms
    }

    /// A seat at a test, in a room that looks as long as somebody is there.
    pub(super) fn sit(
        self: &Arc<Self>,
        service: &Arc<AssessmentsService>,
        key: Key,
        (user, watches, handle): (UserId, bool, Handle),
    ) -> Place {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let seat = Seat { number, user, watches, handle, greeted: false };
        let mut open = lock(&self.open);
        let room = match open.entry(key) {
            Entry::Occupied(there) => Arc::clone(&there.get().0),
            Entry::Vacant(place) => {
                let room = Arc::new(Room {
                    key,
                    seats: Mutex::default(),
                    called: Notify::new(),
                    seen: tokio::sync::Mutex::default(),
                });
                let task = tokio::spawn(keep_looking(Arc::clone(service), Arc::clone(&room)));
                place.insert((Arc::clone(&room), task.abort_handle()));
                room
            }
        };
        lock(&room.seats).push(seat);
        drop(open);
        Place { rooms: Arc::clone(self), room, number }
    }
}

async fn keep_looking(service: Arc<AssessmentsService>, room: Arc<Room>) {
    loop {
        // Whether it was called or not is all one.
        let _ = tokio::time::timeout(EVERY, room.called.notified()).await;
        tokio::time::sleep(GATHERED).await;
        if let Err(error) = service.look(&room).await {
            tracing::debug!(%error, test.id = %room.key.1, "assessments.room_not_seen");
        }
    }
}

impl Room {
    /// Those who are told: whoever was greeted.
    pub(super) fn seats(&self) -> Vec<Seat> {
        lock(&self.seats).iter().filter(|seat| seat.greeted).cloned().collect()
    }

    /// Whether somebody invigilates here.
    pub(super) fn is_watched(&self) -> bool {
        lock(&self.seats).iter().any(|seat| seat.watches)
    }

    /// Tells everybody what they are to hear. Nobody is waited for.
    pub(super) fn tell(&self, told: &[Told]) {
        if told.is_empty() {
            return;
        }
        let seats = self.seats();
        for Told { about: (user, attempt), watchers, taker } in told {
            let push = watchers.as_ref().map(|event| match event {
                TestEvent::Progress(_) => Push::quote(&attempt.to_string(), event),
                _ => Push::message(event),
            });
            let own = taker.as_ref().map(Push::message);
            for seat in &seats {
                let theirs = if seat.watches { push.as_ref() } else { own.as_ref().filter(|_| seat.user == *user) };
                if let Some(push) = theirs {
                    seat.handle.push(push);
                }
            }
        }
    }
}

impl Place {
    /// From now on this seat is told.
    pub(super) fn greeted(&self) {
        if let Some(seat) = lock(&self.room.seats).iter_mut().find(|seat| seat.number == self.number) {
            seat.greeted = true;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = lock(&self.rooms.open);
        let mut seats = lock(&self.room.seats);
        seats.retain(|seat| seat.number != self.number);
        if seats.is_empty()
            && let Some((_, task)) = open.remove(&self.room.key)
        {
            task.abort();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
