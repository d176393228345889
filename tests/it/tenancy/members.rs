//! Members: roles, ranks, the last administrator.

use futures_util::future::join;
use serde_json::json;

use super::{enrol, found, id_of};
use crate::support::{App, PASSWORD};

#[tokio::test]
async fn the_last_administrator_stays_also_when_two_demote_each_other() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let first = school.admin.user_id.clone().expect("an id");
    let path = |user: &str| format!("/v1/schools/{}/members/{user}", school.id);
    let demotion = json!({"roles": ["teacher"]});
    assert_eq!(school.root.patch(&path(&first), demotion.clone()).await.problem(409), "last-administrator");
    assert_eq!(school.root.delete(&path(&first)).await.problem(409), "last-administrator");
    let inactive = json!({"status": "inactive"});
    assert_eq!(school.root.patch(&path(&first), inactive).await.problem(409), "last-administrator");
    assert_eq!(school.admin.delete(&format!("/v1/me/schools/{}", school.id)).await.problem(409), "last-administrator");
    let other = enrol(&app, &school.root, &school.id, "zoe@lyceum.example", "school_admin").await;
    let second = other.user_id.clone().expect("an id");
    let (to_second, to_first) = (path(&second), path(&first));
    let (one, two) =
        join(school.admin.patch(&to_second, demotion.clone()), other.patch(&to_first, demotion.clone())).await;
    let done = [&one, &two].iter().filter(|reply| reply.status == 200).count();
    assert_eq!(done, 1, "{} {}", one.json, two.json);
}

#[tokio::test]
async fn nobody_gives_or_takes_above_their_own() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let principal = enrol(&app, &school.root, &school.id, "pia@lyceum.example", "principal").await;
    let admin = school.admin.user_id.clone().expect("an id");
    let above = principal.patch(&format!("/v1/users/{admin}"), json!({"is_active": false})).await;
    assert_eq!(above.problem(403), "rank-above-yours");
    let body = json!({"username": "boss", "password": PASSWORD, "role": "school_admin"});
    assert_eq!(principal.post("/v1/users", body).await.problem(403), "role-above-yours");
    let own = school.admin.put(&format!("/v1/users/{admin}/roles"), json!({"roles": ["student"]})).await;
    assert_eq!(own.problem(403), "own-account");
    let teacher = enrol(&app, &school.root, &school.id, "tom@lyceum.example", "teacher").await;
    let path = format!("/v1/users/{}/roles", teacher.user_id.clone().expect("an id"));
    let both = json!({"roles": ["principal", "teacher"]});
    let raised = school.admin.put(&path, both).await;
    assert_eq!(raised.expect(200)["role"], "principal");
    assert_eq!(school.admin.put(&path, json!({"roles": ["wizard"]})).await.problem(409), "unknown-role");
    // In force with the next request.
    teacher.patch(&format!("/v1/users/{admin}"), json!({"is_active": false})).await.problem(403);
}

#[tokio::test]
async fn a_username_is_unique_in_its_school_and_login_says_which() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let (north, south) = (found(&app, &root, "north").await, found(&app, &root, "south").await);
    let ada = json!({"username": "ada", "password": PASSWORD, "role": "student"});
    north.admin.post("/v1/users", ada.clone()).await.expect(201);
    assert_eq!(north.admin.post("/v1/users", ada.clone()).await.problem(409), "username-taken");
    south.admin.post("/v1/users", ada).await.expect(201);
    let login = |school: Option<&'static str>| {
        let mut body = json!({"username": "ada", "password": PASSWORD});
        if let Some(school) = school {
            body["school"] = json!(school);
        }
        let client = app.anonymous();
        async move { client.post("/v1/auth/login", body).await }
    };
    assert_eq!(login(None).await.problem(401), "invalid-credentials");
    let pair = login(Some("south")).await;
    let pupil = app.anonymous().with_token(pair.expect(200)["access_token"].as_str().expect("a token"));
    assert_eq!(pupil.get("/v1/me/schools").await.expect(200)[0]["slug"], "south");
}

#[tokio::test]
async fn a_removed_member_is_out_at_once_and_comes_back_with_roles_and_groups() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let teacher = enrol(&app, &school.root, &school.id, "tom@lyceum.example", "teacher").await;
    let user = teacher.user_id.clone().expect("an id");
    let group = id_of(school.admin.post("/v1/groups", json!({"name": "Blue"})).await.expect(201));
    school.admin.request(reqwest::Method::PUT, &format!("/v1/groups/{group}/members/{user}")).send().await.expect(204);
    teacher.get("/v1/users").await.expect(200);
    school.admin.delete(&format!("/v1/users/{user}")).await.expect(204);
    teacher.get("/v1/users").await.problem(403);
    teacher.get("/v1/me").await.expect(200);
    let in_group = format!("/v1/users?group_id={group}");
    assert_eq!(school.admin.get(&in_group).await.expect(200), &json!([]));
    let removed = school.admin.get("/v1/users?deleted=only").await;
    assert_eq!(removed.expect(200).as_array().map(Vec::len), Some(1));
    school.admin.post_empty(&format!("/v1/users/{user}/restore")).await.expect(200);
    teacher.get("/v1/users").await.expect(200);
    assert_eq!(school.admin.get(&in_group).await.expect(200)[0]["id"], json!(user));
}

#[tokio::test]
async fn the_directory_costs_the_same_queries_at_any_length() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    school.admin.get("/v1/users").await.expect(200);
    let few = app.queries_of(school.admin.get("/v1/users?limit=100&sort=name")).await;
    for n in 0..15 {
        let body = json!({"username": format!("pupil{n}"), "password": PASSWORD});
        school.admin.post("/v1/users", body).await.expect(201);
    }
    let many = app.queries_of(school.admin.get("/v1/users?limit=100&sort=name")).await;
    assert_eq!(few, many);
}
