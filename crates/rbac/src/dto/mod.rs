//! Requests and views of roles and permissions.

mod requests;
mod text;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use lyceum_kernel::Permission;
use serde::Serialize;
use utoipa::ToSchema;

use crate::model::RoleId;
use crate::model::definition::{Definition, Origin};

pub use requests::{CreateRole, PatchRole, PutPermissions, PutRole, RoleFilter};
pub use text::PermissionName;

/// A role as clients see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "01a1fb80-5c00-7c3e-8000-5d1f1f6f2a01", "name": "librarian", "title": "Librarian", "description": "Looks after the library.",
    "rank": 15, "scope": "school", "origin": "custom", "permissions": ["group:read", "school:read", "user:read"], "version": 2,
    "created_at": "2026-11-21T08:00:00Z", "updated_at": "2026-11-21T09:30:00Z", "deleted_at": null
}))]
pub struct Role {
    /// The role. A school's version of a built-in role keeps its id.
    pub id: RoleId,
    /// What people and invites refer to it by; it never changes.
    pub name: String,
    /// What people read.
    pub title: String,
    /// What it is for.
    pub description: Option<String>,
    /// How high it stands: nobody acts on a rank above their own. Built in: `member` 0, `student` 10, `teacher` and `instructor` 20,
    /// `principal` 30, `school_admin` 40, `admin` 50, `super_admin` 60.
    pub rank: u8,
    /// Where it is given to people.
    pub scope: RoleScope,
    /// Whether it is built in, the school's version of a built-in role, or the school's own.
    pub origin: Origin,
    /// The names of the permissions that it grants, sorted.
    pub permissions: Vec<String>,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted; such roles are only seen with `?deleted=only`.
    pub deleted_at: Option<DateTime<Utc>>,
}

/// Where a role is given to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleScope {
    /// On the deployment as a whole.
    Platform,
    /// In a school.
    School,
}

impl Role {
    /// The view of a role, with the permissions that the catalogue knows.
    pub(crate) fn of(role: Definition, catalogue: &BTreeSet<&'static str>) -> Self {
        let everything = role.is_super_admin();
        let Definition {
            id,
            name,
            title,
            description,
            rank,
            on_platform,
            origin,
            permissions,
            version,
            created_at,
            updated_at,
            deleted_at,
        } = role;
        let granted = catalogue.iter().filter(|name| everything || permissions.contains(**name));
        Self {
            id,
            name,
            title,
            description,
            rank: rank.get(),
            scope: if on_platform { RoleScope::Platform } else { RoleScope::School },
            origin,
            permissions: granted.map(ToString::to_string).collect(),
            version,
            created_at,
            updated_at,
            deleted_at,
        }
    }
}

/// An entry of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"name": "user:read", "description": "Read people: the directory and single profiles."}))]
pub struct PermissionEntry {
    /// `noun:verb`. It is also the OAuth2 scope.
    pub name: String,
    /// What it allows.
    pub description: String,
}

impl From<Permission> for PermissionEntry {
    fn from(permission: Permission) -> Self {
        Self { name: permission.name.to_owned(), description: permission.description.to_owned() }
    }
}
