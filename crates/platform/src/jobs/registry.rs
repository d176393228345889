//! Who does which job, who listens to which event, and what recurs.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;

use super::{JobError, JobRun, RetryPolicy};

/// Does one kind of job. It may run more than once for one job, and at the same time as another job of its kind.
#[async_trait]
pub trait JobHandler: Send + Sync + 'static {
    /// The kind it does: `context.what`, such as `mail.send`.
    fn kind(&self) -> &'static str;

    /// Does the job. `Ok` finishes it, unless [`JobRun::unit_of_work`] already has. A panic is a failed try.
    async fn run(&self, job: JobRun) -> Result<(), JobError>;

    /// How often and when to try again.
    fn retry(&self) -> RetryPolicy {
        RetryPolicy::STANDARD
    }
}

/// Handlers by kind, consumers by event, periodic kinds; and the bell that wakes this node's runner.
///
/// The platform holds one, which knows at least the consumers of every event, since whoever emits an event writes one job for
/// each. Handlers that need the platform themselves are given to the [`JobRunner`](super::JobRunner) in another.
#[derive(Default, Clone)]
pub struct JobRegistry {
    handlers: BTreeMap<&'static str, Arc<dyn JobHandler>>,
    consumers: HashMap<&'static str, Vec<&'static str>>,
    periodic: BTreeMap<&'static str, Duration>,
    bell: Arc<Notify>,
}

impl std::fmt::Debug for JobRegistry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JobRegistry")
            .field("handlers", &self.handlers.keys())
            .field("consumers", &self.consumers)
            .field("periodic", &self.periodic)
            .finish_non_exhaustive()
    }
}

impl JobRegistry {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a handler; a later one of the same kind replaces it.
    #[must_use]
    pub fn handler(self, handler: impl JobHandler) -> Self {
        self.shared_handler(Arc::new(handler))
    }

    /// Adds a handler that others hold as well.
    #[must_use]
    pub fn shared_handler(mut self, handler: Arc<dyn JobHandler>) -> Self {
        self.handlers.insert(handler.kind(), handler);
        self
    }

    /// Each event of this name becomes a job of this kind, with the event's payload.
    #[must_use]
    pub fn consumer(mut self, event_name: &'static str, handler_kind: &'static str) -> Self {
        let kinds = self.consumers.entry(event_name).or_default();
        if !kinds.contains(&handler_kind) {
            kinds.push(handler_kind);
        }
        self
    }

    /// A job of this kind, with payload `null`, runs once in every period over all nodes; periods are counted from the Unix
    /// epoch. At least one second.
    #[must_use]
    pub fn periodic(mut self, kind: &'static str, every: Duration) -> Self {
        self.periodic.insert(kind, every.max(Duration::from_secs(1)));
        self
    }

    /// The kinds of job that an event of this name becomes.
    pub fn consumers_of(&self, event_name: &str) -> &[&'static str] {
        self.consumers.get(event_name).map_or(&[], Vec::as_slice)
    }

    /// Wakes this node's runner: call it after a commit that enqueued something.
    pub fn wake(&self) {
        self.bell.notify_one();
    }

    /// This one with the handlers, consumers and periods of `other`, ringing its own bell.
    #[must_use]
    pub fn merged(&self, other: &Self) -> Self {
        let mut all = self.clone();
        all.handlers.extend(other.handlers.iter().map(|(kind, handler)| (*kind, Arc::clone(handler))));
        all.periodic.extend(&other.periodic);
        for (event, kinds) in &other.consumers {
            for kind in kinds {
                all = all.consumer(event, kind);
            }
        }
        all
    }

    /// The handler of a kind.
    pub fn handler_of(&self, kind: &str) -> Option<Arc<dyn JobHandler>> {
        self.handlers.get(kind).map(Arc::clone)
    }

    /// The kinds that have handlers.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.handlers.keys().copied()
    }

    pub(super) fn periods(&self) -> impl Iterator<Item = (&'static str, Duration)> + '_ {
        self.periodic.iter().map(|(kind, every)| (*kind, *every))
    }

    pub(super) async fn woken(&self) {
        self.bell.notified().await;
    }
}
