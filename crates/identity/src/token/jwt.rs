//! Access tokens: JWTs (RFC 7519) in the profile of RFC 9068, signed with Ed25519 (RFC 8037) and nothing else.
//!
//! The key comes from our own table by `kid`; `jku`, `jwk`, `x5u` and `x5c` in a header are never looked at. Times are checked
//! against the injected clock, without leeway: nodes agree on the time.

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use lyceum_kernel::{SchoolId, SessionId, UserId};
use serde::{Deserialize, Serialize};

/// `typ` of the header: RFC 9068 keeps access tokens apart from every other JWT by it.
const TYP: &str = "at+jwt";

/// No token of ours is longer: those with many scopes have some hundred bytes more than the 500 of the others.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// No key id of ours is longer: a SHA-256 thumbprint in base64url.
const MAX_KID_BYTES: usize = 43;

/// The payload of an access token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// Whom it is for.
    pub aud: String,
    /// The account.
    pub sub: UserId,
    /// The session.
    pub sid: SessionId,
    /// The token itself: one per session and generation.
    pub jti: String,
    /// Issued at, in seconds since 1970.
    pub iat: i64,
    /// Not before.
    pub nbf: i64,
    /// Expires at.
    pub exp: i64,
    /// Permissions that it is narrowed to, space-separated (RFC 8693); everything if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The active school.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub school: Option<SchoolId>,
}

/// Why a token is worth nothing. A client learns only that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Not a JWT, or not one of ours in type, algorithm or key id.
    #[error("the token is not one of ours")]
    Foreign,
    /// The signature or one of the claims is wrong.
    #[error("the signature or a claim is wrong")]
    Refused,
    /// Its time is over, or has not come.
    #[error("the token is not valid at this time")]
    Untimely,
}

/// The key id in a token's header, if the header could be that of one of ours.
///
/// # Errors
/// [`TokenFault::Foreign`] otherwise.
pub fn key_id(token: &str) -> Result<String, TokenFault> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(TokenFault::Foreign);
    }
    let header = decode_header(token).map_err(|_| TokenFault::Foreign)?;
    let ours = header.alg == Algorithm::EdDSA
        && header.typ.is_some_and(|typ| typ.eq_ignore_ascii_case(TYP))
        && header.crit.is_none();
    let kid = header.kid.filter(|kid| ours && (1..=MAX_KID_BYTES).contains(&kid.len())).ok_or(TokenFault::Foreign)?;
    let plain = kid.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    plain.then_some(kid).ok_or(TokenFault::Foreign)
}

/// Signs.
///
/// # Errors
/// Only if the key is not an Ed25519 key in PKCS #8.
pub fn sign(claims: &Claims, kid: &str, key: &EncodingKey) -> Result<String, jsonwebtoken::errors::Error> {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(TYP.to_owned());
    header.kid = Some(kid.to_owned());
    encode(&header, claims, key)
}

/// What every token must say, built once.
#[derive(Debug)]
pub struct Expectations(Validation);

impl Expectations {
    /// Tokens of this issuer for this audience.
    pub fn new(issuer: &str, audience: &str) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        validation.leeway = 0;
        // Checked below against our own clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self(validation)
    }

    /// Verifies signature and claims.
    ///
    /// # Errors
    /// [`TokenFault`] says what is wrong.
    pub fn verify(&self, token: &str, key: &DecodingKey, now: DateTime<Utc>) -> Result<Claims, TokenFault> {
        let claims = decode::<Claims>(token, key, &self.0).map_err(|_| TokenFault::Refused)?.claims;
        let now = now.timestamp();
        if now < claims.nbf || now >= claims.exp { Err(TokenFault::Untimely) } else { Ok(claims) }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;
    use crate::token::keyring::KeyPair;

    const NOW: i64 = 1_800_000_000;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn pair() -> KeyPair {
        KeyPair::from_seed(&[9; 32])
    }

    fn claims() -> Claims {
        Claims {
            iss: "https://lyceum.test".to_owned(),
            aud: "lyceum-api".to_owned(),
            sub: UserId(Uuid::from_u128(1)),
            sid: SessionId(Uuid::from_u128(2)),
            jti: "j".to_owned(),
            iat: NOW,
            nbf: NOW,
            exp: NOW + 900,
            scope: None,
            school: None,
        }
    }

    fn verify(token: &str, now: i64) -> Result<Claims, TokenFault> {
        key_id(token)?;
        let expected = Expectations::new("https://lyceum.test", "lyceum-api");
        expected.verify(token, &pair().decoding_key(), at(now))
    }

    fn forged(header: &Value, payload: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(payload));
        let key = pair().encoding_key();
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::EdDSA).unwrap();
        format!("{message}.{signature}")
    }

    fn header() -> Value {
        json!({"typ": "at+jwt", "alg": "EdDSA", "kid": pair().kid()})
    }

    #[test]
    fn what_we_sign_we_accept_until_it_expires() {
        let token = sign(&claims(), pair().kid(), &pair().encoding_key()).unwrap();
        assert_eq!(key_id(&token).unwrap(), pair().kid());
        assert_eq!(verify(&token, NOW), Ok(claims()));
        assert_eq!(verify(&token, NOW + 899), Ok(claims()));
        assert_eq!(verify(&token, NOW + 900), Err(TokenFault::Untimely));
        assert_eq!(verify(&token, NOW - 1), Err(TokenFault::Untimely));
    }

    #[test]
    fn signing_twice_gives_the_same_token() {
        let sign = || sign(&claims(), pair().kid(), &pair().encoding_key()).unwrap();
        assert_eq!(sign(), sign());
    }

    #[test]
    fn other_algorithms_are_refused() {
        for alg in ["none", "None", "nOnE", "HS256", "RS256", "ES256", ""] {
            let mut header = header();
            header["alg"] = json!(alg);
            let token = forged(&header, &json!(claims()));
            assert_eq!(verify(&token, NOW), Err(TokenFault::Foreign), "{alg}");
        }
        let token = sign(&claims(), pair().kid(), &pair().encoding_key()).unwrap();
        let unsigned = &token[..=token.rfind('.').unwrap()];
        assert_eq!(verify(unsigned, NOW), Err(TokenFault::Refused));
    }

    #[test]
    fn keys_in_the_header_change_nothing() {
        let mut header = header();
        header["jku"] = json!("https://evil.test/jwks.json");
        header["x5u"] = json!("https://evil.test/x5u");
        assert_eq!(verify(&forged(&header, &json!(claims())), NOW), Ok(claims()));
    }

    #[test]
    fn strange_key_ids_and_types_are_foreign() {
        for kid in ["", "../../dev/null", "' OR 1=1 --", &"k".repeat(10_240)] {
            let mut header = header();
            header["kid"] = json!(kid);
            assert_eq!(key_id(&forged(&header, &json!(claims()))), Err(TokenFault::Foreign), "{kid}");
        }
        for typ in [json!("JWT"), json!(null), json!("rt+jwt")] {
            let mut header = header();
            header["typ"] = typ;
            assert_eq!(verify(&forged(&header, &json!(claims())), NOW), Err(TokenFault::Foreign));
        }
        let mut header = header();
        header["crit"] = json!(["b64"]);
        assert_eq!(verify(&forged(&header, &json!(claims())), NOW), Err(TokenFault::Foreign));
    }

    #[test]
    fn claims_that_are_missing_or_wrong_are_refused() {
        for claim in ["iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp"] {
            let mut payload = json!(claims());
            payload.as_object_mut().unwrap().remove(claim);
            assert_eq!(verify(&forged(&header(), &payload), NOW), Err(TokenFault::Refused), "{claim}");
        }
        for (claim, value) in [("iss", "https://evil.test"), ("aud", "another-api"), ("exp", "tomorrow")] {
            let mut payload = json!(claims());
            payload[claim] = json!(value);
            assert_eq!(verify(&forged(&header(), &payload), NOW), Err(TokenFault::Refused), "{claim}");
        }
    }

    #[test]
    fn another_key_is_refused() {
        let other = KeyPair::from_seed(&[8; 32]);
        let token = sign(&claims(), pair().kid(), &other.encoding_key()).unwrap();
        assert_eq!(verify(&token, NOW), Err(TokenFault::Refused));
    }
}
