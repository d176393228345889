//! Files, through the API: the same tests on a folder and on an S3 server.

mod avatars;
mod browse;
mod derived;
mod direct;
mod faults;
mod kill;
mod quotas;
mod transfer;

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Method;
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::support::{App, Client, Reply, eventually};
use crate::tenancy::{School, enrol, found};

const BOUNDARY: &str = "0123456789abcdef";

/// A school with a teacher and a student.
pub struct Scene {
    pub app: App,
    pub school: School,
    pub teacher: Client,
    pub student: Client,
}

pub async fn scene() -> Scene {
    scene_on(App::start().await).await
}

pub async fn scene_on(app: App) -> Scene {
    let root = app.super_admin().await;
    let school = found(&app, &root, "here").await;
    let teacher = enrol(&app, &root, &school.id, "teacher@here.example", "teacher").await;
    let student = enrol(&app, &root, &school.id, "student@here.example", "student").await;
    Scene { app, school, teacher, student }
}

/// A form with one part.
pub fn form(part: &str, name: &str, content_type: Option<&str>, bytes: &[u8]) -> Vec<u8> {
    let kind = content_type.map_or(String::new(), |kind| format!("Content-Type: {kind}\r\n"));
    let head =
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{part}\"; filename=\"{name}\"\r\n{kind}\r\n");
    [head.as_bytes(), bytes, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat()
}

pub fn form_type() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

/// Uploads bytes through the program.
pub async fn upload(who: &Client, name: &str, content_type: Option<&str>, bytes: &[u8]) -> Reply {
    send_form(who, Method::POST, "/v1/files/upload", form("file", name, content_type, bytes)).await
}

pub async fn send_form(who: &Client, method: Method, path: &str, body: Vec<u8>) -> Reply {
    who.request(method, path).header("content-type", &form_type()).bytes(body).send().await
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes without a pattern that a file system could save room by.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// A picture of this size.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_fn(width, height, |x, y| image::Rgb([(x % 251) as u8, (y % 241) as u8, 90]));
    picture.write_to(&mut bytes, image::ImageFormat::Png).expect("a picture");
    bytes.into_inner()
}

/// Everything that lies in the store and the spool: no files but these.
pub fn stored(app: &App) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for root in [
        app.data_dir().join("files/objects"),
        app.data_dir().join("files/incoming"),
        app.data_dir().join("files/parts"),
        app.data_dir().join("spool"),
    ] {
        walk(&root, &mut files);
    }
    if let Some(folder) = app.bucket.as_ref().and_then(|bucket| bucket.folder.as_ref()) {
        walk(folder, &mut files);
    }
    files
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() { walk(&path, files) } else { files.push(path) }
    }
}

/// One number from the database.
pub async fn number(app: &App, sql: &str) -> i64 {
    let db = app.system.platform.db.migration_connection();
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await.expect("an answer").expect("a row");
    row.try_get_by_index::<i64>(0).expect("a number")
}

/// Nothing is left: no rows, no room taken, no objects.
pub async fn nothing_left(app: &App) {
    eventually(Duration::from_secs(10), "nothing is left of an upload", async || {
        app.drain_outbox().await;
        let rows = number(app, "SELECT COUNT(*) FROM files WHERE state <> 'refused'").await;
        let used = number(app, "SELECT CAST(COALESCE(SUM(bytes_used), 0) AS BIGINT) FROM file_usage").await;
        rows == 0 && used == 0 && stored(app).is_empty()
    })
    .await;
}

pub fn text_of<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("no {member} in {value}"))
}
