//! The catalogue and the built-in roles.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::{School, names, role_named, role_path};
use crate::support::App;

#[tokio::test]
async fn the_catalogue_is_every_contexts_permissions_in_pages_by_name() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let mut seen = Vec::new();
    let mut next = Some("/v1/permissions?limit=7&total=true".to_owned());
    while let Some(path) = next {
        let page = root.get(&path).await;
        for entry in page.expect(200).as_array().expect("a list") {
            assert!(entry["description"].as_str().is_some_and(|text| text.len() > 5), "{entry}");
            seen.push(entry["name"].as_str().expect("a name").to_owned());
        }
        next = page.header("link").map(|link| {
            let target = link.split_once('<').and_then(|(_, rest)| rest.split_once('>')).expect("a target").0;
            target[target.find("/v1").expect("a path")..].to_owned()
        });
    }
    let expected: BTreeSet<_> =
        app.system.rbac.catalogue().iter().map(|permission| permission.name.to_owned()).collect();
    assert_eq!(seen, expected.into_iter().collect::<Vec<_>>());
    app.member("m@example.org").await.get("/v1/permissions").await.problem(403);
    app.anonymous().get("/v1/permissions").await.problem(401);
}

#[tokio::test]
async fn the_eight_built_in_roles_are_there_in_rising_rank() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let roles = root.get("/v1/roles?total=true").await;
    assert_eq!(roles.header("x-total-count"), Some("8"));
    let shown: Vec<_> =
        roles.expect(200).as_array().expect("a list").iter().map(|r| (r["name"].clone(), r["rank"].clone())).collect();
    let expected = [
        ("member", 0),
        ("student", 10),
        ("teacher", 20),
        ("instructor", 20),
        ("principal", 30),
        ("school_admin", 40),
        ("admin", 50),
        ("super_admin", 60),
    ];
    assert_eq!(shown, expected.map(|(name, rank)| (json!(name), json!(rank))));
    let all: Vec<_> = app
        .system
        .rbac
        .catalogue()
        .iter()
        .map(|permission| permission.name)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    assert_eq!(names(&role_named(&root, "super_admin").await), all);
    assert!(names(&role_named(&root, "member").await).is_empty());
    let student = role_named(&root, "student").await;
    assert_eq!((&student["scope"], &student["origin"]), (&json!("school"), &json!("built_in")));
}

#[tokio::test]
async fn each_role_of_a_school_grants_what_those_below_it_do() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let mut below = Vec::new();
    for name in ["student", "teacher", "principal", "school_admin"] {
        let role = role_named(&root, name).await;
        assert!(
            below.iter().all(|held: &String| names(&role).contains(&held.as_str())),
            "{name} lacks some of {below:?}"
        );
        below = names(&role).into_iter().map(str::to_owned).collect();
    }
    let (teacher, instructor) = (role_named(&root, "teacher").await, role_named(&root, "instructor").await);
    assert_eq!(names(&teacher), names(&instructor));
}

#[tokio::test]
async fn only_a_super_admin_outside_of_schools_edits_what_is_built_in() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let made = root.post("/v1/users", json!({"email": "staff@example.org", "role": "admin"})).await;
    made.expect(201);
    app.drain_outbox().await;
    let token = app.mail_to("staff@example.org").expect("an invitation").token();
    let reset = json!({"token": token, "password": "quiet harbour lantern"});
    app.anonymous().post("/v1/auth/password/reset", reset).await;
    let staff = app.login("staff@example.org", "quiet harbour lantern").await;
    let teacher = role_path(&root, "teacher").await;
    staff.patch(&teacher, json!({"title": "Tutor"})).await.problem(403);

    // A super admin gives staff the permission; what is built in stays a super admin's all the same.
    let admin = role_path(&root, "admin").await;
    root.post_empty(&format!("{admin}/permissions/role:update")).await.expect(200);
    assert_eq!(staff.patch(&teacher, json!({"title": "Tutor"})).await.problem(403), "super-admin-only");

    let before = root.get(&teacher).await;
    let tag = before.header("etag").expect("a tag").to_owned();
    let changed =
        root.request(Method::PATCH, &teacher).header("if-match", &tag).json(&json!({"title": "Tutor"})).send().await;
    assert_eq!(changed.expect(200)["title"], "Tutor");
    assert_eq!(changed.json["version"].as_i64(), before.json["version"].as_i64().map(|version| version + 1));
    let stale =
        root.request(Method::PATCH, &teacher).header("if-match", &tag).json(&json!({"title": "Coach"})).send().await;
    assert_eq!(stale.problem(412), "stale");
    let unchanged = root.patch(&teacher, json!({"title": "Tutor"})).await;
    assert_eq!(unchanged.expect(200)["version"], changed.json["version"]);
}

#[tokio::test]
async fn what_is_built_in_keeps_rank_and_stays() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let (teacher, all) = (role_path(&root, "teacher").await, role_path(&root, "super_admin").await);
    assert_eq!(root.patch(&teacher, json!({"rank": 30})).await.problem(409), "rank-fixed");
    assert_eq!(root.delete(&teacher).await.problem(409), "role-built-in");
    assert_eq!(root.post_empty(&format!("{teacher}/restore")).await.problem(409), "not-deleted");
    let fixed = root.delete(&format!("{all}/permissions/user:read")).await;
    assert_eq!(fixed.problem(409), "permissions-fixed");
    let body = json!({"name": "librarian", "title": "Librarian"});
    assert_eq!(root.post("/v1/roles", body).await.problem(409), "school-required");
    root.get("/v1/roles/01a1fb67-1800-7000-8000-0000000000ff").await.problem(404);
    assert_eq!(root.get("/v1/roles?deleted=only").await.expect(200), &json!([]));
}

#[tokio::test]
async fn a_template_counts_with_the_next_request_in_every_school_that_has_no_version_of_its_own() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let (north, south) = (School::open(&app, &root, "north").await, School::open(&app, &root, "south").await);
    let in_north = north.person(&app, "n@example.org", &["student"]).await;
    let in_south = south.person(&app, "s@example.org", &["student"]).await;
    let student = role_path(&root, "student").await;
    // South makes its own version; after that the template is nothing to it.
    south.root.patch(&student, json!({"title": "Pupil"})).await.expect(200);
    for person in [&in_north, &in_south] {
        person.get("/v1/permissions").await.problem(403);
    }
    root.post_empty(&format!("{student}/permissions/permission:read")).await.expect(200);
    in_north.get("/v1/permissions").await.expect(200);
    in_south.get("/v1/permissions").await.problem(403);
    root.delete(&format!("{student}/permissions/permission:read")).await.expect(200);
    in_north.get("/v1/permissions").await.problem(403);
}

#[tokio::test]
async fn bad_bodies_are_named_to_the_field() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let cases: [(Value, &str); 7] = [
        (json!({"name": "Librarian", "title": "x"}), "/name"),
        (json!({"name": "librarian", "title": "\n"}), "/title"),
        (json!({"name": "librarian", "title": "x", "rank": 41}), "/rank"),
        (json!({"name": "librarian", "title": "x", "rank": 0}), "/rank"),
        (json!({"name": "librarian", "title": "x", "permissions": ["nonsense"]}), "/permissions/0"),
        (json!({"name": "librarian", "title": "x", "description": "x".repeat(501)}), "/description"),
        (json!({"name": "librarian", "title": "x", "school_id": null}), "/school_id"),
    ];
    for (body, pointer) in cases {
        assert_eq!(root.post("/v1/roles", body.clone()).await.pointers(), [pointer], "{body}");
    }
}
