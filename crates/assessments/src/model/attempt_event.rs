//! What clients report of attempts, and what is seen of their connections.

use chrono::{DateTime, Utc};
use lyceum_kernel::{AttemptId, SchoolId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

lyceum_kernel::id!(AttemptEventId, "Something that happened at the client of an attempt.");

/// A row of `attempt_events`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attempt_events")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The event.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AttemptEventId,
    /// The attempt.
    pub attempt_id: AttemptId,
    /// What happened.
    pub kind: Kind,
    /// When, by the client's clock.
    pub client_time: Option<DateTime<Utc>>,
    /// When it was reported.
    pub created_at: DateTime<Utc>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What happened at a client: as it reports it, but for its connections, which the server sees by itself.
#[derive(Copy, Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))")]
#[serde(rename_all = "snake_case")]
#[schema(as = AttemptEventKind)]
pub enum Kind {
    /// Another window came to the front.
    #[sea_orm(string_value = "focus_lost")]
    FocusLost,
    /// The test came to the front again.
    #[sea_orm(string_value = "focus_regained")]
    FocusRegained,
    /// The test does not fill the screen any more.
    #[sea_orm(string_value = "fullscreen_left")]
    FullscreenLeft,
    /// Something was copied.
    #[sea_orm(string_value = "copied")]
    Copied,
    /// Something was pasted.
    #[sea_orm(string_value = "pasted")]
    Pasted,
    /// The client went offline.
    #[sea_orm(string_value = "disconnected")]
    Disconnected,
    /// The client is online again.
    #[sea_orm(string_value = "reconnected")]
    Reconnected,
    /// Its socket at the test was opened. Seen by the server.
    #[sea_orm(string_value = "socket_opened")]
    SocketOpened,
    /// Its socket at the test was closed by the client, or broke. Seen by the server.
    #[sea_orm(string_value = "socket_closed")]
    SocketClosed,
}
