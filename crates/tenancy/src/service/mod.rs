//! The use cases of tenancy.
//!
//! [`TenancyService`] holds what all of them need; each file adds the methods of one matter.

pub(crate) mod access;
pub(crate) mod arrivals;
pub(crate) mod export;
pub(crate) mod facts;
pub(crate) mod founding;
pub(crate) mod groups;
pub(crate) mod guesses;
pub(crate) mod imports;
pub(crate) mod invites;
pub(crate) mod joining;
pub(crate) mod members;
pub(crate) mod memberships;
pub(crate) mod mine;
pub(crate) mod people;
pub(crate) mod schools;
pub(crate) mod signup;
pub(crate) mod terms;

use std::sync::Arc;

use lyceum_platform::platform::Platform;

use crate::ports::{Accounts, Courses, PlatformDirectory, Roles};

/// Everything tenancy does. One per process, shared by routes, jobs and the adapters of other contexts.
pub struct TenancyService {
    /// Database, clock, keyring, caches.
    pub(crate) platform: Platform,
    /// The deployment's accounts.
    pub(crate) accounts: Arc<dyn Accounts>,
    /// The roles that there are in schools.
    pub(crate) roles: Arc<dyn Roles>,
    /// The deployment's accounts, for its staff.
    pub(crate) platform_directory: Arc<dyn PlatformDirectory>,
    /// The courses that there are in schools.
    pub(crate) courses: Arc<dyn Courses>,
}

impl std::fmt::Debug for TenancyService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TenancyService").finish_non_exhaustive()
    }
}

impl TenancyService {
    /// Puts the service together.
    pub fn new(
        platform: Platform,
        accounts: Arc<dyn Accounts>,
        roles: Arc<dyn Roles>,
        platform_directory: Arc<dyn PlatformDirectory>,
        courses: Arc<dyn Courses>,
    ) -> Arc<Self> {
        Arc::new(Self { platform, accounts, roles, platform_directory, courses })
    }
}
