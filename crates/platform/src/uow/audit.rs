//! Who did what to what: one row for each fact, written in the transaction of the deed.

use chrono::{DateTime, Utc};
use lyceum_kernel::{Entropy, SchoolId, SessionId, UserId, id::uuid_v7};
use sea_orm::ActiveValue::NotSet;
use sea_orm::IntoActiveModel as _;
use sea_orm::entity::prelude::*;
use serde_json::Value;

use super::Cause;

/// How a deed ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum AuditOutcome {
    /// It was done.
    #[sea_orm(string_value = "success")]
    Success,
    /// It was refused.
    #[sea_orm(string_value = "denied")]
    Denied,
}

/// One entry of the audit log. No secrets and no hashes in `before` and `after`.
#[derive(Debug, Clone)]
pub struct Audit {
    /// `context.what_happened`: `identity.password_changed`.
    pub action: &'static str,
    /// The kind of thing it happened to.
    pub target_type: &'static str,
    /// Which one.
    pub target_id: Option<Uuid>,
    /// The school it belongs to; else the active school of whoever acts.
    pub school_id: Option<SchoolId>,
    /// Who did it, where that is not who the unit of work acts as: somebody logging in.
    pub actor_id: Option<UserId>,
    /// The fields that changed, as they were.
    pub before: Option<Value>,
    /// The fields that changed, as they are.
    pub after: Option<Value>,
    /// The person whom `before` and `after` speak of, where that is not the target: erasing that person takes them.
    pub subject_id: Option<UserId>,
    /// How it ended.
    pub outcome: AuditOutcome,
}

impl Audit {
    /// Something was done to one thing.
    pub fn of(action: &'static str, target_type: &'static str, target: impl Into<TargetId>) -> Self {
        Self {
            action,
            target_type,
            target_id: target.into().0,
            school_id: None,
            actor_id: None,
            before: None,
            after: None,
            subject_id: None,
            outcome: AuditOutcome::Success,
        }
    }

    /// The fields as they were.
    #[must_use]
    pub fn before(mut self, fields: Value) -> Self {
        self.before = Some(fields);
        self
    }

    /// The fields as they are.
    #[must_use]
    pub fn after(mut self, fields: Value) -> Self {
        self.after = Some(fields);
        self
    }

    /// The school it belongs to.
    #[must_use]
    pub const fn school(mut self, school: Option<SchoolId>) -> Self {
        self.school_id = school;
        self
    }

    /// Who did it.
    #[must_use]
    pub const fn by(mut self, user: UserId) -> Self {
        self.actor_id = Some(user);
        self
    }

    /// The person whom `before` and `after` speak of, where the target is not that person's account: an invite's addressee,
    /// a member. Erasing that person takes what they say.
    #[must_use]
    pub const fn about(mut self, person: UserId) -> Self {
        self.subject_id = Some(person);
        self
    }

    /// It was refused.
    #[must_use]
    pub const fn denied(mut self) -> Self {
        self.outcome = AuditOutcome::Denied;
        self
    }
}

/// The id of what was done to: a UUID, one of the typed ids, or none.
#[derive(Debug, Clone, Copy)]
pub struct TargetId(Option<Uuid>);

impl From<Uuid> for TargetId {
    fn from(id: Uuid) -> Self {
        Self(Some(id))
    }
}

impl From<Option<Uuid>> for TargetId {
    fn from(id: Option<Uuid>) -> Self {
        Self(id)
    }
}

impl From<UserId> for TargetId {
    fn from(id: UserId) -> Self {
        Self(Some(id.uuid()))
    }
}

impl From<SessionId> for TargetId {
    fn from(id: SessionId) -> Self {
        Self(Some(id.uuid()))
    }
}

impl From<SchoolId> for TargetId {
    fn from(id: SchoolId) -> Self {
        Self(Some(id.uuid()))
    }
}

/// Who a unit of work acts as.
#[derive(Debug, Clone, Copy)]
pub(super) struct Actor {
    pub(super) user: UserId,
    pub(super) session: Option<SessionId>,
    pub(super) school: Option<SchoolId>,
}

/// The table `audit_log`. Rows are inserted without a seal; the sealer adds it once, and erasing a person takes personal values
/// together with their salt. The database refuses every other change.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_log")]
pub struct Model {
    /// Its id, which sorts by time.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// In which school.
    pub school_id: Option<SchoolId>,
    /// Who.
    pub actor_id: Option<UserId>,
    /// In which session.
    pub actor_session: Option<SessionId>,
    /// What.
    pub action: String,
    /// To what kind of thing.
    pub target_type: String,
    /// To which one.
    pub target_id: Option<Uuid>,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// The fields as they were.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub before: Option<Json>,
    /// The fields as they are.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub after: Option<Json>,
    /// The client's address.
    pub ip: Option<String>,
    /// What the client called itself.
    pub user_agent: Option<String>,
    /// The request.
    pub request_id: String,
    /// The person whom `before` and `after` speak of, where that is not the target.
    pub subject_id: Option<UserId>,
    /// The chain it is sealed into: its school, or the nil UUID for the platform's. This and what follows is the sealer's.
    pub chain_id: Option<Uuid>,
    /// Its place in the chain, from 1.
    pub chain_seq: Option<i64>,
    /// 16 random bytes under which `ip` and `user_agent` were digested; gone with them.
    pub origin_salt: Option<Vec<u8>>,
    /// SHA-256 over that salt, `ip` and `user_agent`.
    pub origin_digest: Option<Vec<u8>>,
    /// 16 random bytes under which `before` and `after` were digested; gone with them.
    pub values_salt: Option<Vec<u8>>,
    /// SHA-256 over that salt, `before` and `after`.
    pub values_digest: Option<Vec<u8>>,
    /// SHA-256 over the link before it, its place and everything that never changes of the row.
    pub link: Option<Vec<u8>>,
    /// When personal values were erased.
    pub erased_at: Option<DateTime<Utc>>,
}

/// None: the log outlives what it speaks of.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Rows per statement: 15 columns each, and SQLite binds at most 32,766 values.
const BATCH: usize = 500;

/// The longest `User-Agent` that is kept, in characters.
const USER_AGENT: usize = 512;

/// Writes the entries.
#[expect(clippy::disallowed_methods, reason = "a platform table")]
pub(super) async fn insert_many(
    db: &impl ConnectionTrait,
    entries: Vec<Audit>,
    now: DateTime<Utc>,
    entropy: &dyn Entropy,
    actor: Option<Actor>,
    cause: &Cause,
) -> Result<(), DbErr> {
    // In the order in which they were written: ids of one moment are random beyond it.
    let mut ids: Vec<Uuid> = entries.iter().map(|_| uuid_v7(now, entropy)).collect();
    ids.sort_unstable();
    let rows: Vec<ActiveModel> =
        entries.into_iter().zip(ids).map(|(entry, id)| unsealed(row(entry, (id, now), actor, cause))).collect();
    for batch in rows.chunks(BATCH) {
        Entity::insert_many(batch.iter().cloned()).exec_without_returning(db).await?;
    }
    Ok(())
}

/// The columns that a writer fills: the seal is left to the sealer.
fn unsealed(row: Model) -> ActiveModel {
    let row = row.into_active_model().reset_all();
    ActiveModel {
        chain_id: NotSet,
        chain_seq: NotSet,
        origin_salt: NotSet,
        origin_digest: NotSet,
        values_salt: NotSet,
        values_digest: NotSet,
        link: NotSet,
        erased_at: NotSet,
        ..row
    }
}

fn row(entry: Audit, (id, now): (Uuid, DateTime<Utc>), actor: Option<Actor>, cause: &Cause) -> Model {
    let Audit { action, target_type, target_id, school_id, actor_id, before, after, subject_id, outcome } = entry;
    // A session belongs to the acting person, not to somebody else that an entry names.
    let session =
        actor.filter(|actor| actor_id.is_none_or(|named| named == actor.user)).and_then(|actor| actor.session);
    let readable = |text: &String| text.chars().filter(|c| *c != '\0').take(USER_AGENT).collect();
    Model {
        id,
        at: now,
        school_id: school_id.or(actor.and_then(|actor| actor.school)),
        actor_id: actor_id.or(actor.map(|actor| actor.user)),
        actor_session: session,
        action: action.to_owned(),
        target_type: target_type.to_owned(),
        target_id,
        outcome,
        before,
        after,
        ip: cause.ip.map(|ip| ip.to_string()),
        user_agent: cause.user_agent.as_ref().map(readable),
        request_id: cause.request_id.as_str().to_owned(),
        subject_id,
        chain_id: None,
        chain_seq: None,
        origin_salt: None,
        origin_digest: None,
        values_salt: None,
        values_digest: None,
        link: None,
        erased_at: None,
    }
}
