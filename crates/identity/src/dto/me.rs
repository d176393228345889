//! Requests and views of one's own account.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use lyceum_kernel::{PlatformRole, SchoolId, SessionId, UserId};
use lyceum_web::MergeField;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::{Validate, ValidationError, ValidationErrors};

use crate::model::account;

use super::text::{
    CurrentPassword, EmailAddress, FullName, Locale, OneTimeToken, TimeZone, Username, examine, verdict,
};

/// One's own account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "username": "ada", "email": "ada@example.org", "full_name": "Ada Lovelace",
    "role": "member", "locale": "en-GB", "time_zone": "Europe/London", "is_active": true, "mfa_enabled": false,
    "must_change_password": false, "avatar_file_id": null, "activated_at": "2026-11-21T08:00:00Z", "version": 3,
    "created_at": "2026-11-21T07:55:00Z", "updated_at": "2026-11-21T08:00:00Z"
}))]
pub struct Me {
    /// The account.
    pub id: UserId,
    /// The name to log in with beside the address.
    pub username: Option<String>,
    /// The proven address.
    pub email: Option<String>,
    /// What people call them.
    pub full_name: Option<String>,
    /// The role on the deployment.
    pub role: PlatformRole,
    /// Language (BCP 47).
    pub locale: String,
    /// Time zone (IANA).
    pub time_zone: String,
    /// Always true: a disabled account cannot ask.
    pub is_active: bool,
    /// Whether login asks for a second factor.
    pub mfa_enabled: bool,
    /// Whether the password was set by somebody else and must be changed before anything else can be done.
    pub must_change_password: bool,
    /// The avatar among the files.
    pub avatar_file_id: Option<Uuid>,
    /// When the address was proven.
    pub activated_at: Option<DateTime<Utc>>,
    /// Raised by every change.
    pub version: i64,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<account::Model> for Me {
    fn from(account: account::Model) -> Self {
        let account::Model {
            id,
            email,
            email_key: _,
            username,
            username_key: _,
            full_name,
            name_key: _,
            password_hash: _,
            password_changed_at: _,
            must_change_password,
            platform_role,
            is_active,
            activated_at,
            locale,
            time_zone,
            avatar_file_id,
            mfa_enabled,
            opened_by_school_id: _,
            deleted_at: _,
            erased_at: _,
            version,
            created_at,
            updated_at,
        } = account;
        Self {
            id,
            username,
            email,
            full_name,
            role: platform_role.into(),
            locale,
            time_zone,
            is_active,
            mfa_enabled,
            must_change_password,
            avatar_file_id,
            activated_at,
            version,
            created_at,
            updated_at,
        }
    }
}

/// The whole of what somebody can change about their own profile; what is left out is emptied or set to its default.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"username": "ada", "full_name": "Ada Lovelace", "locale": "en-GB", "time_zone": "Europe/London"}))]
pub struct PutMe {
    /// None is possible for an account with an e-mail address.
    #[serde(default)]
    #[validate(custom(function = "Username::check"))]
    pub username: Option<Username>,
    /// What people call them.
    #[serde(default)]
    #[validate(custom(function = "FullName::check"))]
    pub full_name: Option<FullName>,
    /// `en` if left out.
    #[serde(default)]
    #[validate(custom(function = "Locale::check"))]
    pub locale: Option<Locale>,
    /// `UTC` if left out.
    #[serde(default)]
    #[validate(custom(function = "TimeZone::check"))]
    pub time_zone: Option<TimeZone>,
}

/// A merge patch (RFC 7396) of one's own profile. `null` empties a field, or sets it to its default.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"full_name": "Ada King"}))]
pub struct PatchMe {
    /// The username; `null` is possible for an account with an e-mail address.
    #[serde(default)]
    #[schema(value_type = Option<Username>)]
    pub username: MergeField<Username>,
    /// The full name.
    #[serde(default)]
    #[schema(value_type = Option<FullName>)]
    pub full_name: MergeField<FullName>,
    /// The language.
    #[serde(default)]
    #[schema(value_type = Option<Locale>)]
    pub locale: MergeField<Locale>,
    /// The time zone.
    #[serde(default)]
    #[schema(value_type = Option<TimeZone>)]
    pub time_zone: MergeField<TimeZone>,
}

impl Validate for PatchMe {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let mut errors = ValidationErrors::new();
        check(&mut errors, "username", &self.username, Username::check);
        check(&mut errors, "full_name", &self.full_name, FullName::check);
        check(&mut errors, "locale", &self.locale, Locale::check);
        check(&mut errors, "time_zone", &self.time_zone, TimeZone::check);
        verdict(errors)
    }
}

/// Checks the value of a merge field, if it has one.
pub(super) fn check<T>(
    errors: &mut ValidationErrors,
    field: &'static str,
    value: &MergeField<T>,
    rule: impl Fn(&T) -> Result<(), ValidationError>,
) {
    examine(errors, field, value.value(), rule);
}

/// A new address.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeEmail {
    /// The address to be.
    #[validate(custom(function = "EmailAddress::check"))]
    pub email: EmailAddress,
    /// The password of the account.
    pub password: CurrentPassword,
}

/// A link from a mail about a change of address was followed.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailToken {
    /// From the link in the mail.
    pub token: OneTimeToken,
}

/// What the caller may do in the active school.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"school_id": null, "role": "admin", "permissions": ["user:create", "user:read"]}))]
pub struct MyPermissions {
    /// The active school.
    pub school_id: Option<SchoolId>,
    /// The role on the deployment.
    pub role: PlatformRole,
    /// The names, sorted.
    pub permissions: Vec<String>,
}

/// Everything that is kept about a person, as article 15 and 20 of the GDPR want it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "exported_at": "2026-11-21T09:00:00Z",
    "account": {
        "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "username": "ada", "email": "ada@example.org", "full_name": "Ada Lovelace",
        "role": "member", "locale": "en-GB", "time_zone": "Europe/London", "is_active": true, "mfa_enabled": false,
        "must_change_password": false, "avatar_file_id": null, "activated_at": "2026-11-21T08:00:00Z", "version": 3,
        "created_at": "2026-11-21T07:55:00Z", "updated_at": "2026-11-21T08:00:00Z"
    },
    "password_changed_at": "2026-11-21T07:55:00Z", "recovery_codes_left": null,
    "sessions": [{
        "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2b02", "created_at": "2026-11-21T08:00:00Z",
        "last_used_at": "2026-11-21T08:41:00Z", "revoked_at": null, "ip": "192.0.2.17", "user_agent": "Mozilla/5.0"
    }],
    "open_links": [], "others": {}
}))]
pub struct PersonalData {
    /// When it was put together.
    pub exported_at: DateTime<Utc>,
    /// The account.
    pub account: Me,
    /// When the password was last set. The password itself is kept only as a hash, which nobody can turn back.
    pub password_changed_at: Option<DateTime<Utc>>,
    /// Recovery codes left, if there is a second factor.
    pub recovery_codes_left: Option<u64>,
    /// Sessions, ended ones too while they are kept.
    pub sessions: Vec<ExportedSession>,
    /// Links that were mailed and are still good.
    pub open_links: Vec<ExportedLink>,
    /// What other parts of the system keep, each under its name.
    #[schema(value_type = Object)]
    pub others: BTreeMap<String, serde_json::Value>,
}

/// A session in an export.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedSession {
    /// The session.
    pub id: SessionId,
    /// When its owner logged in.
    pub created_at: DateTime<Utc>,
    /// Its latest use.
    pub last_used_at: DateTime<Utc>,
    /// When it was ended.
    pub revoked_at: Option<DateTime<Utc>>,
    /// The address it came from.
    pub ip: Option<String>,
    /// The program it came from.
    pub user_agent: Option<String>,
}

/// A mailed link in an export.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedLink {
    /// What it is good for.
    pub purpose: String,
    /// What it carries, such as a new address.
    #[schema(value_type = Object)]
    pub data: serde_json::Value,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
}
