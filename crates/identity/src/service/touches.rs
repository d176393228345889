//! When sessions were last used, written in batches beside the requests and not by them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use chrono::{DateTime, Utc};
use lyceum_kernel::{RequestId, SessionId};
use lyceum_platform::uow::Cause;

use crate::error::IdentityError;
use crate::repo;
use crate::service::IdentityService;

/// How often what was noted is written.
const FLUSH_EVERY: Duration = Duration::from_secs(5);

/// Sessions in one statement.
const BATCH: usize = 500;

/// Sessions that were used and whose rows do not say so yet.
#[derive(Debug, Default)]
pub struct Touches(Mutex<HashMap<SessionId, DateTime<Utc>>>);

impl Touches {
    /// The session is in use.
    pub fn note(&self, session: SessionId, now: DateTime<Utc>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(session, now);
    }

    /// When the session was last used, if that is not written yet.
    pub fn latest(&self, session: SessionId) -> Option<DateTime<Utc>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&session).copied()
    }

    fn take(&self) -> HashMap<SessionId, DateTime<Utc>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl IdentityService {
    /// Writes down the latest use of sessions every few seconds until the platform stops or the service is dropped.
    pub(crate) fn write_touches(service: &Arc<Self>) {
        let stop = service.platform.stopping();
        let service = Arc::downgrade(service);
        tokio::spawn(stop.run_until_cancelled_owned(async move {
            loop {
                tokio::time::sleep(FLUSH_EVERY).await;
                let Some(service) = Weak::upgrade(&service) else { return };
                if let Err(error) = service.flush_touches().await {
                    tracing::warn!(%error, "identity.last_use_not_written");
                }
            }
        }));
    }

    /// Writes down the latest use of sessions now. What cannot be written is forgotten: it is only for people to look at.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn flush_touches(&self) -> Result<(), IdentityError> {
        let mut used: Vec<_> = self.touches.take().into_iter().collect();
        used.sort_by_key(|(id, _)| *id);
        for batch in used.chunks(BATCH) {
            let Some(moment) = batch.iter().map(|(_, moment)| *moment).max() else { continue };
            let platform = &self.platform;
            let request_id = RequestId::new(platform.clock.now(), platform.entropy.as_ref());
            let tx = platform.unit_of_work(Cause::new(request_id)).begin().await?;
            repo::sessions::touch(tx.conn(), batch.iter().map(|(id, _)| *id), moment).await?;
            tx.commit_quietly().await?;
        }
        Ok(())
    }
}
