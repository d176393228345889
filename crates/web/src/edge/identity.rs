//! Who is asking, as far as the head of a request tells: its id, address, user agent and trace.

use std::sync::Arc;

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{self, HeaderName};
use lyceum_kernel::RequestId;
use lyceum_platform::platform::Platform;
use lyceum_platform::uow::TraceContext;

use super::client_address::client_address;
use super::settings::EdgeSettings;
use crate::context::RequestContext;

/// The header that carries a request's id, both ways.
pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// As much of a `User-Agent` as is kept.
const USER_AGENT_LENGTH: usize = 256;

/// Reads the head. An id that is not well formed is not the client's to choose: it is replaced.
pub(super) fn identify(request: &ServiceRequest, platform: &Platform, settings: &EdgeSettings) -> RequestContext {
    let headers = request.headers();
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let given = text(&X_REQUEST_ID).and_then(RequestId::parse);
    RequestContext {
        request_id: given.unwrap_or_else(|| RequestId::new(platform.clock.now(), &*platform.entropy)),
        ip: client_address(request.peer_addr(), headers, &settings.trusted_proxies),
        user_agent: text(&header::USER_AGENT).map(|agent| Arc::from(agent.get(..USER_AGENT_LENGTH).unwrap_or(agent))),
        trace: text(&TRACEPARENT).and_then(TraceContext::parse),
    }
}
