//! Frames on their way to clients, encoded once however many clients get them.
//!
//! A server does not mask (RFC 6455, section 5.1), so the bytes of a frame are the same for everybody and are shared.

use bytes::{BufMut, Bytes, BytesMut};
use serde::Serialize;
use uuid::Uuid;

/// FIN and the opcode of a text frame.
const TEXT: u8 = 0x81;
/// FIN and the opcode of a close frame.
pub(super) const CLOSE: u8 = 0x88;
/// FIN and the opcode of a ping.
pub(super) const PING: u8 = 0x89;
/// FIN and the opcode of a pong.
pub(super) const PONG: u8 = 0x8A;

/// Longest key of a quote, in bytes.
const LONGEST_KEY: usize = 255;

/// Something to be sent, encoded.
///
/// A *message* is lossless: it is queued for each client until too much waits there. Of *quotes* only the latest of a key is kept
/// for a client that has not taken the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    pub(super) lane: Lane,
    pub(super) frame: Bytes,
}

/// How something is queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lane {
    /// Lossless, perhaps with a place to resume from.
    Messages(Option<Uuid>),
    /// The latest of this key.
    Quotes(Bytes),
}

impl Push {
    /// A message. `event` serialises to `{"event": …, "data": …}`: an enum with `#[serde(tag = "event", content = "data")]`.
    pub fn message<E: Serialize + ?Sized>(event: &E) -> Self {
        Self { lane: Lane::Messages(None), frame: text(&json(event, None)) }
    }

    /// A message that clients can resume from: its envelope carries `id`, which should rise in time as `UUIDv7` do.
    pub fn message_with_id<E: Serialize + ?Sized>(id: Uuid, event: &E) -> Self {
        let member = format!("\"id\":\"{id}\"");
        Self { lane: Lane::Messages(Some(id)), frame: text(&json(event, Some(&member))) }
    }

    /// The answer to a client's frame: its envelope carries the client's `id`.
    pub(super) fn answer<E: Serialize + ?Sized>(id: Option<&str>, event: &E) -> Self {
        let member = id.and_then(|id| serde_json::to_string(id).ok()).map(|id| format!("\"id\":{id}"));
        Self { lane: Lane::Messages(None), frame: text(&json(event, member.as_deref())) }
    }

    /// A quote: it replaces the one of the same `key` (at most 255 bytes count) that a client has not taken yet.
    pub fn quote<E: Serialize + ?Sized>(key: &str, event: &E) -> Self {
        let key = key.get(..key.floor_char_boundary(LONGEST_KEY)).unwrap_or_default();
        Self { lane: Lane::Quotes(Bytes::copy_from_slice(key.as_bytes())), frame: text(&json(event, None)) }
    }

    /// As it travels between nodes, for a topic.
    pub(super) fn encode(&self, topic: &str) -> Bytes {
        let mut bytes = BytesMut::with_capacity(topic.len() + self.frame.len() + 32);
        match &self.lane {
            Lane::Messages(None) => bytes.put_u8(0),
            Lane::Messages(Some(id)) => {
                bytes.put_u8(1);
                bytes.put_slice(id.as_bytes());
            }
            Lane::Quotes(key) => {
                bytes.put_u8(2);
                put_short(&mut bytes, key);
            }
        }
        put_short(&mut bytes, topic.as_bytes());
        bytes.put_slice(&self.frame);
        bytes.freeze()
    }

    /// Topic and push of what another node, or this one, has encoded.
    pub(super) fn decode(mut bytes: Bytes) -> Option<(Bytes, Self)> {
        let lane = match take(&mut bytes, 1)?[0] {
            0 => Lane::Messages(None),
            1 => Lane::Messages(Uuid::from_slice(&take(&mut bytes, 16)?).ok()),
            2 => Lane::Quotes(take_short(&mut bytes)?),
            _ => return None,
        };
        let topic = take_short(&mut bytes)?;
        Some((topic, Self { lane, frame: bytes }))
    }
}

fn put_short(bytes: &mut BytesMut, part: &[u8]) {
    let length = u8::try_from(part.len()).unwrap_or(u8::MAX);
    bytes.put_u8(length);
    bytes.put_slice(&part[..usize::from(length)]);
}

fn take(bytes: &mut Bytes, length: usize) -> Option<Bytes> {
    (bytes.len() >= length).then(|| bytes.split_to(length))
}

fn take_short(bytes: &mut Bytes) -> Option<Bytes> {
    let length = take(bytes, 1)?[0];
    take(bytes, length.into())
}

/// The event as JSON, with one more member in front. What cannot be written is a mistake of ours: nothing is sent.
fn json<E: Serialize + ?Sized>(event: &E, member: Option<&str>) -> Vec<u8> {
    let written = serde_json::to_vec(event).unwrap_or_else(|error| {
        tracing::error!(%error, "socket.event_not_written");
        Vec::new()
    });
    match (member, written.split_first()) {
        (Some(member), Some((b'{', rest))) => [b"{", member.as_bytes(), b",", rest].concat(),
        _ => written,
    }
}

/// A text frame in one piece; nothing for nothing.
fn text(payload: &[u8]) -> Bytes {
    if payload.is_empty() {
        return Bytes::new();
    }
    let mut frame = BytesMut::with_capacity(payload.len() + 10);
    frame.put_u8(TEXT);
    let length = payload.len();
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length @ 0..=125), _) => frame.put_u8(length),
        (_, Ok(length)) => {
            frame.put_u8(126);
            frame.put_u16(length);
        }
        _ => {
            frame.put_u8(127);
            frame.put_u64(length as u64);
        }
    }
    frame.put_slice(payload);
    frame.freeze()
}

/// A control frame; what is longer than 125 bytes is cut (RFC 6455, section 5.5).
pub(super) fn control(opcode: u8, payload: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(payload.len() + 2);
    frame.put_u8(opcode);
    put_short(&mut frame, &payload[..payload.len().min(125)]);
    frame.freeze()
}

#[cfg(test)]
mod tests {
    use actix_http::ws::{Codec, Frame};
    use serde_json::json;
    use tokio_util::codec::Decoder as _;

    use super::*;

    fn read(frame: &Bytes) -> String {
        let mut codec = Codec::new().client_mode().max_size(1 << 20);
        match codec.decode(&mut BytesMut::from(&frame[..])).unwrap() {
            Some(Frame::Text(text)) => String::from_utf8(text.to_vec()).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn frames_of_all_lengths_are_what_clients_read() {
        for length in [0, 80, 97, 98, 99, 1_000, 65_500, 65_507, 65_508, 65_509, 70_000] {
            let event = json!({ "event": "x", "data": "y".repeat(length) });
            assert_eq!(read(&Push::message(&event).frame), event.to_string());
        }
    }

    #[test]
    fn an_id_stands_in_the_envelope() {
        let id = Uuid::from_u128(7);
        let text = read(&Push::message_with_id(id, &json!({ "event": "x", "data": {} })).frame);
        let envelope: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(envelope, json!({ "event": "x", "data": {}, "id": id.to_string() }));
        let text = read(&Push::answer(Some("a\"b"), &json!({ "event": "x" })).frame);
        assert_eq!(text, r#"{"id":"a\"b","event":"x"}"#);
    }

    #[test]
    fn what_travels_between_nodes_arrives() {
        let event = json!({ "event": "x", "data": {} });
        for push in [
            Push::message(&event),
            Push::message_with_id(Uuid::from_u128(9), &event),
            Push::quote("AAPL", &event),
            Push::quote("", &event),
        ] {
            let (topic, arrived) = Push::decode(push.encode("school:1:things:2")).unwrap();
            assert_eq!((&topic[..], arrived), (&b"school:1:things:2"[..], push));
        }
        for broken in [&b""[..], b"\x01short", b"\x02\x09x", b"\x03", b"\x00\xff"] {
            assert!(Push::decode(Bytes::copy_from_slice(broken)).is_none());
        }
    }
}
