//! Signed URLs of the folder: what S3 does with `SigV4`, done by the program itself.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use lyceum_kernel::SharedClock;
use lyceum_platform::secrets::Keyring;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::{Key, SignedRequest};

/// What the key for signatures is for.
const PURPOSE: &str = "files.signed_url";

/// What a signed URL allows. It stands in the URL in plain sight, and the signature covers all of it and the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Grant {
    /// Getting an object.
    Get {
        /// Until when, in seconds since 1970.
        until: i64,
        /// `Content-Disposition` of the answer.
        disposition: String,
        /// `Content-Type` of the answer.
        content_type: String,
    },
    /// Putting an object.
    Put {
        /// Until when, in seconds since 1970.
        until: i64,
        /// Just so many bytes.
        size: u64,
        /// Of just this type.
        content_type: Option<String>,
        /// With just this SHA-256 (hex).
        sha256: Option<String>,
        /// As a part of this upload: its name, the part's number and its place.
        part: Option<(String, u32, u64)>,
    },
}

impl Grant {
    const fn until(&self) -> i64 {
        match self {
            Self::Get { until, .. } | Self::Put { until, .. } => *until,
        }
    }
}

/// Makes and checks signatures.
#[derive(Clone)]
pub struct Signer {
    keyring: Arc<Keyring>,
    clock: SharedClock,
    base: String,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Signer {
    /// Signs URLs of the program at `base`, the public URL without a slash at the end.
    pub fn new(keyring: Arc<Keyring>, clock: SharedClock, base: &str) -> Self {
        Self { keyring, clock, base: base.to_owned() }
    }

    /// When something that begins now and lives so long ends.
    pub(super) fn until(&self, life: Duration) -> i64 {
        let life = i64::try_from(life.as_secs()).unwrap_or(0);
        self.clock.now().timestamp().saturating_add(life)
    }

    /// The URL that grants this.
    pub(super) fn sign(&self, key: Key, grant: &Grant, headers: Vec<(&'static str, String)>) -> SignedRequest {
        // Strings, numbers and nothing else are always JSON.
        let grant_text = URL_SAFE_NO_PAD.encode(serde_json::to_vec(grant).unwrap_or_default());
        let signature = URL_SAFE_NO_PAD.encode(self.mac(key, &grant_text));
        let url = format!("{}/v1/storage/objects/{key}?grant={grant_text}&signature={signature}", self.base);
        let method = match grant {
            Grant::Get { .. } => "GET",
            Grant::Put { .. } => "PUT",
        };
        SignedRequest { method, url, headers }
    }

    /// What a URL grants; nothing if it was altered, is for another key or too old.
    pub fn read(&self, key: Key, grant: &str, signature: &str) -> Option<Grant> {
        let given = URL_SAFE_NO_PAD.decode(signature).ok()?;
        if !bool::from(given.ct_eq(&self.mac(key, grant))) {
            return None;
        }
        let grant: Grant = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(grant).ok()?).ok()?;
        let until = DateTime::<Utc>::from_timestamp(grant.until(), 0)?;
        (self.clock.now() < until).then_some(grant)
    }

    fn mac(&self, key: Key, grant: &str) -> [u8; 32] {
        self.keyring.mac(PURPOSE, format!("{key}\n{grant}").as_bytes())
    }
}
