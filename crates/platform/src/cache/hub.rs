//! Stamps, and who moves them.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use uuid::Uuid;

/// What a cached entry hangs on: a thing of some kind.
#[derive(Debug, Clone, Copy, Hash, Eq, PartialEq)]
pub struct CacheTag {
    /// The kind of thing: `session`, `user`, `permissions`, … No spaces or colons.
    pub kind: &'static str,
    /// Which one: its UUID as a number.
    pub id: u128,
}

impl CacheTag {
    /// The tag of one thing.
    pub const fn new(kind: &'static str, id: Uuid) -> Self {
        Self { kind, id: id.as_u128() }
    }

    /// As it stands in a notification: `kind:uuidhex`.
    pub(crate) fn notation(&self) -> String {
        format!("{}:{:032x}", self.kind, self.id)
    }
}

/// How many stamps there are; a power of two.
const STAMPS: usize = 4_096;

/// The stamps of one process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CacheHub(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    stamps: Box<[AtomicU64]>,
    /// Moved when nothing that was loaded before may be trusted.
    era: AtomicU64,
    /// Moved with every stamp.
    revision: AtomicU64,
    /// Whether invalidations of other nodes reach this one.
    listening: AtomicBool,
}

/// The stamps that an entry was loaded under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    era: u64,
    count: u64,
}

impl CacheHub {
    /// A hub of a process that shares its database with nobody.
    pub fn alone() -> Self {
        Self::with(true)
    }

    /// A hub that trusts nothing until its listener runs.
    pub(crate) fn shared() -> Self {
        Self::with(false)
    }

    fn with(listening: bool) -> Self {
        Self(Arc::new(Inner {
            stamps: (0..STAMPS).map(|_| AtomicU64::new(0)).collect(),
            era: AtomicU64::new(0),
            revision: AtomicU64::new(0),
            listening: AtomicBool::new(listening),
        }))
    }

    /// Invalidates everything that hangs on the tag, in this process.
    pub fn bump(&self, tag: CacheTag) {
        self.bump_hashed(hash(tag.kind, tag.id));
    }

    /// Invalidates everything.
    pub fn bump_all(&self) {
        self.0.era.fetch_add(1, Ordering::SeqCst);
        self.0.revision.fetch_add(1, Ordering::SeqCst);
    }

    /// Moves with every invalidation of anything: while it stays the same, whatever was confirmed still holds. For what lasts
    /// longer than a request and must notice by itself.
    pub fn revision(&self) -> u64 {
        self.0.revision.load(Ordering::SeqCst)
    }

    /// Whether entries may be served at all: false while invalidations of other nodes do not arrive.
    pub fn is_listening(&self) -> bool {
        self.0.listening.load(Ordering::SeqCst)
    }

    /// Invalidates what a notification names: `kind:uuidhex kind:uuidhex …`. What is not understood invalidates everything.
    pub(crate) fn heed(&self, notification: &str) {
        for word in notification.split_ascii_whitespace() {
            match word.split_once(':').and_then(|(kind, id)| Some((kind, u128::from_str_radix(id, 16).ok()?))) {
                Some((kind, id)) => self.bump_hashed(hash(kind, id)),
                None => self.bump_all(),
            }
        }
    }

    /// From now on invalidations arrive; whatever was missed until now is made good by distrusting everything.
    pub(crate) fn listener_up(&self) {
        self.bump_all();
        self.0.listening.store(true, Ordering::SeqCst);
    }

    /// Invalidations may be missed from now on.
    pub(crate) fn listener_down(&self) {
        self.0.listening.store(false, Ordering::SeqCst);
        self.bump_all();
    }

    /// The stamp of a tag now; `None` while nothing may be served.
    pub(super) fn stamp(&self, shard: usize) -> Option<Stamp> {
        let inner = &self.0;
        let stamp = Stamp { era: inner.era.load(Ordering::SeqCst), count: inner.stamps[shard].load(Ordering::SeqCst) };
        inner.listening.load(Ordering::SeqCst).then_some(stamp)
    }

    pub(super) fn shard(tag: CacheTag) -> usize {
        hash(tag.kind, tag.id)
    }

    fn bump_hashed(&self, shard: usize) {
        self.0.stamps[shard].fetch_add(1, Ordering::SeqCst);
        self.0.revision.fetch_add(1, Ordering::SeqCst);
    }
}

/// The stamp of a tag: the same whether the kind is known as a constant or read from a notification.
fn hash(kind: &str, id: u128) -> usize {
    let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(TagKey { kind, id });
    // Only the low bits count, so the cut loses nothing.
    usize::try_from(hash % STAMPS as u64).unwrap_or_default()
}

#[derive(Hash)]
struct TagKey<'a> {
    kind: &'a str,
    id: u128,
}
