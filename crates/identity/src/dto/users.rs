//! Requests and views of other people's accounts.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use lyceum_kernel::{PlatformRole, UserId};
use lyceum_web::MergeField;
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AnyOfBuilder, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use validator::{Validate, ValidationErrors};

use crate::model::account;
use crate::repo::users::{Filter, Sorting, UserRow};

use super::me::check;
use super::text::{EmailAddress, FullName, NewPassword, Username, examine, fault, verdict};

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

/// An account made by staff: one with an e-mail address, which is invited or gets a first password, or one that has a username and
/// a first password.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateUser {
    /// One of username and e-mail address is needed.
    #[serde(default)]
    pub username: Option<Username>,
    /// Where the invitation goes if no password is given.
    #[serde(default)]
    pub email: Option<EmailAddress>,
    /// A first password, which its owner must change before anything else. Needed where there is no address.
    #[serde(default)]
    pub password: Option<NewPassword>,
    /// What people call them.
    #[serde(default)]
    pub full_name: Option<FullName>,
    /// At most the rank of who creates it.
    #[serde(default = "member")]
    pub role: PlatformRole,
}

impl Validate for CreateUser {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let mut errors = ValidationErrors::new();
        examine(&mut errors, "username", self.username.as_ref(), Username::check);
        examine(&mut errors, "email", self.email.as_ref(), EmailAddress::check);
        examine(&mut errors, "password", self.password.as_ref(), NewPassword::check);
        examine(&mut errors, "full_name", self.full_name.as_ref(), FullName::check);
        if self.email.is_none() {
            if self.username.is_none() {
                errors.add("email", fault("missing", "is required where there is no username"));
            }
            if self.password.is_none() {
                errors.add(
                    "password",
                    fault("missing", "is required where there is no address that an invitation could go to"),
                );
            }
        }
        verdict(errors)
    }
}

/// An account with an e-mail address. Without a password its owner is sent an invitation to choose one.
#[derive(ToSchema)]
#[schema(example = json!({"email": "grace@example.org", "full_name": "Grace Hopper", "role": "member"}))]
#[expect(dead_code, reason = "it is there for its schema")]
struct CreateUserByEmail {
    /// Where mail for them goes.
    email: EmailAddress,
    /// The name to log in with beside the address.
    username: Option<Username>,
    /// A first password, which its owner must change before anything else.
    password: Option<NewPassword>,
    /// What people call them.
    full_name: Option<FullName>,
    /// At most the rank of who creates it.
    #[schema(default = "member", required = false)]
    role: PlatformRole,
}

/// An account that is known by its username and begins with a password from staff.
#[derive(ToSchema)]
#[schema(example = json!({"username": "grace", "password": "engines weave numbers", "full_name": "Grace Hopper", "role": "member"}))]
#[expect(dead_code, reason = "it is there for its schema")]
struct CreateUserByUsername {
    /// The name to log in with.
    username: Username,
    /// A first password, which its owner must change before anything else.
    password: NewPassword,
    /// Where mail for them goes.
    email: Option<EmailAddress>,
    /// What people call them.
    full_name: Option<FullName>,
    /// At most the rank of who creates it.
    #[schema(default = "member", required = false)]
    role: PlatformRole,
}

impl PartialSchema for CreateUser {
    fn schema() -> RefOr<Schema> {
        let either = AnyOfBuilder::new()
            .item(CreateUserByEmail::schema())
            .item(CreateUserByUsername::schema())
            .description(Some("An account with an e-mail address, or one with a username and a first password."))
            .build();
        RefOr::T(Schema::AnyOf(either))
    }
}

impl ToSchema for CreateUser {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("CreateUser")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        CreateUserByEmail::schemas(schemas);
        CreateUserByUsername::schemas(schemas);
    }
}

const fn member() -> PlatformRole {
    PlatformRole::Member
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
        verdict(errors)
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
    /// Only those that changed at this moment or later.
    pub updated_since: Option<DateTime<Utc>>,
    /// The order; `created_at` if left out.
    #[param(inline)]
    pub sort: Option<UserSort>,
}

impl UserFilter {
    /// The filter and the order as the repository knows them.
    pub(crate) fn into_query(self) -> (Filter, Sorting) {
        let Self { q, is_active, role, deleted, updated_since, sort } = self;
        let (by_name, descending) = match sort.unwrap_or_default() {
            UserSort::CreatedAt => (false, false),
            UserSort::CreatedAtDescending => (false, true),
            UserSort::Name => (true, false),
            UserSort::NameDescending => (true, true),
        };
        (
            Filter { text: q, is_active, role, deleted: deleted.is_some(), updated_since },
            Sorting { by_name, descending },
        )
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
