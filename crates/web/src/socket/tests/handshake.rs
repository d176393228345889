use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;

const BEARER: (&str, &str) = ("authorization", "Bearer anna");

#[tokio::test]
async fn the_token_may_come_in_each_of_the_ways() {
    let site = Site::start().await;
    site.ticket("t1", "anna");
    site.ticket("t2", "anna");
    let protocol = |value: &'static str| vec![("sec-websocket-protocol", value)];
    for (query, headers, echoed) in [
        ("", vec![BEARER], None),
        ("", protocol("lyceum.v1, bearer.anna"), Some("lyceum.v1")),
        ("", protocol("bearer.anna,lyceum.v1"), Some("lyceum.v1")),
        ("", protocol("lyceum.v1, ticket.t1"), Some("lyceum.v1")),
        ("?ticket=t2", vec![], None),
        ("?token=anna", vec![], None),
        ("?token=an%6Ea", vec![], None),
    ] {
        // A client that offers protocols wants one of them.
        let mut client = site.connect(query, &headers).await.unwrap();
        assert_eq!(client.protocol.as_deref(), echoed, "{query} {headers:?}");
        assert_eq!(client.event().await["event"], "hello");
    }
}

#[tokio::test]
async fn row_47_a_token_in_the_url_can_be_forbidden() {
    let site = Site::with(|config| config.security.token_in_query = false).await;
    assert_eq!(code(&site.connect("?token=anna", &[]).await.unwrap_err()), (401, "unauthenticated"));
    site.ticket("t", "anna");
    site.connect("?ticket=t", &[]).await.unwrap();
}

#[tokio::test]
async fn whoever_may_not_come_in_is_told_so_before_the_handshake() {
    let site = Site::start().await;
    site.know("dora", 4, Some(1), &[]);
    site.ticket("used", "anna");
    site.connect("?ticket=used", &[]).await.unwrap();
    let refused = async |query: &str, headers: &[(&str, &str)]| {
        let refusal = site.connect(query, headers).await.unwrap_err();
        let (status, code) = code(&refusal);
        (status, code.to_owned())
    };
    assert_eq!(refused("", &[]).await, (401, "unauthenticated".to_owned()));
    assert_eq!(refused("?token=", &[]).await, (401, "unauthenticated".to_owned()));
    for (query, headers) in [
        ("", [("authorization", "Bearer nobody")]),
        ("?token=anna", [("authorization", "Basic YTpi")]),
        ("", [("sec-websocket-protocol", "lyceum.v1, bearer.nobody")]),
        ("?ticket=used", [("x-nothing", "")]),
        ("?ticket=anna", [("x-nothing", "")]),
        ("?token=used", [("x-nothing", "")]),
    ] {
        assert_eq!(refused(query, &headers).await, (401, "invalid-token".to_owned()), "{query} {headers:?}");
    }
    assert_eq!(refused("?token=dora", &[]).await, (403, "permission-missing".to_owned()));
    assert_eq!(refused("?token=anna&other=1", &[]).await, (422, "invalid".to_owned()));
}

#[tokio::test]
async fn row_47_pages_of_other_origins_are_refused() {
    let site = Site::start().await;
    for origin in [
        "https://evil.example",
        "https://app.example.org.evil.example",
        "http://app.example.org",
        "https://app.example.org:8443",
        "null",
        "",
    ] {
        let refused = site.connect("", &[BEARER, ("origin", origin)]).await.unwrap_err();
        assert_eq!(code(&refused), (403, "origin-refused"), "{origin}");
    }
    for origin in ["https://app.example.org", "http://localhost:8000"] {
        site.connect("", &[BEARER, ("origin", origin)]).await.unwrap();
    }
}

#[tokio::test]
async fn a_ticket_is_not_used_up_by_a_page_that_may_not() {
    let site = Site::start().await;
    site.ticket("t", "anna");
    site.connect("?ticket=t", &[("origin", "https://evil.example")]).await.unwrap_err();
    site.connect("?ticket=t", &[("origin", "https://app.example.org")]).await.unwrap();
}

/// Sends a request by hand and gives status line and body.
async fn by_hand(site: &Site, headers: &str) -> (String, Value) {
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    let request = format!("GET /v1/ws/rooms HTTP/1.1\r\nhost: x\r\nauthorization: Bearer anna\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut answer, mut buffer) = (Vec::new(), [0; 4_096]);
    while let Ok(Ok(read @ 1..)) = tokio::time::timeout(Duration::from_millis(300), stream.read(&mut buffer)).await {
        answer.extend_from_slice(&buffer[..read]);
    }
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_ascii_lowercase(), serde_json::from_str(body).unwrap_or(Value::Null))
}

#[tokio::test]
async fn what_is_not_a_handshake_is_told_what_is_missing() {
    let site = Site::start().await;
    let upgrade = "connection: upgrade\r\nupgrade: websocket\r\n";
    let (head, problem) = by_hand(&site, "").await;
    assert!(head.contains("upgrade: websocket"), "{head}");
    assert_eq!(code(&(409, problem)), (409, "upgrade-required"));
    for version in ["", "sec-websocket-version: 12\r\n"] {
        let key = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        let (head, problem) = by_hand(&site, &format!("{upgrade}{key}{version}")).await;
        assert!(head.contains("sec-websocket-version: 13"), "{head}");
        assert_eq!(code(&(426, problem)), (426, "websocket-version"));
    }
    for key in ["", "sec-websocket-key: short\r\n"] {
        let (_, problem) = by_hand(&site, &format!("{upgrade}sec-websocket-version: 13\r\n{key}")).await;
        assert_eq!(code(&(400, problem)), (400, "malformed-header"));
    }
}

#[tokio::test]
async fn row_30_nothing_is_compressed() {
    let site = Site::start().await;
    let handshake = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                     sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                     sec-websocket-extensions: permessage-deflate; client_max_window_bits\r\n";
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    let request = format!("GET /v1/ws/rooms?token=anna HTTP/1.1\r\nhost: x\r\n{handshake}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut buffer = [0; 4_096];
    let read = stream.read(&mut buffer).await.unwrap();
    let head = String::from_utf8_lossy(&buffer[..read]).to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 101"), "{head}");
    assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
    assert!(!head.contains("permessage") && head.contains("x-request-id: "), "{head}");
}

#[tokio::test]
async fn a_person_and_a_node_have_as_many_sockets_as_they_may() {
    let site = Site::with(|config| {
        config.sockets.max_per_person = 2;
        config.sockets.max_per_node = 3;
    })
    .await;
    let first = site.client("anna").await;
    let _second = site.client("anna").await;
    let refused = site.connect("?token=anna", &[]).await.unwrap_err();
    assert_eq!(code(&refused), (429, "too-many-sockets"));
    let _third = site.client("bert").await;
    let refused = site.connect("?token=carl", &[]).await.unwrap_err();
    assert_eq!(code(&refused), (503, "overloaded"));
    drop(first);
    for _ in 0..200 {
        if site.connect("?token=anna", &[]).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("a place that was given up stays taken");
}

#[tokio::test]
async fn the_document_tells_of_frames_and_close_codes() {
    let site = Site::start().await;
    let document: Value = serde_json::from_slice(site.web.openapi().unwrap()).unwrap();
    let operation = &document["paths"]["/v1/ws/rooms"]["get"];
    assert_eq!(operation["x-permission"], "room:enter");
    let frames = &operation["x-websocket"];
    assert_eq!(frames["protocol"], "lyceum.v1");
    for (direction, event) in [("incoming", "enter"), ("outgoing", "price")] {
        let name = frames[direction]["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
        let schema = document["components"]["schemas"][name].to_string();
        assert!(schema.contains(&format!("\"{event}\"")), "{schema}");
    }
    assert_eq!(frames["close_codes"].as_object().unwrap().len(), CloseCode::ALL.len());
    for status in ["101", "400", "401", "403", "409", "426", "429", "503"] {
        assert!(operation["responses"][status].is_object(), "{status}");
    }
    let parameters: Vec<_> = operation["parameters"].as_array().unwrap().iter().map(|p| &p["name"]).collect();
    assert_eq!(parameters, ["ticket", "token"]);
}
