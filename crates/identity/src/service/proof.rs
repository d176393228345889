//! Proof that the caller is who the session says: the password again, before something delicate; and the limits on guessing.

use std::time::Duration;

use lyceum_kernel::{Principal, Scope, UserId};
use lyceum_platform::limiter::Policy;
use lyceum_platform::uow::{Audit, UnitOfWork};
use secrecy::SecretString;

use crate::error::IdentityError;
use crate::model::account;
use crate::password::hasher::Verdict;
use crate::repo::accounts;
use crate::service::IdentityService;

/// Wrong passwords given to prove oneself within a session.
const PROOFS: Policy = Policy::new("identity_proof", 10, Duration::from_mins(15)).exact();

/// Wrong codes of a second factor, at login and when it is set up: a million codes are not many.
const SECOND_FACTORS: Policy = Policy::new("identity_second_factor", 10, Duration::from_mins(15)).exact();

impl IdentityService {
    /// The caller's account, if the password is theirs. Ten wrong ones in a quarter of an hour are enough.
    ///
    /// # Errors
    /// [`IdentityError::ReauthenticationFailed`] if it is wrong, which is audited; [`IdentityError::TooManyFailures`].
    pub(crate) async fn reauthenticate(
        &self,
        who: &Principal,
        uow: &UnitOfWork,
        password: &SecretString,
    ) -> Result<account::Model, IdentityError> {
        let key = who.user_id.to_string();
        refuse_if_spent(self.platform.limiter.check(&PROOFS, &key).await)?;
        let account = accounts::find(&self.platform.db.read(Scope::Platform), who.user_id).await?;
        let account = account.filter(account::Model::usable).ok_or(IdentityError::SessionEnded)?;
        match self.hasher.verify(password, account.password_hash.as_deref()).await? {
            Verdict::Right | Verdict::RightButWeak => {
                self.platform.limiter.forgive(&PROOFS, &key).await;
                Ok(account)
            }
            Verdict::Wrong => {
                let mut tx = uow.clone().idempotent(None).begin().await?;
                tx.audit(Audit::of("identity.reauthentication_failed", "account", account.id).denied());
                tx.commit_quietly().await?;
                Err(IdentityError::ReauthenticationFailed)
            }
        }
    }

    /// Counts a try with a code, before the code is looked at, so that guessing at once does not help. A right one is
    /// [given back](Self::passed_second_factor).
    ///
    /// # Errors
    /// [`IdentityError::TooManyFailures`] after ten wrong codes in a quarter of an hour.
    pub(crate) async fn try_second_factor(&self, account: UserId) -> Result<(), IdentityError> {
        refuse_if_spent(self.platform.limiter.check(&SECOND_FACTORS, &account.to_string()).await)
    }

    /// The code was right.
    pub(crate) async fn passed_second_factor(&self, account: UserId) {
        self.platform.limiter.refund(&SECOND_FACTORS, &account.to_string()).await;
    }

    /// Whether one more letter may go to this address, which anybody can ask for. Counted for the address as typed, whether or
    /// not it has an account.
    pub(crate) async fn may_mail(&self, address: &str) -> bool {
        let policy = Policy::per_hour("identity_mail", self.platform.config.limits.mail_requests_per_hour);
        self.platform.limiter.check(&policy, &account::fold(address)).await.allowed
    }
}

fn refuse_if_spent(decision: lyceum_platform::limiter::Decision) -> Result<(), IdentityError> {
    if decision.allowed { Ok(()) } else { Err(IdentityError::TooManyFailures { retry_after: decision.reset_after }) }
}
