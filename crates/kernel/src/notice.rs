//! What a person is told live, by whichever context, on the socket of their own.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Principal, SchoolId, UserId};

/// Something that concerns a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "event", content = "data", rename_all = "snake_case")]
pub enum Notice {
    /// Who the caller is and what they are: when the connection stands, and whenever it has changed.
    Standing(OwnStanding),
    /// How people in bulk get on that the caller sent.
    Import(ImportProgress),
}

/// Who the caller is and what they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "user_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "school_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a00",
    "roles": ["teacher", "member"], "school_writable": true, "expires_at": "2026-11-21T08:15:00Z"
}))]
pub struct OwnStanding {
    /// The account.
    pub user_id: UserId,
    /// The active school.
    pub school_id: Option<SchoolId>,
    /// The names of the roles in the active school, and last that of the role on the deployment: `GET /v1/me/permissions` tells what
    /// they allow.
    pub roles: Vec<String>,
    /// Whether the active school may be written to: not while it is suspended or lapsed.
    pub school_writable: bool,
    /// When the connection ends unless its token is renewed.
    pub expires_at: Option<DateTime<Utc>>,
}

impl OwnStanding {
    /// Of the caller, whose token expires then.
    pub fn new(caller: &Principal, expires_at: Option<DateTime<Utc>>) -> Self {
        Self {
            user_id: caller.user_id,
            school_id: caller.school_id,
            roles: caller.roles.iter().map(ToString::to_string).collect(),
            school_writable: caller.school_writable,
            expires_at,
        }
    }
}

/// How an import gets on: `GET /v1/imports/{id}` tells the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2e05", "state": "running", "step": "applying", "done": 512, "total": 900, "error_count": 1
}))]
pub struct ImportProgress {
    /// The import.
    pub id: Uuid,
    /// Where it stands: `queued`, `running`, `done`, `failed`, `cancelled`.
    pub state: String,
    /// What is being done, while it is running: `checking`, `applying`.
    pub step: Option<String>,
    /// Rows worked through in this step.
    pub done: i64,
    /// Rows in all, once they are counted.
    pub total: Option<i64>,
    /// How many faults there are.
    pub error_count: i64,
}
