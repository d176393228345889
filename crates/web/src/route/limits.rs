//! Rate limits of a request and the headers that tell about them (draft-ietf-httpapi-ratelimit-headers).

use std::fmt::Write;
use std::pin::Pin;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use lyceum_kernel::{ErrorKind, Principal};
use lyceum_platform::limiter::{Decision, Policy};

use super::Incoming;
use crate::problem::Problem;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What the limiter said about this request: at most one decision for the account or address and one for the school.
#[derive(Default)]
pub(crate) struct Verdicts([Option<(&'static str, u64, Decision)>; 2]);

impl Verdicts {
    /// Writes `RateLimit` and `RateLimit-Policy`.
    pub(crate) fn write_to(&self, headers: &mut HeaderMap) {
        if self.0.iter().all(Option::is_none) {
            return;
        }
        let mut left = String::with_capacity(64);
        let mut policies = String::with_capacity(64);
        for (name, window, decision) in self.0.iter().flatten() {
            let separator = if left.is_empty() { "" } else { ", " };
            let reset = decision.reset_after.as_secs();
            // Writing to a string does not fail.
            let _ = write!(left, "{separator}\"{name}\";r={};t={reset}", decision.remaining);
            let _ = write!(policies, "{separator}\"{name}\";q={};w={window}", decision.limit);
        }
        let pairs = [(RATE_LIMIT, left), (RATE_LIMIT_POLICY, policies)];
        for (name, text) in pairs {
            if let Ok(value) = HeaderValue::try_from(text) {
                headers.insert(name, value);
            }
        }
    }
}

/// Counts a request of somebody who is not logged in against their address.
pub(super) async fn count_stranger(incoming: &mut Incoming) -> Result<(), Problem> {
    let web = incoming.web();
    let Some(ip) = incoming.context().ip.filter(|_| web.policies.enabled) else { return Ok(()) };
    count(incoming, 0, |web| &web.policies.address, &ip.to_string()).await
}

/// Counts a request against the caller's account and active school.
pub(super) async fn count_caller(incoming: &mut Incoming, principal: &Principal) -> Result<(), Problem> {
    if !incoming.web().policies.enabled {
        return Ok(());
    }
    let mut buffer = uuid::Uuid::encode_buffer();
    let account = principal.user_id.uuid().simple().encode_lower(&mut buffer);
    count(incoming, 0, |web| &web.policies.account, account).await?;
    let Some(school) = principal.school_id else { return Ok(()) };
    let school = school.uuid().simple().encode_lower(&mut buffer);
    count(incoming, 1, |web| &web.policies.school, school).await
}

async fn count(
    incoming: &mut Incoming,
    slot: usize,
    policy: impl Fn(&crate::state::WebState) -> &Policy,
    key: &str,
) -> Result<(), Problem> {
    let web = incoming.web_arc();
    let policy = policy(&web);
    // Without the box every handler's future would contain a whole Redis client.
    let check: Pin<Box<dyn Future<Output = Decision> + '_>> = Box::pin(web.platform().limiter.check(policy, key));
    let decision = check.await;
    let (allowed, wait) = (decision.allowed, decision.reset_after);
    if let Some(verdict) = incoming.verdicts.0.get_mut(slot) {
        *verdict = Some((policy.name, policy.window.as_secs(), decision));
    }
    if allowed {
        return Ok(());
    }
    let detail = "You are asking faster than is allowed. Wait a little and try again.";
    Err(Problem::new(ErrorKind::TooMany, "too-many-requests", detail).retry_after(wait))
}
