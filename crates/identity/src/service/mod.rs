//! The use cases of identity.
//!
//! [`IdentityService`] holds what all of them need; each file adds the methods of one matter.

pub(crate) mod devices;
pub(crate) mod email_change;
pub(crate) mod keys;
pub(crate) mod login;
pub(crate) mod mfa;
pub(crate) mod one_time;
pub(crate) mod opening;
pub(crate) mod password;
pub(crate) mod privacy;
pub(crate) mod profile;
pub(crate) mod proof;
pub(crate) mod provision;
pub(crate) mod refresh;
pub(crate) mod registration;
pub(crate) mod schools;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod throttle;
pub(crate) mod tickets;
pub(crate) mod touches;
pub(crate) mod users;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use lyceum_kernel::UserId;
use lyceum_platform::cache::Coherent;
use lyceum_platform::platform::Platform;
use lyceum_web::Serialised;

pub use settings::Settings;

use crate::dto::me::Me;
use crate::error::IdentityError;
use crate::password::hasher::Hasher;
use crate::password::policy::PasswordPolicy;
use crate::ports::{Belonging, PermissionSource, PersonalDataSource, Schools};
use crate::service::throttle::Throttle;
use crate::service::touches::Touches;
use crate::token::keys::SigningKeys;

/// How many accounts are kept serialised: some 600 bytes each.
const CACHED_ACCOUNTS: u64 = 20_000;

/// For how long at most; they are dropped at once when they change.
const CACHED_FOR: Duration = Duration::from_mins(10);

/// Everything identity does. One per process, shared by routes, jobs, the authenticator and the command line.
pub struct IdentityService {
    /// Database, clock, keyring, caches, limiter.
    pub(crate) platform: Platform,
    /// Lifetimes, issuer, cost of hashes.
    pub(crate) settings: Settings,
    /// Hashes and verifies passwords off the async threads.
    pub(crate) hasher: Hasher,
    /// Says which passwords are too easy to guess.
    pub(crate) policy: PasswordPolicy,
    /// Signs and verifies access tokens.
    pub(crate) keys: Arc<SigningKeys>,
    /// Counts failures.
    pub(crate) throttle: Throttle,
    /// Sessions that were used lately.
    pub(crate) touches: Touches,
    /// Knows what people may do.
    pub(crate) permissions: Arc<dyn PermissionSource>,
    /// Knows which schools people belong to.
    pub(crate) schools: Arc<dyn Schools>,
    /// Lets people into schools and out.
    pub(crate) belonging: Arc<dyn Belonging>,
    /// Accounts as their owners see them, serialised.
    pub(crate) me_cache: Coherent<UserId, Serialised<Me>>,
    /// Who else keeps personal data: see [`IdentityService::export_also`].
    pub(crate) exports: OnceLock<Vec<Arc<dyn PersonalDataSource>>>,
}

impl std::fmt::Debug for IdentityService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdentityService").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl IdentityService {
    /// Starts the hashing threads and puts the service together, within a tokio runtime.
    ///
    /// # Errors
    /// If a thread cannot be started or the parameters of the hash are out of range.
    pub fn start(
        platform: Platform,
        permissions: Arc<dyn PermissionSource>,
        schools: Arc<dyn Schools>,
        belonging: Arc<dyn Belonging>,
    ) -> Result<Arc<Self>, IdentityError> {
        let settings = Settings::from(platform.config.as_ref());
        let hasher =
            Hasher::start(settings.hash, settings.hash_threads, settings.hash_queue, platform.entropy.clone())?;
        let keys = Arc::new(SigningKeys::new(&platform, &settings));
        let throttle = Throttle::new(platform.limiter.clone(), settings.login_failures);
        let me_cache = Coherent::new(&platform.caches, "me", CACHED_ACCOUNTS, CACHED_FOR);
        let service = Arc::new(Self {
            policy: PasswordPolicy::new(&settings.deployment_words),
            platform,
            settings,
            hasher,
            keys,
            throttle,
            touches: Touches::default(),
            permissions,
            schools,
            belonging,
            me_cache,
            exports: OnceLock::new(),
        });
        Self::write_touches(&service);
        Ok(service)
    }

    /// How many hashes were computed since the start; every path of a login costs exactly one.
    pub fn hashes_computed(&self) -> u64 {
        self.hasher.computed()
    }
}
