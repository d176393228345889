//! Walking a chain to find the first place where it does not hold.

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::VerifyingKey;
use lyceum_kernel::{SchoolId, Scope};
use lyceum_platform::db::ReadConn;
use lyceum_platform::uow::audit::Model;
use uuid::Uuid;

use super::AuditService;
use crate::chain::{GENESIS, Sum, chain_of, hex, link, origin_digest, values_digest};
use crate::error::AuditError;
use crate::model::chain;
use crate::repo::{entries, seals};
use crate::signing::{Signer, is_signed};

/// Entries read at a time.
const PAGE: u64 = 1_000;

/// Which chain: a school's, or the platform's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Chain(Uuid);

impl Chain {
    /// What concerns no school.
    pub const PLATFORM: Self = Self(Uuid::nil());

    /// A school's.
    pub const fn of(school: SchoolId) -> Self {
        Self(school.0)
    }
}

impl std::fmt::Display for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if *self == Self::PLATFORM { f.write_str("platform") } else { write!(f, "school {}", self.0) }
    }
}

/// What is wrong at the place where a chain breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There is no entry at this place.
    Missing,
    /// Who did what to what is not what was sealed, or the seal itself was changed.
    Altered,
    /// Where it came from is not what was sealed.
    OriginAltered,
    /// The fields before or after are not what was sealed.
    ValuesAltered,
    /// Another entry stood here.
    Reordered,
    /// Personal values are gone although the log knows of no erasure of that person.
    Removed,
    /// The chain goes on beyond its signed head.
    BeyondHead,
    /// There is no signed head.
    Headless,
    /// The head is not signed by a key of this deployment, or is not the link at its place.
    HeadForged,
    /// The same of a checkpoint.
    CheckpointForged,
}

impl Fault {
    /// What is wrong, in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "the entry is missing",
            Self::Altered => "the entry was altered",
            Self::OriginAltered => "the entry's address or user agent was altered",
            Self::ValuesAltered => "the entry's fields before or after were altered",
            Self::Reordered => "the entry stands in another's place",
            Self::Removed => "the entry's personal values were removed without an erasure",
            Self::BeyondHead => "the entry lies beyond the signed head",
            Self::Headless => "the chain has no signed head",
            Self::HeadForged => "the head was not signed by this deployment, or is not the link of its entry",
            Self::CheckpointForged => {
                "the checkpoint was not signed by this deployment, or is not the link of its entry"
            }
        }
    }
}

/// The first place where a chain breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// The place, from 1.
    pub seq: i64,
    /// The entry found there, if one was.
    pub entry: Option<Uuid>,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is to be said of one chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Which.
    pub chain: Chain,
    /// Entries that hold: all, or those before the break.
    pub verified: i64,
    /// Entries that await their seal.
    pub unsealed: u64,
    /// The last link that holds, in hexadecimal, to be compared with one noted earlier.
    pub link: String,
    /// Where it breaks.
    pub broken: Option<Break>,
}

/// What entries are held against.
struct Evidence {
    /// The keys that this deployment's secret opens.
    keys: BTreeMap<Uuid, VerifyingKey>,
    /// Those whose erasure is on record.
    erased: BTreeSet<Uuid>,
}

/// A walk along a chain.
struct Walk<'a> {
    chain: Uuid,
    db: &'a ReadConn,
    evidence: &'a Evidence,
    head: Option<chain::Model>,
    seq: i64,
    link: Sum,
}

impl AuditService {
    /// Verifies one chain, or every one there is. Reads all entries, a thousand at a time.
    pub async fn verify(&self, chain: Option<Chain>) -> Result<Vec<Verdict>, AuditError> {
        let db = self.platform.db.read(Scope::Platform);
        let mut evidence = self.evidence(&db).await?;
        let chains = if let Some(chain) = chain {
            BTreeSet::from([chain.0])
        } else {
            let said = entries::chains(&db).await?;
            seals::all_chains(&db).await?.into_iter().chain(said).chain([Uuid::nil()]).collect()
        };
        let mut verdicts = Vec::with_capacity(chains.len());
        for chain in chains {
            let mut verdict = verify_chain(&db, &evidence, chain).await?;
            if verdict.broken.as_ref().is_some_and(|broken| broken.fault == Fault::Removed) {
                // Somebody may have been erased since we asked who was.
                evidence = self.evidence(&db).await?;
                verdict = verify_chain(&db, &evidence, chain).await?;
            }
            verdicts.push(verdict);
        }
        Ok(verdicts)
    }

    async fn evidence(&self, db: &ReadConn) -> Result<Evidence, AuditError> {
        let keys = seals::keys(db).await?;
        let keys = keys.iter().filter_map(|row| Signer::open(row, &self.platform.keyring));
        let erased = entries::erased_persons(db).await?.into_iter().collect();
        Ok(Evidence { keys: keys.map(|signer| signer.verifier()).collect(), erased })
    }
}

async fn verify_chain(db: &ReadConn, evidence: &Evidence, chain: Uuid) -> Result<Verdict, AuditError> {
    // The head is read first: what is sealed meanwhile lies beyond it and is left to the next verification.
    let head = seals::head(db, chain).await?;
    let mut walk = Walk { chain, db, evidence, head, seq: 0, link: GENESIS };
    let broken = walk.walk_on().await?;
    let unsealed = entries::unsealed_of(db, chain).await?;
    Ok(Verdict { chain: Chain(chain), verified: walk.seq, unsealed, link: hex(&walk.link), broken })
}

impl Walk<'_> {
    async fn walk_on(&mut self) -> Result<Option<Break>, AuditError> {
        let end = self.head.as_ref().map_or(0, |head| head.seq);
        while self.seq < end {
            let mut rows = entries::of_chain(self.db, self.chain, self.seq, PAGE).await?;
            rows.retain(|row| row.chain_seq.is_some_and(|seq| seq <= end));
            if rows.is_empty() {
                return Ok(Some(Break { seq: self.seq + 1, entry: None, fault: Fault::Missing }));
            }
            if let Some(broken) = self.along(&rows).await? {
                return Ok(Some(broken));
            }
        }
        self.at_the_end().await
    }

    /// Walks along one page and the checkpoints in it.
    async fn along(&mut self, rows: &[Model]) -> Result<Option<Break>, AuditError> {
        let last = rows.last().and_then(|row| row.chain_seq).unwrap_or(self.seq);
        let checkpoints = seals::checkpoints(self.db, self.chain, self.seq, last).await?;
        let mut checkpoints = checkpoints.into_iter().peekable();
        for (index, row) in rows.iter().enumerate() {
            let expected = self.seq + 1;
            let fault = match self.examine(row, expected) {
                Ok(link) => {
                    self.link = link;
                    None
                }
                Err(Fault::Altered) if self.is_elsewhere(&rows[index..], expected) => Some(Fault::Reordered),
                Err(fault) => Some(fault),
            };
            if let Some(fault) = fault {
                let entry = (fault != Fault::Missing).then_some(row.id);
                return Ok(Some(Break { seq: expected, entry, fault }));
            }
            if let Some(mark) = checkpoints.next_if(|mark| mark.seq == expected)
                && !self.holds(mark.key_id, expected, &mark.link, &mark.signature)
            {
                return Ok(Some(Break { seq: expected, entry: Some(row.id), fault: Fault::CheckpointForged }));
            }
            self.seq = expected;
        }
        Ok(None)
    }

    /// The link of a row that stands where it should, if all of it is as it was sealed.
    fn examine(&self, row: &Model, expected: i64) -> Result<Sum, Fault> {
        if row.chain_seq != Some(expected) {
            return Err(Fault::Missing);
        }
        let (Some(origin), Some(values), Some(stored)) = (&row.origin_digest, &row.values_digest, &row.link) else {
            return Err(Fault::Altered);
        };
        let link = link(&self.link, (self.chain, expected), row, origin, values);
        if chain_of(row) != self.chain || link[..] != stored[..] {
            return Err(Fault::Altered);
        }
        let erased = || {
            [row.actor_id.map(|id| id.0), row.subject_id.map(|id| id.0), row.target_id]
                .into_iter()
                .flatten()
                .any(|person| self.evidence.erased.contains(&person))
        };
        match &row.origin_salt {
            Some(salt) if origin_digest(salt, row)[..] != origin[..] => return Err(Fault::OriginAltered),
            None if row.ip.is_some() || row.user_agent.is_some() => return Err(Fault::OriginAltered),
            None if !erased() => return Err(Fault::Removed),
            _ => {}
        }
        match &row.values_salt {
            Some(salt) if values_digest(salt, row)[..] != values[..] => Err(Fault::ValuesAltered),
            None if row.before.is_some() || row.after.is_some() => Err(Fault::ValuesAltered),
            None if !erased() => Err(Fault::Removed),
            _ => Ok(link),
        }
    }

    /// Whether what was sealed at this place now stands further on.
    fn is_elsewhere(&self, rows: &[Model], expected: i64) -> bool {
        rows.iter().any(|row| match (&row.origin_digest, &row.values_digest, &row.link) {
            (Some(origin), Some(values), Some(stored)) if row.chain_seq != Some(expected) => {
                link(&self.link, (self.chain, expected), row, origin, values)[..] == stored[..]
            }
            _ => false,
        })
    }

    /// Whether a head or checkpoint at the present place is the present link, signed by a key of this deployment.
    fn holds(&self, key: Uuid, seq: i64, link: &[u8], signature: &[u8]) -> bool {
        let key = self.evidence.keys.get(&key);
        link == self.link && key.is_some_and(|key| is_signed(key, (self.chain, seq, link), signature))
    }

    async fn at_the_end(&self) -> Result<Option<Break>, AuditError> {
        let found = |seq, entry, fault| Ok(Some(Break { seq, entry, fault }));
        let Some(head) = &self.head else {
            let stray = entries::of_chain(self.db, self.chain, 0, 1).await?;
            // A chain may have begun while we looked: then it has its head by now.
            return match stray.first() {
                Some(row) if seals::head(self.db, self.chain).await?.is_none() => {
                    found(row.chain_seq.unwrap_or_default(), Some(row.id), Fault::Headless)
                }
                _ => Ok(None),
            };
        };
        if !self.holds(head.key_id, head.seq, &head.link, &head.signature) {
            return found(head.seq, None, Fault::HeadForged);
        }
        // Entries before heads: the head that is read after them covers them, or they lie beyond any.
        let beyond = entries::of_chain(self.db, self.chain, self.seq, 1).await?;
        let now = seals::head(self.db, self.chain).await?.map_or(0, |head| head.seq);
        match beyond.first() {
            Some(row) if row.chain_seq.is_some_and(|seq| seq > now) => {
                found(row.chain_seq.unwrap_or_default(), Some(row.id), Fault::BeyondHead)
            }
            _ => match seals::checkpoints(self.db, self.chain, now, i64::MAX).await?.first() {
                // A checkpoint beyond the head: the chain was longer once.
                Some(mark) => found(mark.seq, None, Fault::Missing),
                None => Ok(None),
            },
        }
    }
}
