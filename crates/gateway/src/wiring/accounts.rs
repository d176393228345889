//! Tenancy's accounts are identity's.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use lyceum_identity::{AccountSummary, AccountToOpen, IdentityError, IdentityService};
use lyceum_kernel::UserId;
use lyceum_platform::PlatformError;
use lyceum_platform::uow::Tx;
use lyceum_tenancy::ports::{Account, Accounts, HashedPassword, NewAccount, PortError};
use secrecy::SecretString;

/// Identity, as tenancy asks it. Identity is put together after tenancy: it is filled in then.
#[derive(Debug, Default)]
pub struct IdentityAccounts(OnceLock<Arc<IdentityService>>);

impl IdentityAccounts {
    /// From here on the accounts are there.
    pub fn fill(&self, identity: Arc<IdentityService>) {
        // A second one would mean that two places wire the contexts; the first one stands.
        let _ = self.0.set(identity);
    }

    fn identity(&self) -> Result<&IdentityService, PortError> {
        self.0.get().map(Arc::as_ref).ok_or_else(|| boxed(PlatformError::setup("the accounts are not wired")))
    }
}

fn boxed(error: impl lyceum_kernel::ServiceError) -> PortError {
    Box::new(error)
}

fn refused(error: IdentityError) -> PortError {
    boxed(error)
}

fn account(summary: AccountSummary) -> Account {
    let AccountSummary { id, username, email, full_name, locale, reachable, opened_by, platform_role } = summary;
    Account { id, username, email, full_name, locale, reachable, opened_by, platform_role }
}

fn to_open(new: NewAccount) -> AccountToOpen {
    let NewAccount { username, email, full_name, password, opened_by } = new;
    let password_hash = password.map(|hashed| hashed.expose().to_owned());
    AccountToOpen { username, email, full_name, password_hash, opened_by }
}

#[async_trait]
impl Accounts for IdentityAccounts {
    async fn hash_password(&self, names: &[&str], password: &SecretString) -> Result<HashedPassword, PortError> {
        self.identity()?.hash_first_password(names, password).await.map(HashedPassword::new).map_err(refused)
    }

    fn judge_password(&self, names: &[&str], password: &SecretString) -> Result<(), PortError> {
        self.identity()?.judge_first_password(names, password).map_err(refused)
    }

    async fn open(&self, tx: &mut Tx, new: NewAccount) -> Result<UserId, PortError> {
        self.identity()?.open_account(tx, to_open(new)).await.map_err(refused)
    }

    async fn open_many(&self, tx: &mut Tx, new: Vec<NewAccount>) -> Result<Vec<UserId>, PortError> {
        self.identity()?.open_accounts(tx, new.into_iter().map(to_open).collect()).await.map_err(refused)
    }

    async fn by_emails(&self, tx: &Tx, emails: &[String]) -> Result<Vec<Account>, PortError> {
        let found = self.identity()?.accounts_by_email(tx, emails).await.map_err(refused)?;
        Ok(found.into_iter().map(account).collect())
    }

    async fn by_ids(&self, tx: &Tx, ids: &[UserId]) -> Result<Vec<Account>, PortError> {
        let found = self.identity()?.accounts_by_id(tx, ids).await.map_err(refused)?;
        Ok(found.into_iter().map(account).collect())
    }

    async fn by_email(&self, tx: &Tx, email: &str) -> Result<Option<Account>, PortError> {
        Ok(self.identity()?.account_by_email(tx, email).await.map_err(refused)?.map(account))
    }

    async fn by_id(&self, tx: &Tx, id: UserId) -> Result<Option<Account>, PortError> {
        Ok(self.identity()?.account_by_id(tx, id).await.map_err(refused)?.map(account))
    }

    async fn rename(
        &self,
        tx: &mut Tx,
        id: UserId,
        username: Option<String>,
        full_name: Option<String>,
    ) -> Result<(), PortError> {
        self.identity()?.rename_account(tx, id, username, full_name).await.map_err(refused)
    }

    async fn send_password_link(&self, tx: &mut Tx, id: UserId) -> Result<(), PortError> {
        self.identity()?.send_password_link(tx, id).await.map_err(refused)
    }
}
