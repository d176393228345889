//! A role whole, wherever it is kept.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use lyceum_kernel::Rank;
use lyceum_web::etag;
use serde::Serialize;
use utoipa::ToSchema;

use super::{RoleId, role, role_template};

/// Where a role comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// As it was built in.
    BuiltIn,
    /// The school's version of a built-in role.
    Overridden,
    /// The school's own.
    Custom,
}

/// A role with what it allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The role.
    pub id: RoleId,
    /// What it is referred to by.
    pub name: String,
    /// What people read.
    pub title: String,
    /// What it is for.
    pub description: Option<String>,
    /// How high it stands.
    pub rank: Rank,
    /// A role on the deployment, not in schools.
    pub on_platform: bool,
    /// Where it comes from.
    pub origin: Origin,
    /// Names of permissions.
    pub permissions: BTreeSet<String>,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl Definition {
    /// A built-in role.
    pub fn of_template(template: role_template::Model, permissions: BTreeSet<String>) -> Self {
        let role_template::Model { id, name, title, description, rank, on_platform, version, created_at, updated_at } =
            template;
        Self {
            id,
            name,
            title,
            description,
            rank: rank_from(rank),
            on_platform,
            origin: Origin::BuiltIn,
            permissions,
            version,
            created_at,
            updated_at,
            deleted_at: None,
        }
    }

    /// A school's role.
    pub fn of_row(row: role::Model, permissions: BTreeSet<String>) -> Self {
        let role::Model {
            school_id: _,
            id,
            template_id,
            name,
            title,
            description,
            rank,
            version,
            created_at,
            updated_at,
            deleted_at,
        } = row;
        Self {
            id,
            name,
            title,
            description,
            rank: rank_from(rank),
            on_platform: false,
            origin: if template_id.is_some() { Origin::Overridden } else { Origin::Custom },
            permissions,
            version,
            created_at,
            updated_at,
            deleted_at,
        }
    }

    /// The entity tag. What is built in and a school's version of it count their versions apart.
    pub fn etag(&self) -> String {
        match self.origin {
            Origin::BuiltIn => etag("template", self.version),
            Origin::Overridden | Origin::Custom => etag("role", self.version),
        }
    }

    /// Whether it holds every permission without any being listed.
    pub fn is_super_admin(&self) -> bool {
        self.on_platform && self.rank == Rank::SUPER_ADMIN
    }
}

/// A rank as the database has it. What no rank can be stands lowest.
pub fn rank_from(number: i16) -> Rank {
    Rank::new(u8::try_from(number).unwrap_or_default())
}
