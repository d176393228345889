//! Hashing and verifying passwords with Argon2id (RFC 9106) on threads of its own.
//!
//! One thread per hash at once, each with its block of memory, which it keeps while there is work: so no more than `threads × memory` is ever
//! resident and no async thread is ever blocked. The queue is bounded; whoever finds it full is told to come back. Work whose
//! asker has gone away is skipped.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use lyceum_kernel::SharedEntropy;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;

use crate::error::IdentityError;
use crate::password::policy::MAX_BYTES;

/// Bytes of a hash.
const OUTPUT_BYTES: usize = 32;

/// Bytes of a salt.
const SALT_BYTES: usize = 16;

/// How long a hashing thread keeps its memory with nothing to do, and then how long until the allocator is made to give it back.
const REST: Duration = Duration::from_secs(2);

/// Most memory that a stored hash may ask for: 256 MiB. More is not ours and would be an attack on us.
const MAX_MEMORY_KIB: u32 = 256 * 1024;

/// What one hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for HashCost {
    /// 46 MiB, one pass, one lane: the first choice of the OWASP cheat sheet.
    fn default() -> Self {
        Self { memory_kib: 46 * 1024, passes: 1, lanes: 1 }
    }
}

/// What a password turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Not the one, or there is none.
    Wrong,
    /// The one.
    Right,
    /// The one, but its hash is cheaper than what we now ask for: store a new one.
    RightButWeak,
}

/// The hashing threads. Dropping it ends them.
pub struct Hasher {
    queue: Arc<Queue>,
}

struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    capacity: usize,
    computed: AtomicU64,
    cost: Params,
    entropy: SharedEntropy,
}

struct Waiting {
    tasks: VecDeque<Task>,
    closed: bool,
}

enum Task {
    Hash { password: SecretString, answer: oneshot::Sender<Option<String>> },
    Verify { password: SecretString, stored: Option<String>, answer: oneshot::Sender<Option<Verdict>> },
}

impl Task {
    fn is_abandoned(&self) -> bool {
        match self {
            Self::Hash { answer, .. } => answer.is_closed(),
            Self::Verify { answer, .. } => answer.is_closed(),
        }
    }
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hasher").field("computed", &self.computed()).finish_non_exhaustive()
    }
}

impl Hasher {
    /// Starts `threads` threads; `capacity` hashes may wait for one.
    ///
    /// # Errors
    /// If the cost is out of Argon2's range or a thread cannot be started.
    pub fn start(
        cost: HashCost,
        threads: usize,
        capacity: usize,
        entropy: SharedEntropy,
    ) -> Result<Self, IdentityError> {
        let cost = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(OUTPUT_BYTES))
            .map_err(|_| IdentityError::Internal("the cost of password hashes is out of range"))?;
        let queue = Arc::new(Queue {
            waiting: Mutex::new(Waiting { tasks: VecDeque::new(), closed: false }),
            arrived: Condvar::new(),
            capacity: capacity.max(1),
            computed: AtomicU64::new(0),
            cost,
            entropy,
        });
        let hasher = Self { queue: queue.clone() };
        for number in 0..threads.max(1) {
            let queue = queue.clone();
            std::thread::Builder::new()
                .name(format!("hasher-{number}"))
                .spawn(move || queue.work())
                .map_err(|_| IdentityError::Internal("a hashing thread could not be started"))?;
        }
        Ok(hasher)
    }

    /// Hashes a new password with a fresh salt into a PHC string.
    ///
    /// # Errors
    /// [`IdentityError::HasherBusy`] if too many are waiting already.
    pub async fn hash(&self, password: &SecretString) -> Result<String, IdentityError> {
        if password.expose_secret().len() > MAX_BYTES {
            return Err(IdentityError::Internal("a password too long to be hashed got past validation"));
        }
        let (answer, hash) = oneshot::channel();
        self.queue.push(Task::Hash { password: password.clone(), answer })?;
        hash.await.ok().flatten().ok_or(IdentityError::Internal("a password could not be hashed"))
    }

    /// Verifies a password against a stored PHC string. Without one (nobody of that name, or no password set) it computes a
    /// hash all the same and says [`Verdict::Wrong`], so that every path costs one hash.
    ///
    /// # Errors
    /// [`IdentityError::HasherBusy`] if too many are waiting already.
    pub async fn verify(&self, password: &SecretString, stored: Option<&str>) -> Result<Verdict, IdentityError> {
        if password.expose_secret().len() > MAX_BYTES {
            return Ok(Verdict::Wrong);
        }
        let (answer, verdict) = oneshot::channel();
        self.queue.push(Task::Verify { password: password.clone(), stored: stored.map(str::to_owned), answer })?;
        verdict.await.ok().flatten().ok_or(IdentityError::Internal("a password could not be verified"))
    }

    /// How many hashes were computed since the start.
    pub fn computed(&self) -> u64 {
        self.queue.computed.load(Ordering::Relaxed)
    }
}

impl Drop for Hasher {
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.queue.arrived.notify_all();
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, task: Task) -> Result<(), IdentityError> {
        let mut waiting = self.lock();
        if waiting.tasks.len() >= self.capacity {
            waiting.tasks.retain(|task| !task.is_abandoned());
            if waiting.tasks.len() >= self.capacity {
                return Err(IdentityError::HasherBusy);
            }
        }
        waiting.tasks.push_back(task);
        drop(waiting);
        self.arrived.notify_one();
        Ok(())
    }

    /// The next task that somebody still waits for; none once the hasher is gone. `resting` is called when there was nothing
    /// to do for a while.
    fn next(&self, mut resting: impl FnMut()) -> Option<Task> {
        let mut waiting = self.lock();
        loop {
            if let Some(task) = waiting.tasks.pop_front() {
                if task.is_abandoned() {
                    continue;
                }
                return Some(task);
            }
            if waiting.closed {
                return None;
            }
            let rested = self.arrived.wait_timeout(waiting, REST).unwrap_or_else(PoisonError::into_inner);
            waiting = rested.0;
            if rested.1.timed_out() {
                resting();
            }
        }
    }

    /// A hashing thread: its memory is allocated with a hash and kept until there is nothing to do. Nobody is left to hear a
    /// refused answer.
    fn work(&self) {
        let mut memory = Vec::new();
        let mut freed = 0;
        let rest = |memory: &mut Vec<Block>, freed: &mut usize| match std::mem::take(memory).capacity() {
            0 => give_back(std::mem::take(freed)),
            blocks => *freed = blocks,
        };
        while let Some(task) = self.next(|| rest(&mut memory, &mut freed)) {
            self.perform(task, &mut memory);
        }
    }

    fn perform(&self, task: Task, memory: &mut Vec<Block>) {
        match task {
            Task::Hash { password, answer } => {
                let _ = answer.send(self.hash(password.expose_secret(), memory));
            }
            Task::Verify { password, stored, answer } => {
                let _ = answer.send(self.verify(password.expose_secret(), stored.as_deref(), memory));
            }
        }
    }

    fn hash(&self, password: &str, memory: &mut Vec<Block>) -> Option<String> {
        let mut salt = [0_u8; SALT_BYTES];
        self.entropy.fill(&mut salt);
        let output = self.compute(&self.cost, Version::V0x13, password, &salt, memory)?;
        let hash = PasswordHash {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&self.cost).ok()?,
            salt: Some(Salt::new(&salt).ok()?),
            hash: Some(Output::new(&output).ok()?),
        };
        Some(hash.to_string())
    }

    fn verify(&self, password: &str, stored: Option<&str>, memory: &mut Vec<Block>) -> Option<Verdict> {
        let Some(stored) = stored.and_then(Stored::parse) else {
            self.compute(&self.cost, Version::V0x13, password, &[0; SALT_BYTES], memory)?;
            return Some(Verdict::Wrong);
        };
        let output = self.compute(&stored.cost, stored.version, password, &stored.salt, memory)?;
        if !bool::from(output.as_slice().ct_eq(&stored.output)) {
            return Some(Verdict::Wrong);
        }
        let weak = stored.cost.m_cost() < self.cost.m_cost()
            || stored.cost.t_cost() < self.cost.t_cost()
            || stored.version != Version::V0x13;
        Some(if weak { Verdict::RightButWeak } else { Verdict::Right })
    }

    fn compute(
        &self,
        cost: &Params,
        version: Version,
        password: &str,
        salt: &[u8],
        memory: &mut Vec<Block>,
    ) -> Option<Vec<u8>> {
        let blocks = cost.block_count();
        if memory.len() < blocks {
            memory.resize(blocks, Block::default());
        }
        let mut output = vec![0_u8; cost.output_len().unwrap_or(OUTPUT_BYTES)];
        self.computed.fetch_add(1, Ordering::Relaxed);
        Argon2::new(Algorithm::Argon2id, version, cost.clone())
            .hash_password_into_with_memory(password.as_bytes(), salt, &mut output, memory.as_mut_slice())
            .ok()?;
        Some(output)
    }
}

/// Makes the allocator give back the memory of that many blocks, freed a while ago. mimalloc returns freed memory to the system when
/// it next handles an area as large; left to itself, that is with the next burst of logins. What is reserved here is never touched.
fn give_back(blocks: usize) {
    if blocks > 0 {
        drop(std::hint::black_box(Vec::<Block>::with_capacity(blocks)));
    }
}

/// A stored hash, taken apart.
struct Stored {
    cost: Params,
    version: Version,
    salt: Vec<u8>,
    output: Vec<u8>,
}

impl Stored {
    fn parse(phc: &str) -> Option<Self> {
        let hash = PasswordHash::new(phc).ok()?;
        let cost = Params::try_from(&hash).ok()?;
        if hash.algorithm != ARGON2ID_IDENT || cost.m_cost() > MAX_MEMORY_KIB {
            return None;
        }
        let version = hash.version.and_then(|number| Version::try_from(number).ok()).unwrap_or_default();
        let salt = hash.salt?.as_ref().to_vec();
        Some(Self { cost, version, salt, output: hash.hash?.as_bytes().to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Fixed;

    impl lyceum_kernel::Entropy for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(7);
        }
    }

    fn hasher(memory_kib: u32) -> Hasher {
        Hasher::start(HashCost { memory_kib, passes: 1, lanes: 1 }, 2, 16, Arc::new(Fixed)).unwrap()
    }

    fn secret(text: &str) -> SecretString {
        SecretString::from(text.to_owned())
    }

    #[tokio::test]
    async fn a_hash_verifies_and_states_its_cost() {
        let hasher = hasher(47_104);
        let hash = hasher.hash(&secret("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=47104,t=1,p=1$"), "{hash}");
        assert_eq!(hasher.verify(&secret("correct horse"), Some(&hash)).await.unwrap(), Verdict::Right);
        assert_eq!(hasher.verify(&secret("correct horsE"), Some(&hash)).await.unwrap(), Verdict::Wrong);
        assert_eq!(hasher.computed(), 3);
    }

    #[tokio::test]
    async fn nobody_costs_a_hash_as_well() {
        let hasher = hasher(64);
        assert_eq!(hasher.verify(&secret("anything"), None).await.unwrap(), Verdict::Wrong);
        assert_eq!(hasher.verify(&secret("anything"), Some("nonsense")).await.unwrap(), Verdict::Wrong);
        assert_eq!(hasher.computed(), 2);
    }

    #[tokio::test]
    async fn an_older_hash_is_right_but_weak() {
        let old = hasher(64).hash(&secret("correct horse")).await.unwrap();
        let verdict = hasher(128).verify(&secret("correct horse"), Some(&old)).await.unwrap();
        assert_eq!(verdict, Verdict::RightButWeak);
    }

    #[tokio::test]
    async fn what_the_reference_made_is_understood() {
        use argon2::password_hash::PasswordHasher as _;
        let params = Params::new(64, 1, 1, None).unwrap();
        let reference = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let hash = reference.hash_password(b"correct horse").unwrap().to_string();
        assert_eq!(hasher(64).verify(&secret("correct horse"), Some(&hash)).await.unwrap(), Verdict::Right);
    }

    #[tokio::test]
    async fn every_byte_of_a_long_password_counts() {
        let hasher = hasher(64);
        let long = "x".repeat(200);
        let hash = hasher.hash(&secret(&long)).await.unwrap();
        assert_eq!(hasher.verify(&secret(&format!("{long}y")), Some(&hash)).await.unwrap(), Verdict::Wrong);
        assert_eq!(hasher.verify(&secret(&"x".repeat(MAX_BYTES + 1)), Some(&hash)).await.unwrap(), Verdict::Wrong);
        assert_eq!(hasher.computed(), 2);
    }
}
