//! The signing keys of this deployment as one process knows them.
//!
//! They are loaded from the database and cached coherently: a key made, superseded or retired on one node is known to the
//! others within two seconds, and to all of them long before it signs, for it is published ahead of its time.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use lyceum_kernel::Scope;
use lyceum_platform::cache::{CacheTag, Coherent};
use lyceum_platform::platform::Platform;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::error::IdentityError;
use crate::model::signing_key::Model;
use crate::repo;
use crate::service::Settings;
use crate::token::jwt::{self, Claims, Expectations, TokenFault};
use crate::token::keyring::{KeyPair, KeyRing, TimedKey};

/// What the cached keys hang on.
pub const KEYS_TAG: CacheTag = CacheTag::new("signing_keys", Uuid::nil());

/// What seals private keys.
pub const SEAL: &str = "signing_key";

/// A key ring is loaded again after this time at the latest.
const RELOAD_AFTER: Duration = Duration::from_mins(1);

/// Unknown key ids make us look again, but not more often than this.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Signs and verifies access tokens with the keys of the database.
pub struct SigningKeys {
    platform: Platform,
    cache: Coherent<(), Arc<KeyRing>>,
    /// As last loaded, however long ago: to publish while the database is away, never to verify with.
    last: RwLock<Option<Arc<KeyRing>>>,
    looked_again: Mutex<Option<Instant>>,
    expectations: Expectations,
}

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKeys").field("expectations", &self.expectations).finish_non_exhaustive()
    }
}

/// Why a token did not yield its claims.
#[derive(Debug)]
pub enum VerifyError {
    /// The token's own fault.
    Token(TokenFault),
    /// The keys could not be loaded.
    Keys(IdentityError),
}

impl SigningKeys {
    /// Nothing is loaded before it is needed.
    pub fn new(platform: &Platform, settings: &Settings) -> Self {
        Self {
            platform: platform.clone(),
            cache: Coherent::new(&platform.caches, "signing_keys", 1, RELOAD_AFTER),
            last: RwLock::new(None),
            looked_again: Mutex::new(None),
            expectations: Expectations::new(&settings.issuer, &settings.audience),
        }
    }

    /// The keys whose signatures count, as of now.
    ///
    /// # Errors
    /// If the database is away or a key cannot be unsealed.
    pub async fn ring(&self) -> Result<Arc<KeyRing>, IdentityError> {
        self.cache.get_or_load((), KEYS_TAG, self.load()).await
    }

    async fn load(&self) -> Result<Arc<KeyRing>, IdentityError> {
        let db = self.platform.db.read(Scope::Platform);
        let rows = repo::signing_keys::living(&db, self.platform.clock.now()).await?;
        let keys: Result<Vec<_>, _> = rows.into_iter().map(|row| self.unseal(row)).collect();
        let ring = Arc::new(KeyRing::new(keys?));
        *self.last.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&ring));
        Ok(ring)
    }

    /// The keys as they were last seen, by this process.
    pub fn last_seen(&self) -> Option<Arc<KeyRing>> {
        self.last.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn unseal(&self, row: Model) -> Result<TimedKey, IdentityError> {
        let Model { sealed_private_key, activates_at, retires_at, .. } = row;
        let seed = self.platform.keyring.open(SEAL, &sealed_private_key);
        let seed: [u8; 32] = seed
            .and_then(|seed| seed.try_into().ok())
            .ok_or(IdentityError::Internal("a signing key does not open under this deployment's secret key"))?;
        Ok(TimedKey { pair: KeyPair::from_seed(&seed), activates_at, retires_at })
    }

    /// Signs what is issued at `moment` with a key of `ring`. The same claims give the same token again, on every node.
    ///
    /// # Errors
    /// If there is no key that may sign.
    pub fn sign(&self, ring: &KeyRing, claims: &Claims, moment: DateTime<Utc>) -> Result<String, IdentityError> {
        let key = ring
            .signer(moment, self.platform.clock.now())
            .ok_or(IdentityError::Internal("there is no key that may sign"))?;
        jwt::sign(claims, key.pair.kid(), &key.pair.encoding_key())
            .map_err(|_| IdentityError::Internal("a token could not be signed"))
    }

    /// Verifies a token. An unknown key id makes us look into the database, at most once a second for all callers together.
    ///
    /// # Errors
    /// [`VerifyError`] tells the token's fault from ours.
    pub async fn verify(&self, token: &str) -> Result<(Claims, Option<DateTime<Utc>>), VerifyError> {
        let kid = jwt::key_id(token).map_err(VerifyError::Token)?;
        let now = self.platform.clock.now();
        let mut ring = self.ring().await.map_err(VerifyError::Keys)?;
        if ring.verifier(&kid, now).is_none() {
            ring = self.look_again().await.map_err(VerifyError::Keys)?;
        }
        let key = ring.verifier(&kid, now).ok_or(VerifyError::Token(TokenFault::Foreign))?;
        let claims = self.expectations.verify(token, &key.pair.decoding_key(), now).map_err(VerifyError::Token)?;
        Ok((claims, key.retires_at))
    }

    async fn look_again(&self) -> Result<Arc<KeyRing>, IdentityError> {
        let mut last = self.looked_again.lock().await;
        if last.is_none_or(|then| then.elapsed() >= LOOK_AGAIN) {
            self.cache.forget(&());
            *last = Some(Instant::now());
        }
        self.ring().await
    }
}
