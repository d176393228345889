//! A bound on frames from clients that holds before a frame is buffered.
//!
//! actix-ws collects a frame whole before it says that it is too long; a client that announces gigabytes and sends them slowly
//! would fill memory. This reads nothing but the heads of frames as they go by, and ends the stream at one that announces too much.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use bytes::Bytes;
use futures_util::Stream;

/// Longest head of a client's frame: two bytes, eight of length, four of mask (RFC 6455, section 5.2).
const LONGEST_HEAD: usize = 14;
const MASK: usize = 4;

/// The stream of a client's bytes, watched.
pub(super) struct Guard {
    inner: Payload,
    frames: Frames,
}

impl Guard {
    /// Watches `inner` for frames of more than `most` bytes.
    pub(super) fn new(inner: Payload, most: usize) -> Self {
        Self { inner, frames: Frames { most: most as u64, head: [0; LONGEST_HEAD], read: 0, left: 0, broken: false } }
    }
}

impl Stream for Guard {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.frames.broken {
            return Poll::Ready(None);
        }
        let polled = Pin::new(&mut this.inner).poll_next(context);
        if let Poll::Ready(Some(Ok(bytes))) = &polled
            && !this.frames.allow(bytes)
        {
            this.frames.broken = true;
            return Poll::Ready(Some(Err(PayloadError::Overflow)));
        }
        polled
    }
}

/// Follows the frames in a stream of bytes.
struct Frames {
    most: u64,
    head: [u8; LONGEST_HEAD],
    /// Bytes of the present head.
    read: usize,
    /// Bytes that are left of the present payload.
    left: u64,
    broken: bool,
}

impl Frames {
    /// Whether all frames that begin in these bytes are short enough.
    fn allow(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            if self.left > 0 {
                let skipped = self.left.min(bytes.len() as u64);
                self.left -= skipped;
                bytes = bytes.get(usize::try_from(skipped).unwrap_or(usize::MAX)..).unwrap_or_default();
                continue;
            }
            let (byte, rest) = (bytes[0], &bytes[1..]);
            bytes = rest;
            self.head[self.read] = byte;
            self.read += 1;
            if let Some(length) = self.length() {
                self.read = 0;
                if length > self.most {
                    return false;
                }
                self.left = length;
            }
        }
        true
    }

    /// The length that the head announces, once the head is whole.
    fn length(&self) -> Option<u64> {
        let second = if self.read >= 2 { self.head[1] } else { return None };
        let mask = if second & 0x80 == 0 { 0 } else { MASK };
        let extended = match second & 0x7F {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        if self.read < 2 + extended + mask {
            return None;
        }
        if extended == 0 {
            return Some(u64::from(second & 0x7F));
        }
        Some(self.head[2..2 + extended].iter().fold(0, |length, byte| (length << 8) | u64::from(*byte)))
    }
}

#[cfg(test)]
mod tests {
    use actix_http::ws::{Codec, Message};
    use bytes::BytesMut;
    use tokio_util::codec::Encoder as _;

    use super::*;

    fn frames(most: u64) -> Frames {
        Frames { most, head: [0; LONGEST_HEAD], read: 0, left: 0, broken: false }
    }

    #[test]
    fn frames_up_to_the_bound_pass_however_they_are_cut() {
        let mut stream = BytesMut::new();
        let mut codec = Codec::new().client_mode();
        for length in [0, 1, 125, 126, 127, 65_535, 65_536] {
            codec.encode(Message::Binary(vec![1; length].into()), &mut stream).unwrap();
        }
        for piece in [1, 2, 3, 7, 1_000, 1 << 20] {
            let mut all = frames(65_536);
            assert!(stream.chunks(piece).all(|chunk| all.allow(chunk)), "in pieces of {piece}");
            assert_eq!((all.read, all.left), (0, 0));
            let mut fewer = frames(65_535);
            assert!(!stream.chunks(piece).all(|chunk| fewer.allow(chunk)));
        }
    }

    #[test]
    fn an_announcement_of_gigabytes_is_enough() {
        assert!(!frames(65_536).allow(&[0x82, 0xFF, 0, 0, 0, 2, 0, 0, 0, 0, 1, 2, 3, 4]));
        assert!(!frames(65_536).allow(&[0x82, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4]));
    }
}
