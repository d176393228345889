//! From a request to its answer: what every route does alike.

use std::sync::{Arc, OnceLock};

use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, Schema, SchemaFormat};

use super::incoming::Incoming;
use super::{GateKind, Handler, refusal};
use crate::describe::{Description, path_names};
use crate::idempotency;
use crate::problem::Problem;

/// What a route needs to know about itself while it serves.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a matter of its own, and any combination is possible")]
pub(crate) struct Settings {
    pub(crate) template: &'static str,
    pub(crate) idempotent: bool,
    /// Whether the body is taken as it comes.
    pub(crate) streamed: bool,
    /// Whether it is a WebSocket that is asked for.
    pub(crate) socket: bool,
    /// Who may call it.
    pub(crate) gate: GateKind,
    /// Most bytes of a body that is not, where the configured bound is too tight.
    pub(crate) largest_body: Option<usize>,
    /// Whether writes are let in while the active school is suspended or lapsed.
    pub(crate) while_suspended: bool,
    /// How the handler describes itself.
    pub(crate) describe: fn(&mut Description),
    /// What the description names, read out with the first request that asks.
    pub(crate) names: Arc<OnceLock<Names>>,
}

/// The parameters that the operation lists.
pub(crate) struct Names {
    /// Those of the query.
    pub(crate) query: Vec<String>,
    /// Those of the path, and whether each is documented as a UUID.
    pub(crate) path: Vec<(&'static str, bool)>,
}

impl Settings {
    /// The parameters that the operation lists.
    pub(crate) fn names(&self) -> &Names {
        self.names.get_or_init(|| {
            let mut description = Description { path: self.template, ..Description::default() };
            (self.describe)(&mut description);
            let operation = &description.operation;
            Names { query: query_names(operation), path: path_kinds(operation, self.template) }
        })
    }
}

fn query_names(operation: &Operation) -> Vec<String> {
    let parameters = operation.parameters.iter().flatten();
    let query = parameters.filter_map(|parameter| match parameter {
        RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query => Some(parameter.name.clone()),
        _ => None,
    });
    query.collect()
}

/// The names in the path and whether each is documented as a UUID.
fn path_kinds(operation: &Operation, path: &'static str) -> Vec<(&'static str, bool)> {
    let uuid = SchemaFormat::KnownFormat(KnownFormat::Uuid);
    let is_uuid = |name: &str| {
        operation.parameters.iter().flatten().any(|parameter| match parameter {
            RefOr::T(parameter) if parameter.name == name => match &parameter.schema {
                Some(RefOr::T(Schema::Object(object))) => object.format.as_ref() == Some(&uuid),
                _ => false,
            },
            _ => false,
        })
    };
    path_names(path).map(|name| (name, is_uuid(name))).collect()
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
