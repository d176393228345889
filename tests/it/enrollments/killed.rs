//! Enrolments in bulk while the program is killed.

use std::fmt::Write as _;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::courses::make;
use crate::support::client::Client;
use crate::support::contract::Contract;
use crate::support::program::{Place, Server};
use crate::support::{PASSWORD, database, eventually, variable};
use crate::tenancy::{id_of, switch};

/// As many people, each in as many courses.
const PEOPLE: usize = 40;
const COURSES: usize = 30;

#[tokio::test]
async fn an_import_that_is_killed_goes_on_where_it_was_and_enrols_nobody_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut place = Place::new().set("LYCEUM__JOBS__LEASE_S", "1").set("LYCEUM__JOBS__POLL_MS", "50");
    // On a busy machine it is asked after more often than anybody may.
    place = place.set("LYCEUM__LIMITS__ENABLED", "false");
    let url = database::fresh(folder.path()).await;
    if variable("LYCEUM_TEST_POSTGRES_URL").is_some() {
        place = place.set("DATABASE_URL", &url);
    }
    let contract = Contract::shared(serde_json::from_str(place.run(&["openapi"]).succeeded()).expect("JSON"));
    place.run(&["migrate", "up"]).succeeded();
    let admin = ["admin", "create", "--email", "root@lyceum.example", "--password-stdin"];
    place.run_with_input(&admin, PASSWORD).succeeded();
    let mut server = place.serve();
    let client = |server: &Server| Client::of(format!("http://{}", server.address), contract.clone());
    let login = json!({"email": "root@lyceum.example", "password": PASSWORD});
    let pair = client(&server).post("/v1/auth/login", login).await;
    let root = client(&server).with_token(pair.expect(200)["access_token"].as_str().expect("a token"));
    let made = root.post("/v1/schools", json!({"name": "Northfield", "slug": "northfield"})).await;
    let root = switch(&root, &id_of(made.expect(201))).await;
    let token = root.token.clone().expect("a token");
    for number in 0..PEOPLE {
        let body = json!({"email": format!("p{number}@lyceum.example"), "external_id": format!("s-{number}"), "role": "student"});
        make(&root, "/v1/users", body).await;
    }
    let mut courses = Vec::new();
    let mut table = "external_id,course_code\n".to_owned();
    for course in 0..COURSES {
        courses.push(make(&root, "/v1/courses", json!({"title": "A course", "code": format!("C-{course}")})).await);
        for number in 0..PEOPLE {
            let _ = writeln!(table, "s-{number},C-{course}");
        }
    }
    let request = root.request(Method::POST, "/v1/enrollments/import").header("content-type", "text/csv");
    let import = request.bytes(table.into_bytes()).send().await;
    let path = import.header("location").expect("a location").to_owned();
    for kills in 0..2 {
        let root = client(&server).with_token(token.clone());
        let mut seen = json!(null);
        eventually(Duration::from_mins(1), "it goes on", async || {
            seen = root.get(&path).await.expect(200).clone();
            let done = seen["done"].as_i64().expect("a number");
            seen["state"] == "done" || (seen["step"] == "applying" && done > kills * 200)
        })
        .await;
        assert_eq!(seen["state"], "running", "too fast to be killed: {seen}");
        drop(server);
        server = place.serve();
    }
    let root = client(&server).with_token(token);
    eventually(Duration::from_mins(1), "it ends", async || root.get(&path).await.expect(200)["state"] == "done").await;
    let rows = PEOPLE * COURSES;
    let import = root.get(&path).await;
    let result = json!({"created": rows, "updated": 0, "unchanged": 0, "withdrawn": 0, "waiting": 0, "skipped": 0});
    assert_eq!((&import.expect(200)["result"], &import.json["done"]), (&result, &json!(rows)), "{}", import.json);
    for path in [
        "/v1/enrollments?total=true&limit=1",
        "/v1/admin/audit-logs?action=enrollments.enrollment_created&total=true&limit=1",
    ] {
        assert_eq!(root.get(path).await.header("x-total-count"), Some(rows.to_string().as_str()), "{path}");
    }
    for course in [&courses[0], &courses[COURSES - 1]] {
        let places = root.get(&format!("/v1/courses/{course}/places")).await;
        assert_eq!(places.expect(200)["taken"], json!(PEOPLE));
    }
    drop(server);
    database::drop(&url).await;
}
