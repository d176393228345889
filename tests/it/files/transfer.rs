//! Bytes through the program: uploads, downloads, ranges.

use reqwest::Method;

use super::{form, noise, nothing_left, png, scene, send_form, sha256, stored, text_of, upload};

#[tokio::test]
async fn a_file_comes_back_as_it_was_sent() {
    let s = scene().await;
    let bytes = noise(700_001);
    let made = upload(&s.teacher, "Plan für März.bin", Some("application/octet-stream"), &bytes).await;
    let view = made.expect(201).clone();
    let id = text_of(&view, "id");
    assert_eq!(view["size"], 700_001);
    assert_eq!(text_of(&view, "sha256"), sha256(&bytes));
    assert_eq!(text_of(&view, "name"), "Plan für März.bin");
    assert_eq!(text_of(&view, "filename"), format!("{id}.bin"));
    assert!(text_of(&view, "url").ends_with(&format!("/v1/files/{id}.bin")));
    assert_eq!(made.header("location"), Some(&*format!("/v1/files/{id}/metadata")));
    for name in [id.to_owned(), format!("{id}.bin")] {
        let got = s.teacher.get(&format!("/v1/files/{name}")).await;
        assert_eq!(got.status, 200);
        assert_eq!(got.bytes, bytes);
        assert_eq!(got.header("etag"), Some(&*format!("\"{}\"", sha256(&bytes))));
        assert_eq!(got.header("accept-ranges"), Some("bytes"));
        assert_eq!(got.header("content-length"), Some("700001"));
        assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
        assert!(got.header("content-security-policy").is_some_and(|csp| csp.contains("sandbox")));
        assert_eq!(got.header("cache-control"), Some("private, no-cache"));
        assert_eq!(
            got.header("content-disposition"),
            Some("attachment; filename=\"Plan f_r M_rz.bin\"; filename*=UTF-8''Plan%20f%C3%BCr%20M%C3%A4rz.bin")
        );
    }
    assert_eq!(stored(&s.app).len(), 1, "{:?}", stored(&s.app));
    // Nobody else knows of it.
    s.student.get(&format!("/v1/files/{id}")).await.problem(404);
    s.student.get(&format!("/v1/files/{id}/metadata")).await.problem(404);
    s.app.anonymous().get(&format!("/v1/files/{id}")).await.problem(401);
    // But those who may read all.
    assert_eq!(s.school.admin.get(&format!("/v1/files/{id}")).await.bytes, bytes);
}

#[tokio::test]
async fn an_empty_file_is_a_file() {
    let s = scene().await;
    let made = upload(&s.student, "empty.txt", Some("text/plain"), b"").await;
    let id = text_of(made.expect(201), "id").to_owned();
    let got = s.student.get(&format!("/v1/files/{id}")).await;
    assert_eq!((got.status.as_u16(), got.bytes.len()), (200, 0));
    let ranged = s.student.request(Method::GET, &format!("/v1/files/{id}")).header("range", "bytes=0-").send().await;
    assert_eq!(ranged.problem(416), "range-not-satisfiable");
    assert_eq!(ranged.header("content-range"), Some("bytes */0"));
}

#[tokio::test]
async fn parts_of_a_file_are_given_as_they_are_asked_for() {
    let s = scene().await;
    let bytes = noise(300_000);
    let made = upload(&s.teacher, "a.bin", None, &bytes).await;
    let path = format!("/v1/files/{}", text_of(made.expect(201), "id"));
    let ask = |range: &str| s.teacher.request(Method::GET, &path).header("range", range);
    for (range, from, to) in [
        ("bytes=0-0", 0, 0),
        ("bytes=0-", 0, 299_999),
        ("bytes=131071-131073", 131_071, 131_073),
        ("bytes=-1", 299_999, 299_999),
        ("bytes=299999-9999999", 299_999, 299_999),
        ("bytes=10-19,15-30", 10, 30),
    ] {
        let part = ask(range).send().await;
        assert_eq!(part.status, 206, "{range}");
        assert_eq!(part.header("content-range"), Some(&*format!("bytes {from}-{to}/300000")), "{range}");
        assert_eq!(part.bytes, &bytes[from..=to], "{range}");
    }
    for range in ["bytes=300000-", "bytes=-0", "bytes=400000-500000,600000-"] {
        let none = ask(range).send().await;
        assert_eq!(none.problem(416), "range-not-satisfiable", "{range}");
        assert_eq!(none.header("content-range"), Some("bytes */300000"));
    }
    for range in ["bytes=5-1", "lines=0-1", "bytes=x-y", "bytes=", "bytes=0-1-2"] {
        assert_eq!(ask(range).send().await.bytes.len(), 300_000, "{range}");
    }
    // Several at once.
    let several = ask("bytes=0-9,100-109,-5").send().await;
    assert_eq!(several.status, 206);
    let kind = several.header("content-type").expect("a type").to_owned();
    let boundary = kind.strip_prefix("multipart/byteranges; boundary=").expect("a boundary");
    let text = String::from_utf8_lossy(&several.bytes).into_owned();
    assert_eq!(text.matches(&format!("--{boundary}")).count(), 4, "{text}");
    for (from, to) in [(0, 9), (100, 109), (299_995, 299_999)] {
        let head = format!("Content-Range: bytes {from}-{to}/300000\r\n\r\n");
        let at = several.bytes.windows(head.len()).position(|window| window == head.as_bytes()).expect("a part");
        assert_eq!(several.bytes[at + head.len()..][..=to - from], bytes[from..=to]);
    }
    assert_eq!(several.header("content-length"), Some(&*several.bytes.len().to_string()));
}

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    let s = scene().await;
    let bytes = noise(5_000);
    let made = upload(&s.teacher, "a.bin", None, &bytes).await;
    let path = format!("/v1/files/{}", text_of(made.expect(201), "id"));
    let tag = s.teacher.get(&path).await.header("etag").expect("a tag").to_owned();
    let modified = s.teacher.get(&path).await.header("last-modified").expect("a date").to_owned();
    let same = s.teacher.request(Method::GET, &path).header("if-none-match", &tag).send().await;
    assert_eq!((same.status.as_u16(), same.bytes.len()), (304, 0));
    assert_eq!(same.header("etag"), Some(&*tag));
    // If-Range: the range while it is still the same, else the whole.
    for (value, status) in
        [(&*tag, 206), (&*modified, 206), ("\"other\"", 200), (&*format!("W/{tag}"), 200), ("junk", 200)]
    {
        let asked = s.teacher.request(Method::GET, &path).header("range", "bytes=1-2").header("if-range", value);
        assert_eq!(asked.send().await.status, status, "{value}");
    }
    // HEAD tells all and sends nothing.
    let head = s.teacher.request(Method::HEAD, &path).header("range", "bytes=1-2").send().await;
    assert_eq!((head.status.as_u16(), head.bytes.len()), (200, 0));
    assert_eq!(head.header("content-length"), Some("5000"));
    // Compression would spoil ranges.
    let text = upload(&s.teacher, "a.txt", Some("text/plain"), &b"word ".repeat(2_000)).await;
    let path = format!("/v1/files/{}", text_of(text.expect(201), "id"));
    let plain = s.teacher.request(Method::GET, &path).header("accept-encoding", "gzip, br").send().await;
    assert_eq!(plain.header("content-encoding"), None);
    assert_eq!(plain.header("content-type"), Some("text/plain; charset=utf-8"));
}

#[tokio::test]
async fn row_31_only_what_holds_no_script_is_shown() {
    let s = scene().await;
    let html = upload(&s.teacher, "a.html", Some("text/html"), b"<!doctype html><script>alert(1)</script>").await;
    let picture = upload(&s.teacher, "a.png", Some("image/png"), &png(8, 8)).await;
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let svg = upload(&s.teacher, "a.svg", Some("image/svg+xml"), svg).await;
    for (made, kind, shown) in
        [(html, "text/html; charset=utf-8", false), (picture, "image/png", true), (svg, "image/svg+xml", false)]
    {
        let id = text_of(made.expect(201), "id").to_owned();
        let saved = s.teacher.get(&format!("/v1/files/{id}")).await;
        assert!(saved.header("content-disposition").is_some_and(|d| d.starts_with("attachment")), "{kind}");
        let asked = s.teacher.get(&format!("/v1/files/{id}?disposition=inline")).await;
        let disposition = asked.header("content-disposition").expect("a disposition");
        assert_eq!(disposition.starts_with("inline"), shown, "{kind}");
        assert_eq!(asked.header("content-type"), Some(kind));
        assert_eq!(asked.header("x-content-type-options"), Some("nosniff"));
    }
}

#[tokio::test]
async fn row_31_and_33_names_are_only_names() {
    let s = scene().await;
    for (given, kept) in [
        ("../../../../etc/passwd", "passwd"),
        ("..\\\\..\\\\boot.ini", "boot.ini"),
        ("%2e%2e%2fx", "%2e%2e%2fx"),
        ("/absolute", "absolute"),
        ("..", "file"),
    ] {
        let made = upload(&s.teacher, given, None, b"x").await;
        assert_eq!(text_of(made.expect(201), "name"), kept, "{given}");
    }
    let long = upload(&s.teacher, &"n".repeat(300), None, b"x").await;
    assert_eq!(text_of(long.expect(201), "name").len(), 255);
    let announced =
        serde_json::json!({"filename": "a\"\r\nSet-Cookie: evil=1; é.txt", "content_type": "text/plain", "size": 1});
    let presigned = s.teacher.post("/v1/files/presign", announced).await;
    assert_eq!(text_of(&presigned.expect(201)["file"], "name"), "a\"Set-Cookie: evil=1; é.txt");
    for path in [
        "/v1/files/..%2f..%2fetc%2fpasswd",
        "/v1/files/%252e%252e%252fx",
        "/v1/files/..%5c..%5cx",
        "/v1/files/a%00b",
        "/v1/files/%2fetc%2fpasswd",
        &format!("/v1/files/{}", "x".repeat(300)),
        "/v1/files/019aa5d2-6f00-7c3e-8000-000000000000.",
        "/v1/files/019aa5d26f007c3e8000000000000000",
        "/v1/storage/sign?key=..%2f..%2fetc%2fpasswd",
        "/v1/storage/sign?key=%2Fetc%2Fpasswd",
    ] {
        let status = s.teacher.get(path).await.status.as_u16();
        assert!(matches!(status, 400 | 404), "{path}: {status}");
    }
}

#[tokio::test]
async fn row_29_what_is_not_what_it_was_said_to_be_leaves_nothing_behind() {
    let s = scene().await;
    let huge = {
        // The head of a picture of 30,000 by 30,000 pixels, and no pixel.
        let mut bytes = png(2, 2);
        bytes[16..20].copy_from_slice(&30_000_u32.to_be_bytes());
        bytes[20..24].copy_from_slice(&30_000_u32.to_be_bytes());
        let crc = crc32(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&crc.to_be_bytes());
        bytes
    };
    for (bytes, declared, status, code) in [
        (&b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0"[..], Some("image/png"), 415, "content-mismatch"),
        (b"<!doctype html><script>alert(1)</script>", Some("image/png"), 415, "content-mismatch"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", Some("image/png"), 415, "content-mismatch"),
        (b"\x7fELF\x02\x01\x01\0", None, 415, "program-refused"),
        (b"#!/bin/sh\nrm -rf /", Some("text/plain"), 415, "program-refused"),
        (b"\x89PNG\r\n\x1a\nrubbish", Some("image/png"), 415, "content-mismatch"),
        (&huge, Some("image/png"), 413, "too-many-pixels"),
        (&nested_archive(), Some("application/zip"), 415, "archive-bomb"),
        (&bomb(), Some("application/zip"), 415, "archive-bomb"),
    ] {
        let refused = upload(&s.teacher, "a.png", declared, bytes).await;
        assert_eq!(refused.problem(status), code, "{declared:?}");
    }
    nothing_left(&s.app).await;
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    use std::io::Write as _;
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("an entry");
        archive.write_all(bytes).expect("bytes");
    }
    archive.finish().expect("an archive").into_inner()
}

/// Archives in archives in archives in archives, as 42.zip has them.
fn nested_archive() -> Vec<u8> {
    (0..4).fold(archive(&[("page", &[0; 1_000])]), |inner, _| archive(&[("a.zip", &inner), ("b.zip", &inner)]))
}

/// A hundred mebibytes of nothing.
fn bomb() -> Vec<u8> {
    archive(&[("nothing", &vec![0; 100 << 20])])
}

#[tokio::test]
async fn forms_that_are_none_are_refused() {
    let s = scene().await;
    let post = |body: Vec<u8>| send_form(&s.teacher, Method::POST, "/v1/files/upload", body);
    assert_eq!(post(form("other", "a", None, b"x")).await.pointers(), ["/other"]);
    assert_eq!(post(b"".to_vec()).await.problem(400), "malformed-body");
    assert_eq!(post(b"rubbish".to_vec()).await.problem(400), "malformed-body");
    assert_eq!(post(b"--0123456789abcdef--\r\n".to_vec()).await.pointers(), ["/file"]);
    // Cut off.
    let whole = form("file", "a", None, &noise(5_000));
    assert_eq!(post(whole[..3_000].to_vec()).await.problem(400), "malformed-body");
    // Two files.
    let mut two = form("file", "a", None, b"x");
    two.truncate(two.len() - "--\r\n".len());
    two.extend_from_slice(
        b"\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b\"\r\n\r\ny\r\n--0123456789abcdef--\r\n",
    );
    assert_eq!(post(two).await.pointers(), ["/file"]);
    let json = s.teacher.post("/v1/files/upload", serde_json::json!({"file": "x"})).await;
    assert_eq!(json.problem(415), "unsupported-media-type");
    nothing_left(&s.app).await;
}
