//! Views of sessions.

use chrono::{DateTime, Utc};
use lyceum_kernel::{SchoolId, SessionId};
use serde::Serialize;
use utoipa::ToSchema;

/// A login session, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2b02", "device": "Firefox on Windows", "ip": "192.0.2.17",
    "created_at": "2026-11-21T08:00:00Z", "last_used_at": "2026-11-21T08:41:00Z", "expires_at": "2026-12-21T08:41:00Z",
    "school_id": null, "scope": null, "current": true
}))]
pub struct SessionView {
    /// The session.
    pub id: SessionId,
    /// Browser or program and system, as far as the client said.
    #[schema(example = "Firefox on Windows")]
    pub device: String,
    /// The address it was last opened or renewed from.
    #[schema(example = "192.0.2.17")]
    pub ip: Option<String>,
    /// When its owner logged in.
    pub created_at: DateTime<Utc>,
    /// Its latest use, to the minute.
    pub last_used_at: DateTime<Utc>,
    /// When it ends unless it is used before.
    pub expires_at: DateTime<Utc>,
    /// The active school.
    pub school_id: Option<SchoolId>,
    /// Permissions that its tokens are narrowed to, space-separated; everything if null.
    pub scope: Option<String>,
    /// Whether it is the one that asks.
    pub current: bool,
}
