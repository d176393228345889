//! What identity needs of others, in its own words. The gateway holds the adapters.

use async_trait::async_trait;
use lyceum_kernel::{Permission, PlatformRole, SchoolId, ServiceError, Standing, UserId};

use crate::perm;

/// The cache tag kind that whoever grants and takes a person's roles invalidates, with the account's id.
pub const PERMISSIONS_TAG: &str = "permissions";

/// The cache tag kind that whoever edits roles themselves invalidates, with the school's id, or 0 for what is built in.
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

/// Knows which schools people belong to.
#[async_trait]
pub trait Schools: Send + Sync + 'static {
    /// Whether the account, whose role on the deployment is `platform_role`, may act in the school now.
    ///
    /// The answer is cached with the caller under the same tags as that of [`PermissionSource`].
    ///
    /// # Errors
    /// When it cannot be known now. The request then fails as unavailable; it is never let through.
    async fn may_enter(
        &self,
        account: UserId,
        platform_role: PlatformRole,
        school: SchoolId,
    ) -> Result<bool, Box<dyn ServiceError>>;

    /// The schools that the account may enter as a member of them.
    ///
    /// # Errors
    /// When they cannot be known now.
    async fn schools_of(&self, account: UserId) -> Result<Vec<SchoolId>, Box<dyn ServiceError>>;

    /// The school that somebody means by its slug or its id.
    ///
    /// # Errors
    /// When it cannot be known now.
    async fn named(&self, school: &str) -> Result<Option<SchoolId>, Box<dyn ServiceError>>;

    /// The account of the school's member with this username, whatever its case.
    ///
    /// # Errors
    /// When it cannot be known now.
    async fn member_named(&self, school: SchoolId, username: &str) -> Result<Option<UserId>, Box<dyn ServiceError>>;
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
