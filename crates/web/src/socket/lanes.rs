//! What waits for one client: two lanes with one bound, and the control frames.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use uuid::Uuid;

use super::frame::{self, Lane, Push};

/// The queue of one connection. Whoever puts something in never waits; the connection's body takes out as fast as the client reads.
#[derive(Debug)]
pub(super) struct Lanes {
    waiting: Mutex<Waiting>,
    reader: AtomicWaker,
    most: usize,
}

#[derive(Debug, Default)]
struct Waiting {
    messages: VecDeque<(Bytes, Option<Uuid>)>,
    /// Keys of quotes, in the order in which they began to wait.
    keys: VecDeque<Bytes>,
    latest: HashMap<Bytes, Bytes>,
    bytes: usize,
    ping: bool,
    pong: Option<Bytes>,
    close: Option<Bytes>,
    /// Nothing more is taken in.
    closing: bool,
    /// Nothing more is given out.
    ended: bool,
    last_id: Option<Uuid>,
    /// Since when something waits and nothing has been taken.
    stalled: Option<Instant>,
}

/// Too much waits.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

impl Lanes {
    /// Empty lanes that hold at most so many bytes.
    pub(super) fn new(most: usize) -> Self {
        Self { waiting: Mutex::default(), reader: AtomicWaker::new(), most }
    }

    /// Puts something in, unless the connection is closing.
    ///
    /// # Errors
    /// [`Full`] where more would wait than may.
    pub(super) fn push(&self, push: &Push) -> Result<(), Full> {
        if push.frame.is_empty() {
            return Ok(());
        }
        let mut waiting = self.lock();
        if waiting.closing {
            return Ok(());
        }
        if !waiting.admit(push, self.most) {
            return Err(Full);
        }
        waiting.stalled.get_or_insert_with(Instant::now);
        drop(waiting);
        self.reader.wake();
        Ok(())
    }

    /// Asks the client for a sign of life.
    pub(super) fn ping(&self) {
        self.lock().ping = true;
        self.reader.wake();
    }

    /// Gives a sign of life. Only the latest ping is answered (RFC 6455, section 5.5.3).
    pub(super) fn pong(&self, payload: &[u8]) {
        self.lock().pong = Some(frame::control(frame::PONG, payload));
        self.reader.wake();
    }

    /// Sends a close frame behind what waits, or in place of it. Only the first counts; false for any other.
    pub(super) fn close(&self, in_place: bool, frame: impl FnOnce(Option<Uuid>) -> Bytes) -> bool {
        let mut waiting = self.lock();
        if waiting.closing {
            return false;
        }
        waiting.closing = true;
        if in_place {
            waiting.forget();
        }
        waiting.close = Some(frame(waiting.last_id));
        drop(waiting);
        self.reader.wake();
        true
    }

    /// The connection is over: nothing is given out any more.
    pub(super) fn end(&self) {
        let mut waiting = self.lock();
        waiting.closing = true;
        waiting.ended = true;
        waiting.forget();
        drop(waiting);
        self.reader.wake();
    }

    /// How long something has waited of which nothing was taken.
    pub(super) fn stalled(&self, now: Instant) -> Duration {
        self.lock().stalled.map(|since| now.saturating_duration_since(since)).unwrap_or_default()
    }

    /// The next frame; nothing after the close frame.
    pub(super) fn poll_next(&self, context: &Context<'_>) -> Poll<Option<Bytes>> {
        self.reader.register(context.waker());
        self.lock().next()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn admit(&mut self, push: &Push, most: usize) -> bool {
        let size = push.frame.len();
        match &push.lane {
            Lane::Messages(id) => {
                if self.bytes + size > most {
                    return false;
                }
                self.messages.push_back((push.frame.clone(), *id));
                self.bytes += size;
            }
            Lane::Quotes(key) => {
                let replaced = self.latest.get(key).map(Bytes::len);
                let bytes = self.bytes - replaced.unwrap_or_default() + size;
                if bytes > most {
                    return false;
                }
                if replaced.is_none() {
                    self.keys.push_back(key.clone());
                }
                self.latest.insert(key.clone(), push.frame.clone());
                self.bytes = bytes;
            }
        }
        true
    }

    fn next(&mut self) -> Poll<Option<Bytes>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if let Some(pong) = self.pong.take() {
            return Poll::Ready(Some(pong));
        }
        if std::mem::take(&mut self.ping) {
            return Poll::Ready(Some(frame::control(frame::PING, b"")));
        }
        if let Some(frame) = self.next_of_lanes() {
            self.bytes -= frame.len();
            self.stalled = (self.bytes > 0).then(Instant::now);
            if self.bytes == 0 {
                self.forget();
            }
            return Poll::Ready(Some(frame));
        }
        let Some(close) = self.close.take() else { return Poll::Pending };
        self.ended = true;
        Poll::Ready(Some(close))
    }

    fn next_of_lanes(&mut self) -> Option<Bytes> {
        if let Some((frame, id)) = self.messages.pop_front() {
            self.last_id = id.or(self.last_id);
            return Some(frame);
        }
        let key = self.keys.pop_front()?;
        self.latest.remove(&key)
    }

    /// Drops what waits, and the room that it took.
    fn forget(&mut self) {
        self.messages = VecDeque::new();
        self.keys = VecDeque::new();
        self.latest = HashMap::new();
        self.bytes = 0;
        self.stalled = None;
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use serde_json::json;

    use super::*;

    fn message(text: &str) -> Push {
        Push::message(&json!({ "event": text }))
    }

    fn quote(key: &str, price: u32) -> Push {
        Push::quote(key, &json!({ "event": "price", "data": price }))
    }

    fn next(lanes: &Lanes) -> Poll<Option<Bytes>> {
        lanes.poll_next(&Context::from_waker(Waker::noop()))
    }

    fn taken(lanes: &Lanes) -> Bytes {
        match next(lanes) {
            Poll::Ready(Some(frame)) => frame,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn messages_keep_their_order_and_quotes_only_their_latest() {
        let lanes = Lanes::new(1_000);
        lanes.push(&quote("a", 1)).unwrap();
        lanes.push(&message("one")).unwrap();
        lanes.push(&quote("b", 1)).unwrap();
        lanes.push(&quote("a", 2)).unwrap();
        lanes.push(&message("two")).unwrap();
        for expected in [message("one"), message("two"), quote("a", 2), quote("b", 1)] {
            assert_eq!(taken(&lanes), expected.frame);
        }
        assert!(next(&lanes).is_pending());
        assert_eq!(lanes.stalled(Instant::now() + Duration::from_hours(1)), Duration::ZERO);
    }

    #[test]
    fn what_does_not_fit_is_said_and_quotes_that_replace_others_fit() {
        let lanes = Lanes::new(100);
        let size = quote("a", 1).frame.len();
        for key in ["a", "b", "c"].iter().take(100 / size) {
            lanes.push(&quote(key, 1)).unwrap();
        }
        assert_eq!(lanes.push(&message(&"x".repeat(100))), Err(Full));
        for price in 0..1_000 {
            lanes.push(&quote("a", price % 10)).unwrap();
        }
    }

    #[test]
    fn a_close_comes_behind_what_waits_or_in_place_of_it_and_is_the_last() {
        for (in_place, before) in [(false, 2), (true, 0)] {
            let lanes = Lanes::new(1_000);
            let id = Uuid::from_u128(5);
            lanes.push(&Push::message_with_id(id, &json!({ "event": "first" }))).unwrap();
            taken(&lanes);
            lanes.push(&message("one")).unwrap();
            lanes.push(&message("two")).unwrap();
            assert!(lanes.close(in_place, |last| {
                assert_eq!(last, Some(id));
                frame::control(frame::CLOSE, b"")
            }));
            assert!(!lanes.close(in_place, |_| Bytes::new()));
            lanes.push(&message("late")).unwrap();
            for _ in 0..before {
                taken(&lanes);
            }
            assert_eq!(taken(&lanes)[0], frame::CLOSE);
            assert_eq!(next(&lanes), Poll::Ready(None));
        }
    }
}
