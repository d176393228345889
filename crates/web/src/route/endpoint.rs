//! From a request to its answer: what every route does alike.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};

use super::incoming::Incoming;
use super::{Handler, refusal};
use crate::idempotency;
use crate::problem::Problem;

/// What a route needs to know about itself while it serves.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a matter of its own, and any combination is possible")]
pub(crate) struct Settings {
    pub(crate) template: &'static str,
    pub(crate) idempotent: bool,
    pub(crate) versioned: bool,
    /// Whether the body is taken as it comes.
    pub(crate) streamed: bool,
    pub(crate) query_names: Arc<[String]>,
    /// The path's parameters, and whether each is documented as a UUID.
    pub(crate) path_names: Arc<[(&'static str, bool)]>,
    /// Whether writes are let in while the active school is suspended or lapsed.
    pub(crate) while_suspended: bool,
}

/// Serves one request. Whatever goes wrong becomes a problem, so this never fails.
pub(super) async fn serve<H: Handler<Args>, Args>(
    handler: H,
    settings: Arc<Settings>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let mut incoming = match Incoming::new(request.clone(), payload, settings) {
        Ok(incoming) => incoming,
        Err(problem) => return problem.respond(&request),
    };
    let outcome = handler.run(&mut incoming).await;
    if let Err(problem) = &outcome {
        refusal::record(&incoming, problem).await;
    }
    let mut response = outcome.unwrap_or_else(|problem| problem.respond(&request));
    incoming.verdicts.write_to(response.headers_mut());
    response
}

/// Between the gate and the extractors: the query string, then the idempotency key. A stored answer ends the request.
pub(super) async fn before_extractors(incoming: &mut Incoming) -> Result<Option<HttpResponse>, Problem> {
    incoming.read_query()?;
    if incoming.settings().idempotent { idempotency::recall(incoming).await } else { Ok(None) }
}

/// After the handler failed: it may have failed because another request with the same key was faster.
pub(super) async fn failed<E: Into<Problem>>(incoming: &mut Incoming, error: E) -> Result<HttpResponse, Problem> {
    match idempotency::recall_after_failure(incoming).await {
        Some(outcome) => outcome,
        None => Err(error.into()),
    }
}
