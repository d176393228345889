//! People as they are shown.

use chrono::{DateTime, Utc};
use lyceum_kernel::{SchoolId, UserId};
use serde::Serialize;
use utoipa::ToSchema;

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

/// What a request that mails something answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"detail": "A mail is on its way."}))]
pub struct Mailed {
    /// For people.
    #[schema(value_type = String)]
    pub detail: String,
}
