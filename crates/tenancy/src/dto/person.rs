//! Requests and views of people: in the directory and as members of a school.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use lyceum_kernel::{GroupId, SchoolId, UserId};
use lyceum_web::MergeField;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AnyOfBuilder, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use validator::{Validate, ValidationError, ValidationErrors};

use super::text::{EmailAddress, ExternalId, FirstPassword, FullName, Level, RoleName, Username};
use super::{Deleted, Sort};
use crate::model::membership::{self, Status};

/// Somebody in the directory: of the active school, or, for platform staff without one, of the deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "username": "ada", "email": "ada@example.org", "full_name": "Ada Lovelace",
    "role": "teacher", "roles": ["teacher"], "is_active": true, "level": null, "external_id": null,
    "joined_at": "2026-11-21T08:00:00Z", "deleted_at": null, "version": 3, "created_at": "2026-11-21T07:55:00Z",
    "updated_at": "2026-11-21T08:00:00Z"
}))]
pub struct User {
    /// The person.
    pub id: UserId,
    /// The name to log in with beside the address.
    pub username: Option<String>,
    /// The address.
    pub email: Option<String>,
    /// What people call them.
    pub full_name: Option<String>,
    /// The highest of `roles`.
    pub role: String,
    /// The roles in the school, or the one on the deployment.
    pub roles: Vec<String>,
    /// Whether staff let the person in.
    pub is_active: bool,
    /// Year, grade or level, in the school's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub level: Option<Option<String>>,
    /// The id in the school's own records.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub external_id: Option<Option<String>>,
    /// When the person came into the school; null while they have not accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub joined_at: Option<Option<DateTime<Utc>>>,
    /// On the deployment: when the owner proved the address, or staff vouched for the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub activated_at: Option<Option<DateTime<Utc>>>,
    /// When the person was removed; such people are only seen with `?deleted=only`.
    pub deleted_at: Option<DateTime<Utc>>,
    /// Raised by every change.
    pub version: i64,
    /// When the person was added, or the account made.
    pub created_at: DateTime<Utc>,
    /// When they last changed.
    pub updated_at: DateTime<Utc>,
}

/// A membership with the names of its roles.
#[derive(Debug, Clone)]
pub struct MemberRow {
    /// The row.
    pub row: membership::Model,
    /// The names of the roles, sorted.
    pub roles: Vec<String>,
}

/// When the member came in, as staff see it.
fn shown_joined_at(row: &membership::Model) -> Option<DateTime<Utc>> {
    row.joined_at.or_else(|| row.vouched.then_some(row.created_at))
}

impl From<MemberRow> for User {
    fn from(MemberRow { row, roles }: MemberRow) -> Self {
        let joined_at = shown_joined_at(&row);
        let membership::Model {
            school_id: _,
            user_id,
            id: _,
            claimant_id: _,
            status,
            vouched: _,
            offer_generation: _,
            offer_expires_at: _,
            level,
            external_id,
            username,
            username_key: _,
            email,
            email_key: _,
            full_name,
            name_key: _,
            family_key: _,
            role,
            rank: _,
            joined_at: _,
            version,
            created_at,
            updated_at,
            deleted_at,
        } = row;
        Self {
            id: user_id,
            username,
            email,
            full_name,
            role,
            roles,
            is_active: status != Status::Inactive,
            level: Some(level),
            external_id: Some(external_id),
            joined_at: Some(joined_at),
            activated_at: None,
            deleted_at,
            version,
            created_at,
            updated_at,
        }
    }
}

/// Somebody as a member of a school.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "user_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "school_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03", "username": "ada",
    "email": "ada@example.org", "full_name": "Ada Lovelace", "role": "teacher", "roles": ["teacher"], "status": "active",
    "level": null, "external_id": null, "joined_at": "2026-11-21T08:00:00Z", "version": 3,
    "created_at": "2026-11-21T07:55:00Z", "updated_at": "2026-11-21T08:00:00Z"
}))]
pub struct Member {
    /// The person.
    pub user_id: UserId,
    /// The school.
    pub school_id: SchoolId,
    /// The name to log in with beside the address.
    pub username: Option<String>,
    /// The address.
    pub email: Option<String>,
    /// What people call them.
    pub full_name: Option<String>,
    /// The highest of `roles`.
    pub role: String,
    /// The roles in the school.
    pub roles: Vec<String>,
    /// `pending` has not accepted yet; `inactive` is kept out.
    pub status: Status,
    /// Year, grade or level, in the school's own words.
    pub level: Option<String>,
    /// The id in the school's own records.
    pub external_id: Option<String>,
    /// When the person came in.
    pub joined_at: Option<DateTime<Utc>>,
    /// Raised by every change.
    pub version: i64,
    /// When the person was added.
    pub created_at: DateTime<Utc>,
    /// When the membership last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<MemberRow> for Member {
    fn from(member: MemberRow) -> Self {
        let (school_id, status) = (member.row.school_id, member.row.shown_status());
        let joined_at = shown_joined_at(&member.row);
        let User {
            id,
            username,
            email,
            full_name,
            role,
            roles,
            level,
            external_id,
            version,
            created_at,
            updated_at,
            ..
        } = member.into();
        let (level, external_id) = (level.flatten(), external_id.flatten());
        Self {
            user_id: id,
            school_id,
            username,
            email,
            full_name,
            role,
            roles,
            status,
            level,
            external_id,
            joined_at,
            version,
            created_at,
            updated_at,
        }
    }
}

/// The roles of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "user_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "role": "principal", "roles": ["principal", "teacher"], "version": 4
}))]
pub struct UserRoles {
    /// The person.
    pub user_id: UserId,
    /// The highest of `roles`.
    pub role: String,
    /// The roles in the active school, or the one on the deployment.
    pub roles: Vec<String>,
    /// Raised by every change of the person.
    pub version: i64,
}

impl From<User> for UserRoles {
    fn from(user: User) -> Self {
        Self { user_id: user.id, role: user.role, roles: user.roles, version: user.version }
    }
}

/// The roles that somebody is to have, and no others.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"roles": ["principal", "teacher"]}))]
pub struct PutRoles {
    /// At least one.
    #[validate(length(min = 1, max = 20))]
    #[schema(min_items = 1, max_items = 20)]
    pub roles: Vec<RoleName>,
}

/// Somebody to be added: with an e-mail address, which gets an invitation or a first password, or with a username and a first
/// password.
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
    pub password: Option<FirstPassword>,
    /// What people call them.
    #[serde(default)]
    pub full_name: Option<FullName>,
    /// Nobody gives a role above their own.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    pub role: Option<RoleName>,
    /// Year, grade or level.
    #[serde(default)]
    pub level: Option<Level>,
    /// The id in the school's own records.
    #[serde(default)]
    pub external_id: Option<ExternalId>,
    /// Groups of the school to be in.
    #[serde(default)]
    pub group_ids: Vec<GroupId>,
    /// For super admins: the school to add them to, in place of the active one.
    #[serde(default)]
    pub school_id: Option<SchoolId>,
}

impl Validate for CreateUser {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let mut errors = ValidationErrors::new();
        let fault = |message| ValidationError::new("missing").with_message(Cow::Borrowed(message));
        if self.email.is_none() {
            if self.username.is_none() {
                errors.add("email", fault("is required where there is no username"));
            }
            if self.password.is_none() {
                let message = "is required where there is no address that an invitation could go to";
                errors.add("password", fault(message));
            }
        }
        if self.group_ids.len() > 50 {
            let message = Cow::Borrowed("must be 50 at most");
            errors.add("group_ids", ValidationError::new("length").with_message(message));
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

macro_rules! create_schema {
    ($(#[$doc:meta])* $name:ident { $($first:tt)* }) => {
        $(#[$doc])*
        #[derive(ToSchema)]
        #[expect(dead_code, reason = "it is there for its schema")]
        struct $name {
            $($first)*
            /// What people call them.
            full_name: Option<FullName>,
            /// Nobody gives a role above their own; the school's default, or `member` on the deployment, if left out.
            #[schema(value_type = RoleName, required = false)]
            role: Option<RoleName>,
            /// Year, grade or level, in the school's own words.
            level: Option<Level>,
            /// The id in the school's own records.
            external_id: Option<ExternalId>,
            /// Groups of the school to be in.
            #[schema(required = false, max_items = 50)]
            group_ids: Vec<GroupId>,
            /// For super admins: the school to add them to, in place of the active one.
            school_id: Option<SchoolId>,
        }
    };
}

create_schema!(
    /// Somebody with an e-mail address. Without a password they are sent an invitation to choose one.
    CreateUserByEmail {
        /// Where mail for them goes.
        email: EmailAddress,
        /// The name to log in with beside the address.
        username: Option<Username>,
        /// A first password, which its owner must change before anything else.
        password: Option<FirstPassword>,
    }
);

create_schema!(
    /// Somebody who is known by a username and begins with a password from staff.
    CreateUserByUsername {
        /// The name to log in with.
        username: Username,
        /// A first password, which its owner must change before anything else.
        password: FirstPassword,
        /// Where mail for them goes.
        email: Option<EmailAddress>,
    }
);

impl PartialSchema for CreateUser {
    fn schema() -> RefOr<Schema> {
        let either = AnyOfBuilder::new()
            .item(strict::<CreateUserByEmail>())
            .item(strict::<CreateUserByUsername>())
            .description(Some("Somebody with an e-mail address, or with a username and a first password."))
            .examples([json!({"email": "grace@example.org", "full_name": "Grace Hopper", "role": "teacher"})])
            .build();
        RefOr::T(Schema::AnyOf(either))
    }
}

/// The schema of an object that has no other members.
fn strict<T: PartialSchema>() -> RefOr<Schema> {
    use utoipa::openapi::schema::AdditionalProperties;
    match T::schema() {
        RefOr::T(Schema::Object(mut object)) => {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
            RefOr::T(Schema::Object(object))
        }
        other => other,
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

/// The whole of what staff can change about somebody.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"username": "grace", "full_name": "Grace Hopper", "is_active": true, "role": "teacher"}))]
pub struct PutUser {
    /// None is possible for somebody with an e-mail address.
    #[serde(default)]
    pub username: Option<Username>,
    /// What people call them.
    #[serde(default)]
    pub full_name: Option<FullName>,
    /// False lets them in no more.
    pub is_active: bool,
    /// Another one than the highest they have replaces all their roles.
    pub role: RoleName,
    /// Year, grade or level.
    #[serde(default)]
    pub level: Option<Level>,
    /// The id in the school's own records.
    #[serde(default)]
    pub external_id: Option<ExternalId>,
}

/// A merge patch (RFC 7396) of somebody. `null` empties a field; `is_active` and `role` cannot be empty.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"is_active": false}))]
pub struct PatchUser {
    /// The username; `null` is possible for somebody with an e-mail address.
    #[serde(default)]
    #[schema(value_type = Option<Username>)]
    pub username: MergeField<Username>,
    /// The full name.
    #[serde(default)]
    #[schema(value_type = Option<FullName>)]
    pub full_name: MergeField<FullName>,
    /// False lets them in no more.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = bool, required = false)]
    pub is_active: Option<bool>,
    /// Another one than the highest they have replaces all their roles.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = RoleName, required = false)]
    pub role: Option<RoleName>,
    /// Year, grade or level.
    #[serde(default)]
    #[schema(value_type = Option<Level>)]
    pub level: MergeField<Level>,
    /// The id in the school's own records.
    #[serde(default)]
    #[schema(value_type = Option<ExternalId>)]
    pub external_id: MergeField<ExternalId>,
}

/// The whole of what can be changed about a membership.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"roles": ["teacher"], "status": "active", "level": null, "external_id": null}))]
pub struct PutMember {
    /// At least one.
    #[validate(length(min = 1, max = 20))]
    #[schema(min_items = 1, max_items = 20)]
    pub roles: Vec<RoleName>,
    /// `inactive` keeps the member out; `active` lets them in again; `pending` leaves it as it is.
    pub status: Status,
    /// Year, grade or level.
    #[serde(default)]
    pub level: Option<Level>,
    /// The id in the school's own records.
    #[serde(default)]
    pub external_id: Option<ExternalId>,
}

/// A merge patch (RFC 7396) of a membership.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"status": "inactive"}))]
pub struct PatchMember {
    /// At least one.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[validate(length(min = 1, max = 20))]
    #[schema(value_type = Vec<RoleName>, required = false, min_items = 1, max_items = 20)]
    pub roles: Option<Vec<RoleName>>,
    /// `inactive` keeps the member out; `active` lets them in again; `pending` leaves it as it is.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = Status, required = false)]
    pub status: Option<Status>,
    /// Year, grade or level.
    #[serde(default)]
    #[schema(value_type = Option<Level>)]
    pub level: MergeField<Level>,
    /// The id in the school's own records.
    #[serde(default)]
    #[schema(value_type = Option<ExternalId>)]
    pub external_id: MergeField<ExternalId>,
}

/// Whom to list, and in which order.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UserFilter {
    /// How the full name, its last word, the username or the e-mail address begins, whatever its case: the first 1,000 of each.
    #[param(min_length = 1, max_length = 100, required = false)]
    #[validate(length(min = 1, max = 100))]
    pub q: Option<String>,
    /// Only those whose highest role it is.
    #[param(inline)]
    pub role: Option<RoleName>,
    /// Only those who are let in, or only those who are not.
    pub is_active: Option<bool>,
    /// Only those in this group of the school.
    pub group_id: Option<GroupId>,
    /// `only`: the removed ones in place of the others; for those who may bring them back.
    #[param(inline)]
    pub deleted: Option<Deleted>,
    /// Only those who changed at this moment or later.
    pub updated_since: Option<DateTime<Utc>>,
    /// The order; `created_at` if left out.
    #[param(inline)]
    pub sort: Option<Sort>,
}

/// What a request that mails something answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"detail": "A mail is on its way."}))]
pub struct Mailed {
    /// For people.
    #[schema(value_type = String)]
    pub detail: String,
}
