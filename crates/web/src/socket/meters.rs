//! What is measured about sockets.

use std::sync::OnceLock;

use metrics::{Counter, counter, gauge};

/// Describes the meters, once the recorder is installed.
pub(crate) fn describe() {
    use metrics::{describe_counter, describe_gauge};
    describe_gauge!("websocket_connections", "Open WebSockets, by route template.");
    describe_counter!("websocket_frames_total", "Frames of WebSockets, in and out.");
    describe_counter!(
        "websocket_closes_total",
        "WebSockets closed by this side or by the client, by close code; 1006 is without one."
    );
}

/// One more open socket, or one less.
pub(super) fn open(route: &'static str, more: f64) {
    gauge!("websocket_connections", "route" => route).increment(more);
}

/// A connection has ended with this code.
pub(super) fn closed(code: u16) {
    // A client can name any code; those that it makes up count as one.
    let code = if matches!(code, 1000..=1015 | 4400..=4499) { code.to_string() } else { "other".to_owned() };
    counter!("websocket_closes_total", "code" => code).increment(1);
}

/// A frame has come in.
pub(super) fn frame_in() {
    static COUNTER: OnceLock<Counter> = OnceLock::new();
    COUNTER.get_or_init(|| counter!("websocket_frames_total", "direction" => "in")).increment(1);
}

/// A frame was given to the connection.
pub(super) fn frame_out() {
    static COUNTER: OnceLock<Counter> = OnceLock::new();
    COUNTER.get_or_init(|| counter!("websocket_frames_total", "direction" => "out")).increment(1);
}
