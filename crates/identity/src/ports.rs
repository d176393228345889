//! What identity needs of others, in its own words. The gateway holds the adapters.

use async_trait::async_trait;
use lyceum_kernel::{Permission, PlatformRole, SchoolId, ServiceError, Standing, UserId};

use crate::perm;

/// The cache tag kind that whoever grants and takes a person's roles invalidates, with the account's id.
pub const PERMISSIONS_TAG: &str = "permissions";

/// The cache tag kind that whoever edits roles themselves invalidates, with the school's id, or 0 for the platform's.
pub const ROLES_TAG: &str = "roles";

/// The cache tag kind that whoever changes a school's state invalidates (suspended, lapsed, deleted), with the school's id.
pub const SCHOOL_TAG: &str = "school";

/// Knows what a person may do.
///
/// Answers are cached with the authenticated caller until one of the tags [`PERMISSIONS_TAG`], [`ROLES_TAG`] or
/// [`SCHOOL_TAG`] (or the account's or session's own) is invalidated.
#[async_trait]
pub trait PermissionSource: Send + Sync + 'static {
    /// Where `account`, whose role on the deployment is `platform_role`, stands in `school`.
    ///
    /// # Errors
    /// When they cannot be known now. The request then fails as unavailable; it is never let through.
    async fn standing(
        &self,
        account: UserId,
        platform_role: PlatformRole,
        school: Option<SchoolId>,
    ) -> Result<Standing, Box<dyn ServiceError>>;

    /// Every permission that there is: all contexts' catalogues. Identity knows its own.
    fn catalogue(&self) -> Vec<Permission> {
        perm::ALL.to_vec()
    }
}

/// Keeps personal data that belongs into a person's export.
#[async_trait]
pub trait PersonalDataSource: Send + Sync + 'static {
    /// The name under which it stands in the export: the context's.
    fn context(&self) -> &'static str;

    /// Everything that is kept about the person.
    ///
    /// # Errors
    /// When it cannot be read now. The export then fails: one that lacks something is worse than none.
    async fn personal_data(&self, account: UserId) -> Result<serde_json::Value, Box<dyn ServiceError>>;
}
