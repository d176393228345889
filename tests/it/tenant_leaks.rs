//! The tenant-leak matrix: staff of one school ask every route that takes an id for the things of another, and see what they
//! would see of things that never were.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::client::{Client, Reply};
use crate::support::{App, PASSWORD};
use crate::tenancy::{found, id_of};

/// An id that was never given.
const NEVER: &str = "019aa5d2-6f00-7c3e-8000-000000000000";

/// What there is in the other school, by the resource's place in the path.
async fn other_school(app: &App, root: &Client) -> (BTreeMap<&'static str, String>, String) {
    let other = found(app, root, "elsewhere").await;
    let pupil = json!({"username": "elsewhere.pupil", "password": PASSWORD, "full_name": "Elsewhere Pupil"});
    let user = id_of(other.admin.post("/v1/users", pupil).await.expect(201));
    let group = id_of(other.admin.post("/v1/groups", json!({"name": "Elsewhere Blue"})).await.expect(201));
    let invite = other.admin.post("/v1/admin/invites", json!({"role_to_grant": "student", "group_id": group})).await;
    let invite = id_of(invite.expect(201));
    other
        .admin
        .patch(&format!("/v1/schools/{}", other.id), json!({"requestable_roles": ["student"]}))
        .await
        .expect(200);
    let ask = json!({"school": "elsewhere", "email": "elsewhere.asker@lyceum.example"});
    app.anonymous().post("/v1/signup-requests", ask).await.expect(202);
    let request = id_of(&other.admin.get("/v1/signup-requests").await.expect(200)[0]);
    let file = other.admin.request(Method::POST, "/v1/users/import?dry_run=true").header("content-type", "text/csv");
    let import = id_of(file.bytes(b"email\nelsewhere@lyceum.example".to_vec()).send().await.expect(202));
    let things = [
        ("signup-requests", request),
        ("schools", other.id.clone()),
        ("users", user.clone()),
        ("groups", group),
        ("members", user),
        ("invites", invite),
        ("imports", import),
    ];
    (things.into_iter().collect(), other.id)
}

fn body(path: &str, method: &Method) -> Option<Value> {
    let put = *method == Method::PUT;
    match (method.as_str(), path) {
        ("PUT" | "PATCH", "/v1/schools/{id}") => Some(if put {
            json!({"name": "X", "slug": "x", "time_zone": "UTC", "locale": "en"})
        } else {
            json!({"name": "X"})
        }),
        ("PUT" | "PATCH", "/v1/users/{id}") => {
            Some(if put { json!({"is_active": false, "role": "student"}) } else { json!({"is_active": false}) })
        }
        ("PUT", "/v1/users/{id}/roles") => Some(json!({"roles": ["student"]})),
        ("PUT" | "PATCH", "/v1/schools/{id}/members/{user_id}") => {
            Some(if put { json!({"roles": ["student"], "status": "active"}) } else { json!({"status": "inactive"}) })
        }
        ("PATCH", "/v1/signup-requests/{id}") => Some(json!({"status": "approved"})),
        ("PUT" | "PATCH", "/v1/groups/{id}") => Some(json!({"name": "X"})),
        ("PUT" | "PATCH", "/v1/courses/{id}" | "/v1/sections/{id}") | ("POST", "/v1/courses/{id}/sections") => {
            Some(json!({"title": "X"}))
        }
        ("POST", "/v1/courses/{id}/duplicate") => Some(json!({})),
        ("POST", "/v1/courses/{id}/ratings") => Some(json!({"stars": 1})),
        ("PUT", "/v1/courses/{id}/sections/order" | "/v1/sections/{id}/blocks/order") => Some(json!({"ids": []})),
        ("PUT" | "PATCH", "/v1/blocks/{id}") | ("POST", "/v1/sections/{id}/blocks") => {
            Some(json!({"title": "X", "type": "lesson"}))
        }
        _ => None,
    }
}

async fn ask(client: &Client, method: &Method, path: &str, template: &str) -> Reply {
    let request = client.request(method.clone(), path);
    match body(template, method) {
        Some(body) => request.json(&body).send().await,
        None => request.send().await,
    }
}

/// The body without what differs from request to request.
fn essence(reply: &Reply) -> Value {
    let mut body = reply.json.clone();
    if let Some(members) = body.as_object_mut() {
        members.remove("request_id");
        members.remove("instance");
    }
    body
}

#[tokio::test]
async fn row_21_and_25_things_of_another_school_look_like_things_that_never_were() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let (theirs, _) = other_school(&app, &root).await;
    let mine = found(&app, &root, "here").await;
    let mut asked = 0;
    for route in app.system.web.table() {
        let template = route.path;
        let staff = [
            "/v1/schools/{id}",
            "/v1/users/{id}",
            "/v1/groups/{id}",
            "/v1/admin/invites/{id}",
            "/v1/signup-requests/{id}",
            "/v1/imports/{id}",
        ];
        if !staff.iter().any(|prefix| template.starts_with(prefix)) {
            continue;
        }
        let fill = |known: bool| {
            let mut previous = "";
            let mut parts = Vec::new();
            for part in template.split('/') {
                parts.push(if part.starts_with('{') && known {
                    theirs[previous].as_str()
                } else if part.starts_with('{') {
                    NEVER
                } else {
                    part
                });
                previous = part;
            }
            let path = parts.join("/");
            if path.ends_with("/search") { format!("{path}?q=lens") } else { path }
        };
        let method: Method = route.method.as_str().parse().expect("a method");
        let (foreign, never) = (
            ask(&mine.admin, &method, &fill(true), template).await,
            ask(&mine.admin, &method, &fill(false), template).await,
        );
        assert_eq!(foreign.status, never.status, "{method} {template}: {} {}", foreign.json, never.json);
        assert!(matches!(foreign.status.as_u16(), 404 | 403), "{method} {template}: {}", foreign.json);
        assert_eq!(essence(&foreign), essence(&never), "{method} {template}");
        asked += 1;
    }
    assert!(asked >= 20, "only {asked} routes were asked");
}

#[tokio::test]
async fn row_25_lists_hold_nothing_of_another_school() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let (theirs, other) = other_school(&app, &root).await;
    let mine = found(&app, &root, "here").await;
    for path in [
        "/v1/users?limit=100".to_owned(),
        "/v1/users?q=elsewhere".to_owned(),
        format!("/v1/users?group_id={}", theirs["groups"]),
        "/v1/groups".to_owned(),
        "/v1/groups?q=elsewhere".to_owned(),
        format!("/v1/groups?user_id={}", theirs["users"]),
        "/v1/imports".to_owned(),
        "/v1/schools".to_owned(),
        "/v1/me/schools".to_owned(),
        "/v1/admin/invites".to_owned(),
        "/v1/signup-requests".to_owned(),
        "/v1/roles".to_owned(),
        "/v1/courses".to_owned(),
        "/v1/courses?q=lens".to_owned(),
        "/v1/courses?deleted=only".to_owned(),
        format!("/v1/courses?teacher_id={}", theirs["users"]),
        "/v1/admin/audit-logs".to_owned(),
    ] {
        let reply = mine.admin.get(&path).await;
        reply.expect(200);
        let text = String::from_utf8_lossy(&reply.bytes).to_lowercase();
        assert!(!text.contains("elsewhere") && !text.contains(&other), "{path}: {text}");
        assert!(theirs.values().all(|id| !text.contains(id)), "{path}: {text}");
    }
    // What names clash over is the school's own.
    let group = json!({"name": "Elsewhere Blue"});
    mine.admin.post("/v1/groups", group).await.expect(201);
    let pupil = json!({"username": "elsewhere.pupil", "password": PASSWORD});
    mine.admin.post("/v1/users", pupil).await.expect(201);
    // Things of the other school cannot be pointed at either.
    let body = json!({"username": "pointer", "password": PASSWORD, "group_ids": [theirs["groups"]]});
    mine.admin.post("/v1/users", body).await.problem(404);
    let body = json!({"role_to_grant": "student", "group_id": theirs["groups"]});
    mine.admin.post("/v1/admin/invites", body).await.problem(404);
}
