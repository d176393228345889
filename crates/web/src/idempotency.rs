//! `Idempotency-Key`: a POST repeated with its key is answered, not done again.
//!
//! The key's row and the answer are written by the unit of work, in the transaction of the effect. Here the request is recognised:
//! before the handler, and once more after a failure that may only mean that another request with the key was faster.

use std::pin::Pin;

use actix_web::HttpResponse;
use actix_web::http::header::HeaderName;
use lyceum_kernel::ErrorKind;
use lyceum_platform::PlatformError;
use lyceum_platform::uow::{Idempotency, Lookup, idempotency};
use sha2::{Digest, Sha256};

use crate::problem::Problem;
use crate::reply::replay;
use crate::route::Incoming;

/// What a key looks like: 1 to 255 printable ASCII characters.
pub(crate) const KEY_PATTERN: &str = "^[!-~]([ -~]{0,253}[!-~])?$";

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const LONGEST_KEY: usize = 255;

/// Looks the key up, if there is one. A stored answer comes back; otherwise the key goes along for the unit of work.
pub(crate) async fn recall(incoming: &mut Incoming) -> Result<Option<HttpResponse>, Problem> {
    let Some(key) = key_of(incoming)? else { return Ok(None) };
    let body = incoming.body().await?;
    let request = incoming.request();
    let (method, path, query) = (request.method().as_str(), request.path(), request.query_string());
    let mut hash = Sha256::new();
    for part in [method.as_bytes(), path.as_bytes(), query.as_bytes(), &body] {
        // Lengths keep the parts apart.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let caller = match incoming.principal() {
        Some(principal) => principal.user_id.to_string(),
        None => incoming.context().ip.map(|ip| ip.to_string()).unwrap_or_default(),
    };
    let key = Idempotency { key, caller, route: format!("{method} {path}"), fingerprint: hash.finalize().into() };
    let found = look_up(incoming, &key).await?;
    incoming.idempotency = Some(key);
    match found {
        Lookup::Unknown => Ok(None),
        Lookup::Replay(stored) => replay(stored).map(Some),
        Lookup::OtherBody => Err(reused()),
    }
}

/// The answer to another request with the key that finished while this one failed.
pub(crate) async fn recall_after_failure(incoming: &mut Incoming) -> Option<Result<HttpResponse, Problem>> {
    let key = incoming.idempotency.as_ref()?;
    match look_up(incoming, key).await {
        Ok(Lookup::Replay(stored)) => Some(replay(stored)),
        Ok(Lookup::OtherBody) => Some(Err(reused())),
        // The handler's own error says more than one about the look-up.
        Ok(Lookup::Unknown) | Err(_) => None,
    }
}

/// In a box, since most requests have no key and need no room for a query.
fn look_up<'a>(
    incoming: &'a Incoming,
    key: &'a Idempotency,
) -> Pin<Box<dyn Future<Output = Result<Lookup, PlatformError>> + 'a>> {
    Box::pin(idempotency::lookup(&incoming.web().platform().db, key))
}

fn reused() -> Problem {
    let detail = "This Idempotency-Key was used for a different request.";
    Problem::new(ErrorKind::Invalid, "idempotency-key-reused", detail)
}

fn key_of(incoming: &Incoming) -> Result<Option<String>, Problem> {
    let Some(key) = incoming.header(&IDEMPOTENCY_KEY)? else { return Ok(None) };
    let printable = key.bytes().all(|b| (0x20..=0x7e).contains(&b));
    if (1..=LONGEST_KEY).contains(&key.len()) && printable {
        return Ok(Some(key));
    }
    Err(Problem::malformed_header("idempotency-key", "must be 1 to 255 printable ASCII characters"))
}
