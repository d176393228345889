//! The public signing keys as JSON Web Keys (RFC 7517, RFC 8037).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use utoipa::ToSchema;

use crate::token::keyring::KeyPair;

/// All keys whose signatures count, and the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct JwkSet {
    /// The keys.
    pub keys: Vec<Jwk>,
}

/// A public Ed25519 key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Jwk {
    /// Octet key pair.
    #[schema(value_type = String, example = "OKP")]
    pub kty: &'static str,
    /// The curve.
    #[schema(value_type = String, example = "Ed25519")]
    pub crv: &'static str,
    /// For signatures.
    #[serde(rename = "use")]
    #[schema(value_type = String, example = "sig")]
    pub usage: &'static str,
    /// The algorithm.
    #[schema(value_type = String, example = "EdDSA")]
    pub alg: &'static str,
    /// The key's id: its RFC 7638 thumbprint.
    #[schema(example = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")]
    pub kid: String,
    /// The public key in base64url.
    #[schema(example = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")]
    pub x: String,
}

impl Jwk {
    /// The public half of a pair.
    pub fn of(pair: &KeyPair) -> Self {
        Self {
            kty: "OKP",
            crv: "Ed25519",
            usage: "sig",
            alg: "EdDSA",
            kid: pair.kid().to_owned(),
            x: URL_SAFE_NO_PAD.encode(pair.public()),
        }
    }
}
