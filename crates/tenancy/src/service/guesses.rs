//! Counting wrong codes: whoever guesses waits, whoever has a code is let in.

use std::net::IpAddr;

use lyceum_kernel::UserId;
use lyceum_platform::limiter::{Decision, Limiter, Policy, network};

use crate::error::TenancyError;

/// Wrong codes of one account in a minute.
const PER_ACCOUNT: Policy = Policy::per_minute("invite_codes", 10).exact();

/// Wrong codes from one address in a minute; a whole school may sit behind one.
const PER_ADDRESS: Policy = Policy::per_minute("invite_codes_address", 60).exact();

/// Who tries a code.
#[derive(Debug, Clone)]
pub(crate) struct Guesser {
    account: Option<String>,
    address: String,
}

impl Guesser {
    /// Somebody at an address; strangers have no account.
    pub(crate) fn new(account: Option<UserId>, address: Option<IpAddr>) -> Self {
        Self { account: account.map(|id| id.to_string()), address: network(address) }
    }

    /// Whether they may try.
    pub(crate) async fn admit(&self, limiter: &Limiter) -> Result<(), TenancyError> {
        let mut decisions = vec![limiter.peek(&PER_ADDRESS, &self.address).await];
        if let Some(account) = &self.account {
            decisions.push(limiter.peek(&PER_ACCOUNT, account).await);
        }
        refused(decisions)
    }

    /// The code was none, and they may be told so if this guess was still within the limit: it is counted and judged in one step, so
    /// that however many guess at once no more than the limit learn anything.
    pub(crate) async fn failed(&self, limiter: &Limiter) -> Result<(), TenancyError> {
        let mut decisions = vec![limiter.check(&PER_ADDRESS, &self.address).await];
        if let Some(account) = &self.account {
            decisions.push(limiter.check(&PER_ACCOUNT, account).await);
        }
        refused(decisions)
    }
}

fn refused(decisions: Vec<Decision>) -> Result<(), TenancyError> {
    match decisions.into_iter().find(|decision| !decision.allowed) {
        None => Ok(()),
        Some(decision) => Err(TenancyError::TooManyGuesses { retry_after: decision.reset_after }),
    }
}
