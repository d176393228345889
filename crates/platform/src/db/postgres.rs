//! How connections to PostgreSQL are opened.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::{DatabaseConnection, DbBackend};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, PgPool, Postgres, pool::PoolOptions};

use super::breakage::Breakage;
use super::breaker::Breaker;
use super::{Pools, Settings};
use crate::error::PlatformError;

/// The name in `pg_stat_activity`.
const APPLICATION: &str = "lyceum";

/// Makes the pools; nothing is connected yet.
pub(super) fn open(url: &str, settings: &Settings, breakage: &Arc<Breakage>) -> Result<Pools, PlatformError> {
    // The driver's error might quote the URL, which holds the password.
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| {
            PlatformError::setup("the database URL is not a PostgreSQL URL (postgres://user:password@host/name)")
        })?
        .disable_statement_logging();
    let pool = guarded(breakage)
        .max_connections(settings.max_connections)
        .acquire_timeout(settings.acquire_timeout)
        .connect_lazy_with(working(&options, settings));
    let migrator = PgPoolOptions::new()
        .max_connections(2)
        .idle_timeout(Duration::from_secs(10))
        .connect_lazy_with(options.clone().application_name(&format!("{APPLICATION} migration")));
    let connection = DatabaseConnection::from(pool);
    Ok(Pools {
        backend: DbBackend::Postgres,
        reader: connection.clone(),
        writer: connection,
        migrator: migrator.into(),
        listener: Some(listener(options.clone())),
        breaker: Some(Breaker::new(options.application_name(&format!("{APPLICATION} probe")), Arc::clone(breakage))),
    })
}

/// A session whose statements, locks and idle transactions end by themselves. A lock gives up before the statement does, so
/// that the two can be told apart.
fn working(options: &PgConnectOptions, settings: &Settings) -> PgConnectOptions {
    let millis = |duration: Duration| duration.as_millis().to_string();
    options.clone().application_name(APPLICATION).options([
        ("statement_timeout", millis(settings.statement_timeout)),
        ("lock_timeout", millis(settings.lock_timeout)),
        ("idle_in_transaction_session_timeout", millis(settings.transaction_timeout * 2)),
    ])
}

/// Pool options that hand out and take back only connections opened after the last breakage. No connection is asked before it
/// is used; no number of connections is kept open by the pool itself, whose maintenance would wait up to a minute between two
/// tries after an outage.
fn guarded(breakage: &Arc<Breakage>) -> PoolOptions<Postgres> {
    let (before, after) = (Arc::clone(breakage), Arc::clone(breakage));
    PgPoolOptions::new()
        .min_connections(0)
        .test_before_acquire(false)
        .before_acquire(move |_, meta| {
            let trusted = before.trusts(meta.age);
            Box::pin(std::future::ready(Ok(trusted)))
        })
        .after_release(move |_, meta| {
            let trusted = after.trusts(meta.age);
            Box::pin(std::future::ready(Ok(trusted)))
        })
}

/// One connection is in use. The others are for when it hangs in a dead network: the driver keeps it until the kernel gives it up.
fn listener(options: PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(5)
        .max_lifetime(None)
        .idle_timeout(None)
        .acquire_timeout(Duration::from_secs(1))
        .connect_lazy_with(options.application_name(&format!("{APPLICATION} listener")))
}
