//! The task that hears what other nodes invalidate.

use std::time::Duration;

use sqlx::postgres::PgListener;
use sqlx::{Executor, PgPool};
use tokio_util::sync::CancellationToken;

use super::{CHANNEL, CacheHub};

/// How often the connection is asked whether it lives, and how long it may take to answer. Together they bound how long a
/// node may serve what another has invalidated while its connection hangs.
const PING_EVERY: Duration = Duration::from_millis(750);
const PING_TIMEOUT: Duration = Duration::from_millis(750);
const RECONNECT_PAUSE: Duration = Duration::from_millis(250);

/// Listens until it is told to stop, reconnecting for as long as it takes.
pub(crate) async fn run(hub: CacheHub, pool: PgPool, stop: CancellationToken) {
    let mut was_up = true;
    loop {
        let lost = tokio::select! {
            () = stop.cancelled() => break,
            lost = listen(&hub, &pool) => lost,
        };
        let up = hub.is_listening();
        hub.listener_down();
        if let Err(error) = lost
            && (up || was_up)
        {
            tracing::warn!(%error, "cache.listener_lost");
        }
        was_up = up;
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(RECONNECT_PAUSE) => {}
        }
    }
    hub.listener_down();
}

/// Listens until the connection is lost.
async fn listen(hub: &CacheHub, pool: &PgPool) -> Result<(), sqlx::Error> {
    let mut listener = timely(2 * PING_TIMEOUT, PgListener::connect_with(pool)).await?;
    listener.eager_reconnect(false);
    timely(PING_TIMEOUT, listener.listen(CHANNEL)).await?;
    hub.listener_up();
    tracing::debug!("cache.listener_up");
    loop {
        match tokio::time::timeout(PING_EVERY, listener.try_recv()).await {
            Ok(Ok(Some(notification))) => hub.heed(notification.payload()),
            Ok(Ok(None)) => return Ok(()),
            Ok(Err(error)) => return Err(error),
            // Notifications that come with the answer are kept and received next.
            Err(_) => timely(PING_TIMEOUT, (&mut listener).execute("SELECT 1")).await.map(|_| ())?,
        }
    }
}

async fn timely<T>(bound: Duration, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    tokio::time::timeout(bound, work).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}
