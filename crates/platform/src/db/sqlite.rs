//! How SQLite is opened: WAL, one writer, several readers, every commit on the disk before it is answered.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sea_orm::{DatabaseConnection, DbBackend};
use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::{Pools, Settings};
use crate::error::PlatformError;

/// How long one process waits for another's write, such as a backup's.
const BUSY: Duration = Duration::from_secs(5);

/// Opens the file, made if it is not there, together with its folder.
pub(super) async fn open(url: &str, data_dir: &Path, settings: &Settings) -> Result<Pools, PlatformError> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|error| PlatformError::setup(format!("the database URL is not an SQLite URL: {error}")))?;
    if options.get_filename().to_string_lossy().contains(":memory:") || url.contains("mode=memory") {
        return Err(PlatformError::setup("SQLite in memory is not supported: name a file"));
    }
    let parent = options.get_filename().parent().filter(|folder| !folder.as_os_str().is_empty());
    for folder in parent.into_iter().chain([data_dir]) {
        std::fs::create_dir_all(folder)
            .map_err(|error| PlatformError::io(format!("cannot make the folder {}", folder.display()), error))?;
    }
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .pragma("temp_store", "memory")
        .disable_statement_logging();
    let pool = |connections| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(settings.acquire_timeout)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
    };
    // The writer comes first: it makes the file and switches it to WAL.
    let cannot = |error: sqlx::Error| PlatformError::setup(format!("cannot open the SQLite database: {error}"));
    let writer = pool(1).connect_with(options.clone()).await.map_err(cannot)?;
    let reader = pool(settings.readers).connect_with(options.pragma("query_only", "on")).await.map_err(cannot)?;
    let writer = DatabaseConnection::from(writer);
    let (reader, migrator) = (reader.into(), writer.clone());
    Ok(Pools { backend: DbBackend::Sqlite, reader, migrator, writer, listener: None, breaker: None })
}
