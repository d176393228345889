//! Logging in with a password, and a second factor where the account has one.
//!
//! Every path costs one hash, whether the account exists or not, and what a stranger sees tells nothing about it; the state of an
//! account is told only to somebody with the right password. Failures are counted and audited, never with what was typed.

use std::net::IpAddr;

use lyceum_kernel::{SessionId, UserId};
use lyceum_platform::uow::{Audit, Cause, Committed, Tx, UnitOfWork};
use sea_orm::ActiveValue::Set;
use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;

use crate::dto::auth::TokenPair;
use crate::error::IdentityError;
use crate::model::account::{self, fold};
use crate::model::session::ActiveModel;
use crate::password::hasher::Verdict;
use crate::repo;
use crate::service::IdentityService;
use crate::service::refresh::REFRESH;
use crate::service::throttle::Attempt;

/// Longest `User-Agent` kept with a session, in characters.
const USER_AGENT: usize = 512;

/// What somebody logs in with.
#[derive(Debug)]
pub(crate) struct Credentials {
    /// Username or e-mail address.
    pub(crate) name: String,
    /// The password.
    pub(crate) password: SecretString,
    /// A code of the second factor, or a recovery code.
    pub(crate) code: Option<String>,
    /// Permissions that the session is narrowed to, space-separated.
    pub(crate) scope: Option<String>,
    /// The slug or id of the school to act in, and to look the username up in.
    pub(crate) school: Option<String>,
}

impl IdentityService {
    /// Opens a session.
    ///
    /// # Errors
    /// [`IdentityError::InvalidCredentials`], [`MfaRequired`](IdentityError::MfaRequired),
    /// [`MfaCodeInvalid`](IdentityError::MfaCodeInvalid), [`NotActivated`](IdentityError::NotActivated),
    /// [`AccountDisabled`](IdentityError::AccountDisabled), [`TooManyFailures`](IdentityError::TooManyFailures),
    /// [`HasherBusy`](IdentityError::HasherBusy); otherwise if the database is away.
    pub(crate) async fn login(
        &self,
        uow: UnitOfWork,
        credentials: Credentials,
    ) -> Result<Committed<TokenPair>, IdentityError> {
        let wanted = self.school_wanted(credentials.school.as_deref()).await?;
        let found = self.find_by_login(&credentials.name, wanted.school()).await?;
        let attempt = self.attempt(uow.cause().ip, found.as_ref(), &credentials.name);
        attempt.admit().await?;
        let stored = found.as_ref().and_then(|account| account.password_hash.as_deref());
        let verdict = self.hasher.verify(&credentials.password, stored).await?;
        if !matches!(verdict, Verdict::Wrong) {
            attempt.admit().await?;
        }
        let account = match proven(found, verdict) {
            Ok(account) => account,
            Err((target, error)) => return Err(self.refuse(uow, &attempt, target, error).await?),
        };
        if account.mfa_enabled {
            if credentials.code.is_none() {
                return Err(IdentityError::MfaRequired);
            }
            self.try_second_factor(account.id).await?;
        }
        let rehashed = match verdict {
            Verdict::RightButWeak => Some(self.hasher.hash(&credentials.password).await?),
            Verdict::Right | Verdict::Wrong => None,
        };
        let school = self.school_to_enter(&account, wanted).await?;
        let keys = self.signing_keys().await?;
        let mut tx = uow.clone().begin().await?;
        // A reset, a disabling or a deletion that was committed meanwhile has ended all sessions; this one must not come after.
        if !stands(repo::accounts::find_locked(tx.conn(), account.id).await?.as_ref(), &account) {
            tx.rollback().await;
            return Err(self.refuse(uow, &attempt, Some(account.id), IdentityError::InvalidCredentials).await?);
        }
        if account.mfa_enabled {
            let code = credentials.code.as_deref().unwrap_or_default();
            match self.claim_second_factor(tx.conn(), account.id, code, tx.now()).await {
                Ok(_) => {}
                Err(error @ IdentityError::MfaCodeInvalid) => {
                    tx.rollback().await;
                    self.audit_refusal(uow, Some(account.id), "wrong_code").await?;
                    return Err(attempt.failed().await.err().unwrap_or(error));
                }
                Err(error) => return Err(error),
            }
        }
        if let (Some(hash), Some(verified)) = (rehashed, account.password_hash.as_deref()) {
            repo::accounts::rehash(tx.conn(), account.id, verified, hash, tx.now()).await?;
        }
        let mut session = self.new_session(uow.cause(), &tx, account.id, credentials.scope);
        session.school_id = Set(school);
        let session = repo::sessions::insert(tx.conn(), session).await?;
        tx.audit(
            Audit::of("identity.login", "session", session.id)
                .by(account.id)
                .after(json!({"mfa": account.mfa_enabled})),
        );
        let granted = self.grant(tx, &session, &keys).await?;
        attempt.succeeded().await;
        if account.mfa_enabled {
            self.passed_second_factor(account.id).await;
        }
        Ok(granted)
    }

    fn attempt(&self, ip: Option<IpAddr>, found: Option<&account::Model>, name: &str) -> Attempt<'_> {
        let subject = found.map_or_else(
            || {
                let mac = self.platform.keyring.mac("login_subject", fold(name).as_bytes());
                Uuid::from_u128(u128::from_be_bytes(mac.first_chunk().copied().unwrap_or_default()))
            },
            |account| account.id.uuid(),
        );
        self.throttle.attempt(ip, subject.simple().to_string())
    }

    /// Counts and audits a refused login. What comes back is the error to answer with.
    async fn refuse(
        &self,
        uow: UnitOfWork,
        attempt: &Attempt<'_>,
        target: Option<UserId>,
        error: IdentityError,
    ) -> Result<IdentityError, IdentityError> {
        let (reason, told) = match error {
            IdentityError::NotActivated => ("not_activated", Ok(())),
            IdentityError::AccountDisabled => ("disabled", Ok(())),
            _ => ("wrong_credentials", attempt.failed().await),
        };
        self.audit_refusal(uow, target, reason).await?;
        Ok(told.err().unwrap_or(error))
    }

    async fn audit_refusal(
        &self,
        uow: UnitOfWork,
        target: Option<UserId>,
        reason: &'static str,
    ) -> Result<(), IdentityError> {
        let mut tx = uow.begin().await?;
        let target = target.map(UserId::uuid);
        tx.audit(Audit::of("identity.login_failed", "account", target).after(json!({"reason": reason})).denied());
        Ok(tx.commit_quietly().await?)
    }

    fn new_session(&self, cause: &Cause, tx: &Tx, account: UserId, scope: Option<String>) -> ActiveModel {
        let now = tx.now();
        let id = SessionId::new(now, tx.entropy());
        let absolute = now + self.settings.session_ttl;
        let readable = |text: &String| text.chars().filter(|c| !c.is_control()).take(USER_AGENT).collect();
        ActiveModel {
            id: Set(id),
            account_id: Set(account),
            generation: Set(0),
            refresh_hash: Set(self.platform.keyring.token(REFRESH, id.uuid(), 0).hash().to_vec()),
            rotated_at: Set(now),
            created_at: Set(now),
            last_used_at: Set(now),
            expires_at: Set((now + self.settings.refresh_ttl).min(absolute)),
            absolute_expires_at: Set(absolute),
            ip: Set(cause.ip.map(|ip| ip.to_string())),
            user_agent: Set(cause.user_agent.as_ref().map(readable)),
            school_id: Set(None),
            scope: Set(scope),
            revoked_at: Set(None),
            revoked_reason: Set(None),
        }
    }
}

/// Whether what was verified before the transaction still holds within it.
fn stands(current: Option<&account::Model>, verified: &account::Model) -> bool {
    current.is_some_and(|current| {
        current.password_hash == verified.password_hash
            && current.mfa_enabled == verified.mfa_enabled
            && current.is_active
            && current.deleted_at.is_none()
            && current.erased_at.is_none()
    })
}

/// The account, if the password proves it and it may be used; otherwise whom it was about, and what they are told.
fn proven(found: Option<account::Model>, verdict: Verdict) -> Result<account::Model, (Option<UserId>, IdentityError)> {
    let Some(account) = found else { return Err((None, IdentityError::InvalidCredentials)) };
    let gone = account.deleted_at.is_some() || account.erased_at.is_some();
    let error = if verdict == Verdict::Wrong || gone {
        IdentityError::InvalidCredentials
    } else if account.activated_at.is_none() {
        IdentityError::NotActivated
    } else if !account.is_active {
        IdentityError::AccountDisabled
    } else {
        return Ok(account);
    };
    Err((Some(account.id), error))
}
