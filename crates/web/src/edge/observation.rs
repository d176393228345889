//! What is measured and logged about every request: once, at its end, whatever the end is.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::{HttpMessage, HttpRequest};
use lyceum_kernel::RequestId;
use metrics::{Counter, Histogram, counter, histogram};

use super::masking::mask_query;
use crate::context::RequestContext;

/// The status that stands in logs and metrics for a client who went away before there was an answer.
const CLIENT_GONE: u16 = 499;

/// The meters of one route in one worker. Handles are looked up once, labels are never formatted while serving.
#[derive(Debug)]
pub(crate) struct Meters {
    method: &'static str,
    route: &'static str,
    latency: RefCell<Option<Histogram>>,
    by_status: RefCell<Vec<(u16, Counter)>>,
}

impl Meters {
    /// Meters for a method and route template.
    pub(crate) fn new(method: &'static str, route: &'static str) -> Self {
        Self { method, route, latency: RefCell::new(None), by_status: RefCell::new(Vec::new()) }
    }

    fn record(&self, status: u16, latency: Duration) {
        self.latency
            .borrow_mut()
            .get_or_insert_with(
                || histogram!("http_request_duration_seconds", "method" => self.method, "route" => self.route),
            )
            .record(latency.as_secs_f64());
        let mut counters = self.by_status.borrow_mut();
        let known = counters.iter().position(|(known, _)| *known == status);
        let place = known.unwrap_or_else(|| {
            let labels = [("method", self.method), ("route", self.route)];
            let counter = counter!("http_requests_total", "method" => labels[0].1, "route" => labels[1].1, "status" => status.to_string());
            counters.push((status, counter));
            counters.len() - 1
        });
        counters[place].1.increment(1);
    }
}

/// Describes the meters, once the recorder is installed.
pub(crate) fn describe_meters() {
    use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
    describe_counter!("http_requests_total", "Requests answered, by method, route template and status.");
    describe_histogram!("http_request_duration_seconds", Unit::Seconds, "Time to the head of the answer.");
    describe_gauge!("http_requests_in_flight", "Requests being worked on.");
    describe_counter!("http_requests_shed_total", "Requests refused because the server was full.");
    describe_counter!("http_request_timeouts_total", "Requests that ran out of time.");
    describe_counter!("http_panics_total", "Panics caught while a request was worked on.");
}

/// One request under observation. If it is dropped before [`finish`](Self::finish), the client went away.
pub(crate) struct Observation {
    meters: Rc<Meters>,
    request: HttpRequest,
    request_id: RequestId,
    started: Instant,
    finished: bool,
}

impl Observation {
    /// Begins to observe.
    pub(crate) fn new(meters: Rc<Meters>, request: HttpRequest, request_id: RequestId, started: Instant) -> Self {
        Self { meters, request, request_id, started, finished: false }
    }

    /// The request has an answer.
    pub(crate) fn finish(mut self, status: StatusCode) {
        self.finished = true;
        self.report(status.as_u16());
    }

    fn report(&self, status: u16) {
        let latency = self.started.elapsed();
        self.meters.record(status, latency);
        if !tracing::enabled!(target: "lyceum::access", tracing::Level::INFO) {
            return;
        }
        let extensions = self.request.extensions();
        let context = extensions.get::<RequestContext>();
        let caller = extensions.get::<std::sync::Arc<lyceum_kernel::Principal>>();
        let uri = self.request.uri();
        // A template hides what its parameters hold; a path that is no route's is shown as it was sent.
        let path = if self.meters.route == UNMATCHED { uri.path() } else { self.meters.route };
        tracing::info!(
            target: "lyceum::access",
            method = %self.request.method(),
            path = path.get(..256).unwrap_or(path),
            query = uri.query().map(mask_query),
            status,
            latency_ms = latency.as_secs_f64() * 1000.0,
            request_id = self.request_id.as_str(),
            trace_id = context.and_then(|context| context.trace.as_ref()).map(|trace| tracing::field::display(trace.trace_id())),
            ip = context.and_then(|context| context.ip).map(tracing::field::display),
            user_id = caller.map(|caller| tracing::field::display(caller.user_id)),
            school_id = caller.and_then(|caller| caller.school_id).map(tracing::field::display),
            "request"
        );
    }
}

/// The route label of requests that fit no route.
pub(crate) const UNMATCHED: &str = "unmatched";

impl Drop for Observation {
    fn drop(&mut self) {
        if !self.finished {
            self.report(CLIENT_GONE);
        }
    }
}
