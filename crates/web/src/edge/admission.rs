//! Load shedding: a server that is full says so at once instead of letting everybody wait.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use metrics::{Gauge, gauge};

/// Counts the requests being worked on, over all workers of the process.
pub(crate) struct Admission {
    working: AtomicUsize,
    most: usize,
    gauge: OnceLock<Gauge>,
}

/// A place among the requests being worked on; given up when dropped.
pub(crate) struct Place(Arc<Admission>);

impl Admission {
    /// Room for `most` requests.
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { working: AtomicUsize::new(0), most, gauge: OnceLock::new() })
    }

    /// Takes a place, if there is one. Operators' routes (`exempt`) always get one.
    pub(crate) fn enter(self: &Arc<Self>, exempt: bool) -> Option<Place> {
        self.gauge().increment(1.0);
        let before = self.working.fetch_add(1, Ordering::Relaxed);
        let place = Place(Arc::clone(self));
        (exempt || before < self.most).then_some(place)
    }

    // Looked up late: the recorder may be installed after the table is built.
    fn gauge(&self) -> &Gauge {
        self.gauge.get_or_init(|| gauge!("http_requests_in_flight"))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.working.fetch_sub(1, Ordering::Relaxed);
        self.0.gauge().decrement(1.0);
    }
}
