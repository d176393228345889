//! Login sessions: one chain of refresh tokens each.

use chrono::{DateTime, Utc};
use lyceum_kernel::{SchoolId, SessionId, UserId};
use sea_orm::entity::prelude::*;

/// A row of `sessions`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    /// The session.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    /// Whose.
    pub account_id: UserId,
    /// Counts rotations; the refresh token is derived from the id and this.
    pub generation: i32,
    /// SHA-256 of the refresh token of this generation.
    pub refresh_hash: Vec<u8>,
    /// When this generation began; access tokens of it are issued at this moment.
    pub rotated_at: DateTime<Utc>,
    /// When its owner logged in.
    pub created_at: DateTime<Utc>,
    /// Its latest use, to the minute.
    pub last_used_at: DateTime<Utc>,
    /// When the present refresh token expires: slides with each rotation.
    pub expires_at: DateTime<Utc>,
    /// When the session ends at the latest, however it is used.
    pub absolute_expires_at: DateTime<Utc>,
    /// Address at login or at the last rotation.
    pub ip: Option<String>,
    /// `User-Agent` at login, cut to 512 bytes.
    pub user_agent: Option<String>,
    /// The active school.
    pub school_id: Option<SchoolId>,
    /// OAuth2 scopes that narrow its tokens, space-separated; all permissions if none.
    pub scope: Option<String>,
    /// When it was ended.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Why: see [`Revocation`].
    pub revoked_reason: Option<String>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether the session can still be used.
    pub fn alive(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && now < self.expires_at && now < self.absolute_expires_at
    }

    /// The generation as the key derivation counts it.
    pub fn generation_number(&self) -> u32 {
        u32::try_from(self.generation).unwrap_or_default()
    }
}

/// Why a session was ended.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// Its owner logged out of it.
    Logout,
    /// Its owner logged out everywhere.
    LogoutAll,
    /// Its owner ended it from another session.
    RevokedByOwner,
    /// A spent refresh token came back.
    TokenReuse,
    /// The password was changed.
    PasswordChanged,
    /// The password was reset.
    PasswordReset,
    /// Staff disabled the account.
    AccountDisabled,
    /// The account was deleted or erased.
    AccountDeleted,
}

impl Revocation {
    /// The name in the database and in the audit trail.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::LogoutAll => "logout_all",
            Self::RevokedByOwner => "revoked_by_owner",
            Self::TokenReuse => "token_reuse",
            Self::PasswordChanged => "password_changed",
            Self::PasswordReset => "password_reset",
            Self::AccountDisabled => "account_disabled",
            Self::AccountDeleted => "account_deleted",
        }
    }
}
