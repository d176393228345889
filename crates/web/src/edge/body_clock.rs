//! A bound on how long a client may take to send a body, and the knowledge of who kept whom waiting.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::HttpMessage;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::Stream;
use tokio::time::{Sleep, sleep};

/// Bytes a second that a client must manage beyond the fixed bound.
const SLOWEST: u64 = 64 * 1024;

/// Whether the server is waiting for the client's bytes, or gave up on them.
#[derive(Debug, Clone, Default)]
pub(crate) struct BodyWatch(Rc<Cell<State>>);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Idle,
    Waiting,
    TooSlow,
}

impl BodyWatch {
    /// Whether it is the client who is late.
    pub(crate) fn blames_client(&self) -> bool {
        self.0.get() != State::Idle
    }

    /// Whether the body's time ran out.
    pub(crate) fn ran_out(&self) -> bool {
        self.0.get() == State::TooSlow
    }
}

struct Timed {
    inner: Payload,
    clock: Pin<Box<Sleep>>,
    watch: BodyWatch,
}

/// Puts a clock on the request's body, if it has one: `bound` for all of it, longer for long ones.
pub(crate) fn watch_body(request: &mut ServiceRequest, bound: Duration) -> BodyWatch {
    let watch = BodyWatch::default();
    let headers = request.headers();
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.unwrap_or(0) == 0 && !headers.contains_key(header::TRANSFER_ENCODING) {
        return watch;
    }
    let clock = Box::pin(sleep(bound + Duration::from_secs(length.unwrap_or(0) / SLOWEST)));
    let timed = Timed { inner: request.take_payload(), clock, watch: watch.clone() };
    request.set_payload(Payload::Stream { payload: Box::pin(timed) });
    watch
}

impl Stream for Timed {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Poll::Ready(item) = Pin::new(&mut this.inner).poll_next(context) {
            this.watch.0.set(State::Idle);
            return Poll::Ready(item);
        }
        if this.clock.as_mut().poll(context).is_ready() {
            this.watch.0.set(State::TooSlow);
            return Poll::Ready(Some(Err(PayloadError::Io(io::ErrorKind::TimedOut.into()))));
        }
        this.watch.0.set(State::Waiting);
        Poll::Pending
    }
}

/// Bytes a second that a client must manage over the whole of a stream: what trickles is not an upload.
const SLOWEST_STREAM: u64 = 1024;

/// When something of a streamed request last got on. Handlers that work long after the last byte (moving it to a store) say so.
#[derive(Debug, Clone)]
pub struct Pulse(Rc<Cell<Instant>>);

impl Default for Pulse {
    fn default() -> Self {
        Self(Rc::new(Cell::new(Instant::now())))
    }
}

impl Pulse {
    /// It gets on.
    pub fn beat(&self) {
        self.0.set(Instant::now());
    }

    /// When it last did.
    pub(crate) fn last(&self) -> Instant {
        self.0.get()
    }
}

struct Flowing {
    inner: Payload,
    idle: Duration,
    clock: Pin<Box<Sleep>>,
    began: Instant,
    received: u64,
    pulse: Pulse,
    watch: BodyWatch,
}

/// Puts a clock on a body that is taken as it comes: `idle` for each piece of it, and a least speed for the whole.
pub(crate) fn watch_stream(request: &mut ServiceRequest, idle: Duration, pulse: Pulse) -> BodyWatch {
    let watch = BodyWatch::default();
    let flowing = Flowing {
        inner: request.take_payload(),
        idle,
        clock: Box::pin(sleep(idle)),
        began: Instant::now(),
        received: 0,
        pulse,
        watch: watch.clone(),
    };
    request.set_payload(Payload::Stream { payload: Box::pin(flowing) });
    watch
}

impl Flowing {
    fn trickles(&self) -> bool {
        let elapsed = self.began.elapsed();
        elapsed > self.idle * 2 && self.received / elapsed.as_secs().max(1) < SLOWEST_STREAM
    }
}

impl Stream for Flowing {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Poll::Ready(item) = Pin::new(&mut this.inner).poll_next(context) {
            if let Some(Ok(bytes)) = &item {
                this.received += bytes.len() as u64;
                this.pulse.beat();
            }
            this.watch.0.set(State::Idle);
            return Poll::Ready(item);
        }
        while this.clock.as_mut().poll(context).is_ready() {
            let due = this.pulse.last() + this.idle;
            if due <= Instant::now() || this.trickles() {
                this.watch.0.set(State::TooSlow);
                return Poll::Ready(Some(Err(PayloadError::Io(io::ErrorKind::TimedOut.into()))));
            }
            this.clock.as_mut().reset(due.into());
        }
        this.watch.0.set(State::Waiting);
        Poll::Pending
    }
}
