//! The life of a role: made, changed, overridden, deleted, restored.

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use super::{School, custom, names, role_named, role_path};
use crate::support::{App, Client};

#[tokio::test]
async fn a_school_has_roles_of_its_own() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let school = School::open(&app, &root, "north").await;
    let body =
        json!({"name": "librarian", "title": "Librarian", "rank": 15, "permissions": ["user:read", "role:read"]});
    let made = school.root.post("/v1/roles", body.clone()).await;
    assert_eq!(names(made.expect(201)), ["role:read", "user:read"]);
    let location = made.header("location").expect("a location");
    let path = location[location.find("/v1").expect("a path")..].to_owned();
    let tag = made.header("etag").expect("a tag").to_owned();

    let shown = school.root.get(&path).await;
    assert_eq!((shown.expect(200), shown.header("etag")), (&made.json, Some(tag.as_str())));
    let same = school.root.request(Method::GET, &path).header("if-none-match", &tag).send().await;
    assert_eq!(same.status, 304);
    assert_eq!(role_named(&school.root, "librarian").await, made.json);
    assert_eq!(school.root.post("/v1/roles", body).await.problem(409), "role-name-taken");
    let taken = json!({"name": "teacher", "title": "Teacher"});
    assert_eq!(school.root.post("/v1/roles", taken).await.problem(409), "role-name-taken");

    let put = school.root.put(&path, json!({"title": "Head librarian", "rank": 20})).await;
    assert_eq!((&put.expect(200)["title"], &put.json["rank"]), (&json!("Head librarian"), &json!(20)));
    let patched = school.root.patch(&path, json!({"description": "Keys and books."})).await;
    assert_eq!(patched.expect(200)["description"], "Keys and books.");
    assert_eq!(school.root.patch(&path, json!({"description": null})).await.expect(200)["description"], json!(null));
    assert_eq!(school.root.patch(&path, json!({"title": null})).await.pointers(), ["/title"]);

    let put = school.root.put(&format!("{path}/permissions"), json!({"permissions": ["role:read"]})).await;
    assert_eq!(names(put.expect(200)), ["role:read"]);
    let more = school.root.post_empty(&format!("{path}/permissions/user:read")).await;
    assert_eq!(names(more.expect(200)), ["role:read", "user:read"]);
    let again = school.root.post_empty(&format!("{path}/permissions/user:read")).await;
    assert_eq!(again.expect(200)["version"], more.json["version"]);
    let less = school.root.delete(&format!("{path}/permissions/role:read")).await;
    assert_eq!(names(less.expect(200)), ["user:read"]);
    let not = school.root.delete(&format!("{path}/permissions/role:read")).await;
    assert_eq!(not.problem(404), "permission-not-granted");
    school.root.post_empty(&format!("{path}/permissions/no:such")).await.problem(404);
    school.root.post_empty(&format!("{path}/permissions/nonsense")).await.problem(404);
    let unknown = school.root.put(&format!("{path}/permissions"), json!({"permissions": ["no:such"]})).await;
    assert_eq!(unknown.problem(409), "unknown-permission");
}

#[tokio::test]
async fn deletion_is_soft_and_stays_away_from_roles_in_use() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let school = School::open(&app, &root, "north").await;
    let used = custom(&school, "librarian", 15, &["role:read"]).await;
    let idle = custom(&school, "gardener", 15, &["role:read"]).await;
    let person = school.person(&app, "lib@example.org", &["librarian"]).await;
    person.get("/v1/roles").await.expect(200);
    let path = |role: &serde_json::Value| format!("/v1/roles/{}", role["id"].as_str().expect("an id"));
    assert_eq!(school.root.delete(&path(&used)).await.problem(409), "role-in-use");

    school.root.delete(&path(&idle)).await.expect(204);
    school.root.get(&path(&idle)).await.problem(404);
    school.root.delete(&path(&idle)).await.problem(404);
    school.root.patch(&path(&idle), json!({"title": "x"})).await.problem(404);
    let deleted = school.root.get("/v1/roles?deleted=only&total=true").await;
    assert_eq!(deleted.expect(200)[0]["name"], "gardener");
    assert!(deleted.json[0]["deleted_at"].is_string());
    assert_eq!(deleted.header("x-total-count"), Some("1"));
    // For those who may restore.
    person.get("/v1/roles?deleted=only").await.problem(403);

    let back = school.root.post_empty(&format!("{}/restore", path(&idle))).await;
    assert_eq!(names(back.expect(200)), ["role:read"]);
    assert_eq!(school.root.post_empty(&format!("{}/restore", path(&idle))).await.problem(409), "not-deleted");
    // Its name may be given away meanwhile.
    school.root.delete(&path(&idle)).await.expect(204);
    custom(&school, "gardener", 15, &[]).await;
    assert_eq!(school.root.post_empty(&format!("{}/restore", path(&idle))).await.problem(409), "role-name-taken");
}

#[tokio::test]
async fn a_schools_version_of_a_built_in_role_keeps_its_id_and_can_be_given_up() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let (north, south) = (School::open(&app, &root, "north").await, School::open(&app, &root, "south").await);
    let pupil = north.person(&app, "p@example.org", &["student"]).await;
    let student = role_path(&root, "student").await;
    let template = north.root.get(&student).await;

    let own = north.root.post_empty(&format!("{student}/permissions/role:read")).await;
    assert_eq!((&own.expect(200)["origin"], &own.json["id"]), (&json!("overridden"), &template.json["id"]));
    assert_ne!(own.header("etag"), template.header("etag"));
    pupil.get("/v1/roles").await.expect(200);
    assert_eq!(south.root.get(&student).await.expect(200), &template.json);
    assert_eq!(north.root.get("/v1/roles?total=true").await.header("x-total-count"), Some("8"));
    assert_eq!(north.root.patch(&student, json!({"rank": 20})).await.problem(409), "rank-fixed");
    for platform_role in ["member", "admin", "super_admin"] {
        let path = role_path(&root, platform_role).await;
        assert_eq!(north.root.patch(&path, json!({"title": "x"})).await.problem(403), "platform-role");
    }

    north.root.delete(&student).await.expect(204);
    pupil.get("/v1/roles").await.problem(403);
    assert_eq!(north.root.get(&student).await.expect(200), &template.json);
    let back = north.root.post_empty(&format!("{student}/restore")).await;
    assert_eq!(names(back.expect(200)), names(&own.json));
    pupil.get("/v1/roles").await.expect(200);
    // Given up once more, another change starts from what is built in.
    north.root.delete(&student).await.expect(204);
    let fresh = north.root.patch(&student, json!({"title": "Pupil"})).await;
    assert_eq!(names(fresh.expect(200)), names(&template.json));
    assert!(fresh.json["version"].as_i64() > back.json["version"].as_i64());
}

#[tokio::test]
async fn another_schools_role_looks_like_one_that_never_was() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let (north, south) = (School::open(&app, &root, "north").await, School::open(&app, &root, "south").await);
    let role = custom(&north, "librarian", 15, &["role:read"]).await;
    let (theirs, never) =
        (format!("/v1/roles/{}", role["id"].as_str().expect("an id")), format!("/v1/roles/{}", Uuid::nil()));
    let title = json!({"title": "x", "rank": 10});
    let stripped = |mut body: serde_json::Value| {
        for member in ["instance", "request_id"] {
            body.as_object_mut().expect("a problem").remove(member);
        }
        body
    };
    for (method, tail, body) in [
        (Method::GET, "", None),
        (Method::PUT, "", Some(title.clone())),
        (Method::PATCH, "", Some(json!({"title": "x"}))),
        (Method::DELETE, "", None),
        (Method::POST, "/restore", None),
        (Method::PUT, "/permissions", Some(json!({"permissions": []}))),
        (Method::POST, "/permissions/role:read", None),
        (Method::DELETE, "/permissions/role:read", None),
    ] {
        let mut bodies = Vec::new();
        for path in [&theirs, &never] {
            let mut request = south.root.request(method.clone(), &format!("{path}{tail}"));
            if let Some(body) = &body {
                request = request.json(body);
            }
            let reply = request.send().await;
            reply.problem(404);
            bodies.push(stripped(reply.json));
        }
        assert_eq!(bodies[0], bodies[1], "{method} {tail}");
    }
    assert_eq!(south.root.get("/v1/roles?total=true").await.header("x-total-count"), Some("8"));
    // And a name is each school's own.
    custom(&south, "librarian", 10, &[]).await;
}

#[tokio::test]
async fn a_page_of_roles_costs_the_same_queries_at_any_length() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let school = School::open(&app, &root, "north").await;
    custom(&school, "first", 10, &["role:read", "user:read"]).await;
    let few = warm_queries(&app, &school.root).await;
    for number in 0..30 {
        custom(&school, &format!("role{number}"), 10, &["role:read", "user:read"]).await;
    }
    let many = warm_queries(&app, &school.root).await;
    assert_eq!(few, many);
    let mut seen = Vec::new();
    let mut next = Some("/v1/roles?limit=4".to_owned());
    while let Some(path) = next {
        let page = school.root.get(&path).await;
        seen.extend(page.expect(200).as_array().expect("a list").iter().map(|role| role["name"].to_string()));
        next = page.header("link").map(|link| {
            let target = link.split_once('<').and_then(|(_, rest)| rest.split_once('>')).expect("a target").0;
            target[target.find("/v1").expect("a path")..].to_owned()
        });
    }
    assert_eq!(seen.len(), 8 + 31);
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 8 + 31);
}

/// What a page costs somebody who is known: the least of some, since what has just changed is told to this node too.
async fn warm_queries(app: &App, who: &Client) -> u64 {
    let mut least = u64::MAX;
    for _ in 0..10 {
        least = least.min(app.queries_of(who.get("/v1/roles?limit=100")).await);
    }
    least
}

#[tokio::test]
async fn two_who_make_the_schools_version_at_once_make_one() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let school = School::open(&app, &root, "north").await;
    let teacher = role_path(&root, "teacher").await;
    let tries = (0..8).map(|number| {
        let (client, path) = (school.root.clone(), teacher.clone());
        async move { client.patch(&path, json!({"title": format!("Coach {number}")})).await.status.as_u16() }
    });
    let statuses = futures_util::future::join_all(tries).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    let last = school.root.get(&teacher).await;
    assert_eq!((&last.expect(200)["version"], &last.json["origin"]), (&json!(8), &json!("overridden")));
}
