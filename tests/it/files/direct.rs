//! Uploads and downloads straight to and from the store, by signed URLs.

use std::time::Duration;

use chrono::TimeDelta;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{noise, nothing_left, number, png, scene, scene_on, sha256, stored, text_of};
use crate::support::{App, Client, Reply, eventually};

/// Makes a signed request. The URLs of a folder name the public address, which is not where the tests' server is.
async fn signed(app: &App, signed: &Value, body: Option<Vec<u8>>) -> (StatusCode, Vec<u8>) {
    let url = text_of(signed, "url").replace("http://localhost:8000", &app.base);
    send(text_of(signed, "method"), &url, &headers(signed), body).await
}

fn headers(signed: &Value) -> Vec<(String, String)> {
    let list = signed["headers"].as_array().expect("headers");
    list.iter().map(|h| (text_of(h, "name").to_owned(), text_of(h, "value").to_owned())).collect()
}

async fn send(method: &str, url: &str, headers: &[(String, String)], body: Option<Vec<u8>>) -> (StatusCode, Vec<u8>) {
    let mut request = reqwest::Client::new().request(method.parse().expect("a method"), url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    if let Some(body) = body {
        request = request.body(body);
    }
    let answer = request.send().await.expect("an answer");
    (answer.status(), answer.bytes().await.expect("a body").to_vec())
}

async fn announce(who: &Client, kind: &str, size: usize, sha256: Option<&str>) -> Reply {
    let mut body = json!({"filename": "a.bin", "content_type": kind, "size": size});
    if let Some(sum) = sha256 {
        body["sha256"] = sum.into();
    }
    who.post("/v1/files/presign", body).await
}

#[tokio::test]
async fn bytes_that_go_straight_to_the_store_become_a_file_when_they_are_right() {
    let s = scene().await;
    let bytes = noise(200_000);
    let made = announce(&s.student, "application/octet-stream", bytes.len(), Some(&sha256(&bytes))).await;
    let made = made.expect(201).clone();
    let path = format!("/v1/files/{}", text_of(&made["file"], "id"));
    // Nobody sees it before it is complete, but its owner sees how far it is.
    assert_eq!(text_of(&made["file"], "state"), "pending");
    s.student.get(&path).await.problem(404);
    s.school.admin.get(&format!("{path}/metadata")).await.problem(404);
    assert_eq!(text_of(s.student.get(&format!("{path}/metadata")).await.expect(200), "state"), "pending");
    assert_eq!(s.student.post_empty(&format!("{path}/complete")).await.problem(409), "upload-incomplete");
    let (status, answer) = signed(&s.app, &made["upload"], Some(bytes.clone())).await;
    assert!(status.is_success(), "{status} {}", String::from_utf8_lossy(&answer));
    s.student.get(&path).await.problem(404);
    s.teacher.post_empty(&format!("{path}/complete")).await.problem(404);
    let done = s.student.post_empty(&format!("{path}/complete")).await;
    assert_eq!((text_of(done.expect(200), "state"), text_of(done.expect(200), "sha256")), ("ready", &*sha256(&bytes)));
    // Again: the same.
    s.student.post_empty(&format!("{path}/complete")).await.expect(200);
    assert_eq!(s.student.get(&path).await.bytes, bytes);
    // What came by the URL is not what is kept: putting other bytes there changes nothing.
    let (_, _) = signed(&s.app, &made["upload"], Some(noise(200_000))).await;
    assert_eq!(s.student.get(&path).await.bytes, bytes);
    // And straight back.
    let key = text_of(done.expect(200), "key").to_owned();
    let url = s.student.get(&format!("/v1/storage/sign?key={key}")).await.expect(200).clone();
    let (status, got) = signed(&s.app, &url, None).await;
    assert_eq!((status.as_u16(), got == bytes), (200, true));
    s.teacher.get(&format!("/v1/storage/sign?key={key}")).await.problem(404);
    s.app.drain_outbox().await;
}

#[tokio::test]
async fn row_32_a_signed_url_is_good_for_one_thing_only() {
    let s = scene().await;
    let bytes = noise(1_000);
    let made = announce(&s.student, "application/octet-stream", bytes.len(), None).await.expect(201).clone();
    let upload = &made["upload"];
    let url = text_of(upload, "url").replace("http://localhost:8000", &s.app.base);
    let headers = headers(upload);
    let forbidden = |outcome: (StatusCode, Vec<u8>), what: &str| assert_eq!(outcome.0.as_u16(), 403, "{what}");
    // Another method, key, signature, type.
    forbidden(send("GET", &url, &headers, None).await, "GET with a URL for PUT");
    let key = text_of(&made["file"], "key");
    let owner = key.split('/').next().expect("an owner");
    let at = url.find(owner).expect("a key") + owner.len() + 1;
    let mut other = url.clone();
    other.replace_range(at..at + 36, "019aa5d2-6f00-7c3e-8000-000000000000");
    forbidden(send("PUT", &other, &headers, Some(bytes.clone())).await, "another key");
    let mut altered = url.clone();
    let last = if altered.pop() == Some('0') { '4' } else { '0' };
    altered.push(last);
    forbidden(send("PUT", &altered, &headers, Some(bytes.clone())).await, "another signature");
    let wrong = [("content-type".to_owned(), "text/html".to_owned())];
    forbidden(send("PUT", &url, &wrong, Some(bytes.clone())).await, "another type");
    forbidden(send("PUT", &url, &headers, Some(noise(999))).await, "another length");
    forbidden(send("PUT", &url, &headers, Some(noise(1_001))).await, "another length");
    // As it is meant.
    let (status, _) = send("PUT", &url, &headers, Some(bytes)).await;
    assert!(status.is_success(), "{status}");
}

#[tokio::test]
async fn row_32_signed_urls_end() {
    let s = scene_on(App::start_with(|config| config.storage.url_ttl_s = 2).await).await;
    let made = announce(&s.student, "text/plain", 5, None).await.expect(201).clone();
    let url = text_of(&made["upload"], "url").replace("http://localhost:8000", &s.app.base);
    if s.app.bucket.is_none() {
        s.app.clock.advance(TimeDelta::seconds(3));
    }
    eventually(Duration::from_secs(20), "the URL ends", async || {
        let (status, _) = send("PUT", &url, &headers(&made["upload"]), Some(b"words".to_vec())).await;
        status == 403
    })
    .await;
}

#[tokio::test]
async fn row_29_what_is_not_as_announced_is_refused_for_good() {
    let s = scene().await;
    let program = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0".to_vec();
    let page = b"<!doctype html><script>alert(1)</script>".to_vec();
    for (kind, bytes, sum, status, code) in [
        ("image/png", program.clone(), None, 415, "content-mismatch"),
        ("image/png", page, None, 415, "content-mismatch"),
        ("application/octet-stream", program, None, 415, "program-refused"),
        ("text/plain", b"words".to_vec(), Some(sha256(b"other")), 422, "checksum-mismatch"),
    ] {
        let made = announce(&s.student, kind, bytes.len(), sum.as_deref()).await.expect(201).clone();
        let path = format!("/v1/files/{}", text_of(&made["file"], "id"));
        let (put, _) = signed(&s.app, &made["upload"], Some(bytes)).await;
        if !put.is_success() {
            // The store itself knows the checksum.
            assert_eq!(code, "checksum-mismatch", "{put}");
            continue;
        }
        assert_eq!(s.student.post_empty(&format!("{path}/complete")).await.problem(status), code);
        assert_eq!(s.student.post_empty(&format!("{path}/complete")).await.problem(409), "upload-over");
        let told = s.student.get(&format!("{path}/metadata")).await;
        assert_eq!((text_of(told.expect(200), "state"), text_of(told.expect(200), "refusal")), ("refused", code));
        s.student.get(&path).await.problem(404);
    }
    s.app.clock.advance(TimeDelta::days(2));
    nothing_left(&s.app).await;
    assert_eq!(number(&s.app, "SELECT COUNT(*) FROM files").await, 0);
}

#[tokio::test]
async fn what_is_announced_and_never_sent_is_forgotten() {
    let s = scene().await;
    announce(&s.student, "text/plain", 5_000, None).await.expect(201);
    let half = announce(&s.student, "text/plain", 5, None).await.expect(201).clone();
    let (status, _) = signed(&s.app, &half["upload"], Some(b"words".to_vec())).await;
    assert!(status.is_success());
    let parts = announce(&s.student, "video/mp4", 100 << 20, None).await.expect(201).clone();
    let path = format!("/v1/files/{}/parts", text_of(&parts["file"], "id"));
    s.student.post(&path, json!({"numbers": [1]})).await.expect(200);
    s.app.clock.advance(TimeDelta::hours(25));
    nothing_left(&s.app).await;
}

#[tokio::test]
async fn large_files_come_in_parts() {
    let s = scene().await;
    let bytes = noise((64 << 20) + 1_000_000);
    let made = announce(&s.teacher, "application/octet-stream", bytes.len(), Some(&sha256(&bytes))).await;
    let made = made.expect(201).clone();
    assert_eq!((&made["part_size"], &made["part_count"], &made["upload"]), (&json!(64 << 20), &json!(2), &Value::Null));
    let path = format!("/v1/files/{}", text_of(&made["file"], "id"));
    assert_eq!(s.teacher.post_empty(&format!("{path}/complete")).await.problem(409), "upload-incomplete");
    assert_eq!(s.teacher.post(&format!("{path}/parts"), json!({"numbers": [3]})).await.problem(409), "no-such-part");
    let urls = s.teacher.post(&format!("{path}/parts"), json!({"numbers": [2, 1]})).await.expect(200).clone();
    let part = |number: usize| &bytes[(number - 1) << 26..((number << 26).min(bytes.len()))];
    // In any order; not complete while one is missing.
    let (status, told) = signed(&s.app, &urls[0]["upload"], Some(part(2).to_vec())).await;
    assert!(status.is_success(), "{status} {}", String::from_utf8_lossy(&told));
    assert_eq!(s.teacher.post_empty(&format!("{path}/complete")).await.problem(409), "upload-incomplete");
    let (status, _) = signed(&s.app, &urls[1]["upload"], Some(part(1).to_vec())).await;
    assert!(status.is_success(), "{status}");
    let accepted = s.teacher.post_empty(&format!("{path}/complete")).await;
    assert_eq!(text_of(accepted.expect(202), "state"), "checking");
    s.teacher.get(&path).await.problem(404);
    s.app.drain_outbox().await;
    let ready = s.teacher.get(&format!("{path}/metadata")).await;
    assert_eq!(
        (text_of(ready.expect(200), "state"), text_of(ready.expect(200), "sha256")),
        ("ready", &*sha256(&bytes))
    );
    let tail = s.teacher.request(reqwest::Method::GET, &path).header("range", "bytes=-1000000").send().await;
    assert!(tail.status == 206 && tail.bytes == bytes[64 << 20..]);
    assert_eq!(stored(&s.app).iter().filter(|path| path.to_string_lossy().contains("parts")).count(), 0);
}

#[tokio::test]
async fn a_wrong_checksum_of_a_large_file_is_found_by_the_job() {
    let s = scene().await;
    let bytes = noise((64 << 20) + 1);
    let made = announce(&s.teacher, "application/octet-stream", bytes.len(), Some(&sha256(b"other"))).await;
    let made = made.expect(201).clone();
    let path = format!("/v1/files/{}", text_of(&made["file"], "id"));
    let urls = s.teacher.post(&format!("{path}/parts"), json!({"numbers": [1, 2]})).await.expect(200).clone();
    for (url, part) in [(&urls[0], &bytes[..64 << 20]), (&urls[1], &bytes[64 << 20..])] {
        assert!(signed(&s.app, &url["upload"], Some(part.to_vec())).await.0.is_success());
    }
    s.teacher.post_empty(&format!("{path}/complete")).await.expect(202);
    s.app.drain_outbox().await;
    let told = s.teacher.get(&format!("{path}/metadata")).await;
    assert_eq!(text_of(told.expect(200), "refusal"), "checksum-mismatch");
    nothing_left(&s.app).await;
}

#[tokio::test]
async fn what_is_announced_is_checked() {
    let s = scene().await;
    for (body, pointer) in [
        (json!({"filename": "", "content_type": "text/plain", "size": 1}), "/filename"),
        (json!({"filename": "a", "content_type": "text", "size": 1}), "/content_type"),
        (json!({"filename": "a", "content_type": "text/plain\r\nx: y", "size": 1}), "/content_type"),
        (json!({"filename": "a", "content_type": "text/plain", "size": 0}), "/size"),
        (json!({"filename": "a", "content_type": "text/plain", "size": 5_368_709_121_i64}), "/size"),
        (json!({"filename": "a", "content_type": "text/plain", "size": 1, "sha256": "xyz"}), "/sha256"),
        (json!({"filename": "a", "content_type": "text/plain", "size": 1, "key": "x"}), "/key"),
    ] {
        assert_eq!(s.student.post("/v1/files/presign", body).await.pointers(), [pointer]);
    }
    let picture = png(4, 4);
    let made = announce(&s.student, "image/png", picture.len(), None).await.expect(201).clone();
    let (status, _) = signed(&s.app, &made["upload"], Some(picture)).await;
    assert!(status.is_success());
    let path = format!("/v1/files/{}/complete", text_of(&made["file"], "id"));
    let done = s.student.post_empty(&path).await;
    assert_eq!((&done.expect(200)["width"], &done.expect(200)["height"]), (&json!(4), &json!(4)));
}
