//! What happens at clients: told by them, or seen of their connections. Kept as it comes; nothing follows by itself.

use chrono::{DateTime, Utc};
use lyceum_kernel::{AttemptId, ErrorKind, Principal, Scope};
use lyceum_platform::uow::{Answer, Committed, Tx, UnitOfWork};
use lyceum_web::Problem;

use super::rooms::Key;
use crate::dto::attempt::{AttemptEvent, ReportEvent};
use crate::error::AssessmentError;
use crate::model::ScopedTable as _;
use crate::model::attempt::{self, State};
use crate::model::attempt_event::{AttemptEventId, Entity, Kind, Model};
use crate::repo::{attempts, invigilation};
use crate::service::AssessmentsService;

/// How much is kept of one attempt.
const MOST: u64 = 1_000;

impl AssessmentsService {
    /// Keeps what a client reports of its own attempt.
    pub(crate) async fn report_event(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        (id, form): (AttemptId, ReportEvent),
    ) -> Result<Committed<AttemptEvent>, AssessmentError> {
        let school = who.school_id.ok_or(AssessmentError::NotFound)?;
        let mut tx = uow.begin().await?;
        let attempt = attempts::find(tx.conn(), Scope::School(school), id).await?;
        let attempt = attempt.filter(|row| row.user_id == who.user_id).ok_or(AssessmentError::NotFound)?;
        let row = self.keep(&mut tx, &attempt, (form.kind.into(), form.client_time)).await?;
        let location = format!("/v1/attempts/{id}/events");
        Ok(tx.commit(Answer::created(AttemptEvent::from(row)).location(location)).await?)
    }

    /// Keeps what a client reports on its socket, of the attempt that runs.
    pub(crate) async fn report_at(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        (key, form): (Key, ReportEvent),
    ) -> Result<AttemptEvent, AssessmentError> {
        let mut tx = uow.begin().await?;
        let running = attempts::open(tx.conn(), key, Some(who.user_id)).await?;
        let attempt = running.first().ok_or(AssessmentError::AttemptClosed)?;
        let row = self.keep(&mut tx, attempt, (form.kind.into(), form.client_time)).await?;
        tx.commit_quietly().await?;
        Ok(AttemptEvent::from(row))
    }

    /// Keeps that a connection of somebody who takes the test came or went, if an attempt of theirs runs. What cannot be kept is not:
    /// nobody is kept from an exam because of it.
    pub(crate) async fn note_presence(&self, who: &Principal, uow: UnitOfWork, (key, kind): (Key, Kind)) {
        let kept = async {
            let mut tx = uow.begin().await?;
            let running = attempts::open(tx.conn(), key, Some(who.user_id)).await?;
            if let Some(attempt) = running.first() {
                self.keep(&mut tx, attempt, (kind, None)).await?;
            }
            Ok::<_, AssessmentError>(tx.commit_quietly().await?)
        };
        if let Err(error) = kept.await {
            tracing::debug!(%error, "assessments.presence_not_kept");
        }
    }

    async fn keep(
        &self,
        tx: &mut Tx,
        attempt: &attempt::Model,
        (kind, client_time): (Kind, Option<DateTime<Utc>>),
    ) -> Result<Model, AssessmentError> {
        if attempt.state != State::Open {
            return Err(AssessmentError::AttemptClosed);
        }
        if invigilation::reports(tx.conn(), (attempt.school_id, attempt.id)).await? >= MOST {
            return Err(AssessmentError::Full);
        }
        let row = Model {
            school_id: attempt.school_id,
            id: AttemptEventId::new(tx.now(), tx.entropy()),
            attempt_id: attempt.id,
            kind,
            client_time: client_time.map(lyceum_kernel::clock::to_micros),
            created_at: tx.now(),
        };
        Entity::add(tx.conn(), [row.clone()]).await?;
        self.call_room(tx, (attempt.school_id, attempt.test_id));
        Ok(row)
    }
}

/// A school that is suspended is read, not changed: said to a request by its gate, to a socket by this.
pub(crate) fn writable(who: &Principal) -> Result<(), Problem> {
    let detail = "The school is suspended or lapsed: it can be read, not changed.";
    if who.school_writable { Ok(()) } else { Err(Problem::new(ErrorKind::Forbidden, "school-read-only", detail)) }
}
