//! Refusals in the audit log: whoever is logged in and tries to change what they may not is told so with 403, and that they tried is
//! recorded, with who, where from and which route. Contexts that record a refusal in their own words say so
//! ([`ServiceError::recorded`](lyceum_kernel::ServiceError::recorded)).

use lyceum_platform::PlatformError;
use lyceum_platform::uow::Audit;
use serde_json::json;
use uuid::Uuid;

use super::gate::SCHOOL_READ_ONLY;
use super::incoming::Incoming;
use crate::problem::Problem;

/// What it is called in the audit log.
const ACTION: &str = "access.refused";

/// Records a refusal. That it could not be recorded is logged: it stays a refusal.
pub(super) async fn record(incoming: &Incoming, problem: &Problem) {
    let Some(code) = problem.unrecorded_refusal() else { return };
    // Clients of a school that has lapsed go on trying: that is no attempt at anything.
    if incoming.request().method().is_safe() || code == SCHOOL_READ_ONLY {
        return;
    }
    if let Err(error) = write(incoming, code).await {
        tracing::warn!(%error, "audit.refusal_not_recorded");
    }
}

async fn write(incoming: &Incoming, code: &'static str) -> Result<(), PlatformError> {
    let Some(principal) = incoming.principal() else { return Ok(()) };
    let request = incoming.request();
    // The innermost thing that the path names.
    let target = request.match_info().iter().filter_map(|(_, part)| part.parse::<Uuid>().ok()).last();
    let route = format!("{} {}", request.method(), incoming.settings().template);
    let work = incoming.web().platform().unit_of_work(incoming.context().cause()).acting_as(principal);
    let mut tx = work.begin().await?;
    tx.audit(Audit::of(ACTION, "route", target).after(json!({ "route": route, "refused": code })).denied());
    tx.commit_quietly().await
}
