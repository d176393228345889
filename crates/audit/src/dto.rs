//! Requests and views of the audit log.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use lyceum_kernel::{SchoolId, SessionId, UserId};
use lyceum_platform::uow::AuditOutcome;
use lyceum_platform::uow::audit::Model;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use crate::chain::hex;
use crate::repo::entries::Filter;

/// How a deed ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was refused.
    Denied,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Denied => "denied",
        }
    }
}

impl From<AuditOutcome> for Outcome {
    fn from(outcome: AuditOutcome) -> Self {
        match outcome {
            AuditOutcome::Success => Self::Success,
            AuditOutcome::Denied => Self::Denied,
        }
    }
}

impl From<Outcome> for AuditOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Success => Self::Success,
            Outcome::Denied => Self::Denied,
        }
    }
}

/// The place of an entry in the hash chain of its school, or of the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Seal {
    /// The place, from 1.
    #[schema(minimum = 1)]
    pub seq: i64,
    /// SHA-256 over the link before it and the entry, in hexadecimal.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub link: String,
}

/// One deed: who did what to what, from where, and what changed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "at": "2026-11-21T08:00:00Z", "school_id": null,
    "actor_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a02", "session_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a03",
    "action": "identity.account_changed", "target_type": "account", "target_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a04",
    "outcome": "success", "before": {"is_active": true}, "after": {"is_active": false}, "ip": "192.0.2.7", "user_agent": "curl/8.5.0",
    "request_id": "019aa5d26f007c3e80005d1f1f6f2a05",
    "seal": {"seq": 12, "link": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}, "erased_at": null
}))]
pub struct AuditEntry {
    /// The entry.
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// In which school; none where it concerns the deployment.
    pub school_id: Option<SchoolId>,
    /// Who; nobody where a job did it, or somebody unknown.
    pub actor_id: Option<UserId>,
    /// In which session.
    pub session_id: Option<SessionId>,
    /// What: `context.what_happened`.
    pub action: String,
    /// To what kind of thing.
    pub target_type: String,
    /// To which one.
    pub target_id: Option<Uuid>,
    /// How it ended.
    pub outcome: Outcome,
    /// The fields that changed, as they were.
    #[schema(value_type = Option<Value>)]
    pub before: Option<Value>,
    /// The fields that changed, as they became.
    #[schema(value_type = Option<Value>)]
    pub after: Option<Value>,
    /// The client's address.
    pub ip: Option<String>,
    /// What the client called itself.
    pub user_agent: Option<String>,
    /// The request.
    pub request_id: String,
    /// Its place in the chain; none in the first second or so.
    pub seal: Option<Seal>,
    /// When personal values were erased from it.
    pub erased_at: Option<DateTime<Utc>>,
}

impl From<Model> for AuditEntry {
    fn from(row: Model) -> Self {
        let Model {
            id,
            at,
            school_id,
            actor_id,
            actor_session: session_id,
            action,
            target_type,
            target_id,
            outcome,
            before,
            after,
            ip,
            user_agent,
            request_id,
            subject_id: _,
            chain_id: _,
            chain_seq,
            origin_salt: _,
            origin_digest: _,
            values_salt: _,
            values_digest: _,
            link,
            erased_at,
        } = row;
        let outcome = outcome.into();
        let seal = chain_seq.zip(link).map(|(seq, link)| Seal { seq, link: hex(&link) });
        Self {
            id,
            at,
            school_id,
            actor_id,
            session_id,
            action,
            target_type,
            target_id,
            outcome,
            before,
            after,
            ip,
            user_agent,
            request_id,
            seal,
            erased_at,
        }
    }
}

/// The columns of the export.
pub const COLUMNS: [&str; 17] = [
    "id",
    "at",
    "school_id",
    "actor_id",
    "session_id",
    "action",
    "target_type",
    "target_id",
    "outcome",
    "before",
    "after",
    "ip",
    "user_agent",
    "request_id",
    "seal_seq",
    "seal_link",
    "erased_at",
];

impl AuditEntry {
    /// The cells of the export, one line whatever people have written: control characters are shown escaped.
    pub(crate) fn cells(self) -> [String; COLUMNS.len()] {
        let Self { id, at, school_id, actor_id, session_id, action, target_type, target_id, outcome, .. } = &self;
        let Self { before, after, ip, user_agent, request_id, seal, erased_at, .. } = &self;
        let time = |time: &DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
        [
            id.to_string(),
            time(at),
            school_id.map(|id| id.to_string()).unwrap_or_default(),
            actor_id.map(|id| id.to_string()).unwrap_or_default(),
            session_id.map(|id| id.to_string()).unwrap_or_default(),
            visible(action),
            visible(target_type),
            target_id.map(|id| id.to_string()).unwrap_or_default(),
            outcome.as_str().to_owned(),
            before.as_ref().map(|value| visible(&value.to_string())).unwrap_or_default(),
            after.as_ref().map(|value| visible(&value.to_string())).unwrap_or_default(),
            ip.as_deref().map(visible).unwrap_or_default(),
            user_agent.as_deref().map(visible).unwrap_or_default(),
            visible(request_id),
            seal.as_ref().map(|seal| seal.seq.to_string()).unwrap_or_default(),
            seal.as_ref().map(|seal| seal.link.clone()).unwrap_or_default(),
            erased_at.as_ref().map(time).unwrap_or_default(),
        ]
    }
}

/// The text with everything escaped that could end a line, move the cursor or turn the direction of writing. A formula's first
/// character stays first, so that the writer of the table still sees it.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        let invisible = character.is_control()
            || matches!(character, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if invisible {
            let _ = write!(shown, "\\u{:04x}", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Which entries are wanted.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditFilter {
    /// Whose deeds.
    #[param(value_type = Option<Uuid>)]
    pub actor_id: Option<UserId>,
    /// Which action, by its whole name.
    #[param(min_length = 1, max_length = 128)]
    #[validate(length(min = 1, max = 128))]
    pub action: Option<String>,
    /// Done to which kind of thing.
    #[param(min_length = 1, max_length = 64)]
    #[validate(length(min = 1, max = 64))]
    pub target_type: Option<String>,
    /// Done to which one.
    pub target_id: Option<Uuid>,
    /// Ended how.
    #[param(inline)]
    pub outcome: Option<Outcome>,
    /// Not before this time.
    pub from: Option<DateTime<Utc>>,
    /// Before this time.
    pub to: Option<DateTime<Utc>>,
}

impl From<AuditFilter> for Filter {
    fn from(filter: AuditFilter) -> Self {
        let AuditFilter { actor_id, action, target_type, target_id, outcome, from, to } = filter;
        Self { actor_id, action, target_type, target_id, outcome: outcome.map(Into::into), from, to }
    }
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn row_45_nothing_written_by_people_forges_a_line() {
        assert_eq!(
            visible("a\r\n2026-11-21 root \u{1b}[31m\u{9b}2J\u{2028}\u{202e}"),
            "a\\u000d\\u000a2026-11-21 root \\u001b[31m\\u009b2J\\u2028\\u202e"
        );
        assert_eq!(visible("größer, \"so\""), "größer, \"so\"");
    }
}
