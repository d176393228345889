use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use super::*;

#[tokio::test]
async fn events_are_heard_and_objections_come_back_with_the_id() {
    let site = Site::start().await;
    let mut client = site.client("anna").await;
    let frame = |text: &str| Message::text(text.to_owned());
    client.send(frame(r#"{"event":"fail","data":{},"id":"1"}"#)).await;
    let error = client.event().await;
    assert_eq!(error["event"], "error");
    assert_eq!((&error["id"], &error["data"]["code"]), (&json!("1"), &json!("no-chance")));
    client.send(frame(r#"{"data":{},"event":"fly","id":"2"}"#)).await;
    let error = client.event().await;
    assert_eq!((&error["id"], &error["data"]["code"]), (&json!("2"), &json!("invalid")));
    client.send(frame(r#"{"event":"enter","data":{"room":"x"}}"#)).await;
    let error = client.event().await;
    assert_eq!(error["data"]["errors"][0]["pointer"], "/data/room", "{error}");
    assert!(error["id"].is_null());
    client.send(frame(r#"{"event":"bye","data":{}}"#)).await;
    assert_eq!(client.closed().await, (1000, "bye".to_owned()));
    assert!(client.next().await.is_none(), "the connection ends");
}

#[tokio::test]
async fn what_is_no_envelope_ends_the_connection() {
    let site = Site::start().await;
    let deep = format!(r#"{{"event":"enter","data":{}1{}}}"#, "[".repeat(80), "]".repeat(80));
    for text in [
        "",
        "hello",
        "[]",
        "{}",
        r#"{"event":7}"#,
        r#"{"event":"fail","data":{},"data":{}}"#,
        r#"{"event":"fail","data":{},"more":1}"#,
        r#"{"event":"fail","data":{}"#,
        deep.as_str(),
    ] {
        let mut client = site.client("anna").await;
        client.send(Message::text(text.to_owned())).await;
        assert_eq!(client.closed().await.0, 4400, "{text}");
    }
}

#[tokio::test]
async fn messages_of_other_kinds_and_sizes_are_refused() {
    let site = Site::start().await;
    let mut client = site.client("anna").await;
    client.send(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(client.closed().await.0, 1003);

    let mut client = site.client("anna").await;
    client.send(Message::text("x".repeat(65_537))).await;
    assert_eq!(client.closed().await.0, 1009);

    // Whole in pieces, and too long only together.
    let piece =
        |opcode, text: String, last| Message::Frame(Frame::message(text.into_bytes(), OpCode::Data(opcode), last));
    let mut client = site.client("anna").await;
    client.send(piece(Data::Text, r#"{"event":"fail","#.to_owned(), false)).await;
    client.send(Message::Ping(vec![7].into())).await;
    client.send(piece(Data::Continue, r#""data":{}}"#.to_owned(), true)).await;
    assert_eq!(client.event().await["data"]["code"], "no-chance");
    client.send(piece(Data::Text, "x".repeat(40_000), false)).await;
    client.send(piece(Data::Continue, "x".repeat(40_000), true)).await;
    assert_eq!(client.closed().await.0, 1009);
}

/// A connection whose client speaks the protocol by hand.
async fn raw(site: &Site) -> TcpStream {
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    let request = "GET /v1/ws/rooms?token=anna HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                   sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut seen = Vec::new();
    // The head, and the greeting behind it.
    while !seen.ends_with(b"}}") {
        seen.push(stream.read_u8().await.unwrap());
    }
    stream
}

/// The code of the close frame that comes next.
async fn close_code(stream: &mut TcpStream) -> u16 {
    let mut head = [0; 4];
    tokio::time::timeout(SOON, stream.read_exact(&mut head)).await.unwrap().unwrap();
    assert_eq!(head[0], 0x88);
    u16::from_be_bytes([head[2], head[3]])
}

#[tokio::test]
async fn breaches_of_the_protocol_have_their_codes() {
    let site = Site::start().await;
    let masked = |first: u8, payload: &[u8]| {
        let length = 0x80 | u8::try_from(payload.len()).unwrap();
        [&[first, length, 0, 0, 0, 0], payload].concat()
    };
    for (frame, code) in [
        (vec![0x81, 0x02, b'{', b'}'], 1002),
        (masked(0x83, b"{}"), 1002),
        (masked(0xC1, b"{}"), 1002),
        (masked(0x80, b"{}"), 1002),
        (masked(0x81, b"\xff\xfe"), 1007),
        // Announces four gigabytes, and sends nothing of them.
        (vec![0x81, 0xFF, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, b'x'], 1009),
    ] {
        let mut stream = raw(&site).await;
        stream.write_all(&frame).await.unwrap();
        assert_eq!(close_code(&mut stream).await, code, "{frame:?}");
    }
}

#[tokio::test]
async fn pings_are_answered_and_a_goodbye_is_returned() {
    let site = Site::start().await;
    let mut client = site.client("anna").await;
    client.send(Message::Ping(b"are you there".to_vec().into())).await;
    match client.next().await {
        Some(Ok(Message::Pong(payload))) => assert_eq!(&payload[..], b"are you there"),
        other => panic!("{other:?}"),
    }
    client.stream.close(None).await.unwrap();
    assert_eq!(client.closed().await.0, 1000);
    assert!(client.next().await.is_none());
}

#[tokio::test]
async fn whoever_sends_too_fast_is_closed() {
    let site = Site::with(|config| config.sockets.frames_per_second = 5).await;
    let mut client = site.client("anna").await;
    for _ in 0..10 {
        client.say("fail", json!({})).await;
        assert_eq!(client.event().await["event"], "error");
    }
    for _ in 0..5 {
        client.stream.feed(Message::text(r#"{"event":"fail","data":{}}"#)).await.unwrap();
    }
    client.stream.flush().await.unwrap();
    assert_eq!(client.closed().await.0, 4429);
}

#[tokio::test]
async fn a_conversation_that_panics_takes_nobody_with_it() {
    let site = Site::start().await;
    let (mut client, mut other) = (site.client("anna").await, site.client("bert").await);
    client.say("panic", json!({})).await;
    assert_eq!(client.closed().await, (1011, "internal".to_owned()));
    other.settle().await;
}
