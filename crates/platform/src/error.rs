//! What can go wrong in the platform, and what the database's errors mean.

use std::borrow::Cow;
use std::time::Duration;

use lyceum_kernel::{ErrorKind, ServiceError};
use sea_orm::{DbErr, RuntimeErr};
use sqlx::error::DatabaseError;

/// A failure of something that every context stands on.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// The database refused a statement for a reason that trying again does not cure.
    #[error("the database refused a statement")]
    Database(#[source] DbErr),
    /// Something we depend on is away or does not answer in time.
    #[error("{what} is unavailable")]
    Unavailable {
        /// What is away: `database`, `redis`, …
        what: &'static str,
        /// When it is worth trying again.
        retry_after: Duration,
        /// What it said, if it said something.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// Somebody else holds a lock on the same rows, or the database chose this transaction to break a deadlock.
    #[error("the database is busy with the same rows")]
    Busy(#[source] DbErr),
    /// The `Idempotency-Key` was used before and its answer is stored: look it up and send it.
    #[error("the request was answered before")]
    IdempotencyReplay,
    /// Another request with the same `Idempotency-Key` has not finished within five seconds.
    #[error("a request with the same idempotency key is in progress")]
    IdempotencyInFlight,
    /// The job that this unit of work belongs to was given to another worker meanwhile.
    #[error("the lease of the job was lost")]
    LeaseLost,
    /// An answer, an event or a payload could not be made into JSON.
    #[error("a value cannot be JSON")]
    Json(#[from] serde_json::Error),
    /// The program cannot start, or a part of it cannot be used, as it is configured.
    #[error("{0}")]
    Setup(Cow<'static, str>),
    /// A file or a socket failed.
    #[error("{what}")]
    Io {
        /// What was tried.
        what: Cow<'static, str>,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
}

impl PlatformError {
    /// The database is away.
    pub(crate) fn database_away(source: DbErr) -> Self {
        Self::Unavailable { what: "database", retry_after: Duration::from_secs(2), source: Some(Box::new(source)) }
    }

    /// Something is set up wrongly.
    pub fn setup(what: impl Into<Cow<'static, str>>) -> Self {
        Self::Setup(what.into())
    }

    /// A file or a socket failed.
    pub fn io(what: impl Into<Cow<'static, str>>, source: std::io::Error) -> Self {
        Self::Io { what: what.into(), source }
    }
}

impl From<DbErr> for PlatformError {
    fn from(error: DbErr) -> Self {
        match Trouble::of(&error) {
            Trouble::Away | Trouble::Slow => Self::database_away(error),
            Trouble::Contention | Trouble::LockWait => Self::Busy(error),
            Trouble::Other => Self::Database(error),
        }
    }
}

impl ServiceError for PlatformError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unavailable { .. } | Self::Busy(_) => ErrorKind::Unavailable,
            Self::IdempotencyInFlight => ErrorKind::Conflict,
            Self::Database(_)
            | Self::IdempotencyReplay
            | Self::LeaseLost
            | Self::Json(_)
            | Self::Setup(_)
            | Self::Io { .. } => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "unavailable",
            Self::Busy(_) => "busy",
            Self::IdempotencyInFlight => "idempotency-in-flight",
            Self::Database(_)
            | Self::IdempotencyReplay
            | Self::LeaseLost
            | Self::Json(_)
            | Self::Setup(_)
            | Self::Io { .. } => "internal",
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } => Some(*retry_after),
            Self::Busy(_) | Self::IdempotencyInFlight => Some(Duration::from_secs(1)),
            _ => None,
        }
    }
}

/// What a database error says about the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The connection is broken or none could be had.
    Away,
    /// It took too long, and the database itself said so.
    Slow,
    /// A deadlock or a serialisation failure: the same again may succeed.
    Contention,
    /// A lock was not to be had in time.
    LockWait,
    /// The statement's own fault.
    Other,
}

impl Trouble {
    /// Reads an error of sea-orm.
    pub(crate) fn of(error: &DbErr) -> Self {
        match error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(RuntimeErr::Internal(_)) => Self::Away,
            DbErr::Conn(RuntimeErr::SqlxError(inner))
            | DbErr::Exec(RuntimeErr::SqlxError(inner))
            | DbErr::Query(RuntimeErr::SqlxError(inner)) => Self::of_sqlx(inner),
            _ => Self::Other,
        }
    }

    /// Reads an error of the driver.
    pub(crate) fn of_sqlx(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => Self::of_code(error.as_ref()),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Away,
            _ => Self::Other,
        }
    }

    fn of_code(error: &dyn DatabaseError) -> Self {
        let code = error.code().unwrap_or_default();
        // PostgreSQL answers with five characters (SQLSTATE), SQLite with its extended result code in decimal.
        match code.as_ref() {
            "40001" | "40P01" => Self::Contention,
            "55P03" => Self::LockWait,
            "57014" => Self::Slow,
            "53300" | "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25P04" => Self::Away,
            state if state.len() == 5 && state.starts_with("08") => Self::Away,
            "5" | "6" | "261" | "262" | "517" | "773" => Self::LockWait,
            _ => Self::Other,
        }
    }
}

/// The name of the unique, foreign key or check constraint that a statement violated, the same on both databases.
///
/// PostgreSQL tells the name. SQLite names the columns of a unique index (`UNIQUE constraint failed: users.email`), from which
/// the name is made as the migrations do, `uq_<table>_<columns>`, or `pk_<table>` for a primary key; it names an index over expressions and a
/// check outright, and of a foreign key it says nothing: then the answer is `"fk"`.
pub fn violated_constraint(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner))) = error else {
        return None;
    };
    let sqlx::Error::Database(inner) = inner.as_ref() else { return None };
    if let Some(name) = inner.constraint() {
        return Some(name.to_owned());
    }
    from_sqlite(inner.code()?.as_ref(), inner.message())
}

fn from_sqlite(code: &str, message: &str) -> Option<String> {
    let subject = message.split_once("constraint failed: ").map(|(_, subject)| subject);
    match code {
        "1555" => Some(format!("pk_{}", subject?.split_once('.')?.0)),
        "2067" => {
            let subject = subject?;
            if let Some(name) = subject.strip_prefix("index '") {
                return Some(name.trim_end_matches('\'').to_owned());
            }
            let table = subject.split_once('.')?.0;
            let columns: Vec<_> =
                subject.split(", ").filter_map(|c| c.split_once('.').map(|(_, column)| column)).collect();
            Some(format!("uq_{table}_{}", columns.join("_")))
        }
        "275" => Some(subject?.to_owned()),
        "787" | "1811" => Some("fk".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::from_sqlite;

    #[test]
    fn constraint_names_are_made_from_what_sqlite_says() {
        let named = |code, message| from_sqlite(code, message).unwrap_or_default();
        assert_eq!(named("2067", "UNIQUE constraint failed: users.email"), "uq_users_email");
        assert_eq!(
            named("2067", "UNIQUE constraint failed: users.school_id, users.username"),
            "uq_users_school_id_username"
        );
        assert_eq!(named("2067", "UNIQUE constraint failed: index 'uq_users_email_folded'"), "uq_users_email_folded");
        assert_eq!(named("1555", "UNIQUE constraint failed: users.id"), "pk_users");
        assert_eq!(named("275", "CHECK constraint failed: ck_users_state"), "ck_users_state");
        assert_eq!(from_sqlite("1299", "NOT NULL constraint failed: users.email"), None);
    }
}
