use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::{bind, serve};
use crate::app::tests::{Place, place};

/// Sends bytes, closes nothing, reads to the end.
async fn exchange(address: SocketAddr, request: impl Into<Vec<u8>>) -> String {
    let request = request.into();
    tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(&request).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    })
    .await
    .unwrap()
}

fn running(place: &Place) -> (SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<std::io::Result<()>>) {
    let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let web = place.web.clone();
    let server = actix_rt::spawn(async move {
        serve(&web, listener, async {
            let _ = stopped.await;
        })
        .await
    });
    (address, stop, server)
}

#[actix_rt::test]
async fn row_39_framing_is_strict_and_slow_clients_are_cut_off() {
    let place = place(|config| {
        config.server.workers = 1;
        config.server.client_header_timeout_s = 1;
        config.server.body_timeout_s = 1;
    })
    .await;
    let (address, stop, server) = running(&place);
    let both = "POST /v1/hello HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n";
    assert!(exchange(address, both).await.starts_with("HTTP/1.1 400"));
    let twice =
        "POST /v1/hello HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 4\r\nconnection: close\r\n\r\nabcd";
    assert!(exchange(address, twice).await.starts_with("HTTP/1.1 400"));
    let half_a_head = exchange(address, "GET /v1/hello HTTP/1.1\r\nhost:").await;
    assert!(half_a_head.starts_with("HTTP/1.1 408"), "{half_a_head}");
    let half_a_body =
        "POST /v1/hello HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 20\r\n\r\n{\"te";
    let half_a_body = exchange(address, half_a_body).await;
    assert!(half_a_body.starts_with("HTTP/1.1 408") && half_a_body.contains("request-timeout"), "{half_a_body}");
    let huge = format!("GET /v1/hello HTTP/1.1\r\nhost: x\r\nx-huge: {}\r\n\r\n", "x".repeat(300_000));
    assert!(exchange(address, huge).await.starts_with("HTTP/1.1 431"));
    let _ = stop.send(());
    server.await.unwrap().unwrap();
}

#[actix_rt::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let place = place(|config| config.server.workers = 1).await;
    let (address, stop, server) = running(&place);
    let ask = |method: &str| format!("{method} /v1/hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let (get, head) = (exchange(address, ask("GET")).await, exchange(address, ask("HEAD")).await);
    let length =
        |answer: &str| answer.lines().find_map(|line| line.strip_prefix("content-length: ").map(ToOwned::to_owned));
    assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"), "{head}");
    assert!(get.ends_with('}'));
    assert_eq!((length(&get), length(&get).is_some()), (length(&head), true));
    let _ = stop.send(());
    server.await.unwrap().unwrap();
}

#[actix_rt::test]
async fn stopping_finishes_what_was_begun() {
    let place = place(|config| {
        config.server.workers = 1;
        config.server.request_timeout_s = 1;
    })
    .await;
    let (address, stop, server) = running(&place);
    let begun = actix_rt::spawn(exchange(address, "GET /v1/slow HTTP/1.1\r\nhost: x\r\n\r\n"));
    tokio::time::sleep(Duration::from_millis(200)).await;
    let stopping = Instant::now();
    let _ = stop.send(());
    let answer = begun.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("timeout"), "{answer}");
    assert!(
        answer.to_ascii_lowercase().contains("connection: close") && place.web.readiness().is_draining(),
        "{answer}"
    );
    server.await.unwrap().unwrap();
    assert!(stopping.elapsed() < Duration::from_secs(5));
    assert!(TcpStream::connect(address).is_err());
}
