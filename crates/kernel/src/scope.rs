//! Whose rows a query may see.

use serde::{Deserialize, Serialize};

use crate::SchoolId;

/// The tenant boundary of a query. Every finder takes one; nothing reads a table without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The rows of one school.
    School(SchoolId),
    /// Tables of the platform (accounts, sessions, jobs) and, for platform staff, rows of all schools.
    Platform,
    /// Somebody without a school: their own account and what is public.
    None,
}

impl Scope {
    /// The school of this scope, if it is one school's.
    pub const fn school(self) -> Option<SchoolId> {
        match self {
            Self::School(id) => Some(id),
            Self::Platform | Self::None => None,
        }
    }
}

impl From<Option<SchoolId>> for Scope {
    fn from(school: Option<SchoolId>) -> Self {
        school.map_or(Self::None, Self::School)
    }
}
