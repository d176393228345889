//! The second factor: TOTP (RFC 6238) and recovery codes.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use lyceum_kernel::id::uuid_v7;
use lyceum_kernel::{Principal, Scope, UserId};
use lyceum_platform::cache::CacheTag;
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use sea_orm::ConnectionTrait;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::dto::mfa::{ConfirmTotp, ProofOfPassword, RecoveryCodes, TotpEnrolment};
use crate::error::IdentityError;
use crate::model::account::{self, Column};
use crate::repo::users::Change;
use crate::repo::{accounts, mfa};
use crate::service::IdentityService;
use crate::{letters, mail, recovery_codes, totp};

/// What secrets are sealed for.
const SEAL: &str = "totp_secret";

/// What somebody proved a login with, beside the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondFactor {
    /// A code of the authenticator.
    Totp,
    /// A recovery code; there is one less now.
    RecoveryCode,
}

impl IdentityService {
    /// Uses up what was typed as a second factor: six digits of this step or one beside it, or a recovery code. To be called
    /// in the transaction that begins the session, so that a code is spent exactly when it lets somebody in.
    ///
    /// # Errors
    /// [`IdentityError::MfaCodeInvalid`] if it is wrong, too old, or was used before.
    pub(crate) async fn claim_second_factor(
        &self,
        db: &impl ConnectionTrait,
        account: UserId,
        typed: &str,
        now: DateTime<Utc>,
    ) -> Result<SecondFactor, IdentityError> {
        let typed = typed.trim();
        if typed.len() == 6 && typed.bytes().all(|b| b.is_ascii_digit()) {
            let secret = self.totp_secret(db, account).await?.ok_or(IdentityError::MfaCodeInvalid)?;
            let step = totp::matching_step(&secret, typed, now).ok_or(IdentityError::MfaCodeInvalid)?;
            let fresh = mfa::claim_step(db, account, step).await?;
            return if fresh { Ok(SecondFactor::Totp) } else { Err(IdentityError::MfaCodeInvalid) };
        }
        let hash = code_hash(account, typed).ok_or(IdentityError::MfaCodeInvalid)?;
        if mfa::claim_recovery_code(db, account, &hash, now).await? {
            Ok(SecondFactor::RecoveryCode)
        } else {
            Err(IdentityError::MfaCodeInvalid)
        }
    }

    /// Makes a secret for an authenticator app. It protects nothing until it is confirmed.
    pub(crate) async fn enrol_totp(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        proof: &ProofOfPassword,
    ) -> Result<Committed<TotpEnrolment>, IdentityError> {
        let account = self.reauthenticate(who, &uow, &proof.password.0).await?;
        let secret = totp::new_secret(uow.entropy());
        let sealed = self.platform.keyring.seal(SEAL, &[account.id.uuid().as_bytes().as_slice(), &secret].concat());
        let mut tx = uow.begin().await?;
        if !mfa::enrol(tx.conn(), account.id, sealed, tx.now()).await? {
            return Err(IdentityError::MfaAlreadyActive);
        }
        tx.audit(Audit::of("identity.mfa_enrolment_started", "account", account.id));
        let name = account.email.as_deref().or(account.username.as_deref()).unwrap_or("account");
        let issuer = &self.platform.config.smtp.from_name;
        let view =
            TotpEnrolment { secret: totp::base32(&secret), otpauth_uri: totp::otpauth_uri(&secret, issuer, name) };
        Ok(tx.commit(Answer::ok(view)).await?)
    }

    /// Turns the second factor on, for a code that proves that the app has the secret.
    pub(crate) async fn confirm_totp(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        form: &ConfirmTotp,
    ) -> Result<Committed<RecoveryCodes>, IdentityError> {
        self.try_second_factor(who.user_id).await?;
        let ip = uow.cause().ip;
        let mut tx = uow.begin().await?;
        let account = self.locked_self(&tx, who).await?;
        if account.mfa_enabled {
            return Err(IdentityError::MfaAlreadyActive);
        }
        let secret = self.totp_secret(tx.conn(), account.id).await?.ok_or(IdentityError::MfaNotActive)?;
        let Some(step) = totp::matching_step(&secret, form.code.as_str(), tx.now()) else {
            return Err(IdentityError::ConfirmationCodeWrong);
        };
        if !mfa::confirm(tx.conn(), account.id, step, tx.now()).await? {
            return Err(IdentityError::MfaAlreadyActive);
        }
        let codes = store_recovery_codes(&tx, account.id).await?;
        Change::of(&account, tx.now()).set(Column::MfaEnabled, true).apply(tx.conn()).await?;
        tx.audit(
            Audit::of("identity.mfa_enabled", "account", account.id)
                .before(json!({ "mfa_enabled": false }))
                .after(json!({ "mfa_enabled": true })),
        );
        notify_of_security(&mut tx, &account, mail::MFA_ENABLED, ip);
        tx.invalidate(CacheTag::new("account", account.id.uuid()));
        let committed = tx.commit(Answer::ok(RecoveryCodes { recovery_codes: codes })).await?;
        self.passed_second_factor(who.user_id).await;
        Ok(committed)
    }

    /// Turns the second factor off and forgets secret and recovery codes.
    pub(crate) async fn disable_totp(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        proof: &ProofOfPassword,
    ) -> Result<Committed<()>, IdentityError> {
        self.reauthenticate(who, &uow, &proof.password.0).await?;
        let ip = uow.cause().ip;
        let mut tx = uow.begin().await?;
        let account = self.locked_self(&tx, who).await?;
        let had_secret = mfa::delete_all(tx.conn(), account.id).await?;
        if !account.mfa_enabled {
            // An enrolment that was never confirmed is given up without ado.
            return if had_secret {
                Ok(tx.commit(Answer::no_content()).await?)
            } else {
                Err(IdentityError::MfaNotActive)
            };
        }
        Change::of(&account, tx.now()).set(Column::MfaEnabled, false).apply(tx.conn()).await?;
        tx.audit(
            Audit::of("identity.mfa_disabled", "account", account.id)
                .before(json!({ "mfa_enabled": true }))
                .after(json!({ "mfa_enabled": false })),
        );
        notify_of_security(&mut tx, &account, mail::MFA_DISABLED, ip);
        tx.invalidate(CacheTag::new("account", account.id.uuid()));
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Ten new recovery codes in place of whatever is left of the old.
    pub(crate) async fn renew_recovery_codes(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        proof: &ProofOfPassword,
    ) -> Result<Committed<RecoveryCodes>, IdentityError> {
        self.reauthenticate(who, &uow, &proof.password.0).await?;
        let mut tx = uow.begin().await?;
        let account = self.locked_self(&tx, who).await?;
        if !account.mfa_enabled {
            return Err(IdentityError::MfaNotActive);
        }
        let codes = store_recovery_codes(&tx, account.id).await?;
        tx.audit(Audit::of("identity.recovery_codes_renewed", "account", account.id));
        Ok(tx.commit(Answer::ok(RecoveryCodes { recovery_codes: codes })).await?)
    }

    /// The caller's account, locked for a change; the caller may have been shut out since the request began.
    pub(crate) async fn locked_self(&self, tx: &Tx, who: &Principal) -> Result<account::Model, IdentityError> {
        let account = accounts::find_locked(tx.conn(), who.user_id).await?;
        account.filter(account::Model::usable).ok_or(IdentityError::SessionEnded)
    }

    /// How many recovery codes an account has left.
    pub(crate) async fn recovery_codes_left(&self, account: UserId) -> Result<u64, IdentityError> {
        Ok(mfa::recovery_codes_left(&self.platform.db.read(Scope::Platform), account).await?)
    }

    /// The secret of an account, opened. One that was sealed for another account is none.
    async fn totp_secret(&self, db: &impl ConnectionTrait, account: UserId) -> Result<Option<Vec<u8>>, IdentityError> {
        let Some(row) = mfa::secret(db, account).await? else { return Ok(None) };
        let opened = self.platform.keyring.open(SEAL, &row.sealed_secret);
        let secret = opened.as_deref().and_then(|plain| plain.strip_prefix(account.uuid().as_bytes().as_slice()));
        secret.map(|secret| Some(secret.to_vec())).ok_or(IdentityError::Internal("a TOTP secret cannot be opened"))
    }
}

/// Writes the owner that something about the account's security has changed.
pub(crate) fn notify_of_security(tx: &mut Tx, account: &account::Model, template: &'static str, ip: Option<IpAddr>) {
    if let Some(letter) = letters::security_notice(account, template, tx.now(), ip) {
        tx.post(letter);
    }
}

async fn store_recovery_codes(tx: &Tx, account: UserId) -> Result<Vec<String>, IdentityError> {
    let codes = recovery_codes::generate(tx.entropy());
    let rows =
        codes.iter().filter_map(|code| Some((uuid_v7(tx.now(), tx.entropy()), code_hash(account, code)?))).collect();
    mfa::replace_recovery_codes(tx.conn(), account, rows, tx.now()).await?;
    Ok(codes)
}

/// What is stored of a recovery code: SHA-256 over the account and the code, so that equal codes of two accounts look unlike.
fn code_hash(account: UserId, typed: &str) -> Option<Vec<u8>> {
    let code = recovery_codes::fingerprint(typed)?;
    Some(Sha256::new().chain_update(account.uuid().as_bytes()).chain_update(code).finalize().to_vec())
}
