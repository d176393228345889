//! What identity needs of others, in its own words. The gateway holds the adapters.

use std::net::IpAddr;

use async_trait::async_trait;
use lyceum_kernel::{InviteId, Permission, PlatformRole, SchoolId, ServiceError, Standing, UserId};
use lyceum_platform::uow::Tx;
use secrecy::SecretString;

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

/// Where somebody who registers will belong once their address is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The school.
    pub school: SchoolId,
    /// By which invite, if by one.
    pub invite: Option<InviteId>,
}

/// How somebody who registers wants to come in.
#[derive(Debug, Clone, Copy)]
pub struct Approach<'a> {
    /// From which network address.
    pub address: Option<IpAddr>,
    /// With which e-mail address, not proven yet.
    pub email: &'a str,
    /// With the code of an invite.
    pub invite_code: Option<&'a SecretString>,
    /// Into the school of this slug or id.
    pub school: Option<&'a str>,
}

/// Lets people into schools as they register, and out as they erase themselves: within the transactions of identity, for joining
/// a school is one transaction with the account.
#[async_trait]
pub trait Belonging: Send + Sync + 'static {
    /// Where somebody may come in. Asked before it is known whether the address has an account already, so that the answer tells
    /// nothing of it.
    ///
    /// # Errors
    /// What the client is told: a code that is none or over, a school that takes nobody in.
    async fn entry(&self, approach: Approach<'_>) -> Result<Option<Entry>, Box<dyn ServiceError>>;

    /// An account was made whose owner will come in there.
    ///
    /// # Errors
    /// When it cannot be written.
    async fn registered(&self, tx: &mut Tx, account: UserId, entry: Entry) -> Result<(), Box<dyn ServiceError>>;

    /// The address of an account is proven: its owner comes in where they are awaited.
    ///
    /// # Errors
    /// When it cannot be written now.
    async fn activated(&self, tx: &mut Tx, account: UserId) -> Result<(), Box<dyn ServiceError>>;

    /// The owner of an account is about to erase it.
    ///
    /// # Errors
    /// What the client is told: a school would be left without anybody who runs it.
    async fn may_go(&self, tx: &mut Tx, account: UserId) -> Result<(), Box<dyn ServiceError>>;
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
