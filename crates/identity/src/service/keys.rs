//! Making, superseding and retiring signing keys.
//!
//! A new key is published before it signs, and the old one verifies until the last token it may have signed has expired: nobody
//! notices a rotation.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use lyceum_kernel::{ErrorKind, RequestId, ServiceError};
use lyceum_platform::jobs::{JobError, JobHandler, JobRun};
use lyceum_platform::uow::{Audit, Cause, Tx, UnitOfWork};
use sea_orm::ActiveValue::Set;
use serde_json::json;
use uuid::Uuid;

use crate::dto::jwks::{Jwk, JwkSet};
use crate::error::IdentityError;
use crate::model::signing_key::ActiveModel;
use crate::repo;
use crate::service::IdentityService;
use crate::token::keyring::{KeyPair, KeyRing};
use crate::token::keys::{KEYS_TAG, SEAL};

/// For how long a new key is published before it signs. Nodes learn of it within two seconds, or a minute if notifications
/// fail them.
pub const KEY_LEAD: Duration = Duration::from_secs(90);

/// What a superseded key is given beyond the life of its last token: a node may sign with it a little longer.
const KEY_SLACK: Duration = Duration::from_mins(5);

/// The job that rotates signing keys.
pub const ROTATE_KEYS: &str = "identity.rotate_keys";

impl IdentityService {
    /// Sees to it that there is a key to sign with: at the start of a server, so that the first login need not.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn prepare_keys(&self) -> Result<(), IdentityError> {
        self.signing_keys().await.map(drop)
    }

    /// The signing keys, one that may sign among them; the first is made here. To be asked for before a transaction begins:
    /// within one it would take a second connection.
    ///
    /// # Errors
    /// If the database is away.
    pub(crate) async fn signing_keys(&self) -> Result<Arc<KeyRing>, IdentityError> {
        let now = self.platform.clock.now();
        let ring = self.keys.ring().await?;
        if ring.signer(now, now).is_some() {
            return Ok(ring);
        }
        let mut tx = self.own_work().begin().await?;
        let now = tx.now();
        let kid = self.add_key(&mut tx, now).await?;
        tracing::info!(kid, "identity.first_signing_key");
        tx.commit_quietly().await?;
        self.keys.ring().await
    }

    /// Makes the key that signs after `lead`, and tells its id. The others verify on until their last tokens have expired.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn rotate_keys(&self, uow: UnitOfWork, lead: Duration) -> Result<String, IdentityError> {
        let mut tx = uow.begin().await?;
        let activates_at = tx.now() + lead;
        let kid = self.add_key(&mut tx, activates_at).await?;
        let retires_at = activates_at + self.settings.access_ttl + KEY_SLACK;
        repo::signing_keys::supersede(tx.conn(), &kid, retires_at).await?;
        tx.commit_quietly().await?;
        Ok(kid)
    }

    /// Makes the next signing key by hand, published [`KEY_LEAD`] ahead, and tells its id: `lyceum keys rotate`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn rotate_signing_key(&self) -> Result<String, IdentityError> {
        self.signing_keys().await?;
        self.rotate_keys(self.own_work(), KEY_LEAD).await
    }

    /// Retires a key now, because it may have leaked: every token it signed is worthless at once. Rotate without lead first if
    /// it is the one that signs.
    ///
    /// # Errors
    /// [`IdentityError::Internal`] if it is unknown or retired; otherwise if the database is away.
    pub async fn retire_key(&self, uow: UnitOfWork, kid: &str) -> Result<(), IdentityError> {
        let mut tx = uow.begin().await?;
        if !repo::signing_keys::retire(tx.conn(), kid, tx.now()).await? {
            return Err(IdentityError::Internal("there is no such signing key, or it is retired"));
        }
        tx.audit(Audit::of("identity.signing_key_retired", "signing_key", None::<Uuid>).after(json!({"kid": kid})));
        tx.invalidate(KEYS_TAG);
        tx.commit_quietly().await?;
        Ok(())
    }

    async fn add_key(&self, tx: &mut Tx, activates_at: DateTime<Utc>) -> Result<String, IdentityError> {
        let mut seed = [0_u8; 32];
        tx.entropy().fill(&mut seed);
        let pair = KeyPair::from_seed(&seed);
        let key = ActiveModel {
            kid: Set(pair.kid().to_owned()),
            sealed_private_key: Set(self.platform.keyring.seal(SEAL, &seed)),
            public_key: Set(pair.public().to_vec()),
            created_at: Set(tx.now()),
            activates_at: Set(activates_at),
            retires_at: Set(None),
        };
        repo::signing_keys::insert(tx.conn(), key).await?;
        let facts = json!({"kid": pair.kid(), "activates_at": activates_at});
        tx.audit(Audit::of("identity.signing_key_added", "signing_key", None::<Uuid>).after(facts));
        tx.invalidate(KEYS_TAG);
        Ok(pair.kid().to_owned())
    }

    /// The public keys, those to come included (RFC 7517). While the database is away, those that were last seen: others who
    /// verify our tokens need not stop because we cannot look.
    ///
    /// # Errors
    /// If the database is away and the keys were never seen.
    pub async fn jwks(&self) -> Result<JwkSet, IdentityError> {
        let ring = match self.signing_keys().await {
            Err(error) if error.kind() == ErrorKind::Unavailable => self.keys.last_seen().ok_or(error)?,
            other => other?,
        };
        Ok(JwkSet { keys: ring.published(self.platform.clock.now()).map(|key| Jwk::of(&key.pair)).collect() })
    }

    /// Rotates if the newest key has served its time, and forgets keys long retired. The job does it every hour.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn rotate_keys_when_due(&self, uow: UnitOfWork) -> Result<(), IdentityError> {
        let now = self.platform.clock.now();
        let ring = self.keys.ring().await?;
        let due = ring.newest().is_some_and(|key| key.activates_at + self.settings.key_rotation <= now);
        if due {
            self.rotate_keys(uow, KEY_LEAD).await?;
        } else {
            let tx = uow.begin().await?;
            repo::signing_keys::sweep(tx.conn(), now - Duration::from_hours(24)).await?;
            tx.commit_quietly().await?;
        }
        Ok(())
    }

    /// A unit of work that nobody asked for.
    pub(crate) fn own_work(&self) -> UnitOfWork {
        let now = self.platform.clock.now();
        self.platform.unit_of_work(Cause::new(RequestId::new(now, self.platform.entropy.as_ref())))
    }
}

/// Rotates signing keys when they are due: periodic, every hour.
#[derive(Debug)]
pub struct RotateKeys(pub Arc<IdentityService>);

#[async_trait]
impl JobHandler for RotateKeys {
    fn kind(&self) -> &'static str {
        ROTATE_KEYS
    }

    async fn run(&self, _: JobRun) -> Result<(), JobError> {
        Ok(self.0.rotate_keys_when_due(self.0.own_work()).await?)
    }
}
