//! One's own sessions: seeing them and ending them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lyceum_kernel::{Cursor, Page, PageRequest, Principal, Scope, SessionId};
use lyceum_platform::jobs::{JobError, JobHandler, JobRun};
use lyceum_platform::uow::{Answer, Audit, Committed, UnitOfWork};
use serde_json::json;

use crate::dto::session::SessionView;
use crate::error::IdentityError;
use crate::model::session::{Model, Revocation};
use crate::repo;
use crate::service::IdentityService;
use crate::service::devices::device_name;
use crate::token::authenticator::{account_tag, session_tag};

/// The job that forgets sessions and one-time tokens long ended.
pub const SWEEP: &str = "identity.sweep";

/// Ended sessions are kept for this long, so that reuse of their tokens is recognised.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// Sessions forgotten in one transaction.
const SWEEP_BATCH: u64 = 1_000;

impl IdentityService {
    /// The caller's living sessions, the newest first.
    ///
    /// # Errors
    /// If the database is away.
    pub(crate) async fn list_sessions(
        &self,
        caller: &Principal,
        request: &PageRequest,
    ) -> Result<Page<SessionView>, IdentityError> {
        let db = self.platform.db.read(Scope::Platform);
        let (rows, total) = repo::sessions::page(&db, caller.user_id, request, self.platform.clock.now()).await?;
        let mut page = Page::cut(rows, request, |row| Cursor { id: row.id.uuid(), key: Vec::new() });
        page.total = total;
        Ok(page.map(|row| self.session_view(row, caller)))
    }

    /// One of the caller's living sessions.
    ///
    /// # Errors
    /// [`IdentityError::SessionNotFound`]; otherwise if the database is away.
    pub(crate) async fn show_session(&self, caller: &Principal, id: SessionId) -> Result<SessionView, IdentityError> {
        let db = self.platform.db.read(Scope::Platform);
        let row = repo::sessions::find_living(&db, caller.user_id, id, self.platform.clock.now()).await?;
        row.map(|row| self.session_view(row, caller)).ok_or(IdentityError::SessionNotFound)
    }

    /// Ends one of the caller's sessions.
    ///
    /// # Errors
    /// [`IdentityError::SessionNotFound`]; otherwise if the database is away.
    pub(crate) async fn revoke_session(
        &self,
        caller: &Principal,
        uow: UnitOfWork,
        id: SessionId,
    ) -> Result<Committed<()>, IdentityError> {
        let reason = if id == caller.session_id { Revocation::Logout } else { Revocation::RevokedByOwner };
        let mut tx = uow.begin().await?;
        let living = repo::sessions::find_living(tx.conn(), caller.user_id, id, tx.now()).await?;
        if living.is_none() || !repo::sessions::revoke(tx.conn(), id, reason, tx.now()).await? {
            return Err(IdentityError::SessionNotFound);
        }
        tx.invalidate(session_tag(id));
        tx.audit(Audit::of("identity.session_revoked", "session", id).after(json!({"reason": reason.as_str()})));
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Ends the caller's session. It may have ended in the meantime: what was asked for is then the case.
    ///
    /// # Errors
    /// If the database is away.
    pub(crate) async fn logout(&self, caller: &Principal, uow: UnitOfWork) -> Result<Committed<()>, IdentityError> {
        let mut tx = uow.begin().await?;
        if repo::sessions::revoke(tx.conn(), caller.session_id, Revocation::Logout, tx.now()).await? {
            tx.audit(Audit::of("identity.logout", "session", caller.session_id));
        }
        tx.invalidate(session_tag(caller.session_id));
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Ends all sessions of the caller, or all but the one that asks.
    ///
    /// # Errors
    /// If the database is away.
    pub(crate) async fn logout_everywhere(
        &self,
        caller: &Principal,
        uow: UnitOfWork,
        except: Option<SessionId>,
    ) -> Result<Committed<()>, IdentityError> {
        let reason = if except.is_some() { Revocation::RevokedByOwner } else { Revocation::LogoutAll };
        let mut tx = uow.begin().await?;
        let ended = repo::sessions::revoke_all(tx.conn(), caller.user_id, except, reason, tx.now()).await?;
        tx.invalidate(account_tag(caller.user_id));
        let facts = json!({"sessions": ended, "reason": reason.as_str()});
        tx.audit(Audit::of("identity.sessions_revoked", "account", caller.user_id).after(facts));
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Forgets sessions that ended, and one-time tokens that expired, more than 30 days ago. The job does it every day.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn sweep(&self) -> Result<u64, IdentityError> {
        let before = self.platform.clock.now() - KEPT;
        let tx = self.own_work().begin().await?;
        repo::one_time_tokens::sweep(tx.conn(), before).await?;
        tx.commit_quietly().await?;
        let mut swept = 0;
        loop {
            let tx = self.own_work().begin().await?;
            let batch = repo::sessions::sweep(tx.conn(), before, SWEEP_BATCH).await?;
            tx.commit_quietly().await?;
            swept += batch;
            if batch < SWEEP_BATCH {
                return Ok(swept);
            }
        }
    }

    fn session_view(&self, row: Model, caller: &Principal) -> SessionView {
        let Model {
            id,
            account_id: _,
            generation: _,
            refresh_hash: _,
            rotated_at: _,
            created_at,
            last_used_at,
            expires_at,
            absolute_expires_at: _,
            ip,
            user_agent,
            school_id,
            scope,
            revoked_at: _,
            revoked_reason: _,
        } = row;
        SessionView {
            id,
            device: device_name(user_agent.as_deref()),
            ip,
            created_at,
            last_used_at: self.touches.latest(id).map_or(last_used_at, |latest| latest.max(last_used_at)),
            expires_at,
            school_id,
            scope,
            current: id == caller.session_id,
        }
    }
}

/// Forgets sessions long ended and one-time tokens long expired: periodic, every day.
#[derive(Debug)]
pub struct Sweep(pub Arc<IdentityService>);

#[async_trait]
impl JobHandler for Sweep {
    fn kind(&self) -> &'static str {
        SWEEP
    }

    async fn run(&self, _: JobRun) -> Result<(), JobError> {
        self.0.sweep().await?;
        Ok(())
    }
}
