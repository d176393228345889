//! Requests, views and events of invigilation.

use chrono::{DateTime, Utc};
use lyceum_kernel::{AttemptId, TestId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::attempt::{AttemptEvent, ReportEvent};
use crate::deadline::Deadline;
use crate::model::attempt::{self, State};

/// Time for somebody, while they are at it.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"seconds": 300}))]
pub struct AddTime {
    /// How much more, in seconds, on top of everything that there is.
    #[validate(range(min = 1, max = 86_400))]
    #[schema(minimum = 1, maximum = 86_400)]
    pub seconds: i32,
}

/// What is known of the answers in an attempt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Saved {
    /// How many questions have an answer.
    pub answered: u64,
    /// When the last one was saved.
    pub at: Option<DateTime<Utc>>,
}

/// An attempt, as those see it who invigilate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f6001", "test_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f5001",
    "user_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "number": 1, "state": "open", "trial": false, "questions": 20,
    "answered": 7, "saved_at": "2026-11-21T08:05:00Z", "quiet": false, "started_at": "2026-11-21T08:00:00Z",
    "finished_at": null, "deadline": {
        "at": "2026-11-21T09:15:00Z", "accepted_until": "2026-11-21T09:15:00Z", "started_at": "2026-11-21T08:00:00Z",
        "time_limit_s": 3600, "extra_s": 900, "limit_ends_at": "2026-11-21T09:15:00Z", "closes_at": null, "grace_s": 0
    }, "version": 1
}))]
pub struct WatchedAttempt {
    /// The attempt.
    pub id: AttemptId,
    /// The test.
    pub test_id: TestId,
    /// Whose it is.
    pub user_id: UserId,
    /// Which of theirs, from 1.
    pub number: i32,
    /// Where it stands.
    pub state: State,
    /// Staff of the test trying it out: counts for nothing.
    pub trial: bool,
    /// How many questions it asks.
    pub questions: u64,
    /// To how many of them an answer is saved.
    pub answered: u64,
    /// When the last answer was saved.
    pub saved_at: Option<DateTime<Utc>>,
    /// Whether it runs and nothing was saved for two minutes.
    pub quiet: bool,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// When it was handed in or closed.
    pub finished_at: Option<DateTime<Utc>>,
    /// When it ends, and why then.
    pub deadline: Deadline,
    /// Raised by every change but answers: what comes with a lower one is older.
    pub version: i64,
}

impl WatchedAttempt {
    /// The row, and what is known of its answers.
    pub fn of(row: &attempt::Model, saved: Saved, quiet: bool) -> Self {
        Self {
            id: row.id,
            test_id: row.test_id,
            user_id: row.user_id,
            number: row.number,
            state: row.state,
            trial: row.trial,
            questions: row.paper.0.len() as u64,
            answered: saved.answered,
            saved_at: saved.at,
            quiet,
            started_at: row.started_at,
            finished_at: row.finished_at,
            deadline: row.deadline.0,
            version: row.version,
        }
    }
}

/// One's own attempt, as the socket tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RunningAttempt {
    /// The attempt.
    pub id: AttemptId,
    /// Where it stands.
    pub state: State,
    /// When it ends, and why then.
    pub deadline: Deadline,
    /// When it was handed in or closed.
    pub finished_at: Option<DateTime<Utc>>,
    /// What the server's clock says.
    pub server_time: DateTime<Utc>,
    /// Raised by every change but answers.
    pub version: i64,
}

impl RunningAttempt {
    /// What there is to know of it at a moment.
    pub const fn of(attempt: &WatchedAttempt, now: DateTime<Utc>) -> Self {
        Self {
            id: attempt.id,
            state: attempt.state,
            deadline: attempt.deadline,
            finished_at: attempt.finished_at,
            server_time: now,
            version: attempt.version,
        }
    }
}

/// Who came or went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Presence {
    /// The attempt that they are at.
    pub attempt_id: AttemptId,
    /// Who it is.
    pub user_id: UserId,
    /// When.
    pub at: DateTime<Utc>,
}

/// What is heard at a test: by those who invigilate it, and by those who take it of their own attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "event", content = "data", rename_all = "snake_case")]
pub enum TestEvent {
    /// Invigilators, once connected: `GET /v1/tests/{id}/invigilation` has the present state, and everything after comes here.
    Watching {
        /// The test.
        test_id: TestId,
        /// How many attempts run.
        running: u64,
        /// What the server's clock says.
        server_time: DateTime<Utc>,
    },
    /// Invigilators: an attempt was started.
    Started(WatchedAttempt),
    /// Invigilators: answers were saved, as they stand now. Of one attempt only the latest is kept for a client that is slow.
    Progress(WatchedAttempt),
    /// Invigilators: nothing was saved for two minutes.
    Quiet(WatchedAttempt),
    /// Invigilators: an attempt was handed in, or closed: `state` says how.
    Submitted(WatchedAttempt),
    /// Invigilators: an attempt ends at another time from now on.
    TimeChanged(WatchedAttempt),
    /// Invigilators: somebody's client has a socket at the test.
    Connected(Presence),
    /// Invigilators: somebody's client closed it, or the connection broke.
    Disconnected(Presence),
    /// Invigilators: a client reported something.
    Reported(AttemptEvent),
    /// Those who take it, once connected: the attempt that runs, if there is one.
    Attending {
        /// The test.
        test_id: TestId,
        /// The attempt that runs.
        attempt: Option<RunningAttempt>,
        /// What the server's clock says.
        server_time: DateTime<Utc>,
    },
    /// Those who take it: their attempt was started, on this device or another.
    Begun(RunningAttempt),
    /// Those who take it: their attempt ends at another time from now on.
    Deadline(RunningAttempt),
    /// Those who take it: their attempt is over: `state` says how.
    Ended(RunningAttempt),
    /// Those who take it: what their client reported is kept.
    Recorded(AttemptEvent),
}

/// What clients say at a test.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(tag = "event", content = "data", rename_all = "snake_case", deny_unknown_fields)]
pub enum TestSaid {
    /// Those who take it: something happened at the client, for the attempt that runs. As `POST /v1/attempts/{id}/events`.
    Report(ReportEvent),
}
