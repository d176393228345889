//! The use cases of rbac.

mod deleting;
mod editing;
mod granting;
mod reading;
mod standing;
mod subject;

use std::collections::BTreeSet;
use std::sync::Arc;

use lyceum_kernel::Permission;
use lyceum_platform::platform::Platform;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use crate::ports::RoleUse;
use standing::{Combination, Known};

pub use standing::AssignableRole;

/// The cache tag kind of roles themselves: with the school's id, or the nil UUID for what is built in.
pub const ROLES_TAG: &str = "roles";

/// Most roles that a school has of its own.
pub const OWN_ROLES_MAX: u64 = 200;

/// Combinations of roles whose permissions are kept: some 3 KB each.
const COMBINATIONS: u64 = 20_000;

/// Everything rbac does. One per process.
pub struct RbacService {
    /// Database, clock, caches.
    pub(crate) platform: Platform,
    /// Every permission that there is, by name.
    catalogue: Vec<Permission>,
    names: BTreeSet<&'static str>,
    role_use: Arc<dyn RoleUse>,
    /// What somebody may do who has these roles in this school.
    combinations: Cache<Combination, Arc<Known>>,
}

impl std::fmt::Debug for RbacService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RbacService").field("permissions", &self.catalogue.len()).finish_non_exhaustive()
    }
}

impl RbacService {
    /// The service over every context's permissions. A name that two contexts declare is kept once.
    pub fn new(platform: Platform, mut catalogue: Vec<Permission>, role_use: Arc<dyn RoleUse>) -> Arc<Self> {
        catalogue.sort_by_key(|permission| permission.name);
        catalogue.dedup_by_key(|permission| permission.name);
        let names = catalogue.iter().map(|permission| permission.name).collect();
        let combinations =
            Cache::builder().name("roles").max_capacity(COMBINATIONS).eviction_policy(EvictionPolicy::lru()).build();
        Arc::new(Self { platform, catalogue, names, role_use, combinations })
    }

    /// Every permission that there is, sorted by name.
    pub fn catalogue(&self) -> &[Permission] {
        &self.catalogue
    }
}
