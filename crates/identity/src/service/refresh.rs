//! Refresh tokens: rotation, repetition within the grace period, and what happens when a spent one comes back.
//!
//! A refresh token is derived from its session and generation, and an access token from its session's row; so the pair of a
//! generation can be made again to the byte, by any node, without being stored anywhere.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use lyceum_kernel::SessionId;
use lyceum_platform::secrets::Keyring;
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use serde_json::json;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::dto::auth::TokenPair;
use crate::error::IdentityError;
use crate::letters;
use crate::model::session;
use crate::repo;
use crate::service::IdentityService;
use crate::service::devices::device_name;
use crate::token::authenticator::session_tag;
use crate::token::jwt::Claims;
use crate::token::keyring::KeyRing;

/// What refresh tokens are derived for.
pub const REFRESH: &str = "refresh";

/// What to do with a genuine refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is the present one: begin the next generation.
    Rotate,
    /// It is the one before, and its answer may have been lost: the present pair once more.
    Repeat,
    /// It was spent longer ago: somebody has a copy.
    Reuse,
    /// The session has ended, or the token never was.
    Dead,
}

/// Decides about the refresh token of `generation`.
pub fn decide(session: &session::Model, generation: u32, now: DateTime<Utc>, grace: Duration) -> Decision {
    let present = session.generation_number();
    if !session.alive(now) || generation > present {
        Decision::Dead
    } else if generation == present {
        Decision::Rotate
    } else if generation + 1 == present && now <= session.rotated_at + grace {
        Decision::Repeat
    } else {
        Decision::Reuse
    }
}

impl IdentityService {
    /// A new pair for a refresh token.
    ///
    /// # Errors
    /// [`IdentityError::InvalidRefreshToken`] for every token that is not good; otherwise if the database is away.
    pub(crate) async fn refresh(
        &self,
        uow: UnitOfWork,
        presented: &str,
    ) -> Result<Committed<TokenPair>, IdentityError> {
        let opened = self.platform.keyring.open_token(REFRESH, presented);
        let (row, generation) = opened.ok_or(IdentityError::InvalidRefreshToken)?;
        let keys = self.signing_keys().await?;
        let ip = uow.cause().ip;
        let tx = uow.begin().await?;
        let mut tries = 0;
        loop {
            let session = repo::sessions::find(tx.conn(), SessionId(row)).await?;
            let session = session.ok_or(IdentityError::InvalidRefreshToken)?;
            match decide(&session, generation, tx.now(), self.settings.refresh_grace) {
                Decision::Rotate if tries < 2 => {
                    if let Some(session) =
                        self.rotate_session(&tx, session, presented, ip.map(|ip| ip.to_string())).await?
                    {
                        return self.grant(tx, &session, &keys).await;
                    }
                    // Somebody was faster; what they made is there now.
                    tries += 1;
                }
                Decision::Repeat => return self.grant(tx, &session, &keys).await,
                Decision::Reuse => return Err(self.punish_reuse(tx, &session, ip).await?),
                Decision::Rotate | Decision::Dead => return Err(IdentityError::InvalidRefreshToken),
            }
        }
    }

    pub(crate) async fn rotate_session(
        &self,
        tx: &Tx,
        session: session::Model,
        presented: &str,
        ip: Option<String>,
    ) -> Result<Option<session::Model>, IdentityError> {
        let genuine = Keyring::token_hash(presented).as_slice().ct_eq(&session.refresh_hash);
        let account = repo::accounts::find(tx.conn(), session.account_id).await?;
        if !bool::from(genuine) || !account.is_some_and(|account| account.usable()) {
            return Err(IdentityError::InvalidRefreshToken);
        }
        let next = session.generation_number() + 1;
        let refresh_hash = self.platform.keyring.token(REFRESH, session.id.uuid(), next).hash();
        let expires_at = (tx.now() + self.settings.refresh_ttl).min(session.absolute_expires_at);
        let rotation = repo::sessions::Rotation { refresh_hash, expires_at, ip: ip.clone() };
        let rotated = repo::sessions::rotate(tx.conn(), session.id, session.generation, rotation, tx.now()).await?;
        Ok(rotated.then(|| session::Model {
            generation: session.generation + 1,
            refresh_hash: refresh_hash.to_vec(),
            rotated_at: tx.now(),
            last_used_at: tx.now(),
            expires_at,
            ip,
            ..session
        }))
    }

    /// Ends the session whose spent token came back, and tells its owner.
    async fn punish_reuse(
        &self,
        mut tx: Tx,
        session: &session::Model,
        ip: Option<IpAddr>,
    ) -> Result<IdentityError, IdentityError> {
        use session::Revocation::TokenReuse;
        repo::sessions::revoke(tx.conn(), session.id, TokenReuse, tx.now()).await?;
        tx.invalidate(session_tag(session.id));
        let device = device_name(session.user_agent.as_deref());
        let facts = json!({"session_revoked": true, "device": device});
        tx.audit(Audit::of("identity.token_reuse", "session", session.id).by(session.account_id).after(facts).denied());
        if let Some(account) = repo::accounts::find(tx.conn(), session.account_id).await?
            && let Some(letter) = letters::token_reuse(&account, tx.now(), ip, Some(&device))
        {
            tx.post(letter);
        }
        tx.commit_quietly().await?;
        Ok(IdentityError::InvalidRefreshToken)
    }

    /// Commits and answers with the pair of the session's present generation.
    pub(crate) async fn grant(
        &self,
        tx: Tx,
        session: &session::Model,
        keys: &KeyRing,
    ) -> Result<Committed<TokenPair>, IdentityError> {
        let pair = self.token_pair(session, keys, tx.now())?;
        Ok(tx.commit(Answer::ok(pair)).await?)
    }

    /// The pair of the session's present generation: the same every time, but for the seconds that are left.
    fn token_pair(
        &self,
        session: &session::Model,
        keys: &KeyRing,
        now: DateTime<Utc>,
    ) -> Result<TokenPair, IdentityError> {
        let claims = self.claims_of(session);
        let access_token = self.keys.sign(keys, &claims, session.rotated_at)?;
        let refresh = self.platform.keyring.token(REFRESH, session.id.uuid(), session.generation_number());
        Ok(TokenPair {
            access_token,
            refresh_token: refresh.expose().to_owned(),
            token_type: "Bearer",
            expires_in: claims.exp - now.timestamp(),
            refresh_expires_in: (session.expires_at - now).num_seconds(),
            scope: session.scope.clone(),
        })
    }

    /// What the access token of the session's present generation says; nothing in it but what the row says.
    fn claims_of(&self, session: &session::Model) -> Claims {
        let issued = session.rotated_at;
        let expires = (issued + self.settings.access_ttl).min(session.absolute_expires_at);
        let unique = Sha256::new()
            .chain_update(session.id.uuid().as_bytes())
            .chain_update(session.generation.to_be_bytes())
            .finalize();
        Claims {
            iss: self.settings.issuer.clone(),
            aud: self.settings.audience.clone(),
            sub: session.account_id,
            sid: session.id,
            jti: URL_SAFE_NO_PAD.encode(&unique[..16]),
            iat: issued.timestamp(),
            nbf: issued.timestamp(),
            exp: expires.timestamp(),
            scope: session.scope.clone(),
            school: session.school_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use lyceum_kernel::UserId;
    use uuid::Uuid;

    use super::*;

    const GRACE: Duration = Duration::from_secs(5);

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn session(generation: i32) -> session::Model {
        session::Model {
            id: SessionId(Uuid::from_u128(1)),
            account_id: UserId(Uuid::from_u128(2)),
            generation,
            refresh_hash: Vec::new(),
            rotated_at: at(100),
            created_at: at(0),
            last_used_at: at(100),
            expires_at: at(1_000),
            absolute_expires_at: at(2_000),
            ip: None,
            user_agent: None,
            school_id: None,
            scope: None,
            revoked_at: None,
            revoked_reason: None,
        }
    }

    #[test]
    fn the_present_token_rotates_and_its_parent_repeats_for_a_while() {
        assert_eq!(decide(&session(3), 3, at(500), GRACE), Decision::Rotate);
        assert_eq!(decide(&session(3), 2, at(105), GRACE), Decision::Repeat);
        assert_eq!(decide(&session(3), 2, at(106), GRACE), Decision::Reuse);
    }

    #[test]
    fn only_the_direct_parent_has_grace() {
        assert_eq!(decide(&session(3), 1, at(100), GRACE), Decision::Reuse);
        assert_eq!(decide(&session(3), 0, at(100), GRACE), Decision::Reuse);
        assert_eq!(decide(&session(3), 4, at(100), GRACE), Decision::Dead);
    }

    #[test]
    fn a_session_that_ended_answers_nothing() {
        let revoked = session::Model { revoked_at: Some(at(100)), ..session(3) };
        assert_eq!(decide(&revoked, 3, at(101), GRACE), Decision::Dead);
        assert_eq!(decide(&revoked, 1, at(101), GRACE), Decision::Dead);
        assert_eq!(decide(&session(3), 3, at(1_000), GRACE), Decision::Dead);
        let sliding = session::Model { expires_at: at(9_000), ..session(3) };
        assert_eq!(decide(&sliding, 3, at(2_000), GRACE), Decision::Dead);
    }
}
