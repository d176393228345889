//! People in bulk: files are taken, applied, resumed and called off.

use std::time::Duration;

use lyceum_kernel::{RequestId, SchoolId};
use lyceum_platform::uow::Cause;
use reqwest::Method;
use serde_json::{Value, json};

use super::{School, found};
use crate::support::client::{Client, Reply};
use crate::support::contract::Contract;
use crate::support::program::Place;
use crate::support::{App, PASSWORD, database, eventually, variable};

/// Sends a file as the body.
pub async fn send(who: &Client, query: &str, kind: &str, file: impl Into<Vec<u8>>) -> Reply {
    let request = who.request(Method::POST, &format!("/v1/users/import{query}")).header("content-type", kind);
    request.bytes(file.into()).send().await
}

/// Imports a table, and looks at what came of it.
pub async fn imported(app: &App, who: &Client, query: &str, file: impl Into<Vec<u8>>) -> Value {
    ended(app, who, &send(who, query, "text/csv", file).await).await
}

/// Waits for an import that was accepted.
pub async fn ended(app: &App, who: &Client, accepted: &Reply) -> Value {
    assert_eq!(accepted.expect(202)["state"], "queued");
    app.drain_outbox().await;
    let location = accepted.header("location").expect("a location").to_owned();
    who.get(&location).await.expect(200).clone()
}

/// The member of a school with this text in a name or address.
pub async fn member(who: &Client, text: &str) -> Value {
    let list = who.get(&format!("/v1/users?q={text}")).await;
    let list = list.expect(200).as_array().expect("a list").clone();
    assert_eq!(list.len(), 1, "{text}: {list:?}");
    list[0].clone()
}

pub async fn count(who: &Client) -> u64 {
    let list = who.get("/v1/users?total=true&limit=1").await;
    list.header("x-total-count").expect("a count").parse().expect("a number")
}

async fn school(app: &App) -> School {
    found(app, &app.super_admin().await, "northfield").await
}

fn result(import: &Value) -> [i64; 5] {
    ["created", "offered", "updated", "unchanged", "skipped"]
        .map(|name| import["result"][name].as_i64().unwrap_or_else(|| panic!("no {name} in {import}")))
}

#[tokio::test]
async fn a_table_brings_people_in() {
    let app = App::start().await;
    let school = school(&app).await;
    let known = app.member("known@lyceum.example").await;
    let group = school.admin.post("/v1/groups", json!({"name": "Year 9 Blue"})).await;
    let group = group.expect(201)["id"].as_str().expect("an id").to_owned();
    let file = format!(
        "External ID,E-Mail,Username,Full name,Role,Level,Groups,Password\r\n\
         S-1,grace@lyceum.example,,\"Hopper, Grace\",teacher|instructor,,,\r\n\
         S-2,,pupil.two,Pupil Two,,Year 9,year 9 blue,{PASSWORD}\r\n\
         S-3,known@lyceum.example,,A Name,student,,,\r\n"
    );
    let import = imported(&app, &school.admin, "", file).await;
    assert_eq!(import["state"], "done", "{import}");
    assert_eq!((&import["done"], &import["total"], &import["error_count"]), (&json!(3), &json!(3), &json!(0)));
    assert_eq!(result(&import), [1, 2, 0, 0, 0]);
    let grace = member(&school.admin, "grace").await;
    assert_eq!(grace["full_name"], "Hopper, Grace");
    assert_eq!((&grace["role"], &grace["roles"]), (&json!("instructor"), &json!(["instructor", "teacher"])));
    assert_eq!(grace["external_id"], "S-1");
    let pupil = member(&school.admin, "pupil.two").await;
    assert_eq!((&pupil["role"], &pupil["level"]), (&json!("student"), &json!("Year 9")));
    let members = school.admin.get(&format!("/v1/groups/{group}/members")).await;
    assert_eq!(members.expect(200)[0]["id"], pupil["id"]);
    // Who has a password from staff chooses another first; who has none is invited; whose address is known is asked.
    let login = json!({"username": "pupil.two", "password": PASSWORD, "school": "northfield"});
    app.anonymous().post("/v1/auth/login", login).await.expect(200);
    let token = app.mail_to("grace@lyceum.example").expect("an invitation").token();
    let reset = json!({"token": token, "password": PASSWORD});
    assert!(app.anonymous().post("/v1/auth/password/reset", reset).await.status.is_success());
    let offer = app.mail_to("known@lyceum.example").expect("an offer").token();
    app.anonymous().post("/v1/memberships/accept", json!({"token": offer})).await.expect(204);
    assert_eq!(known.get("/v1/me/schools").await.expect(200)[0]["status"], "active");
    // One row for each of them, and for the import; the importer did it.
    for (action, many) in [("tenancy.member_added", 4), ("tenancy.import_started", 1), ("tenancy.import_ended", 1)] {
        let log = school.admin.get(&format!("/v1/admin/audit-logs?action={action}&limit=100")).await;
        let rows = log.expect(200).as_array().expect("a list").clone();
        assert_eq!(rows.len(), many, "{action}: {rows:?}");
        let importer = school.admin.user_id.as_deref();
        assert!(rows.iter().filter(|row| row["actor_id"].as_str() == importer).count() >= many.min(3), "{rows:?}");
    }
}

#[tokio::test]
async fn row_5_counts_do_not_tell_whether_an_address_was_known() {
    let app = App::start().await;
    let school = school(&app).await;
    app.member("known@lyceum.example").await;
    for dry in ["?dry_run=true", ""] {
        let known = imported(&app, &school.admin, dry, "email\nknown@lyceum.example").await;
        let unknown = imported(&app, &school.admin, dry, "email\nunknown@lyceum.example").await;
        assert_eq!(known["result"], unknown["result"]);
        assert_eq!(known["errors"], unknown["errors"]);
    }
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_tells_what_would_be() {
    let app = App::start().await;
    let school = school(&app).await;
    let before = count(&school.admin).await;
    let file = format!("email,username,password\na@lyceum.example,,\n,pupil,{PASSWORD}\nbad,,\n");
    let import = imported(&app, &school.admin, "?dry_run=true&on_error=skip", file.clone()).await;
    assert_eq!((&import["state"], &import["dry_run"]), (&json!("done"), &json!(true)));
    assert_eq!(result(&import), [1, 1, 0, 0, 1]);
    let import = imported(&app, &school.admin, "?dry_run=true", file).await;
    assert_eq!(import["state"], "failed");
    assert_eq!(count(&school.admin).await, before);
    assert!(app.mail_to("a@lyceum.example").is_none());
}

#[tokio::test]
async fn one_faulty_row_stops_the_whole_unless_it_may_be_left_out() {
    let app = App::start().await;
    let school = school(&app).await;
    let file = "email;full_name\na@lyceum.example;A\nnobody;B\nc@lyceum.example;C";
    let import = imported(&app, &school.admin, "", file).await;
    assert_eq!((&import["state"], &import["result"]), (&json!("failed"), &Value::Null));
    assert_eq!(
        import["errors"][0],
        json!({
            "file": null, "line": 3, "column": "email", "value": "nobody", "code": "email", "reason": "must be an e-mail address"
        })
    );
    assert_eq!(count(&school.admin).await, 1);
    let import = imported(&app, &school.admin, "?on_error=skip&role=teacher", file).await;
    assert_eq!((&import["state"], &import["error_count"]), (&json!("done"), &json!(1)));
    assert_eq!(result(&import), [0, 2, 0, 0, 1]);
    assert_eq!(member(&school.admin, "c@lyceum").await["role"], "teacher");
}

#[tokio::test]
async fn the_same_file_again_changes_nothing_and_a_newer_one_only_what_differs() {
    let app = App::start().await;
    let school = school(&app).await;
    let file = format!(
        "external_id,username,full_name,role,level,password\nS-1,ada.l,Ada,student,Year 8,{PASSWORD}\n\
         S-2,bob.b,Bob,student,,{PASSWORD}\n"
    );
    imported(&app, &school.admin, "", file.clone()).await;
    let ada = member(&school.admin, "ada").await;
    let again = imported(&app, &school.admin, "", file).await;
    assert_eq!(result(&again), [0, 0, 0, 2, 0]);
    assert_eq!(member(&school.admin, "ada").await, ada, "nothing was written");
    let newer = "external_id,username,full_name,role,level,is_active\nS-1,ada.love,Ada Lovelace,teacher,Year 9,yes\n\
                 S-2,,,,,false\n";
    let changed = imported(&app, &school.admin, "", newer).await;
    assert_eq!(result(&changed), [0, 0, 2, 0, 0], "{changed}");
    let now = member(&school.admin, "lovelace").await;
    assert_eq!(now["id"], ada["id"]);
    assert_eq!(
        (&now["username"], &now["full_name"], &now["level"]),
        (&json!("ada.love"), &json!("Ada Lovelace"), &json!("Year 9"))
    );
    assert_eq!(now["roles"], json!(["student", "teacher"]), "roles are added, never taken");
    assert_eq!(member(&school.admin, "bob").await["is_active"], false);
    // Nothing in a file lets anybody in again; the login follows the new name.
    let again = imported(&app, &school.admin, "", newer.replace("false", "true")).await;
    assert_eq!(result(&again), [0, 0, 0, 2, 0]);
    assert_eq!(member(&school.admin, "bob").await["is_active"], false);
    let login = json!({"username": "ada.love", "password": PASSWORD, "school": "northfield"});
    app.anonymous().post("/v1/auth/login", login).await.expect(200);
}

#[tokio::test]
async fn seats_are_taken_for_all_or_nobody_comes() {
    let app = App::start().await;
    let school = school(&app).await;
    let limit = async |seats: u32| {
        let platform = &app.system.platform;
        let cause = Cause::new(RequestId::new(platform.clock.now(), &*platform.entropy));
        let id = SchoolId(school.id.parse().expect("an id"));
        app.system.tenancy.set_terms(platform.unit_of_work(cause), id, Some(seats), false).await.expect("set");
    };
    limit(3).await;
    let file = "email\na@lyceum.example\nb@lyceum.example\nc@lyceum.example\n";
    for query in ["?dry_run=true", "", "?on_error=skip"] {
        let import = imported(&app, &school.admin, query, file).await;
        assert_eq!(import["state"], "failed", "{query}: {import}");
        assert_eq!(
            (&import["errors"][0]["code"], &import["errors"][0]["value"]),
            (&json!("no-seat-left"), &json!("3"))
        );
        assert_eq!(count(&school.admin).await, 1);
    }
    limit(4).await;
    assert_eq!(imported(&app, &school.admin, "", file).await["state"], "done");
    let one_more = school.admin.post("/v1/users", json!({"email": "d@lyceum.example"})).await;
    assert_eq!(one_more.problem(409), "no-seat-left");
}

#[tokio::test]
async fn an_import_is_called_off_and_only_one_is_under_way() {
    let app = App::start().await;
    let school = school(&app).await;
    let first = send(&school.admin, "", "text/csv", "email\na@lyceum.example").await;
    let id = first.expect(202)["id"].as_str().expect("an id").to_owned();
    let second = send(&school.admin, "", "text/csv", "email\nb@lyceum.example").await;
    assert_eq!(second.problem(409), "import-running");
    let path = format!("/v1/imports/{id}");
    for _ in 0..2 {
        let cancelled = school.admin.post_empty(&format!("{path}/cancel")).await;
        assert_eq!(cancelled.expect(200)["state"], "cancelled");
    }
    app.drain_outbox().await;
    assert_eq!(count(&school.admin).await, 1);
    let done = imported(&app, &school.admin, "", "email\nb@lyceum.example").await;
    assert_eq!(done["state"], "done");
    let ended = format!("/v1/imports/{}/cancel", done["id"].as_str().expect("an id"));
    assert_eq!(school.admin.post_empty(&ended).await.problem(409), "import-ended");
    let list = school.admin.get("/v1/imports?limit=1&total=true").await;
    assert_eq!((list.expect(200)[0]["id"].clone(), list.header("x-total-count")), (done["id"].clone(), Some("2")));
    let unchanged = school.admin.request(Method::GET, &path).header("if-none-match", "*").send().await;
    assert_eq!(unchanged.status, 304);
    // It can be looked at for a month.
    app.clock.advance(chrono::Duration::days(31));
    app.drain_outbox().await;
    let admin = app.login("admin@northfield.example", PASSWORD).await;
    let admin = super::switch(&admin, &school.id).await;
    assert_eq!(admin.get("/v1/imports").await.expect(200), &json!([]));
}

#[tokio::test]
async fn files_come_as_a_body_or_as_a_part_of_a_form_and_never_half() {
    let app = App::start().await;
    let school = school(&app).await;
    let form = |name: &str, file: &str| {
        format!(
            "--x\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"people.csv\"\r\n\
             content-type: application/vnd.ms-excel\r\n\r\n{file}\r\n--x--\r\n"
        )
    };
    let kind = "multipart/form-data; boundary=x";
    let accepted = send(&school.admin, "", kind, form("file", "email\na@lyceum.example")).await;
    assert_eq!(result(&ended(&app, &school.admin, &accepted).await), [0, 1, 0, 0, 0]);
    assert_eq!(send(&school.admin, "", kind, form("people", "email")).await.pointers(), ["/people"]);
    assert_eq!(send(&school.admin, "", kind, "--x--\r\n").await.pointers(), ["/file"]);
    assert_eq!(
        send(&school.admin, "", kind, form("file", "email").replace("--x--", "")).await.problem(400),
        "malformed-body"
    );
    assert_eq!(send(&school.admin, "", "application/json", "{}").await.problem(415), "unsupported-media-type");
    let latin = send(&school.admin, "", "text/csv; charset=iso-8859-1", "email").await;
    assert_eq!(latin.problem(415), "unsupported-media-type");
    // A file without a byte is a file; what is wrong with it, its import tells.
    for kind in ["text/csv", "application/octet-stream"] {
        let empty = ended(&app, &school.admin, &send(&school.admin, "", kind, "").await).await;
        assert_eq!((&empty["state"], empty["error_count"].as_i64()), (&json!("failed"), Some(1)), "{empty}");
    }
    let large = vec![b'a'; 33 * 1024 * 1024];
    assert_eq!(send(&school.admin, "", "text/csv", large).await.problem(413), "body-too-large");
    assert_eq!(send(&school.admin, "?role=nobody", "text/csv", "email").await.problem(409), "unknown-role");
    assert_eq!(send(&school.admin, "?on_error=maybe", "text/csv", "email").await.pointers(), ["on_error"]);
    // A connection that breaks leaves nothing.
    let token = school.admin.token.clone().expect("a token");
    let address = app.base.trim_start_matches("http://").to_owned();
    let head = format!(
        "POST /v1/users/import HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: text/csv\r\n\
         content-length: 1000\r\n\r\nemail\nb@lyceum"
    );
    let broken = tokio::task::spawn_blocking(move || {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(address).expect("connected");
        stream.write_all(head.as_bytes()).expect("written");
        stream.shutdown(std::net::Shutdown::Write).expect("shut");
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    });
    let answer = broken.await.expect("joined");
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    app.drain_outbox().await;
    let list = school.admin.get("/v1/imports").await;
    assert_eq!(list.expect(200).as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn thirty_people_cost_as_many_statements_as_three() {
    let app = App::start().await;
    let school = school(&app).await;
    // Without addresses, so that no letters are sent, whose statements would be counted.
    let cost = async |from: usize, many: usize| {
        let rows: String = (from..from + many).map(|n| format!("S-{n},pupil.{n},{PASSWORD}\n")).collect();
        let accepted = send(&school.admin, "", "text/csv", format!("external_id,username,password\n{rows}")).await;
        accepted.expect(202);
        app.queries_of(app.drain_outbox()).await
    };
    cost(0, 3).await;
    let (few, many) = (cost(100, 3).await, cost(200, 30).await);
    // Each activation is a job of its own, with some ten statements.
    assert!(many - few < 27 * 15, "{few} for three, {many} for thirty");
}

/// People as a table, each with an address.
fn people(many: usize) -> String {
    let rows = (0..many).map(|n| format!("S-{n},person{n}@lyceum.example,Person {n},student\r\n"));
    format!("external_id,email,full_name,role\r\n{}", rows.collect::<String>())
}

#[tokio::test]
async fn an_import_that_is_killed_goes_on_where_it_was() {
    const MANY: usize = 1_500;
    let folder = tempfile::tempdir().expect("a folder");
    let mut place = Place::new().set("LYCEUM__JOBS__LEASE_S", "1").set("LYCEUM__JOBS__POLL_MS", "50");
    // On a busy machine it is asked after more often than anybody may.
    place = place.set("LYCEUM__LIMITS__ENABLED", "false");
    let postgres = variable("LYCEUM_TEST_POSTGRES_URL").is_some();
    let url = database::fresh(folder.path()).await;
    if postgres {
        place = place.set("DATABASE_URL", &url);
    }
    let document = serde_json::from_str(place.run(&["openapi"]).succeeded()).expect("JSON");
    let contract = Contract::shared(document);
    place.run(&["migrate", "up"]).succeeded();
    let made =
        place.run_with_input(&["admin", "create", "--email", "root@lyceum.example", "--password-stdin"], PASSWORD);
    made.succeeded();
    let mut server = place.serve();
    let client =
        |server: &crate::support::program::Server| Client::of(format!("http://{}", server.address), contract.clone());
    let login = json!({"email": "root@lyceum.example", "password": PASSWORD});
    let pair = client(&server).post("/v1/auth/login", login).await;
    let root = client(&server).with_token(pair.expect(200)["access_token"].as_str().expect("a token"));
    let made = root.post("/v1/schools", json!({"name": "Northfield", "slug": "northfield"})).await;
    let root = super::switch(&root, made.expect(201)["id"].as_str().expect("an id")).await;
    let token = root.token.clone().expect("a token");
    let import = send(&root, "", "text/csv", people(MANY)).await;
    let path = import.header("location").expect("a location").to_owned();
    for kills in 0..3 {
        let root = client(&server).with_token(token.clone());
        let mut seen = json!(null);
        eventually(Duration::from_mins(1), "it goes on", async || {
            seen = root.get(&path).await.expect(200).clone();
            let done = seen["done"].as_i64().expect("a number");
            seen["state"] == "done" || (seen["step"] == "applying" && done > kills * 100)
        })
        .await;
        assert_eq!(seen["state"], "running", "too fast to be killed: {seen}");
        drop(server);
        server = place.serve();
    }
    let root = client(&server).with_token(token);
    eventually(Duration::from_mins(1), "it ends", async || root.get(&path).await.expect(200)["state"] == "done").await;
    let import = root.get(&path).await;
    assert_eq!(result(import.expect(200)), [0, 1_500, 0, 0, 0], "{}", import.json);
    assert_eq!(count(&root).await, 1_500);
    for (action, many) in [("tenancy.member_added", "1500"), ("identity.account_created", "1501")] {
        let log = root.get(&format!("/v1/admin/audit-logs?action={action}&total=true&limit=1")).await;
        let expected = if action.starts_with("tenancy") { many } else { "1500" };
        assert_eq!(log.header("x-total-count"), Some(expected), "{action}");
    }
    drop(server);
    database::drop(&url).await;
}
