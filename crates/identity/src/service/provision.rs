//! Accounts made on the command line and for the demo: by whoever runs the program, so active at once.

use lyceum_kernel::{PlatformRole, RequestId, Scope, UserId};
use lyceum_platform::uow::Cause;
use secrecy::SecretString;
use validator::ValidationError;

use crate::dto::text::{EmailAddress, FullName, Username};
use crate::error::IdentityError;
use crate::model::account;
use crate::repo::{accounts, users};
use crate::service::IdentityService;
use crate::service::users::{announce_new, complete};

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The address; it counts as proven.
    pub email: String,
    /// A name to log in with beside it.
    pub username: Option<String>,
    /// What people call them.
    pub full_name: Option<String>,
    /// The password, which they keep.
    pub password: SecretString,
    /// The role on the deployment.
    pub platform_role: PlatformRole,
}

impl IdentityService {
    /// Makes a super admin who can log in at once.
    ///
    /// # Errors
    /// [`IdentityError::Invalid`] for a poor password or address, [`IdentityError::EmailTaken`].
    pub async fn create_super_admin(
        &self,
        email: &str,
        full_name: Option<String>,
        password: SecretString,
    ) -> Result<UserId, IdentityError> {
        let role = PlatformRole::SuperAdmin;
        let account = NewAccount { email: email.to_owned(), username: None, full_name, password, platform_role: role };
        self.provision(account).await
    }

    /// The account of this address: the one that is there, untouched, or else this one, new.
    pub async fn ensure_account(&self, account: NewAccount) -> Result<UserId, IdentityError> {
        let db = self.platform.db.read(Scope::Platform);
        match accounts::find_by_email(&db, &account.email).await? {
            Some(there) => Ok(there.id),
            None => self.provision(account).await,
        }
    }

    async fn provision(&self, new: NewAccount) -> Result<UserId, IdentityError> {
        let NewAccount { email, username, full_name, password, platform_role } = new;
        checked("/email", EmailAddress(email.clone()).check())?;
        checked("/username", username.clone().map_or(Ok(()), |name| Username(name).check()))?;
        checked("/full_name", full_name.clone().map_or(Ok(()), |name| FullName(name).check()))?;
        let (now, entropy) = (self.platform.clock.now(), self.platform.entropy.as_ref());
        let account = account::Model {
            email: Some(email),
            username,
            full_name,
            platform_role: platform_role.into(),
            activated_at: Some(now),
            password_changed_at: Some(now),
            ..users::blank(now, entropy)
        };
        let mut account = account;
        complete(&mut account)?;
        account.password_hash = Some(self.hash_new_password(&account, &password, "/password").await?);
        let cause = Cause { request_id: RequestId::new(now, entropy), ip: None, user_agent: None, trace: None };
        let mut tx = self.platform.unit_of_work(cause).begin().await?;
        users::insert(tx.conn(), account.clone()).await?;
        announce_new(&mut tx, &account);
        tx.commit_quietly().await?;
        Ok(account.id)
    }
}

fn checked(pointer: &str, outcome: Result<(), ValidationError>) -> Result<(), IdentityError> {
    outcome.map_err(|error| {
        let message = error.message.unwrap_or_else(|| "is not valid".into());
        IdentityError::Invalid(vec![lyceum_kernel::Fault::new(pointer, error.code, message)])
    })
}
