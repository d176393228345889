//! Stores that are away, clients that go away.

use std::time::Duration;

use chrono::TimeDelta;
use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{form, form_type, noise, nothing_left, scene, scene_on, stored, text_of, upload};
use crate::support::{App, PASSWORD, eventually};
use crate::tenancy::switch;

/// Begins an upload and sends only some of it.
async fn begin(app: &App, token: &str, announced: usize, body: &[u8]) -> TcpStream {
    let address = app.base.strip_prefix("http://").expect("an address");
    let mut socket = TcpStream::connect(address).await.expect("a connection");
    let head = format!(
        "POST /v1/files/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: {}\r\nContent-Length: {announced}\r\n\r\n",
        form_type()
    );
    socket.write_all(head.as_bytes()).await.expect("sent");
    socket.write_all(body).await.expect("sent");
    socket
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_nothing_behind() {
    let s = scene().await;
    let token = s.teacher.token.clone().expect("a token");
    let whole = form("file", "a.bin", None, &noise(3_000_000));
    for sent in [200, 100_000, 2_000_000] {
        let socket = begin(&s.app, &token, whole.len(), &whole[..sent]).await;
        drop(socket);
    }
    nothing_left(&s.app).await;
}

#[tokio::test]
async fn a_client_that_pauses_for_ever_gets_408() {
    let s = scene_on(App::start_with(|config| config.server.body_timeout_s = 1).await).await;
    let token = s.teacher.token.clone().expect("a token");
    let whole = form("file", "a.bin", None, &noise(500_000));
    let mut socket = begin(&s.app, &token, whole.len(), &whole[..200_000]).await;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), socket.read_to_end(&mut answer)).await;
    let text = String::from_utf8_lossy(&answer);
    assert!(read.is_ok() && text.starts_with("HTTP/1.1 408"), "{text}");
    nothing_left(&s.app).await;
}

#[tokio::test]
async fn what_is_longer_than_a_file_may_be_is_cut_off() {
    let s = scene_on(App::start_with(|config| config.storage.max_file_bytes = 100_000).await).await;
    assert_eq!(upload(&s.teacher, "a", None, &noise(100_001)).await.problem(413), "body-too-large");
    upload(&s.teacher, "a", None, &noise(100_000)).await.expect(201);
    // Announced, or not: chunked, and without an end.
    assert_eq!(upload(&s.teacher, "a", None, &noise(900_000)).await.problem(413), "body-too-large");
    let endless = futures_util::stream::iter((0..10_000).map(|n| {
        Ok::<_, std::io::Error>(if n == 0 { form("file", "a", None, b"")[..100].to_vec() } else { vec![1; 10_000] })
    }));
    let sent = reqwest::Client::new()
        .post(format!("{}/v1/files/upload", s.app.base))
        .bearer_auth(s.teacher.token.clone().expect("a token"))
        .header("content-type", form_type())
        .body(reqwest::Body::wrap_stream(endless))
        .send()
        .await;
    assert!(sent.is_err() || sent.is_ok_and(|answer| answer.status() == 413));
}

#[tokio::test]
async fn objects_that_nobody_names_are_swept() {
    let s = scene().await;
    let made = upload(&s.teacher, "a.txt", None, b"words").await;
    let path = format!("/v1/files/{}", text_of(made.expect(201), "id"));
    let [kept] = &stored(&s.app)[..] else { panic!("{:?}", stored(&s.app)) };
    // What a program leaves that is killed between store and database.
    let orphan = "019aa5d2-6f00-7c3e-8000-5d1f1f6f2dff";
    let folder = match s.app.bucket.as_ref().and_then(|bucket| bucket.folder.clone()) {
        Some(bucket) => bucket.join(&s.school.id),
        None => s.app.data_dir().join("files/objects").join(&s.school.id).join("ff"),
    };
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join(orphan), b"nobody's").expect("an object");
    // One that has come just now may be about to be named.
    s.app.drain_outbox().await;
    assert_eq!(stored(&s.app).len(), 2);
    s.app.clock.advance(TimeDelta::hours(49));
    eventually(Duration::from_secs(10), "the sweep", async || {
        s.app.drain_outbox().await;
        stored(&s.app) == [kept.clone()]
    })
    .await;
    let teacher = s.app.login("teacher@here.example", PASSWORD).await;
    let teacher = switch(&teacher, &s.school.id).await;
    assert_eq!(teacher.get(&path).await.bytes, b"words");
}

#[tokio::test]
async fn while_the_store_is_away_bytes_are_503_and_all_else_works() {
    let app = App::start_with(|config| {
        config.storage.endpoint = Some("http://127.0.0.1:1".to_owned());
        config.storage.bucket = Some("lyceum".to_owned());
        config.storage.access_key = Some("key".to_owned().into());
        config.storage.secret_key = Some("secret".to_owned().into());
        config.storage.public_endpoint = Some("https://files.lyceum.example".to_owned());
        config.storage.timeout_s = 1;
    })
    .await;
    let s = scene_on(app).await;
    let refused = upload(&s.teacher, "a.txt", None, b"words").await;
    assert_eq!(refused.problem(503), "store-unavailable");
    assert!(refused.header("retry-after").is_some());
    // Announcing is mathematics.
    let announced = serde_json::json!({"filename": "a", "content_type": "text/plain", "size": 5});
    let made = s.teacher.post("/v1/files/presign", announced).await;
    let url = text_of(&made.expect(201)["upload"], "url").to_owned();
    assert!(url.starts_with("https://files.lyceum.example/lyceum/"), "clients reach it by another name: {url}");
    let path = format!("/v1/files/{}", text_of(&made.expect(201)["file"], "id"));
    assert_eq!(s.teacher.post_empty(&format!("{path}/complete")).await.problem(503), "store-unavailable");
    s.teacher.get("/v1/files").await.expect(200);
    s.teacher.get(&format!("{path}/metadata")).await.expect(200);
    s.teacher.get("/v1/me").await.expect(200);
    // After some failures it is not even asked.
    for _ in 0..5 {
        upload(&s.teacher, "a.txt", None, b"words").await.problem(503);
    }
    let health = s.app.anonymous().request(Method::GET, "/health").send().await;
    assert_eq!(health.json["checks"]["storage"]["status"], "down", "{}", health.json);
}
