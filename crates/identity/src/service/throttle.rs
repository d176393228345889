//! Counting failed logins: guessing is slowed down, and nobody is locked out of their own account.
//!
//! Only failures count. Five a minute of one address with one account, then that pair waits. When an account is attacked from
//! many addresses, each address gets one failure a minute, so its owner, coming from an address of their own, still gets in.

use std::net::IpAddr;
use std::time::Duration;

use lyceum_platform::limiter::{Limiter, Policy, network};

use crate::error::IdentityError;

/// The limits.
#[derive(Debug)]
pub struct Throttle {
    limiter: Limiter,
    policies: Policies,
}

#[derive(Debug)]
struct Policies {
    /// One address with one account.
    pair: Policy,
    /// The same, while the account is under attack.
    pair_under_attack: Policy,
    /// One account, whoever tries: more is an attack.
    account: Policy,
    /// One address, whatever the account.
    address: Policy,
}

const QUARTER_HOUR: Duration = Duration::from_mins(15);

impl Throttle {
    /// Lets an address fail `failures_per_minute` times with one account.
    pub fn new(limiter: Limiter, failures_per_minute: u64) -> Self {
        let policies = Policies {
            pair: Policy::per_minute("login", failures_per_minute).exact(),
            pair_under_attack: Policy::per_minute("login_attacked", 1).exact(),
            account: Policy::new("login_account", failures_per_minute.saturating_mul(20), QUARTER_HOUR).exact(),
            address: Policy::per_minute("login_address", failures_per_minute.saturating_mul(20)).exact(),
        };
        Self { limiter, policies }
    }

    /// An attempt from this address on an account, or on a name that is none. `subject` must not be personal data.
    pub fn attempt(&self, address: Option<IpAddr>, subject: String) -> Attempt<'_> {
        let address = network(address);
        Attempt { throttle: self, pair: format!("{address}|{subject}"), address, subject }
    }
}

/// One try to log in.
#[derive(Debug)]
pub struct Attempt<'a> {
    throttle: &'a Throttle,
    pair: String,
    address: String,
    subject: String,
}

impl Attempt<'_> {
    /// Whether the try may go on. Asked before the password is hashed, and again after a right one: others may have failed
    /// meanwhile.
    ///
    /// # Errors
    /// [`IdentityError::TooManyFailures`] with the time to wait.
    pub async fn admit(&self) -> Result<(), IdentityError> {
        let Throttle { limiter, policies } = self.throttle;
        let pair = limiter.peek(&policies.pair, &self.pair).await;
        let address = limiter.peek(&policies.address, &self.address).await;
        let account = limiter.peek(&policies.account, &self.subject).await;
        let mut refused = [pair, address].into_iter().find(|decision| !decision.allowed);
        if refused.is_none() && !account.allowed {
            let under_attack = limiter.peek(&policies.pair_under_attack, &self.pair).await;
            refused = (!under_attack.allowed).then_some(under_attack);
        }
        match refused {
            None => Ok(()),
            Some(decision) => Err(IdentityError::TooManyFailures { retry_after: decision.reset_after }),
        }
    }

    /// The try failed, and its owner may be told so if this failure was still within the limit: it is counted and judged in one
    /// step, so that however many guess at once, on however many nodes, no more than the limit learn anything.
    ///
    /// # Errors
    /// [`IdentityError::TooManyFailures`] with the time to wait.
    pub async fn failed(&self) -> Result<(), IdentityError> {
        let Throttle { limiter, policies } = self.throttle;
        let pair = limiter.check(&policies.pair, &self.pair).await;
        if !pair.allowed {
            return Err(IdentityError::TooManyFailures { retry_after: pair.reset_after });
        }
        let address = limiter.check(&policies.address, &self.address).await;
        let account = limiter.check(&policies.account, &self.subject).await;
        let under_attack = limiter.check(&policies.pair_under_attack, &self.pair).await;
        let refused = [Some(address), (!account.allowed).then_some(under_attack)].into_iter().flatten();
        match refused.into_iter().find(|decision| !decision.allowed) {
            None => Ok(()),
            Some(decision) => Err(IdentityError::TooManyFailures { retry_after: decision.reset_after }),
        }
    }

    /// The try succeeded: earlier failures of this pair were its owner's slips.
    pub async fn succeeded(&self) {
        let Throttle { limiter, policies } = self.throttle;
        let pair = limiter.peek(&policies.pair, &self.pair).await;
        if pair.remaining < pair.limit {
            limiter.forgive(&policies.pair, &self.pair).await;
        }
    }
}
