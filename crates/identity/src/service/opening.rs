//! Accounts opened by schools: within the transaction in which somebody joins.

use lyceum_kernel::{PlatformRole, SchoolId, UserId};
use lyceum_platform::uow::Tx;
use secrecy::{ExposeSecret, SecretString};

use crate::error::IdentityError;
use crate::model::account;
use crate::repo::users::Change;
use crate::repo::{accounts, users};
use crate::service::IdentityService;
use crate::service::profile::{Profile, changed};
use crate::service::users::{announce_new, complete};

/// An account that a school opens.
#[derive(Debug, Clone)]
pub struct AccountToOpen {
    /// The name to log in with; the school sees to it that it is unique among its own.
    pub username: Option<String>,
    /// Where mail goes.
    pub email: Option<String>,
    /// What people call them.
    pub full_name: Option<String>,
    /// A first password, hashed by [`IdentityService::hash_first_password`]. Without one an invitation is mailed.
    pub password_hash: Option<String>,
    /// The school; none where its owner registers by themselves, with the password that they chose.
    pub opened_by: Option<SchoolId>,
}

/// What other contexts may know of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSummary {
    /// The account.
    pub id: UserId,
    /// The name to log in with.
    pub username: Option<String>,
    /// The address.
    pub email: Option<String>,
    /// What people call them.
    pub full_name: Option<String>,
    /// BCP 47 language tag.
    pub locale: String,
    /// Whether its owner can log in, now or once activated.
    pub reachable: bool,
    /// The school that opened it.
    pub opened_by: Option<SchoolId>,
    /// The role on the deployment.
    pub platform_role: PlatformRole,
}

impl From<account::Model> for AccountSummary {
    fn from(account: account::Model) -> Self {
        let reachable = account.is_active && account.deleted_at.is_none() && account.erased_at.is_none();
        Self {
            id: account.id,
            username: account.username,
            email: account.email,
            full_name: account.full_name,
            locale: account.locale,
            reachable,
            opened_by: account.opened_by_school_id,
            platform_role: account.platform_role.into(),
        }
    }
}

impl IdentityService {
    /// Judges a first password chosen by staff and hashes it; before any transaction begins.
    ///
    /// # Errors
    /// [`IdentityError::Invalid`] at `/password` for a poor one, [`IdentityError::HasherBusy`].
    pub async fn hash_first_password(&self, names: &[&str], password: &SecretString) -> Result<String, IdentityError> {
        self.judge_first_password(names, password)?;
        self.hasher.hash(password).await
    }

    /// Judges a first password chosen by staff.
    ///
    /// # Errors
    /// [`IdentityError::Invalid`] at `/password` for a poor one.
    pub fn judge_first_password(&self, names: &[&str], password: &SecretString) -> Result<(), IdentityError> {
        let checked = self.policy.check(password.expose_secret(), names.iter().copied(), "/password");
        checked.map_err(IdentityError::Invalid)
    }

    /// Opens an account for a school within its unit of work: with a password that its owner must change first, or with an
    /// invitation to choose one; or for its owner, whose address the activation proves.
    ///
    /// # Errors
    /// [`IdentityError::EmailTaken`], [`IdentityError::LoginNameMissing`].
    pub async fn open_account(&self, tx: &mut Tx, new: AccountToOpen) -> Result<UserId, IdentityError> {
        let account = opened(tx, new)?;
        users::insert(tx.conn(), account.clone()).await?;
        if account.password_hash.is_none() {
            self.invite(tx, &account).await?;
        } else if account.activated_at.is_none() {
            self.send_activation(tx, &account, true).await?;
        }
        announce_new(tx, &account);
        Ok(account.id)
    }

    /// Opens accounts as [`open_account`](Self::open_account) does, with two statements for all of them. Gives their ids in the
    /// same order.
    ///
    /// # Errors
    /// [`IdentityError::EmailTaken`], [`IdentityError::LoginNameMissing`].
    pub async fn open_accounts(&self, tx: &mut Tx, new: Vec<AccountToOpen>) -> Result<Vec<UserId>, IdentityError> {
        let accounts = new.into_iter().map(|new| opened(tx, new)).collect::<Result<Vec<_>, _>>()?;
        users::insert_many(tx.conn(), &accounts).await?;
        let invited: Vec<_> = accounts.iter().filter(|account| account.password_hash.is_none()).collect();
        self.invite_many(tx, &invited).await?;
        for account in &accounts {
            announce_new(tx, account);
        }
        Ok(accounts.into_iter().map(|account| account.id).collect())
    }

    /// The accounts of some addresses, deleted ones included, erased ones not.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn accounts_by_email(&self, tx: &Tx, emails: &[String]) -> Result<Vec<AccountSummary>, IdentityError> {
        let found = accounts::find_by_emails(tx.conn(), emails).await?;
        Ok(found.into_iter().map(AccountSummary::from).collect())
    }

    /// Those of some accounts that were not erased.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn accounts_by_id(&self, tx: &Tx, ids: &[UserId]) -> Result<Vec<AccountSummary>, IdentityError> {
        let found = accounts::find_many(tx.conn(), ids).await?;
        Ok(found.into_iter().filter(|account| account.erased_at.is_none()).map(AccountSummary::from).collect())
    }

    /// The account of an address, deleted ones included, erased ones not.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn account_by_email(&self, tx: &Tx, email: &str) -> Result<Option<AccountSummary>, IdentityError> {
        Ok(accounts::find_by_email(tx.conn(), email).await?.map(AccountSummary::from))
    }

    /// An account that was not erased.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn account_by_id(&self, tx: &Tx, id: UserId) -> Result<Option<AccountSummary>, IdentityError> {
        let account = accounts::find(tx.conn(), id).await?;
        Ok(account.filter(|account| account.erased_at.is_none()).map(AccountSummary::from))
    }

    /// Changes the names of an account for the school that opened it.
    ///
    /// # Errors
    /// [`IdentityError::AccountNotFound`], [`IdentityError::LoginNameMissing`].
    pub async fn rename_account(
        &self,
        tx: &mut Tx,
        id: UserId,
        username: Option<String>,
        full_name: Option<String>,
    ) -> Result<(), IdentityError> {
        let account = accounts::find_locked(tx.conn(), id).await?.ok_or(IdentityError::AccountNotFound)?;
        let profile = Profile { username, full_name, ..Profile::of(&account) };
        profile.check(&account)?;
        let (change, after, difference) = profile.write(Change::of(&account, tx.now()), &account);
        if !difference.is_empty() {
            change.apply(tx.conn()).await?;
            changed(tx, after, difference.audit("identity.account_changed", id));
        }
        Ok(())
    }

    /// Mails a link to choose a password to somebody, or the invitation once more.
    ///
    /// # Errors
    /// [`IdentityError::AccountNotFound`], [`IdentityError::AddressMissing`].
    pub async fn send_password_link(&self, tx: &mut Tx, id: UserId) -> Result<(), IdentityError> {
        let account = accounts::find_locked(tx.conn(), id).await?.ok_or(IdentityError::AccountNotFound)?;
        if account.email.is_none() {
            return Err(IdentityError::AddressMissing);
        }
        if account.password_hash.is_some() {
            self.send_reset(tx, &account).await
        } else {
            self.invite(tx, &account).await
        }
    }
}

/// The row of an account that is opened.
fn opened(tx: &Tx, new: AccountToOpen) -> Result<account::Model, IdentityError> {
    let mut account = users::blank(tx.now(), tx.entropy());
    (account.username, account.email, account.full_name) = (new.username, new.email, new.full_name);
    account.opened_by_school_id = new.opened_by;
    complete(&mut account)?;
    if new.password_hash.is_some() {
        account.password_hash = new.password_hash;
        account.password_changed_at = Some(tx.now());
        account.must_change_password = new.opened_by.is_some();
        account.activated_at = new.opened_by.map(|_| tx.now());
    }
    Ok(account)
}
