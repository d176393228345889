//! One connection, as the rest of the node sees it.

use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use tokio::sync::Notify;

use super::close::{CloseCode, Closing};
use super::frame::Push;
use super::lanes::Lanes;
use super::meters;
use crate::authentication::Pass;
use crate::route::GateKind;

/// How long before its token expires a client is told.
const NOTICE: TimeDelta = TimeDelta::seconds(60);

/// A second handle of a connection's socket: shutting it down ends the connection also while nothing can be written to it, which
/// the HTTP server by itself would wait for without end.
#[derive(Debug, Clone)]
pub(crate) struct Cut(Arc<std::net::TcpStream>);

impl Cut {
    /// A second handle of a stream.
    #[cfg(unix)]
    pub(crate) fn of(stream: &tokio::net::TcpStream) -> Option<Self> {
        use std::os::fd::AsFd;
        stream.as_fd().try_clone_to_owned().ok().map(|handle| Self(Arc::new(handle.into())))
    }

    /// A second handle of a stream.
    #[cfg(windows)]
    pub(crate) fn of(stream: &tokio::net::TcpStream) -> Option<Self> {
        use std::os::windows::io::AsSocket;
        stream.as_socket().try_clone_to_owned().ok().map(|handle| Self(Arc::new(handle.into())))
    }

    /// For those who outlive the connection: the handle itself goes with it.
    pub(super) fn weak(&self) -> Weak<std::net::TcpStream> {
        Arc::downgrade(&self.0)
    }
}

/// One connection.
pub(super) struct Link {
    pub(super) number: u64,
    pub(super) gate: GateKind,
    lanes: Lanes,
    stream: Weak<std::net::TcpStream>,
    pass: Mutex<Held>,
    pulse: Mutex<Instant>,
    heard: AtomicBool,
    closing: Mutex<Option<Closing>>,
    changed: AtomicBool,
    /// Told when the connection is to close or its caller has changed.
    pub(super) woken: Notify,
}

/// What lets the connection stay open.
struct Held {
    pass: Pass,
    /// The caches' revision under which it was last confirmed, and when.
    confirmed: (u64, Instant),
    /// Since when it could not be looked at, and when to try again.
    failing: Option<(Instant, Instant)>,
    told: bool,
}

impl Link {
    pub(super) fn new(number: u64, gate: GateKind, queue: usize, cut: Option<&Cut>, pass: Pass, revision: u64) -> Self {
        let now = Instant::now();
        Self {
            number,
            gate,
            lanes: Lanes::new(queue),
            stream: cut.map(Cut::weak).unwrap_or_default(),
            pass: Mutex::new(Held { pass, confirmed: (revision, now), failing: None, told: false }),
            pulse: Mutex::new(now),
            heard: AtomicBool::new(true),
            closing: Mutex::default(),
            changed: AtomicBool::new(false),
            woken: Notify::new(),
        }
    }

    /// Queues something for the client; a client that is too slow for it is closed.
    pub(super) fn push(&self, push: &Push) {
        if self.lanes.push(push).is_err() {
            self.close_slow("more waits than is kept");
        }
    }

    /// What the connection's body gives out.
    pub(super) const fn lanes(&self) -> &Lanes {
        &self.lanes
    }

    /// Closes the connection once what waits is sent.
    pub(super) fn close(&self, closing: Closing) {
        self.close_with(closing, false);
    }

    /// Closes a connection whose client does not keep up: what waits is dropped, and the reason says where to read on.
    pub(super) fn close_slow(&self, why: &str) {
        self.close_with(Closing::new(CloseCode::TOO_SLOW, why.to_owned()), true);
    }

    fn close_with(&self, mut closing: Closing, in_place: bool) {
        let first = self.lanes.close(in_place, |last| {
            if let Some(last) = last.filter(|_| in_place) {
                closing.reason = format!("{}; cursor={last}", closing.reason).into();
            }
            closing.frame()
        });
        if first {
            meters::closed(closing.code.number);
            *lock(&self.closing) = Some(closing);
            self.woken.notify_one();
        }
    }

    /// Why the connection is closing, if it is.
    pub(super) fn closing(&self) -> Option<Closing> {
        lock(&self.closing).clone()
    }

    /// The connection is over.
    pub(super) fn end(&self) {
        self.lanes.end();
        if let Some(stream) = self.stream.upgrade() {
            // It fails where the connection is gone already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Whether the server has let go of the connection.
    pub(super) fn is_over(&self) -> bool {
        self.stream.strong_count() == 0
    }

    /// The client has given a sign of life.
    pub(super) fn hear(&self) {
        self.heard.store(true, Ordering::Relaxed);
    }

    /// Asks for a sign of life where it is time to; ends the connection where the last question was not answered.
    pub(super) fn beat(&self, now: Instant, every: Duration) {
        let mut last = lock(&self.pulse);
        if now.saturating_duration_since(*last) < every {
            return;
        }
        *last = now;
        drop(last);
        if self.heard.swap(false, Ordering::Relaxed) {
            self.lanes.ping();
        } else {
            self.end();
        }
    }

    /// Who has the connection and by which token.
    pub(super) fn pass(&self) -> Pass {
        lock(&self.pass).pass.clone()
    }

    /// The token was renewed.
    pub(super) fn renew(&self, pass: Pass, revision: u64) {
        *lock(&self.pass) = Held { pass, confirmed: (revision, Instant::now()), failing: None, told: false };
    }

    /// Whether the pass must be looked at again: something has changed since, or long ago, and the last failure is past.
    pub(super) fn is_doubtful(&self, revision: u64, now: Instant, trusted_for: Duration) -> bool {
        let held = lock(&self.pass);
        let (confirmed, at) = held.confirmed;
        let due = confirmed != revision || now.saturating_duration_since(at) >= trusted_for;
        due && held.failing.is_none_or(|(_, again)| now >= again)
    }

    /// The pass still holds, for this principal. Whether something about the caller has changed is told to the conversation.
    pub(super) fn confirm(&self, pass: Pass, revision: u64) {
        let mut held = lock(&self.pass);
        if held.pass.token != pass.token {
            // Renewed meanwhile: the next look is at the new one.
            return;
        }
        let (before, after) = (&held.pass.principal, &pass.principal);
        let changed = !Arc::ptr_eq(before, after)
            && (before.roles != after.roles
                || before.permissions != after.permissions
                || before.school_writable != after.school_writable);
        held.pass.principal = pass.principal;
        held.confirmed = (revision, Instant::now());
        held.failing = None;
        drop(held);
        if changed {
            self.changed.store(true, Ordering::SeqCst);
            self.woken.notify_one();
        }
    }

    /// The pass could not be looked at. For how long by now.
    pub(super) fn fail(&self, now: Instant, pause: Duration) -> Duration {
        let mut held = lock(&self.pass);
        let since = held.failing.map_or(now, |(since, _)| since);
        held.failing = Some((since, now + pause));
        now.saturating_duration_since(since)
    }

    /// Whether something about the caller has changed since this was last asked.
    pub(super) fn take_changed(&self) -> bool {
        self.changed.swap(false, Ordering::SeqCst)
    }

    /// Ends what has expired, and gives notice of what soon will.
    pub(super) fn watch_expiry(&self, now: DateTime<Utc>) {
        let mut held = lock(&self.pass);
        let Some(expires_at) = held.pass.expires_at else { return };
        if expires_at <= now {
            drop(held);
            self.close(Closing::new(CloseCode::UNAUTHENTICATED, "the token has expired"));
        } else if expires_at - now <= NOTICE && !held.told {
            held.told = true;
            drop(held);
            self.push(&Push::message(&json!({ "event": "token.expiring", "data": { "expires_at": expires_at } })));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
