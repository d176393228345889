//! Why connections end: the close codes (RFC 6455, section 7.4) that we send, each with what a client should do about it.

use std::borrow::Cow;

use bytes::Bytes;

use super::frame;

/// A close code with its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CloseCode {
    /// The number on the wire.
    pub number: u16,
    /// What it means, and what a client should do.
    pub meaning: &'static str,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $meaning:literal;)+) => {
        impl CloseCode {
            $(
                $(#[$doc])*
                pub const $name: Self = Self { number: $number, meaning: $meaning };
            )+

            /// Every code that we send, in rising order.
            pub const ALL: &[Self] = &[$(Self::$name),+];
        }
    };
}

codes! {
    /// Done.
    NORMAL = 1000, "Done: nobody has anything more to say.";
    /// The endpoint goes away; browsers send it when a page is left.
    GOING_AWAY = 1001, "The endpoint goes away.";
    /// Not the protocol.
    PROTOCOL = 1002, "A frame was not what RFC 6455 says. Mend the client.";
    /// A kind of data that is not spoken here.
    UNSUPPORTED = 1003, "Binary messages are not taken: send text.";
    /// Text that is not UTF-8.
    INVALID_TEXT = 1007, "A text message was not UTF-8.";
    /// What was asked for is not given.
    POLICY = 1008, "What was asked for is not given; the reason says which rule. Connecting again changes nothing.";
    /// A message is too big.
    TOO_BIG = 1009, "A message was longer than is taken.";
    /// A fault of ours.
    INTERNAL = 1011, "A fault of ours, logged under the request's id. Connect again after a while.";
    /// The server restarts.
    RESTART = 1012, "This node stops, for a new version as a rule. Connect again after a random moment of up to a few seconds.";
    /// The server cannot just now.
    TRY_AGAIN = 1013, "It could not be checked for minutes whether the connection may stay open. Connect again later, with longer and longer pauses.";
    /// A message that is not an envelope.
    MALFORMED = 4400, "A message was not a JSON object of `event`, `data` and `id`. Mend the client.";
    /// Authentication is over.
    UNAUTHENTICATED = 4401, "The token has expired, the session is over, or what the account may do no longer allows this connection. Get a new token, then connect again.";
    /// Not allowed.
    FORBIDDEN = 4403, "The token for renewal was another person's, or for another school.";
    /// The client does not keep up.
    TOO_SLOW = 4408, "More waited for the client than is kept, or it took nothing for too long. The reason ends in `cursor=<id>`: the last message that was handed to the connection, if messages here have ids. Connect again and read on from there.";
    /// The client sends too fast.
    TOO_FAST = 4429, "More frames came than are taken. Connect again and send less often.";
}

/// Longest reason, in bytes: a control frame holds 125, the code takes two.
const LONGEST_REASON: usize = 123;

/// The end of a connection: a code, and a reason for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// The code.
    pub code: CloseCode,
    /// The reason in a few words; what is longer than 123 bytes is cut.
    pub reason: Cow<'static, str>,
}

impl Closing {
    /// An end with a reason.
    pub fn new(code: CloseCode, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { code, reason: reason.into() }
    }

    /// As a close frame.
    pub(super) fn frame(&self) -> Bytes {
        let reason = self.reason.get(..self.reason.floor_char_boundary(LONGEST_REASON)).unwrap_or_default();
        let mut payload = Vec::with_capacity(2 + reason.len());
        payload.extend_from_slice(&self.code.number.to_be_bytes());
        payload.extend_from_slice(reason.as_bytes());
        frame::control(frame::CLOSE, &payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_rise_and_are_ones_that_applications_may_send() {
        assert!(CloseCode::ALL.windows(2).all(|pair| pair[0].number < pair[1].number));
        let allowed = |number| matches!(number, 1000..=1003 | 1007..=1014 | 3000..=4999);
        assert!(CloseCode::ALL.iter().all(|code| allowed(code.number)));
    }

    #[test]
    fn a_long_reason_is_cut_between_letters() {
        let frame = Closing::new(CloseCode::POLICY, "é".repeat(200)).frame();
        assert_eq!((frame[0], usize::from(frame[1])), (0x88, 2 + 122));
        assert_eq!(&frame[2..4], 1008_u16.to_be_bytes());
        assert!(std::str::from_utf8(&frame[4..]).is_ok());
    }
}
