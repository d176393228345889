//! Why something is done.

use std::net::IpAddr;

use lyceum_kernel::RequestId;

pub use crate::telemetry::TraceContext;

/// What caused a unit of work: a request, or a job (then the request is the one that caused the job, or a new id).
#[derive(Debug, Clone)]
pub struct Cause {
    /// The request.
    pub request_id: RequestId,
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// What the client calls itself, as sent.
    pub user_agent: Option<String>,
    /// The distributed trace it belongs to.
    pub trace: Option<TraceContext>,
}

impl Cause {
    /// A cause of which only the id is known.
    pub const fn new(request_id: RequestId) -> Self {
        Self { request_id, ip: None, user_agent: None, trace: None }
    }
}
