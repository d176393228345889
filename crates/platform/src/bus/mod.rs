//! Publish and subscribe by topic, within this process and, with Redis, between nodes.
//!
//! Delivery is at most once and never blocks a publisher: a subscriber that falls behind, or a link between nodes that
//! breaks, is told as a [gap](Delivery::Gap), after which the subscriber reads the present state from where it is kept.

mod link;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use bytes::Bytes;
use tokio::sync::{broadcast, mpsc};

use self::link::Envelope;
use crate::redis::Redis;

/// Messages that wait for a slow subscriber.
const BUFFERED: usize = 256;
/// Messages that wait for the link to other nodes.
const OUTGOING: usize = 4_096;
const SHARDS: usize = 16;

/// Somebody who is called with everything that is published under one topic.
type Attendant = Arc<dyn Fn(Delivery) + Send + Sync>;

type Topics = HashMap<Arc<str>, broadcast::Sender<Delivery>>;

/// What a subscriber gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// A message.
    Message(Bytes),
    /// Messages may have been missed.
    Gap,
}

/// The bus. Clones are the same bus.
#[derive(Clone)]
pub struct Bus(Arc<Inner>);

struct Inner {
    hasher: RandomState,
    shards: [Mutex<Topics>; SHARDS],
    attendants: RwLock<Vec<(&'static str, Attendant)>>,
    outgoing: Option<mpsc::Sender<Envelope>>,
}

impl std::fmt::Debug for Bus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bus").field("between_nodes", &self.0.outgoing.is_some()).finish_non_exhaustive()
    }
}

impl Bus {
    /// A bus within this process.
    pub fn in_process() -> Self {
        Self(Arc::new(Inner::new(None)))
    }

    /// A bus between all nodes if there is Redis, else within this process. With Redis it must be called on a runtime,
    /// where its tasks live as long as the bus.
    pub fn start(redis: Option<Redis>) -> Self {
        let Some(redis) = redis else { return Self::in_process() };
        let (sender, receiver) = mpsc::channel(OUTGOING);
        let inner = Arc::new(Inner::new(Some(sender)));
        link::start(redis, Arc::downgrade(&inner), receiver);
        Self(inner)
    }

    /// Sends a message to all present subscribers of a topic, on this node at once. Never waits.
    pub fn publish(&self, topic: &str, payload: Bytes) {
        if let Some(outgoing) = &self.0.outgoing {
            let envelope = Envelope { topic: topic.to_owned(), payload: payload.clone() };
            if outgoing.try_send(envelope).is_err() {
                metrics::counter!("lyceum_bus_dropped_total").increment(1);
            }
        }
        self.0.deliver(topic, Delivery::Message(payload));
    }

    /// Subscribes to a topic from now on; dropping the subscription ends it.
    pub fn subscribe(&self, topic: &str) -> Subscription {
        let mut topics = self.0.shard(topic);
        let (topic, receiver) = if let Some((topic, sender)) = topics.get_key_value(topic) {
            (Arc::clone(topic), sender.subscribe())
        } else {
            let topic: Arc<str> = topic.into();
            let (sender, receiver) = broadcast::channel(BUFFERED);
            topics.insert(Arc::clone(&topic), sender);
            (topic, receiver)
        };
        drop(topics);
        Subscription { bus: self.clone(), topic, receiver: Some(receiver) }
    }

    /// Calls `attendant` with everything that is published under a topic from now on, here or on another node, within the call that
    /// publishes it. Nothing is buffered, so nothing is missed but what a broken link loses. It must not wait, nor publish.
    pub fn attend(&self, topic: &'static str, attendant: impl Fn(Delivery) + Send + Sync + 'static) {
        let mut attendants = self.0.attendants.write().unwrap_or_else(PoisonError::into_inner);
        attendants.push((topic, Arc::new(attendant)));
    }

    /// Topics with subscribers on this node.
    pub fn topics(&self) -> usize {
        self.0.shards.iter().map(|shard| lock(shard).len()).sum()
    }
}

impl Inner {
    fn new(outgoing: Option<mpsc::Sender<Envelope>>) -> Self {
        Self {
            hasher: RandomState::new(),
            shards: std::array::from_fn(|_| Mutex::default()),
            attendants: RwLock::default(),
            outgoing,
        }
    }

    fn shard(&self, topic: &str) -> MutexGuard<'_, Topics> {
        #[expect(clippy::cast_possible_truncation, reason = "only the low bits choose the shard")]
        let index = self.hasher.hash_one(topic) as usize % SHARDS;
        lock(&self.shards[index])
    }

    fn deliver(&self, topic: &str, delivery: Delivery) {
        for attendant in self.attendants(Some(topic)) {
            attendant(delivery.clone());
        }
        if let Some(sender) = self.shard(topic).get(topic) {
            // It fails only without subscribers.
            let _ = sender.send(delivery);
        }
    }

    /// Those who attend a topic, or any.
    fn attendants(&self, topic: Option<&str>) -> Vec<Attendant> {
        let attendants = self.attendants.read().unwrap_or_else(PoisonError::into_inner);
        let theirs = attendants.iter().filter(|(attended, _)| topic.is_none_or(|topic| topic == *attended));
        theirs.map(|(_, attendant)| Arc::clone(attendant)).collect()
    }

    /// Tells everybody that messages may have been missed.
    fn gap(&self) {
        for attendant in self.attendants(None) {
            attendant(Delivery::Gap);
        }
        for shard in &self.shards {
            for sender in lock(shard).values() {
                let _ = sender.send(Delivery::Gap);
            }
        }
    }
}

fn lock(shard: &Mutex<Topics>) -> MutexGuard<'_, Topics> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place in a topic's audience.
pub struct Subscription {
    bus: Bus,
    topic: Arc<str>,
    receiver: Option<broadcast::Receiver<Delivery>>,
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription").field("topic", &self.topic).finish_non_exhaustive()
    }
}

impl Subscription {
    /// The topic.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The next message, or word of a gap. May be cancelled without losing anything.
    pub async fn recv(&mut self) -> Delivery {
        match &mut self.receiver {
            Some(receiver) => match receiver.recv().await {
                Ok(delivery) => delivery,
                Err(broadcast::error::RecvError::Lagged(_)) => Delivery::Gap,
                // The bus keeps the sender while there is a subscription.
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            },
            None => std::future::pending().await,
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut topics = self.bus.0.shard(&self.topic);
        self.receiver = None;
        if topics.get(&self.topic).is_some_and(|sender| sender.receiver_count() == 0) {
            topics.remove(&self.topic);
        }
    }
}
