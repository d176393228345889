//! Requests and views.

pub mod group;
pub mod import;
pub mod invite;
pub mod person;
pub mod school;
pub mod signup;
pub mod text;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which side of deletion to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deleted {
    /// The deleted ones.
    Only,
}

/// The orders of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub enum Sort {
    /// Oldest first.
    #[default]
    #[serde(rename = "created_at")]
    CreatedAt,
    /// Newest first.
    #[serde(rename = "-created_at")]
    CreatedAtDescending,
    /// By name, from A.
    #[serde(rename = "name")]
    Name,
    /// By name, from Z.
    #[serde(rename = "-name")]
    NameDescending,
}

impl Sort {
    /// Whether it goes by name, and whether backwards.
    pub const fn parts(self) -> (bool, bool) {
        match self {
            Self::CreatedAt => (false, false),
            Self::CreatedAtDescending => (false, true),
            Self::Name => (true, false),
            Self::NameDescending => (true, true),
        }
    }
}

/// The orders of a list that goes by time alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub enum TimeSort {
    /// Oldest first.
    #[default]
    #[serde(rename = "created_at")]
    CreatedAt,
    /// Newest first.
    #[serde(rename = "-created_at")]
    CreatedAtDescending,
}
