//! The program is killed in the middle of an upload: what is left is swept.

use std::path::Path;
use std::time::{Duration, SystemTime};

use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::{form, form_type, noise};
use crate::support::program::{Place, Server};
use crate::support::{PASSWORD, database, eventually};

async fn post(server: &Server, token: &str, path: &str, body: Value) -> Value {
    let url = format!("http://{}{path}", server.address);
    let request = reqwest::Client::new().post(url).bearer_auth(token).header("content-type", "application/json");
    let answer = request.body(body.to_string()).send().await.expect("an answer");
    let text = answer.text().await.expect("a body");
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{path}: {text}"))
}

fn left(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

#[tokio::test]
async fn an_upload_during_which_the_program_is_killed_leaves_nothing_after_the_sweep() {
    let place = Place::new().set("LYCEUM__JOBS__POLL_MS", "20");
    let email = "root@lyceum.example";
    place.run_with_input(&["admin", "create", "--email", email, "--password-stdin"], PASSWORD).succeeded();
    let server = place.serve();
    let login = json!({"email": email, "password": PASSWORD});
    let root = post(&server, "", "/v1/auth/login", login).await["access_token"].as_str().expect("a token").to_owned();
    let school = post(&server, &root, "/v1/schools", json!({"name": "Northfield", "slug": "northfield"})).await;
    let inside = post(&server, &root, "/v1/auth/switch-school", json!({"school_id": school["id"]})).await;
    let token = inside["access_token"].as_str().expect("a token").to_owned();

    let whole = form("file", "a.bin", None, &noise(3_000_000));
    let mut socket = TcpStream::connect(&server.address).await.expect("a connection");
    let head = format!(
        "POST /v1/files/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        form_type(),
        whole.len()
    );
    socket.write_all(head.as_bytes()).await.expect("sent");
    socket.write_all(&whole[..1_000_000]).await.expect("sent");
    let incoming = place.data_dir().join("files/incoming");
    eventually(Duration::from_secs(10), "bytes arrive", async || !left(&incoming).is_empty()).await;
    drop(server);
    assert_eq!(left(&incoming).len(), 1);

    // A day later.
    for file in left(&incoming) {
        let file = std::fs::File::options().write(true).open(file).expect("the file");
        file.set_modified(SystemTime::now() - Duration::from_hours(48)).expect("an older file");
    }
    let database = database::connect(&format!("sqlite://{}", place.data_dir().join("lyceum.db").display())).await;
    let rows = async || {
        let statement = sea_orm::Statement::from_string(database.get_database_backend(), "SELECT COUNT(*) FROM files");
        let row = database.query_one_raw(statement).await.expect("an answer").expect("a row");
        row.try_get_by_index::<i64>(0).expect("a number")
    };
    assert_eq!(rows().await, 1, "the upload was announced");
    for sql in [
        "UPDATE files SET expires_at = '2020-01-01 00:00:00.000000000 +00:00'",
        "DELETE FROM jobs WHERE unique_key LIKE 'periodic:files.%'",
    ] {
        database.execute_unprepared(sql).await.expect("a change");
    }
    let _server = place.serve();
    eventually(Duration::from_secs(20), "the sweep", async || left(&incoming).is_empty() && rows().await == 0).await;
    assert!(left(&place.data_dir().join("files/objects")).is_empty());
}
