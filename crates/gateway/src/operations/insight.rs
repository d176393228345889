//! Who may look inside: operators, the machine itself, and everybody where the configuration says so.

use actix_web::http::header;
use lyceum_web::{Describe, Description, Extract, Incoming, Problem};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

/// What a proxy puts before a request of somebody else.
const FORWARDING: [&str; 3] = ["x-forwarded-for", "forwarded", "x-real-ip"];

/// Whether the caller showed the ops token (`Authorization: Bearer …`) or sits on this machine. What a proxy passed on comes
/// from somewhere else, also where nobody configured the proxy as a trusted one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Insight {
    /// True for operators.
    pub(super) operator: bool,
}

impl Extract for Insight {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Problem> {
        let headers = incoming.request().headers();
        let direct = !FORWARDING.iter().any(|name| headers.contains_key(*name));
        let local = direct && incoming.context().ip.is_some_and(|ip| ip.to_canonical().is_loopback());
        let token = incoming.web().platform().config.security.ops_token.as_ref();
        let shown = headers.get(header::AUTHORIZATION);
        let shown = shown.and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
        Ok(Self { operator: local || shown.is_some_and(|shown| token.is_some_and(|token| equal(token, shown))) })
    }
}

impl Describe for Insight {
    fn describe(_: &mut Description) {}
}

fn equal(token: &SecretString, shown: &[u8]) -> bool {
    token.expose_secret().as_bytes().ct_eq(shown).into()
}
