//! Answers kept under the client's `Idempotency-Key`, so that a repeated request is answered and not done again.
//!
//! A row is inserted when the unit of work begins and filled when it commits, in the same transaction: it is visible exactly when
//! the effect is. Whoever comes with the same key meanwhile waits on the row (PostgreSQL) or for the writer (SQLite).

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use lyceum_kernel::Scope;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{IntoActiveModel as _, TryInsertResult};
use sha2::{Digest as _, Sha256};

use crate::db::{Db, DbTransaction};
use crate::error::{PlatformError, Trouble};

/// How long answers are kept.
pub const KEPT: TimeDelta = TimeDelta::hours(24);

/// A key and what it was sent with.
#[derive(Debug, Clone)]
pub struct Idempotency {
    /// The header, as sent.
    pub key: String,
    /// Who sent it: a user id; on public routes the address.
    pub caller: String,
    /// `POST /v1/x`: the path as sent, not the route's pattern.
    pub route: String,
    /// SHA-256 over what must be the same the second time.
    pub fingerprint: [u8; 32],
}

impl Idempotency {
    /// The row's key: SHA-256 over caller and key. Neither can run over into the other.
    fn key_hash(&self) -> Vec<u8> {
        let length = u64::try_from(self.caller.len()).unwrap_or(u64::MAX);
        Sha256::new()
            .chain_update(length.to_be_bytes())
            .chain_update(&self.caller)
            .chain_update(&self.key)
            .finalize()
            .to_vec()
    }
}

/// What is known of a key.
#[derive(Debug, Clone)]
pub enum Lookup {
    /// Nothing: do it.
    Unknown,
    /// It was done: this was the answer.
    Replay(StoredAnswer),
    /// It was done with another body or on another route.
    OtherBody,
}

/// An answer as it was first sent.
#[derive(Debug, Clone)]
pub struct StoredAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// The table `idempotency_keys`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    /// SHA-256 over caller and key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key_hash: Vec<u8>,
    /// Who sent it.
    pub caller: String,
    /// On what.
    pub route: String,
    /// SHA-256 of the request.
    pub fingerprint: Vec<u8>,
    /// The answer's status; null only within the transaction.
    pub status: Option<i16>,
    /// The answer's headers: a list of pairs.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub headers: Option<Json>,
    /// The answer's body.
    pub body: Option<Vec<u8>>,
    /// When the key was first seen.
    pub created_at: DateTime<Utc>,
}

/// None.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What is known of a key. One read.
pub async fn lookup(db: &Db, key: &Idempotency) -> Result<Lookup, PlatformError> {
    let Some(row) = Entity::find_by_id(key.key_hash()).one(&db.read(Scope::Platform)).await? else {
        return Ok(Lookup::Unknown);
    };
    if row.fingerprint != key.fingerprint || row.route != key.route {
        return Ok(Lookup::OtherBody);
    }
    let Some(status) = row.status.and_then(|status| u16::try_from(status).ok()) else { return Ok(Lookup::Unknown) };
    let headers = row.headers.map(serde_json::from_value).transpose()?.unwrap_or_default();
    let body = row.body.map_or_else(Bytes::new, Bytes::from);
    Ok(Lookup::Replay(StoredAnswer { status, headers, body }))
}

/// Forgets answers older than [`KEPT`]; at most `limit` at once, so that no purge holds locks for long. Returns how many.
pub async fn purge(db: &Db, now: DateTime<Utc>, limit: u64) -> Result<u64, PlatformError> {
    use sea_orm::QuerySelect as _;
    let old: Vec<Vec<u8>> = Entity::find()
        .select_only()
        .column(Column::KeyHash)
        .filter(Column::CreatedAt.lt(now - KEPT))
        .limit(limit.min(5_000))
        .into_tuple()
        .all(&db.read(Scope::Platform))
        .await?;
    if old.is_empty() {
        return Ok(0);
    }
    let deleted = Entity::delete_many().filter(Column::KeyHash.is_in(old)).exec(&db.write()).await?;
    Ok(deleted.rows_affected)
}

/// Inserts the row. It waits for a transaction that holds the same key.
pub(super) async fn claim(tx: &DbTransaction, key: &Idempotency, now: DateTime<Utc>) -> Result<(), PlatformError> {
    let row = Model {
        key_hash: key.key_hash(),
        caller: key.caller.clone(),
        route: key.route.clone(),
        fingerprint: key.fingerprint.to_vec(),
        status: None,
        headers: None,
        body: None,
        created_at: now,
    };
    let claim = Entity::insert(row.into_active_model().reset_all())
        .on_conflict(OnConflict::column(Column::KeyHash).do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(tx)
        .await;
    match claim {
        Ok(TryInsertResult::Inserted(rows)) if rows > 0 => Ok(()),
        Ok(_) => Err(PlatformError::IdempotencyReplay),
        Err(error) if Trouble::of(&error) == Trouble::LockWait => Err(PlatformError::IdempotencyInFlight),
        Err(error) => Err(error.into()),
    }
}

/// Fills the row with the answer.
pub(super) async fn record(
    tx: &DbTransaction,
    key: &Idempotency,
    status: u16,
    headers: &[(&'static str, String)],
    body: &Bytes,
) -> Result<(), PlatformError> {
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(i16::try_from(status).unwrap_or(i16::MAX)))
        .col_expr(Column::Headers, Expr::value(serde_json::to_value(headers)?))
        .col_expr(Column::Body, Expr::value(body.to_vec()))
        .filter(Column::KeyHash.eq(key.key_hash()))
        .exec(tx)
        .await?;
    Ok(())
}

/// Gives the key free again: what is committed is not the answer to it.
pub(super) async fn release(tx: &DbTransaction, key: &Idempotency) -> Result<(), PlatformError> {
    Entity::delete_many().filter(Column::KeyHash.eq(key.key_hash())).exec(tx).await?;
    Ok(())
}
