//! The key that signs heads of chains.
//!
//! A key of its own rather than a MAC under the deployment's secret: whoever holds the public key can check a head without being
//! able to make one, and the secret may be rotated without making old heads worthless. The private half lies in the table,
//! encrypted and authenticated under the deployment's secret, so that every node signs with the same key, and nobody who can
//! only write to the database can put one of their own in its place: it would not open.

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use lyceum_kernel::id::uuid_v7;
use lyceum_platform::Platform;
use lyceum_platform::secrets::Keyring;
use uuid::Uuid;

use crate::chain::head_message;
use crate::model::key;

/// What the seed is sealed for.
const PURPOSE: &str = "audit-signing-key";

/// A key that signs.
pub struct Signer {
    /// Its id.
    pub id: Uuid,
    key: SigningKey,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Signer {
    /// A new key, and its row.
    pub fn make(platform: &Platform) -> (Self, key::Model) {
        let mut seed = [0_u8; 32];
        platform.entropy.fill(&mut seed);
        let key = SigningKey::from_bytes(&seed);
        let now = platform.clock.now();
        let row = key::Model {
            id: uuid_v7(now, &*platform.entropy),
            public_key: key.verifying_key().to_bytes().to_vec(),
            sealed_seed: platform.keyring.seal(PURPOSE, &seed),
            created_at: now,
        };
        (Self { id: row.id, key }, row)
    }

    /// The key of a row, if the deployment's secret opens it and its two halves belong together.
    pub fn open(row: &key::Model, keyring: &Keyring) -> Option<Self> {
        let seed: [u8; 32] = keyring.open(PURPOSE, &row.sealed_seed)?.try_into().ok()?;
        let key = SigningKey::from_bytes(&seed);
        (key.verifying_key().as_bytes()[..] == row.public_key[..]).then_some(Self { id: row.id, key })
    }

    /// The signature of a head.
    pub fn sign(&self, chain: Uuid, seq: i64, link: &[u8]) -> Vec<u8> {
        self.key.sign(&head_message(chain, seq, link)).to_bytes().to_vec()
    }

    /// What checks its signatures.
    pub fn verifier(&self) -> (Uuid, VerifyingKey) {
        (self.id, self.key.verifying_key())
    }
}

/// Whether this is the key's signature of the head.
pub fn is_signed(key: &VerifyingKey, (chain, seq, link): (Uuid, i64, &[u8]), signature: &[u8]) -> bool {
    Signature::from_slice(signature)
        .is_ok_and(|signature| key.verify_strict(&head_message(chain, seq, link), &signature).is_ok())
}
