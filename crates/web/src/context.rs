//! What is known about a request before anybody has looked at its body.

use std::net::IpAddr;
use std::sync::Arc;

use lyceum_kernel::RequestId;
use lyceum_platform::uow::{Cause, TraceContext};

/// The circumstances of a request. The edge middleware puts one into the request's extensions; gates hand it to handlers.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// The request's id, as echoed in `X-Request-Id`.
    pub request_id: RequestId,
    /// The client's address, seen through trusted proxies only.
    pub ip: Option<IpAddr>,
    /// The `User-Agent` header, cut to a reasonable length.
    pub user_agent: Option<Arc<str>>,
    /// The W3C trace that the request belongs to.
    pub trace: Option<TraceContext>,
}

impl RequestContext {
    /// The same circumstances as a unit of work records them.
    pub fn cause(&self) -> Cause {
        Cause {
            request_id: self.request_id.clone(),
            ip: self.ip,
            user_agent: self.user_agent.as_deref().map(ToOwned::to_owned),
            trace: self.trace,
        }
    }
}
