//! The route of the public signing keys.

use std::time::Duration;

use lyceum_web::{Json, Public, Route, State, get};

use crate::dto::jwks::JwkSet;
use crate::error::IdentityError;
use crate::service::IdentityService;

/// For how long the keys may be stored: shorter than a new key is published before it signs.
const MAX_AGE: Duration = Duration::from_mins(1);

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        get("/.well-known/jwks.json", list_signing_keys)
            .summary("Public signing keys")
            .describe(
                "The Ed25519 keys that access tokens are signed with, as JSON Web Keys (RFC 7517, RFC 8037). A new key is \
                 published before it signs, and an old one stays until the last token it signed has expired.",
            )
            .answer_header("Cache-Control", "Everybody may store the keys for a minute."),
    ]
}

async fn list_signing_keys(_: Public, service: State<IdentityService>) -> Result<Json<JwkSet>, IdentityError> {
    Ok(Json::new(service.jwks().await?).public(MAX_AGE))
}
