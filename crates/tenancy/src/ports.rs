//! What tenancy needs of others, in its own words. The gateway holds the adapters.
//!
//! [`Accounts`] takes the unit of work where it writes: joining a school is one transaction over both contexts.

use async_trait::async_trait;
use lyceum_kernel::{Page, PageRequest, PermissionSet, PlatformRole, Principal, Rank, SchoolId, ServiceError, UserId};
use lyceum_platform::uow::{Committed, Tx, UnitOfWork};
use lyceum_web::{IfMatch, MergeField};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

pub use crate::dto::person::{Mailed, User, UserFilter};

/// What another context answers when it cannot do what it was asked.
pub type PortError = Box<dyn ServiceError>;

/// The cache tag kind that everything about one person in a school hangs on, with the account's id.
pub const PERMISSIONS_TAG: &str = "permissions";

/// The cache tag kind that a school's state hangs on, with the school's id.
pub const SCHOOL_TAG: &str = "school";

/// A first password as the database may have it. Never printed.
#[derive(Debug, Clone)]
pub struct HashedPassword(SecretString);

impl HashedPassword {
    /// Takes a PHC string.
    pub fn new(phc: String) -> Self {
        Self(phc.into())
    }

    /// The PHC string.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// An account to be opened.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The name to log in with.
    pub username: Option<String>,
    /// Where mail goes; not known to the deployment yet.
    pub email: Option<String>,
    /// What people call them.
    pub full_name: Option<String>,
    /// A first password, which its owner must change before anything else. Without one an invitation is mailed.
    pub password: Option<HashedPassword>,
    /// The school that opens it: its username belongs to that school's names. None where its owner registers by themselves, with
    /// the password that they chose; it then waits for its activation.
    pub opened_by: Option<SchoolId>,
}

/// What a directory shows of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The account.
    pub id: UserId,
    /// The name to log in with.
    pub username: Option<String>,
    /// The address.
    pub email: Option<String>,
    /// What people call them.
    pub full_name: Option<String>,
    /// The language to write to them in.
    pub locale: String,
    /// Whether its owner can log in, now or once activated.
    pub reachable: bool,
    /// The school that opened it, whose staff may change its names.
    pub opened_by: Option<SchoolId>,
    /// The role on the deployment.
    pub platform_role: PlatformRole,
}

/// The deployment's accounts.
#[async_trait]
pub trait Accounts: Send + Sync + 'static {
    /// Judges a first password and hashes it, before any transaction begins.
    ///
    /// # Errors
    /// Faults at `/password` for a poor one; otherwise when it cannot be done now.
    async fn hash_password(&self, names: &[&str], password: &SecretString) -> Result<HashedPassword, PortError>;

    /// Judges a first password without hashing it.
    ///
    /// # Errors
    /// Faults at `/password` for a poor one.
    fn judge_password(&self, names: &[&str], password: &SecretString) -> Result<(), PortError>;

    /// Opens accounts, with a handful of statements for all of them. Gives their ids in the same order.
    ///
    /// # Errors
    /// When a name is taken.
    async fn open_many(&self, tx: &mut Tx, accounts: Vec<NewAccount>) -> Result<Vec<UserId>, PortError>;

    /// The accounts of some addresses, as [`by_email`](Self::by_email) finds them: one query.
    async fn by_emails(&self, tx: &Tx, emails: &[String]) -> Result<Vec<Account>, PortError>;

    /// Some accounts, as [`by_id`](Self::by_id) finds them: one query.
    async fn by_ids(&self, tx: &Tx, ids: &[UserId]) -> Result<Vec<Account>, PortError>;

    /// Opens an account.
    ///
    /// # Errors
    /// When a name is taken.
    async fn open(&self, tx: &mut Tx, account: NewAccount) -> Result<UserId, PortError>;

    /// The account of an address, whatever its case; deleted ones included, erased ones not.
    async fn by_email(&self, tx: &Tx, email: &str) -> Result<Option<Account>, PortError>;

    /// An account that was not erased.
    async fn by_id(&self, tx: &Tx, id: UserId) -> Result<Option<Account>, PortError>;

    /// Changes the names of an account that a school opened; whoever keeps copies is told.
    ///
    /// # Errors
    /// When the account would be left without a name to log in with.
    async fn rename(
        &self,
        tx: &mut Tx,
        id: UserId,
        username: Option<String>,
        full_name: Option<String>,
    ) -> Result<(), PortError>;

    /// Mails a link to choose a password to somebody.
    ///
    /// # Errors
    /// When the account has no address.
    async fn send_password_link(&self, tx: &mut Tx, id: UserId) -> Result<(), PortError>;
}

/// What tenancy knows of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleFacts {
    /// Its name.
    pub name: String,
    /// How high it stands.
    pub rank: Rank,
    /// What it allows.
    pub permissions: PermissionSet,
}

impl RoleFacts {
    /// Whether somebody may give or take it: not above their rank, and nothing that they do not hold.
    pub fn within(&self, who: &Principal) -> bool {
        self.rank <= who.rank && who.permissions.covers(&self.permissions)
    }
}

/// The roles that there are in a school.
#[async_trait]
pub trait Roles: Send + Sync + 'static {
    /// Those of the names that are roles of the school, kept from being changed and deleted until the transaction ends; the
    /// others are left out.
    async fn assignable(&self, tx: &Tx, school: SchoolId, names: &[String]) -> Result<Vec<RoleFacts>, PortError>;
}

/// The courses that there are in a school: an invite may be for one.
#[async_trait]
pub trait Courses: Send + Sync + 'static {
    /// Whether there is such a course in the school, for people to be enrolled in.
    async fn exists(&self, school: SchoolId, course: Uuid) -> Result<bool, PortError>;
}

/// What platform staff change about an account.
#[derive(Debug, Clone, Default)]
pub struct AccountEdit {
    /// The name to log in with.
    pub username: MergeField<String>,
    /// What people call them.
    pub full_name: MergeField<String>,
    /// Whether its owner is let in.
    pub is_active: Option<bool>,
    /// The role on the deployment.
    pub role: Option<PlatformRole>,
}

/// An account that platform staff make outside of any school.
#[derive(Debug, Clone)]
pub struct PlatformAccount {
    /// The name to log in with.
    pub username: Option<String>,
    /// Where mail goes.
    pub email: Option<String>,
    /// A first password; without one an invitation is mailed.
    pub password: Option<SecretString>,
    /// What people call them.
    pub full_name: Option<String>,
    /// The role on the deployment.
    pub role: PlatformRole,
}

/// The deployment's accounts as its staff see them who act in no school.
#[async_trait]
pub trait PlatformDirectory: Send + Sync + 'static {
    /// A page of accounts.
    async fn list(
        &self,
        who: &Principal,
        filter: UserFilter,
        role: Option<PlatformRole>,
        request: &PageRequest,
    ) -> Result<Page<User>, PortError>;

    /// One account.
    async fn show(&self, id: UserId) -> Result<User, PortError>;

    /// Makes one.
    async fn create(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        account: PlatformAccount,
    ) -> Result<Committed<User>, PortError>;

    /// Changes one.
    async fn edit(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: UserId,
        edit: AccountEdit,
    ) -> Result<Committed<User>, PortError>;

    /// Deletes one, softly.
    async fn delete(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: UserId,
    ) -> Result<Committed<()>, PortError>;

    /// Brings one back.
    async fn restore(&self, who: &Principal, uow: UnitOfWork, id: UserId) -> Result<Committed<User>, PortError>;

    /// Mails a link to choose a password.
    async fn send_password_link(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: UserId,
    ) -> Result<Committed<Mailed>, PortError>;
}
