//! Views of tickets for sockets.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// A ticket that opens one WebSocket.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "ticket": "lyc_soc_q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeA",
    "expires_at": "2026-11-21T08:00:30Z"
}))]
pub struct SocketTicket {
    /// The ticket: good once.
    pub ticket: String,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}
