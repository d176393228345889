//! A set of signing keys as loaded from the database: pure, so that which key signs when can be tested.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use ed25519_dalek::SigningKey;
use jsonwebtoken::{DecodingKey, EncodingKey};
use sha2::{Digest, Sha256};

/// PKCS #8 (RFC 8410) of an Ed25519 private key, up to its 32-byte seed.
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// An Ed25519 key pair.
#[derive(Clone)]
pub struct KeyPair {
    kid: String,
    public: [u8; 32],
    encoding: EncodingKey,
}

impl std::fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyPair").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl KeyPair {
    /// The pair of a 32-byte seed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let public = SigningKey::from_bytes(seed).verifying_key().to_bytes();
        let pkcs8 = [PKCS8_PREFIX.as_slice(), seed].concat();
        Self { kid: thumbprint(&public), public, encoding: EncodingKey::from_ed_der(&pkcs8) }
    }

    /// The key id: the RFC 7638 thumbprint of the public key.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key.
    pub const fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// What signs.
    pub fn encoding_key(&self) -> EncodingKey {
        self.encoding.clone()
    }

    /// What verifies.
    pub fn decoding_key(&self) -> DecodingKey {
        DecodingKey::from_ed_der(&self.public)
    }
}

/// RFC 7638 over the members that RFC 8037 requires, in lexical order.
fn thumbprint(public: &[u8; 32]) -> String {
    let x = URL_SAFE_NO_PAD.encode(public);
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#)))
}

/// One key with its times.
#[derive(Debug, Clone)]
pub struct TimedKey {
    /// The pair.
    pub pair: KeyPair,
    /// From when it may sign.
    pub activates_at: DateTime<Utc>,
    /// From when its signatures are worth nothing.
    pub retires_at: Option<DateTime<Utc>>,
}

impl TimedKey {
    /// Whether its signatures count.
    pub fn verifies_at(&self, now: DateTime<Utc>) -> bool {
        self.retires_at.is_none_or(|end| now < end)
    }
}

/// The keys that are published, oldest first.
#[derive(Debug, Clone, Default)]
pub struct KeyRing {
    keys: Vec<TimedKey>,
}

impl KeyRing {
    /// A ring of these keys.
    pub fn new(mut keys: Vec<TimedKey>) -> Self {
        keys.sort_by(|a, b| (a.activates_at, a.pair.kid()).cmp(&(b.activates_at, b.pair.kid())));
        Self { keys }
    }

    /// The key that signs what is issued at `moment`: the newest of those active then. The same moment gives the same key
    /// for as long as that one counts, on every node. If none was active then, the newest that is active now.
    pub fn signer(&self, moment: DateTime<Utc>, now: DateTime<Utc>) -> Option<&TimedKey> {
        let newest = |time| self.keys.iter().rev().find(move |key| key.activates_at <= time && key.verifies_at(now));
        newest(moment).or_else(|| newest(now))
    }

    /// The key of this id, if its signatures still count.
    pub fn verifier(&self, kid: &str, now: DateTime<Utc>) -> Option<&TimedKey> {
        self.keys.iter().find(|key| key.pair.kid() == kid && key.verifies_at(now))
    }

    /// The keys to publish: every one whose signatures count or will count.
    pub fn published(&self, now: DateTime<Utc>) -> impl Iterator<Item = &TimedKey> {
        self.keys.iter().filter(move |key| key.verifies_at(now))
    }

    /// The key that was made last.
    pub fn newest(&self) -> Option<&TimedKey> {
        self.keys.last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn key(seed: u8, activates: i64, retires: Option<i64>) -> TimedKey {
        TimedKey { pair: KeyPair::from_seed(&[seed; 32]), activates_at: at(activates), retires_at: retires.map(at) }
    }

    /// RFC 8037, appendix A.3.
    #[test]
    fn the_thumbprint_of_rfc_8037() {
        let public = URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        assert_eq!(thumbprint(&public.try_into().unwrap()), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn the_next_key_is_published_before_it_signs() {
        let ring = KeyRing::new(vec![key(2, 100, None), key(1, 0, Some(1_000))]);
        let kid = |key: Option<&TimedKey>| key.map(|key| key.pair.kid().to_owned());
        let (old, new) = (KeyPair::from_seed(&[1; 32]), KeyPair::from_seed(&[2; 32]));
        assert_eq!(ring.published(at(50)).count(), 2);
        assert_eq!(kid(ring.signer(at(99), at(99))), Some(old.kid().to_owned()));
        assert_eq!(kid(ring.signer(at(100), at(100))), Some(new.kid().to_owned()));
        // What was issued before is made again with the same key.
        assert_eq!(kid(ring.signer(at(99), at(104))), Some(old.kid().to_owned()));
        assert!(ring.verifier(old.kid(), at(999)).is_some());
        assert!(ring.verifier(old.kid(), at(1_000)).is_none());
        assert_eq!(ring.published(at(1_000)).count(), 1);
    }
}
