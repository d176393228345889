//! People in bulk: what is wrong with files, and who may do what with them.

use serde_json::{Value, json};

use super::imports::{count, ended, imported, member, send};
use super::{enrol, found};
use crate::support::client::Client;
use crate::support::{App, PASSWORD};

/// Line, column, value and code of each fault.
fn faults(import: &Value) -> Vec<(i64, &str, &str, &str)> {
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let errors = import["errors"].as_array().expect("errors");
    errors
        .iter()
        .map(|error| {
            assert!(!text(error, "reason").is_empty(), "{error}");
            let part = |name: &str| error[name].as_str().unwrap_or_default();
            (error["line"].as_i64().unwrap_or_default(), part("column"), part("value"), part("code"))
        })
        .collect()
}

#[tokio::test]
async fn every_fault_says_where_it_is_and_why() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let one = format!("external_id,email,username,password\nE-1,one@lyceum.example,one,\nE-2,,two,{PASSWORD}\n");
    imported(&app, &school.admin, "", one).await;
    let long = "x".repeat(300);
    let rows = [
        "X-1,no address,,,,,,",
        "X-2,,no,,,,,",
        "X-3,a3@lyceum.example,,,headmaster,,,",
        "X-4,a4@lyceum.example,,,,Green,,",
        "X-5,,five,,,,short,",
        "X-6,,six,,,,,",
        "X-7,a7@lyceum.example,,\u{1},,,,",
        "X-8,a8@lyceum.example,,,,,,perhaps",
        "X-9,a9@lyceum.example,,,,,",
        ",,,Nobody,,,,",
        "X-1,b1@lyceum.example,,,,,,",
        "X-12,A3@lyceum.example,,,,,,",
        "E-1,b2@lyceum.example,two,,,,,",
        "X-14,one@lyceum.example,,,,,,",
        "X-15,b3@lyceum.example,one,,,,,",
        "E-2,one@lyceum.example,,,,,,",
        "X-17,,seventeen,,,,password123,",
    ];
    let head = "external_id,email,username,full_name,role,groups,password,is_active";
    let file = format!("{head}\n{}\nX-19,a19@lyceum.example,,{long},,,,\n", rows.join("\n"));
    let import = imported(&app, &school.admin, "", file).await;
    let cut = "x".repeat(200);
    assert_eq!(
        faults(&import),
        [
            (2, "email", "no address", "email"),
            (3, "username", "no", "username"),
            (4, "role", "headmaster", "unknown-role"),
            (5, "groups", "Green", "unknown-group"),
            (6, "password", "", "password"),
            (7, "password", "", "missing"),
            (8, "full_name", "\u{fffd}", "full_name"),
            (9, "is_active", "perhaps", "boolean"),
            (10, "", "", "cells"),
            (11, "email", "", "missing"),
            (13, "email", "A3@lyceum.example", "duplicate"),
            (14, "username", "two", "username-taken"),
            (15, "external_id", "X-14", "external-id-differs"),
            (16, "username", "one", "username-taken"),
            (17, "email", "one@lyceum.example", "duplicate"),
            (18, "password", "", "password"),
            (19, "full_name", &cut, "full_name"),
        ],
        "{import}"
    );
    assert_eq!(count(&school.admin).await, 3, "nothing is applied");
}

#[tokio::test]
async fn row_34_all_faults_are_paged_and_come_as_a_table_without_formulas() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let bad: String = (0..45).map(|n| format!("=HYPERLINK({n}),A\n")).collect();
    let file = format!("email,full_name\n{bad}fine@lyceum.example,'=1+1\nalso@lyceum.example,-Dash\n");
    let import = imported(&app, &school.admin, "?on_error=skip", file).await;
    assert_eq!((import["errors"].as_array().map(Vec::len), &import["error_count"]), (Some(20), &json!(45)));
    // What Lyceum itself writes comes back as it was.
    assert_eq!(member(&school.admin, "fine@").await["full_name"], "=1+1");
    assert_eq!(member(&school.admin, "also@").await["full_name"], "-Dash");
    let path = format!("/v1/imports/{}/errors", import["id"].as_str().expect("an id"));
    let (mut lines, mut next) = (Vec::new(), Some(format!("{path}?limit=20&total=true")));
    while let Some(page) = next {
        let page = school.admin.get(&page).await;
        lines.extend(page.expect(200).as_array().expect("a list").iter().map(|e| e["line"].as_i64().expect("a line")));
        next = page.header("link").map(|link| {
            let url = link.split(['<', '>']).nth(1).expect("a reference");
            url[url.find("/v1").expect("a path")..].to_owned()
        });
    }
    assert_eq!(lines, (2..47).collect::<Vec<_>>());
    let table = school.admin.request(reqwest::Method::GET, &path).header("accept", "text/csv").send().await;
    table.expect(200);
    let text = String::from_utf8(table.bytes).expect("UTF-8");
    assert!(text.starts_with("file,line,column,value,code,reason\r\n,2,email,'=HYPERLINK(0),email,"), "{text}");
    assert_eq!(text.lines().count(), 46);
}

#[tokio::test]
async fn files_that_cannot_be_read_say_why() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let fails = async |file: &[u8]| {
        let import = imported(&app, &school.admin, "?on_error=skip", file).await;
        assert_eq!((&import["state"], &import["result"]), (&json!("failed"), &Value::Null), "{import}");
        let errors = faults(&import);
        assert_eq!(errors.len(), 1, "{import}");
        let (line, column, value, code) = errors[0];
        (line, column.to_owned(), value.to_owned(), code.to_owned())
    };
    let fault = |line, column: &str, code: &str| (line, column.to_owned(), String::new(), code.to_owned());
    assert_eq!(fails(b"email,full_name\na@lyceum.example,M\xfcller\n").await, fault(2, "full_name", "encoding"));
    assert_eq!(
        fails(
            "email\n"
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .fold(vec![0xff, 0xfe], |mut all, byte| {
                    all.push(byte);
                    all
                })
                .as_slice()
        )
        .await,
        fault(0, "", "encoding")
    );
    assert_eq!(fails(b"\n\n").await, fault(0, "", "empty"));
    assert_eq!(fails(b"emial,full_name\n").await, fault(1, "emial", "unknown-column"));
    assert_eq!(fails(b"email,e-mail\n").await, fault(1, "e-mail", "column-twice"));
    assert_eq!(fails(b"full_name,role\n").await, fault(1, "", "columns"));
    assert_eq!(fails(b"PK\x03\x04 and no archive").await, fault(0, "", "archive"));
    // Guardians are nobody to a school, and quickly read.
    let many: String = (0..50_001).map(|n| format!("G-{n},true,guardian\n")).collect();
    let file = format!("sourcedId,enabledUser,role\n{many}");
    assert_eq!(fails(file.as_bytes()).await, fault(50_002, "", "too-many-rows"));
    assert_eq!(count(&school.admin).await, 1);
}

#[tokio::test]
async fn tables_of_all_sorts_are_understood() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    for (number, file) in [
        "\u{feff}E-Mail;Vorname;Name\r\nEMAIL;\"Jo\r\nAnn\";x\r\n",
        "sep=;\r\nemail;full name\r\nEMAIL;Jo\r\n",
        "email\tgiven_name\tfamily_name\nEMAIL\tJo\tAnn\n",
        "email,full_name\r\n,\r\n\r\nEMAIL,\"Jo, \"\"Ann\"\"\"",
    ]
    .into_iter()
    .enumerate()
    {
        let file = file.replace("EMAIL", &format!("p{number}@lyceum.example")).replace("Vorname", "first name");
        let file = file.replace("\"Jo\r\nAnn\"", "Jo").replace(";Name", ";Last-Name");
        let import = imported(&app, &school.admin, "", file).await;
        assert_eq!(import["state"], "done", "{import}");
    }
    assert_eq!(member(&school.admin, "p0@").await["full_name"], "Jo x");
    assert_eq!(member(&school.admin, "p2@").await["full_name"], "Jo Ann");
    assert_eq!(member(&school.admin, "p3@").await["full_name"], "Jo, \"Ann\"");
}

async fn registrar(app: &App, admin: &Client, root: &Client, school: &str) -> Client {
    let role = json!({
        "name": "registrar", "title": "Registrar", "rank": 15,
        "permissions": ["user:import", "user:read", "school:read", "group:read"],
    });
    admin.post("/v1/roles", role).await.expect(201);
    enrol(app, root, school, "registrar@lyceum.example", "registrar").await
}

#[tokio::test]
async fn nobody_imports_beyond_what_they_may_do() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let registrar = registrar(&app, &school.admin, &school.root, &school.id).await;
    let mine = registrar.user_id.clone().expect("an id");
    let file = "email,role,level,is_active\na@lyceum.example,teacher,,\nadmin@northfield.example,,Year 1,\n\
                registrar@lyceum.example,,,no\nb@lyceum.example,registrar,,\n";
    let import = imported(&app, &registrar, "?on_error=skip", file).await;
    assert_eq!(
        faults(&import),
        [(2, "role", "teacher", "role-above-yours"), (3, "", "", "rank-above-yours"), (4, "", "", "own-account")],
        "{import}"
    );
    assert_eq!(member(&school.admin, "b@lyceum").await["role"], "registrar");
    let raised = imported(&app, &registrar, "", "email,role\nb@lyceum.example,student\n").await;
    assert_eq!(faults(&raised), [(2, "role", "student", "permission-missing")]);
    assert_eq!(send(&registrar, "?role=teacher", "text/csv", "email").await.problem(403), "role-above-yours");
    // Whoever is put out meanwhile imports nothing more.
    let waiting = send(&registrar, "", "text/csv", "email,role\nc@lyceum.example,registrar").await;
    school.admin.patch(&format!("/v1/users/{mine}"), json!({"is_active": false})).await.expect(200);
    let gone = ended(&app, &school.admin, &waiting).await;
    assert_eq!((&gone["state"], faults(&gone)[0].3), (&json!("failed"), "importer-gone"));
    let last = imported(&app, &school.root_inside().await, "", "email,is_active\nadmin@northfield.example,no\n").await;
    assert_eq!(faults(&last), [(2, "", "", "last-administrator")]);
}

#[tokio::test]
async fn row_25_imports_of_one_school_are_nothing_to_another() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let (north, south) = (found(&app, &root, "north").await, found(&app, &root, "south").await);
    let file = format!("external_id,username,password\nS-1,pupil,{PASSWORD}\n");
    let import = imported(&app, &north.admin, "", file.clone()).await;
    let path = format!("/v1/imports/{}", import["id"].as_str().expect("an id"));
    south.admin.get(&path).await.problem(404);
    south.admin.get(&format!("{path}/errors")).await.problem(404);
    south.admin.post_empty(&format!("{path}/cancel")).await.problem(404);
    assert_eq!(south.admin.get("/v1/imports").await.expect(200), &json!([]));
    // Names and ids clash inside a school only.
    assert_eq!(imported(&app, &south.admin, "", file).await["result"]["created"], 1);
}
