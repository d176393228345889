//! Requests and views of other people's accounts.

use chrono::{DateTime, Utc};
use lyceum_kernel::{PlatformRole, UserId};
use lyceum_web::MergeField;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::{Validate, ValidationErrors};

use crate::model::account;
use crate::repo::users::{Filter, Sorting, UserRow};

use super::me::check;
use super::text::{EmailAddress, FullName, NewPassword, Username};

/// An account as staff see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "username": "ada", "email": "ada@example.org", "full_name": "Ada Lovelace",
    "role": "member", "roles": ["member"], "is_active": true, "activated_at": "2026-11-21T08:00:00Z", "deleted_at": null,
    "version": 3, "created_at": "2026-11-21T07:55:00Z", "updated_at": "2026-11-21T08:00:00Z"
}))]
pub struct User {
    /// The account.
    pub id: UserId,
    /// The name to log in with beside the address.
    pub username: Option<String>,
    /// The address.
    pub email: Option<String>,
    /// What people call them.
    pub full_name: Option<String>,
    /// The highest of `roles`.
    pub role: PlatformRole,
    /// The roles on the deployment.
    pub roles: Vec<PlatformRole>,
    /// Whether staff let the account in; it must be activated as well.
    pub is_active: bool,
    /// When the owner proved the address, or staff vouched for the account.
    pub activated_at: Option<DateTime<Utc>>,
    /// When it was deleted; such accounts are only seen with `?deleted=only`.
    pub deleted_at: Option<DateTime<Utc>>,
    /// Raised by every change.
    pub version: i64,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        let UserRow {
            id,
            username,
            email,
            full_name,
            name_key: _,
            platform_role,
            is_active,
            activated_at,
            deleted_at,
            version,
            created_at,
            updated_at,
        } = row;
        let role = PlatformRole::from(platform_role);
        Self {
            id,
            username,
            email,
            full_name,
            role,
            roles: vec![role],
            is_active,
            activated_at,
            deleted_at,
            version,
            created_at,
            updated_at,
        }
    }
}

impl From<account::Model> for User {
    fn from(account: account::Model) -> Self {
        UserRow::from(account).into()
    }
}

/// An account made by staff.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "grace@example.org", "full_name": "Grace Hopper", "role": "member"}))]
pub struct CreateUser {
    /// One of username and e-mail address is needed.
    #[serde(default)]
    #[validate(custom(function = "Username::check"))]
    pub username: Option<Username>,
    /// Where the invitation goes if no password is given.
    #[serde(default)]
    #[validate(custom(function = "EmailAddress::check"))]
    pub email: Option<EmailAddress>,
    /// A first password, which its owner must change before anything else. Needed where there is no address.
    #[serde(default)]
    pub password: Option<NewPassword>,
    /// What people call them.
    #[serde(default)]
    #[validate(custom(function = "FullName::check"))]
    pub full_name: Option<FullName>,
    /// At most the rank of who creates it.
    #[serde(default = "member")]
    #[schema(default = "member")]
    pub role: PlatformRole,
}

const fn member() -> PlatformRole {
    PlatformRole::Member
}

/// The whole of what staff can change about an account.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"username": "grace", "full_name": "Grace Hopper", "is_active": true, "role": "member"}))]
pub struct PutUser {
    /// None is possible for an account with an e-mail address.
    #[serde(default)]
    #[validate(custom(function = "Username::check"))]
    pub username: Option<Username>,
    /// What people call them.
    #[serde(default)]
    #[validate(custom(function = "FullName::check"))]
    pub full_name: Option<FullName>,
    /// False ends every session and lets nobody in.
    pub is_active: bool,
    /// Only a super admin changes it.
    pub role: PlatformRole,
}

/// A merge patch (RFC 7396) of an account. `null` empties `username` and `full_name`; the others cannot be empty.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"is_active": false}))]
pub struct PatchUser {
    /// The username; `null` is possible for an account with an e-mail address.
    #[serde(default)]
    #[schema(value_type = Option<Username>)]
    pub username: MergeField<Username>,
    /// The full name.
    #[serde(default)]
    #[schema(value_type = Option<FullName>)]
    pub full_name: MergeField<FullName>,
    /// False ends every session and lets nobody in.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = bool, required = false)]
    pub is_active: Option<bool>,
    /// Only a super admin changes it.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = PlatformRole, required = false)]
    pub role: Option<PlatformRole>,
}

impl Validate for PatchUser {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let mut errors = ValidationErrors::new();
        check(&mut errors, "username", &self.username, Username::check);
        check(&mut errors, "full_name", &self.full_name, FullName::check);
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// Which accounts to list, and in which order.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UserFilter {
    /// Part of the name, the username or the e-mail address, whatever its case.
    #[param(min_length = 1, max_length = 100, required = false)]
    #[validate(length(min = 1, max = 100))]
    pub q: Option<String>,
    /// Only those who are let in, or only those who are not.
    pub is_active: Option<bool>,
    /// Only those of this role.
    #[param(inline)]
    pub role: Option<PlatformRole>,
    /// `only`: the deleted ones in place of the others; for those who may restore them.
    #[param(inline)]
    pub deleted: Option<Deleted>,
    /// The order; `created_at` if left out.
    #[param(inline)]
    pub sort: Option<UserSort>,
}

impl UserFilter {
    /// The filter and the order as the repository knows them.
    pub(crate) fn into_query(self) -> (Filter, Sorting) {
        let Self { q, is_active, role, deleted, sort } = self;
        let (by_name, descending) = match sort.unwrap_or_default() {
            UserSort::CreatedAt => (false, false),
            UserSort::CreatedAtDescending => (false, true),
            UserSort::Name => (true, false),
            UserSort::NameDescending => (true, true),
        };
        (Filter { text: q, is_active, role, deleted: deleted.is_some() }, Sorting { by_name, descending })
    }
}

/// Which side of deletion to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deleted {
    /// The deleted ones.
    Only,
}

/// The orders in which accounts are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub enum UserSort {
    /// Oldest first.
    #[default]
    #[serde(rename = "created_at")]
    CreatedAt,
    /// Newest first.
    #[serde(rename = "-created_at")]
    CreatedAtDescending,
    /// By name, from A; whoever has none goes by username or address.
    #[serde(rename = "name")]
    Name,
    /// By name, from Z.
    #[serde(rename = "-name")]
    NameDescending,
}
