//! Topics, and who listens to them on this node.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use lyceum_kernel::{SchoolId, UserId};
use lyceum_platform::bus::{Bus, Delivery};
use serde_json::json;

use super::frame::Push;
use super::link::Link;

/// What all sockets of all nodes share on the platform's bus.
const BUS_TOPIC: &str = "sockets";

const SHARDS: usize = 16;

/// What somebody can listen to. A topic of a school names the school.
///
/// Anybody may make one to publish under it. Listening goes through [`Socket`](super::Socket) alone, which names the school by
/// itself: that of the connection's caller. A topic of another school cannot even be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Topic(Arc<str>);

impl Topic {
    /// Something of a school: `Topic::of_school(school, "tests", id)`. `kind` is a constant of the context.
    pub fn of_school(school: SchoolId, kind: &'static str, id: impl Display) -> Self {
        Self(format!("school:{school}:{kind}:{id}").into())
    }

    /// What concerns a person in one of their schools.
    pub fn of_member(school: SchoolId, user: UserId) -> Self {
        Self::of_school(school, "person", user)
    }

    /// What concerns a person's account, whichever school is active.
    pub fn of_person(user: UserId) -> Self {
        Self(format!("person:{user}").into())
    }
}

/// Sends to everybody who listens, on all nodes. Never waits; on this node it is queued for each client when this returns. What is
/// not to be seen before a transaction has committed is published from [`Tx::after_commit`](lyceum_platform::uow::Tx::after_commit).
///
/// Between nodes it goes through Redis; without, only the clients of this node get it. Clients whose node may have missed something
/// get the event `gap`.
pub fn publish(bus: &Bus, topic: &Topic, push: &Push) {
    bus.publish(BUS_TOPIC, push.encode(&topic.0));
}

/// Who listens to what, on this node. Clones are the same.
#[derive(Clone)]
pub(super) struct Exchange(Arc<Inner>);

type Listeners = HashMap<Arc<str>, Vec<Arc<Link>>>;

struct Inner {
    hasher: RandomState,
    shards: [Mutex<Listeners>; SHARDS],
}

impl Exchange {
    /// An exchange that passes on what is published on the bus.
    pub(super) fn new(bus: &Bus) -> Self {
        let inner = Inner { hasher: RandomState::new(), shards: std::array::from_fn(|_| Mutex::default()) };
        let exchange = Self(Arc::new(inner));
        let ears = Arc::downgrade(&exchange.0);
        bus.attend(BUS_TOPIC, move |delivery| {
            if let Some(inner) = ears.upgrade() {
                inner.hear(delivery);
            }
        });
        exchange
    }

    /// Adds a listener.
    pub(super) fn join(&self, topic: &Topic, link: &Arc<Link>) {
        let mut listeners = self.0.shard(&topic.0);
        listeners.entry(Arc::clone(&topic.0)).or_default().push(Arc::clone(link));
    }

    /// How many topics somebody listens to.
    #[cfg(test)]
    pub(super) fn topics(&self) -> usize {
        self.0.shards.iter().map(|shard| lock(shard).len()).sum()
    }

    /// Removes a listener.
    pub(super) fn leave(&self, topic: &Topic, link: &Arc<Link>) {
        let mut listeners = self.0.shard(&topic.0);
        if let Some(links) = listeners.get_mut(&topic.0) {
            links.retain(|other| !Arc::ptr_eq(other, link));
            if links.is_empty() {
                listeners.remove(&topic.0);
            }
        }
    }
}

impl Inner {
    fn hear(&self, delivery: Delivery) {
        match delivery {
            Delivery::Message(bytes) => self.pass_on(bytes),
            Delivery::Gap => {
                let gap = Push::message(&json!({ "event": "gap", "data": {} }));
                let mut told = HashSet::new();
                for shard in &self.shards {
                    for link in lock(shard).values().flatten().filter(|link| told.insert(link.number)) {
                        link.push(&gap);
                    }
                }
            }
        }
    }

    fn pass_on(&self, bytes: Bytes) {
        let Some((topic, push)) = Push::decode(bytes) else { return };
        let Ok(topic) = std::str::from_utf8(&topic) else { return };
        if let Some(links) = self.shard(topic).get(topic) {
            for link in links {
                link.push(&push);
            }
        }
    }

    fn shard(&self, topic: &str) -> MutexGuard<'_, Listeners> {
        #[expect(clippy::cast_possible_truncation, reason = "only the low bits choose the shard")]
        let index = self.hasher.hash_one(topic) as usize % SHARDS;
        lock(&self.shards[index])
    }
}

fn lock(shard: &Mutex<Listeners>) -> MutexGuard<'_, Listeners> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
