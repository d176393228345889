//! The sealer: links what was committed into the chains, a second later.
//!
//! Each turn takes the committed rows that have no seal yet. Being unsealed is a property of the row and not a position that
//! the sealer remembers: a transaction that began early and commits late is sealed late, never skipped, and a database that was
//! dumped and restored, or that counts its transactions otherwise, changes nothing. Between turns the chain has the order of
//! commits; within one, that of the moments at which the units of work began, so what was committed before another unit of work
//! began stands before it.
//!
//! Exactly one node seals at a time, by an advisory lock that nobody waits for; should two meet all the same, the heads move only
//! from where they were read, and one of the two rolls back. A request never waits: it only inserts rows, and the sealer locks
//! none but those that it seals.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lyceum_kernel::Scope;
use lyceum_platform::uow::audit::Model;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::AuditService;
use crate::chain::{GENESIS, SALT, Sum, chain_of, link, origin_digest, values_digest};
use crate::error::AuditError;
use crate::model::{chain, checkpoint};
use crate::repo::seals::{self, Sealed};
use crate::signing::Signer;

/// How often the sealer looks.
const EVERY: Duration = Duration::from_secs(1);

/// Rows sealed in one transaction on PostgreSQL.
const BATCH: usize = 2_000;

/// The same on SQLite, where every other writer waits meanwhile.
const SMALL_BATCH: usize = 250;

/// A chain gets a checkpoint after so many entries.
const CHECKPOINT: i64 = 1_000;

/// The present end of a chain while a batch is linked to it.
struct End {
    /// Where the database has it, if it has it.
    was: Option<i64>,
    seq: i64,
    link: Sum,
    checkpoint_seq: i64,
}

impl AuditService {
    /// Seals whatever is committed, each second until `stop`, if no other node does. Errors are logged and the next turn tries again.
    pub fn start_sealer(self: &Arc<Self>, stop: CancellationToken) -> JoinHandle<()> {
        let service = Arc::clone(self);
        metrics::describe_gauge!("lyceum_audit_unsealed_seconds", "Age of the oldest audit entry without a seal.");
        tokio::spawn(async move {
            let mut well = true;
            while !stop.is_cancelled() {
                match service.turn().await {
                    Ok(()) => well = true,
                    // Told once, not each second while the database is away.
                    Err(error) if std::mem::replace(&mut well, false) => tracing::warn!(%error, "audit.not_sealed"),
                    Err(_) => {}
                }
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(EVERY) => {}
                }
            }
        })
    }

    /// Seals everything that is committed now, and says how many entries that were. Nothing if another node is at it.
    pub async fn seal_pending(&self) -> Result<usize, AuditError> {
        let mut sealed = 0;
        loop {
            let batch = self.seal_batch().await?;
            sealed += batch;
            if batch < self.batch() {
                return Ok(sealed);
            }
        }
    }

    /// One look, for which an idle node pays with one read, and the work that there is.
    async fn turn(&self) -> Result<(), AuditError> {
        let oldest = seals::oldest_unsealed(&self.platform.db.read(Scope::Platform)).await?;
        let age = oldest.map(|at| self.platform.clock.now() - at).and_then(|age| age.to_std().ok()).unwrap_or_default();
        metrics::gauge!("lyceum_audit_unsealed_seconds").set(age.as_secs_f64());
        if oldest.is_some() {
            self.seal_pending().await?;
        }
        Ok(())
    }

    fn batch(&self) -> usize {
        if self.platform.db.is_postgres() { BATCH } else { SMALL_BATCH }
    }

    async fn seal_batch(&self) -> Result<usize, AuditError> {
        let signer = self.signer().await?;
        let tx = self.platform.db.begin().await?;
        let rows =
            if seals::take_turn(&tx).await? { seals::unsealed(&tx, self.batch() as u64).await? } else { Vec::new() };
        if rows.is_empty() {
            tx.rollback().await;
            return Ok(0);
        }
        let mut ends = ends(&rows, seals::heads(&tx, &chains(&rows)).await?)?;
        let sealed: Vec<_> = rows.iter().filter_map(|row| self.seal(row, &mut ends)).collect();
        let count = sealed.len();
        let (moved, begun, marks) = self.sign(signer, ends);
        let mine = seals::write(&tx, sealed).await? && seals::move_heads(&tx, moved, begun).await?;
        if !mine {
            tx.rollback().await;
            return Err(AuditError::Overtaken);
        }
        seals::add_checkpoints(&tx, marks.clone()).await?;
        tx.commit().await?;
        metrics::counter!("lyceum_audit_sealed_total").increment(count as u64);
        announce(&marks);
        Ok(count)
    }

    /// Links a row to the end of its chain.
    fn seal(&self, row: &Model, ends: &mut BTreeMap<Uuid, End>) -> Option<Sealed> {
        let mut salts = [[0_u8; SALT]; 2];
        for salt in &mut salts {
            self.platform.entropy.fill(salt);
        }
        let [origin_salt, values_salt] = salts;
        let chain = chain_of(row);
        let end = ends.get_mut(&chain)?;
        let (origin, values) = (origin_digest(&origin_salt, row), values_digest(&values_salt, row));
        end.seq += 1;
        end.link = link(&end.link, (chain, end.seq), row, &origin, &values);
        Some(Sealed {
            id: row.id,
            chain,
            seq: end.seq,
            origin: (origin_salt.to_vec(), origin),
            values: (values_salt.to_vec(), values),
            link: end.link,
        })
    }

    /// The new heads, those that move and those of new chains, and the checkpoints that are due.
    fn sign(&self, signer: &Signer, ends: BTreeMap<Uuid, End>) -> Signed {
        let now = self.platform.clock.now();
        let mut all: Signed = (Vec::new(), Vec::new(), Vec::new());
        for (chain_id, end) in ends {
            let due = end.was.is_none() || end.seq - end.checkpoint_seq >= CHECKPOINT;
            let head = chain::Model {
                chain_id,
                seq: end.seq,
                link: end.link.to_vec(),
                sealed_at: now,
                key_id: signer.id,
                signature: signer.sign(chain_id, end.seq, &end.link),
                checkpoint_seq: if due { end.seq } else { end.checkpoint_seq },
            };
            if due {
                let chain::Model { chain_id, seq, link, sealed_at, key_id, signature, checkpoint_seq: _ } =
                    head.clone();
                all.2.push(checkpoint::Model { chain_id, seq, link, sealed_at, key_id, signature });
            }
            match end.was {
                Some(expected) => all.0.push((head, expected)),
                None => all.1.push(head),
            }
        }
        all
    }
}

/// Heads with the place they move from, first heads, checkpoints.
type Signed = (Vec<(chain::Model, i64)>, Vec<chain::Model>, Vec<checkpoint::Model>);

fn chains(rows: &[Model]) -> Vec<Uuid> {
    let mut chains: Vec<_> = rows.iter().map(chain_of).collect();
    chains.sort_unstable();
    chains.dedup();
    chains
}

/// Where the chains of these rows end now.
fn ends(rows: &[Model], heads: Vec<chain::Model>) -> Result<BTreeMap<Uuid, End>, AuditError> {
    let start = || End { was: None, seq: 0, link: GENESIS, checkpoint_seq: 0 };
    let mut ends: BTreeMap<Uuid, End> = rows.iter().map(|row| (chain_of(row), start())).collect();
    for head in heads {
        let link = head.link.try_into().map_err(|_| AuditError::Internal("the head of a chain is no digest"))?;
        let end = End { was: Some(head.seq), seq: head.seq, link, checkpoint_seq: head.checkpoint_seq };
        ends.insert(head.chain_id, end);
    }
    Ok(ends)
}

/// Checkpoints also go to the log, which is kept elsewhere: whoever could rewrite the whole database could not rewrite that.
fn announce(marks: &[checkpoint::Model]) {
    for mark in marks {
        tracing::info!(
            audit.chain = %mark.chain_id,
            audit.seq = mark.seq,
            audit.link = crate::chain::hex(&mark.link),
            "audit.checkpoint"
        );
    }
}
