//! From a bearer token to the caller behind it: the implementation of web's authentication port.
//!
//! A token is verified once. Then the caller is kept with the stamps of everything that the answer hangs on (session, account,
//! permissions, roles, school, signing keys), read before any of it was loaded; as long as none of them has moved, and for a minute at
//! most, the same token costs one look-up in memory. Whatever cannot be loaded makes the request fail, never pass.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use lyceum_kernel::{PermissionSet, Principal, SchoolId, Scope, SessionId, Standing, UserId};
use lyceum_platform::cache::{CacheTag, Witness};
use lyceum_web::{AuthError, Authenticator, Credential, Pass};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use uuid::Uuid;

use crate::error::IdentityError;
use crate::model::{account, session};
use crate::ports::{PERMISSIONS_TAG, ROLES_TAG, SCHOOL_TAG};
use crate::repo;
use crate::service::IdentityService;
use crate::token::jwt::Claims;
use crate::token::keys::{KEYS_TAG, VerifyError};

/// Callers kept. A million take some 900 MB; these some 90.
const CAPACITY: u64 = 100_000;

/// Session, account and permissions are looked at again after this time at the latest.
const CHECK_AGAIN: TimeDelta = TimeDelta::seconds(60);

/// How exactly the latest use of a session is known.
const TOUCH_EVERY_SECONDS: i64 = 60;

/// Tokens end in 64 bytes of signature; its tail finds a token in the cache. Only tokens that were verified are in it, and the
/// whole text is compared.
const TAIL: usize = 32;

/// What cached tokens of a session hang on.
pub const fn session_tag(id: SessionId) -> CacheTag {
    CacheTag::new("session", id.uuid())
}

/// What cached tokens of an account hang on.
pub const fn account_tag(id: UserId) -> CacheTag {
    CacheTag::new("account", id.uuid())
}

/// Authenticates bearer tokens for web.
pub struct TokenAuthenticator {
    service: Arc<IdentityService>,
    callers: Cache<[u8; TAIL], Arc<Known>>,
}

impl std::fmt::Debug for TokenAuthenticator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenAuthenticator").field("callers", &self.callers.entry_count()).finish_non_exhaustive()
    }
}

/// A caller whose token was verified.
struct Known {
    token: Box<str>,
    principal: Arc<Principal>,
    witness: Witness<7>,
    good_until: DateTime<Utc>,
    touched: AtomicI64,
}

impl TokenAuthenticator {
    /// An authenticator of this service's tokens.
    pub fn new(service: Arc<IdentityService>) -> Self {
        let callers =
            Cache::builder().name("callers").max_capacity(CAPACITY).eviction_policy(EvictionPolicy::lru()).build();
        Self { service, callers }
    }

    /// The caller, if the token was verified before and nothing has changed since.
    fn recall(&self, key: &[u8; TAIL], bearer: &str) -> Option<Arc<Principal>> {
        let known = self.callers.get(key)?;
        let now = self.service.platform.clock.now();
        let good =
            *known.token == *bearer && now < known.good_until && self.service.platform.caches.confirms(&known.witness);
        if !good {
            return None;
        }
        let seconds = now.timestamp();
        let touched = known.touched.load(Ordering::Relaxed);
        if seconds - touched >= TOUCH_EVERY_SECONDS
            && known.touched.compare_exchange(touched, seconds, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            self.service.touches.note(known.principal.session_id, now);
        }
        Some(Arc::clone(&known.principal))
    }

    async fn verify(&self, bearer: &str) -> Result<Arc<Principal>, AuthError> {
        let (claims, key_retires_at) = match self.service.keys.verify(bearer).await {
            Ok(verified) => verified,
            Err(VerifyError::Token(fault)) => {
                tracing::debug!(%fault, "identity.token_refused");
                return Err(AuthError::Invalid);
            }
            Err(VerifyError::Keys(error)) => return Err(error.into()),
        };
        let school = claims.school.map_or(Uuid::nil(), SchoolId::uuid);
        let witness = self.service.platform.caches.witness([
            session_tag(claims.sid),
            account_tag(claims.sub),
            CacheTag::new(PERMISSIONS_TAG, claims.sub.uuid()),
            CacheTag::new(ROLES_TAG, school),
            CacheTag::new(ROLES_TAG, Uuid::nil()),
            CacheTag::new(SCHOOL_TAG, school),
            KEYS_TAG,
        ]);
        let principal = Arc::new(self.service.caller(&claims).await?.ok_or(AuthError::Invalid)?);
        if let (Some(witness), Some(key)) = (witness, tail(bearer)) {
            let now = self.service.platform.clock.now();
            let expires = DateTime::from_timestamp(claims.exp, 0).unwrap_or(now);
            let good_until = (now + CHECK_AGAIN).min(expires).min(key_retires_at.unwrap_or(expires));
            let known = Known {
                token: bearer.into(),
                principal: Arc::clone(&principal),
                witness,
                good_until,
                touched: AtomicI64::new(now.timestamp()),
            };
            self.callers.insert(key, Arc::new(known));
            self.service.touches.note(claims.sid, now);
        }
        Ok(principal)
    }
}

#[async_trait]
impl Authenticator for TokenAuthenticator {
    async fn authenticate(&self, bearer: &str) -> Result<Arc<Principal>, AuthError> {
        let known = tail(bearer).and_then(|key| self.recall(&key, bearer));
        match known {
            Some(principal) => Ok(principal),
            None => self.verify(bearer).await,
        }
    }

    async fn admit(&self, credential: Credential<'_>) -> Result<Pass, AuthError> {
        let redeemed;
        let token = match credential {
            Credential::Token(token) => token,
            Credential::Ticket(ticket) => {
                redeemed = self.service.redeem_ticket(ticket).await?;
                redeemed.as_str()
            }
        };
        let principal = self.authenticate(token).await?;
        self.service.pass(token, principal).await
    }
}

impl IdentityService {
    /// The caller behind verified claims; none if the session has ended or the account may not be used.
    async fn caller(&self, claims: &Claims) -> Result<Option<Principal>, IdentityError> {
        let db = self.platform.db.read(Scope::Platform);
        let Some(session) = repo::sessions::find(&db, claims.sid).await? else { return Ok(None) };
        let Some(account) = repo::accounts::find(&db, claims.sub).await? else { return Ok(None) };
        if !may_come_in(&session, &account, self.platform.clock.now()) {
            return Ok(None);
        }
        let platform_role = account.platform_role.into();
        // Whoever has left the school, or whose school is gone, has an account and no school.
        let school = match claims.school {
            Some(school) if self.may_enter(account.id, platform_role, school).await? => Some(school),
            _ => None,
        };
        let standing = self.permissions.standing(account.id, platform_role, school).await;
        let Standing { permissions, rank, roles, school_writable } = standing.map_err(IdentityError::Permissions)?;
        let permissions = match &claims.scope {
            // Nothing but one's own account until the password that staff chose is replaced.
            _ if account.must_change_password => PermissionSet::default(),
            Some(scope) => permissions.narrowed(scope.split_ascii_whitespace()),
            None => permissions,
        };
        Ok(Some(Principal {
            user_id: account.id,
            session_id: session.id,
            school_id: school,
            platform_role,
            permissions,
            rank,
            roles,
            school_writable,
        }))
    }
}

fn may_come_in(session: &session::Model, account: &account::Model, now: DateTime<Utc>) -> bool {
    session.account_id == account.id && session.alive(now) && account.usable()
}

fn tail(bearer: &str) -> Option<[u8; TAIL]> {
    bearer.as_bytes().last_chunk::<TAIL>().copied()
}
