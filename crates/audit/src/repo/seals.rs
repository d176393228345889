//! What the sealer reads and writes, within its transaction.

use chrono::{DateTime, Utc};
use lyceum_kernel::Scope;
use lyceum_platform::uow::audit::{Column, Model};
use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Statement, Value,
};
use uuid::Uuid;

use crate::chain::Sum;
use crate::model::{SealTable, chain, checkpoint, entries, key};

/// The number of the lock that the sealer whose turn it is holds on PostgreSQL: "audit" in ASCII.
const TURN: i64 = 0x61_7564_6974;

/// A row with its seal.
#[derive(Debug)]
pub struct Sealed {
    /// The row.
    pub id: Uuid,
    /// Its chain.
    pub chain: Uuid,
    /// Its place in it.
    pub seq: i64,
    /// The salt and digest of where it came from.
    pub origin: (Vec<u8>, Sum),
    /// The salt and digest of the fields before and after.
    pub values: (Vec<u8>, Sum),
    /// The link.
    pub link: Sum,
}

/// Whether it is this sealer's turn: no other node is at it, nor will be until this transaction ends. On SQLite there is one writer
/// at any time. Nobody waits: whoever does not get the turn does without.
#[expect(clippy::disallowed_methods, reason = "no builder knows advisory locks")]
pub async fn take_turn(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    if db.get_database_backend() != DbBackend::Postgres {
        return Ok(true);
    }
    let sql = "SELECT pg_try_advisory_xact_lock($1) AS mine";
    let row = db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [TURN.into()])).await?;
    row.map_or(Ok(false), |row| row.try_get("", "mine"))
}

/// When the oldest row without a seal was written, if there is one.
pub async fn oldest_unsealed(db: &impl ConnectionTrait) -> Result<Option<DateTime<Utc>>, DbErr> {
    entries(Scope::Platform)
        .select_only()
        .column(Column::At)
        .filter(Column::ChainSeq.is_null())
        .order_by_asc(Column::At)
        .order_by_asc(Column::Id)
        .limit(1)
        .into_tuple()
        .one(db)
        .await
}

/// Committed rows without a seal, the oldest first. Being without a seal is a property of the row, so one that commits late
/// is found late, but found. Rows that are being erased at the moment wait for the next turn.
pub async fn unsealed(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<Model>, DbErr> {
    entries(Scope::Platform)
        .filter(Column::ChainSeq.is_null())
        .order_by_asc(Column::At)
        .order_by_asc(Column::Id)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(db)
        .await
}

/// Where these chains end.
pub async fn heads(db: &impl ConnectionTrait, chains: &[Uuid]) -> Result<Vec<chain::Model>, DbErr> {
    chain::Entity::all_rows().filter(chain::Column::ChainId.is_in(chains.iter().copied())).all(db).await
}

/// Where a chain ends.
pub async fn head(db: &impl ConnectionTrait, chain: Uuid) -> Result<Option<chain::Model>, DbErr> {
    chain::Entity::all_rows().filter(chain::Column::ChainId.eq(chain)).one(db).await
}

/// Every chain that has a head.
pub async fn all_chains(db: &impl ConnectionTrait) -> Result<Vec<Uuid>, DbErr> {
    chain::Entity::all_rows().select_only().column(chain::Column::ChainId).into_tuple().all(db).await
}

/// Writes the seals, one statement for all. Anything but as many rows as seals means that a row was sealed by somebody else.
#[expect(clippy::disallowed_methods, reason = "no builder knows UPDATE … FROM with values")]
pub async fn write(db: &impl ConnectionTrait, seals: Vec<Sealed>) -> Result<bool, DbErr> {
    let count = seals.len();
    let mut values: Vec<Value> = Vec::with_capacity(count * 8);
    for Sealed { id, chain, seq, origin, values: fields, link } in seals {
        values.extend([id.into(), chain.into(), seq.into()]);
        values.extend([origin.0.into(), bytes(&origin.1), fields.0.into(), bytes(&fields.1), bytes(&link)]);
    }
    let sql = format!(
        "WITH seal(id, chain_id, chain_seq, origin_salt, origin_digest, values_salt, values_digest, link) AS (VALUES {}) \
         UPDATE audit_log SET chain_id = seal.chain_id, chain_seq = seal.chain_seq, origin_salt = seal.origin_salt, \
         origin_digest = seal.origin_digest, values_salt = seal.values_salt, values_digest = seal.values_digest, \
         link = seal.link FROM seal WHERE audit_log.id = seal.id AND audit_log.chain_seq IS NULL",
        tuples(count, 8)
    );
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected() == count as u64)
}

/// Moves the heads of chains: those that have one from the place they are expected at, the others from nothing. `false`: another
/// sealer was there.
#[expect(
    clippy::disallowed_methods,
    reason = "no builder knows UPDATE … FROM with values; seals belong to the platform"
)]
pub async fn move_heads(
    db: &impl ConnectionTrait,
    moved: Vec<(chain::Model, i64)>,
    begun: Vec<chain::Model>,
) -> Result<bool, DbErr> {
    if !begun.is_empty() {
        let rows = begun.into_iter().map(|head| head.into_active_model().reset_all());
        chain::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    if moved.is_empty() {
        return Ok(true);
    }
    let count = moved.len();
    let mut values: Vec<Value> = Vec::with_capacity(count * 8);
    for (head, expected) in moved {
        let chain::Model { chain_id, seq, link, sealed_at, key_id, signature, checkpoint_seq } = head;
        values.extend([chain_id.into(), expected.into(), seq.into(), link.into()]);
        values.extend([sealed_at.into(), key_id.into(), signature.into(), checkpoint_seq.into()]);
    }
    let sql = format!(
        "WITH head(chain_id, expected, seq, link, sealed_at, key_id, signature, checkpoint_seq) AS (VALUES {}) \
         UPDATE audit_chains SET seq = head.seq, link = head.link, sealed_at = head.sealed_at, key_id = head.key_id, \
         signature = head.signature, checkpoint_seq = head.checkpoint_seq \
         FROM head WHERE audit_chains.chain_id = head.chain_id AND audit_chains.seq = head.expected",
        tuples(count, 8)
    );
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected() == count as u64)
}

/// Adds checkpoints.
#[expect(clippy::disallowed_methods, reason = "seals belong to the platform")]
pub async fn add_checkpoints(db: &impl ConnectionTrait, marks: Vec<checkpoint::Model>) -> Result<(), DbErr> {
    if marks.is_empty() {
        return Ok(());
    }
    let rows = marks.into_iter().map(|mark| mark.into_active_model().reset_all());
    checkpoint::Entity::insert_many(rows).exec_without_returning(db).await.map(|_| ())
}

/// The checkpoints of a chain behind a place, in order.
pub async fn checkpoints(
    db: &impl ConnectionTrait,
    chain: Uuid,
    after: i64,
    up_to: i64,
) -> Result<Vec<checkpoint::Model>, DbErr> {
    checkpoint::Entity::all_rows()
        .filter(checkpoint::Column::ChainId.eq(chain))
        .filter(checkpoint::Column::Seq.gt(after))
        .filter(checkpoint::Column::Seq.lte(up_to))
        .order_by_asc(checkpoint::Column::Seq)
        .all(db)
        .await
}

/// Every key, the newest first.
pub async fn keys(db: &impl ConnectionTrait) -> Result<Vec<key::Model>, DbErr> {
    key::Entity::all_rows().order_by_desc(key::Column::Id).all(db).await
}

/// Adds a key.
pub async fn add_key(db: &impl ConnectionTrait, key: key::Model) -> Result<(), DbErr> {
    key::Entity::insert(key.into_active_model().reset_all()).exec_without_returning(db).await.map(|_| ())
}

fn bytes(sum: &Sum) -> Value {
    sum.to_vec().into()
}

/// `($1, $2), ($3, $4)`.
fn tuples(rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let places: Vec<String> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", places.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}
