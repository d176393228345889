//! Who acts.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Permission, PermissionSet, Rank, SchoolId, Scope, SessionId, UserId};

/// A role on the deployment as a whole; roles in a school are the school's affair. Ordered by rising rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlatformRole {
    /// Anybody with an account.
    Member,
    /// Platform staff.
    Admin,
    /// Runs the deployment.
    SuperAdmin,
}

impl PlatformRole {
    /// The name in the API and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::SuperAdmin => "super_admin",
        }
    }

    /// How high it stands among all roles.
    pub const fn rank(self) -> Rank {
        match self {
            Self::Member => Rank::MEMBER,
            Self::Admin => Rank::ADMIN,
            Self::SuperAdmin => Rank::SUPER_ADMIN,
        }
    }
}

/// The authenticated caller of a request: the first argument of every service.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The account.
    pub user_id: UserId,
    /// The session that the token belongs to.
    pub session_id: SessionId,
    /// The active school, if one was chosen.
    pub school_id: Option<SchoolId>,
    /// The role on the deployment.
    pub platform_role: PlatformRole,
    /// What the caller may do in the active school, narrowed by the token's scopes.
    pub permissions: PermissionSet,
    /// The highest rank among the roles in the active school and the one on the deployment.
    pub rank: Rank,
    /// The names of the roles in the active school, and last that of the role on the deployment.
    pub roles: Arc<[Box<str>]>,
    /// Whether the active school may be written to: not while it is suspended or lapsed. True where there is none.
    pub school_writable: bool,
}

impl Principal {
    /// The tenant boundary of the caller's reads.
    pub fn scope(&self) -> Scope {
        match self.school_id {
            Some(school) => Scope::School(school),
            None if self.platform_role > PlatformRole::Member => Scope::Platform,
            None => Scope::None,
        }
    }

    /// Whether the caller holds the permission.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.holds(permission)
    }
}
