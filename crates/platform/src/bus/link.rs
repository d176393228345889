//! The link between nodes: one Redis channel that every node publishes to and reads.

use std::sync::Weak;
use std::time::Duration;

use bytes::Bytes;
use deadpool_redis::redis::{self, Client};
use futures_util::StreamExt;
use lyceum_kernel::Entropy;
use tokio::sync::mpsc;

use super::{Delivery, Inner};
use crate::clock::OsEntropy;
use crate::redis::Redis;

/// Messages sent in one round trip at most.
const BATCH: usize = 128;
/// How often a silent subscription is asked for a sign of life.
const HEARTBEAT: Duration = Duration::from_secs(2);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A random name of one bus.
type Node = [u8; 16];

/// A message on its way to other nodes.
pub(super) struct Envelope {
    pub(super) topic: String,
    pub(super) payload: Bytes,
}

/// Starts sending and receiving, until the bus is dropped.
pub(super) fn start(redis: Redis, bus: Weak<Inner>, outgoing: mpsc::Receiver<Envelope>) {
    let mut node = Node::default();
    OsEntropy.fill(&mut node);
    let channel = redis.key("bus");
    tokio::spawn(send(redis.clone(), node, channel.clone(), outgoing));
    tokio::spawn(receive(redis, node, channel, bus));
}

async fn send(redis: Redis, node: Node, channel: String, mut outgoing: mpsc::Receiver<Envelope>) {
    let mut batch = Vec::with_capacity(BATCH);
    while outgoing.recv_many(&mut batch, BATCH).await > 0 {
        let mut commands = redis::pipe();
        for envelope in &batch {
            commands.cmd("PUBLISH").arg(&channel).arg(encode(node, envelope)).ignore();
        }
        if redis.pipeline::<()>(&commands).await.is_err() {
            metrics::counter!("lyceum_bus_dropped_total").increment(batch.len() as u64);
        }
        batch.clear();
    }
}

async fn receive(redis: Redis, node: Node, channel: String, bus: Weak<Inner>) {
    let mut pause = FIRST_PAUSE;
    let mut connected_before = false;
    while bus.strong_count() > 0 {
        if let Ok(client) = redis.client()
            && listen(&client, redis.timeout(), node, &channel, &bus, connected_before).await
        {
            connected_before = true;
            pause = FIRST_PAUSE;
            tracing::warn!("the subscription to redis broke: trying again");
            if let Some(bus) = bus.upgrade() {
                bus.gap();
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Listens until the connection breaks or the bus is gone. False if there was no connection in the first place.
async fn listen(client: &Client, timeout: Duration, node: Node, channel: &str, bus: &Weak<Inner>, again: bool) -> bool {
    let connect = async {
        let mut connection = client.get_async_pubsub().await.ok()?;
        connection.subscribe(channel).await.ok()?;
        Some(connection.split())
    };
    let Ok(Some((mut sink, mut messages))) = tokio::time::timeout(timeout, connect).await else { return false };
    if again && let Some(bus) = bus.upgrade() {
        bus.gap(); // what was published between the break and now went by
    }
    let heartbeat = async {
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            let answered = tokio::time::timeout(timeout, sink.ping::<redis::Value>()).await;
            if bus.strong_count() == 0 || !matches!(answered, Ok(Ok(_))) {
                return;
            }
        }
    };
    let pump = async {
        while let Some(message) = messages.next().await {
            let Some(bus) = bus.upgrade() else { return };
            if let Some((topic, payload)) = decode(node, message.get_payload_bytes()) {
                bus.deliver(topic, Delivery::Message(payload));
            }
        }
    };
    tokio::select! { () = heartbeat => {}, () = pump => {} }
    true
}

/// Node, length of the topic, topic, payload. Redis has one copy of a message for each node, so the sender's name is enough
/// to keep a node from delivering its own twice.
fn encode(node: Node, envelope: &Envelope) -> Vec<u8> {
    let length = u32::try_from(envelope.topic.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(20 + envelope.topic.len() + envelope.payload.len());
    bytes.extend_from_slice(&node);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(envelope.topic.as_bytes());
    bytes.extend_from_slice(&envelope.payload);
    bytes
}

/// Topic and payload of another node's message; nothing for one's own or for what no node sent.
fn decode(node: Node, bytes: &[u8]) -> Option<(&str, Bytes)> {
    let (sender, rest) = bytes.split_first_chunk::<16>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (topic, payload) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    if *sender == node {
        return None;
    }
    Some((std::str::from_utf8(topic).ok()?, Bytes::copy_from_slice(payload)))
}
