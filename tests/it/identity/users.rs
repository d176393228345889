//! Other people's accounts: ranks, the last super admin, what staff can change, deletion and restoration.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{audited, colleague, count, log_in, made, renew, status_of, try_login};
use crate::support::{App, Client, PASSWORD};

fn path_of(client: &Client) -> String {
    format!("/v1/users/{}", client.user_id.as_deref().expect("an id"))
}

#[tokio::test]
async fn members_see_and_change_nobody() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let ada = app.member("ada@school.example").await;
    let id = made(&root, "other").await;
    let unknown = "00000000-0000-7000-8000-000000000000";
    for id in [id.as_str(), unknown, ada.user_id.as_deref().expect("an id")] {
        let path = format!("/v1/users/{id}");
        // 403 before any look-up: whether the id exists is not told.
        ada.get(&path).await.problem(403);
        ada.patch(&path, json!({"full_name": "x"})).await.problem(403);
        ada.put(&path, json!({"is_active": true, "role": "member"})).await.problem(403);
        ada.delete(&path).await.problem(403);
        ada.post_empty(&format!("{path}/restore")).await.problem(403);
        ada.post_empty(&format!("{path}/password-reset")).await.problem(403);
    }
    ada.get("/v1/users").await.problem(403);
    ada.post("/v1/users", json!({"username": "new", "password": PASSWORD})).await.problem(403);
}

#[tokio::test]
async fn nobody_acts_above_their_rank() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let admin = colleague(&app, &root, "admin1", "admin").await;
    let peer = colleague(&app, &root, "admin2", "admin").await;
    let create = async |client: &Client, username: &str, role: &str| {
        client.post("/v1/users", json!({"username": username, "password": PASSWORD, "role": role})).await
    };
    assert_eq!(create(&admin, "above", "super_admin").await.problem(403), "role-above-yours");
    create(&admin, "level", "admin").await.expect(201);
    let below = create(&admin, "below", "member").await.expect(201)["id"].as_str().expect("an id").to_owned();
    let below = format!("/v1/users/{below}");

    let above = path_of(&root);
    for reply in [
        admin.patch(&above, json!({"full_name": "x"})).await,
        admin.patch(&above, json!({"is_active": false})).await,
        admin.put(&above, json!({"username": "x-x", "is_active": true, "role": "super_admin"})).await,
        admin.delete(&above).await,
        admin.post_empty(&format!("{above}/password-reset")).await,
    ] {
        assert_eq!(reply.problem(403), "rank-above-yours");
    }
    for (path, role) in [(&below, "admin"), (&path_of(&peer), "member"), (&path_of(&admin), "super_admin")] {
        assert_eq!(admin.patch(path, json!({"role": role})).await.problem(403), "super-admin-only", "{path}");
    }
    admin.patch(&below, json!({"full_name": "Below"})).await.expect(200);
    root.patch(&below, json!({"role": "admin"})).await.expect(200);
    assert_eq!(root.get(&below).await.expect(200)["roles"], json!(["admin"]));
}

#[tokio::test]
async fn row_22_a_role_that_is_taken_counts_with_the_next_request() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let admin = colleague(&app, &root, "admin1", "admin").await;
    admin.get("/v1/users").await.expect(200);
    root.patch(&path_of(&admin), json!({"role": "member"})).await.expect(200);
    admin.get("/v1/users").await.problem(403);
    assert_eq!(admin.get("/v1/me/permissions").await.expect(200)["permissions"], json!([]));
    root.patch(&path_of(&admin), json!({"role": "admin"})).await.expect(200);
    admin.get("/v1/users").await.expect(200);
}

#[tokio::test]
async fn nobody_disables_demotes_or_deletes_themselves() {
    let app = App::start().await;
    let root = app.super_admin().await;
    app.super_admin().await;
    let own = path_of(&root);
    for reply in [
        root.patch(&own, json!({"is_active": false})).await,
        root.patch(&own, json!({"role": "member"})).await,
        root.delete(&own).await,
    ] {
        assert_eq!(reply.problem(403), "own-account");
    }
    root.patch(&own, json!({"full_name": "Still Root"})).await.expect(200);
}

#[tokio::test]
async fn somebody_is_left_who_runs_the_deployment() {
    let app = App::start().await;
    let admins = [app.super_admin().await, app.super_admin().await];
    // Each takes the other's rank away at the same moment: one of them stays.
    for body in [json!({"role": "member"}), json!({"is_active": false})] {
        let paths = [path_of(&admins[1]), path_of(&admins[0])];
        let (one, two) =
            tokio::join!(admins[0].patch(&paths[0], body.clone()), admins[1].patch(&paths[1], body.clone()));
        assert_eq!([&one, &two].iter().filter(|reply| reply.status == 200).count(), 1, "{} {}", one.json, two.json);
        let left = "SELECT COUNT(*) AS n FROM accounts WHERE platform_role = 'super_admin' AND is_active \
                    AND deleted_at IS NULL";
        assert_eq!(count(&app, left, vec![]).await, 1);
        let (winner, loser) = if one.status == 200 { (0, 1) } else { (1, 0) };
        let back = json!({"role": "super_admin", "is_active": true});
        admins[winner].patch(&path_of(&admins[loser]), back).await.expect(200);
        if body.get("is_active").is_some() {
            return;
        }
    }
}

#[tokio::test]
async fn the_last_super_admin_cannot_erase_their_account() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let proof = json!({"password": PASSWORD});
    assert_eq!(super::delete_with(&root, "/v1/me", &proof).await.problem(409), "last-super-admin");
    app.super_admin().await;
    super::delete_with(&root, "/v1/me", &proof).await.expect(204);
}

#[tokio::test]
async fn row_23_fields_that_are_not_listed_change_nothing() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let path = format!("/v1/users/{}", made(&root, "victim").await);
    let before = root.get(&path).await.expect(200).clone();
    let other = json!("00000000-0000-7000-8000-000000000000");
    for (field, value) in [
        ("school_id", other.clone()),
        ("is_verified", json!(true)),
        ("activated_at", json!("2026-01-01T00:00:00Z")),
        ("score", json!(1)),
        ("created_by", other.clone()),
        ("created_at", json!("2026-01-01T00:00:00Z")),
        ("deleted_at", Value::Null),
        ("id", other),
        ("email", json!("other@school.example")),
        ("password", json!("chosen by somebody else")),
        ("platform_role", json!("super_admin")),
        ("roles", json!(["super_admin"])),
        ("mfa_enabled", json!(false)),
        ("must_change_password", json!(false)),
        ("version", json!(9)),
    ] {
        let pointer = [format!("/{field}")];
        let mut body = json!({"full_name": "Changed"});
        body[field] = value.clone();
        assert_eq!(root.patch(&path, body).await.pointers(), pointer);
        let mut body = json!({"username": "victim", "is_active": true, "role": "member"});
        body[field] = value.clone();
        assert_eq!(root.put(&path, body).await.pointers(), pointer);
        // A super admin may say to which school somebody is added.
        if !matches!(field, "email" | "password" | "school_id") {
            let mut body = json!({"username": "fresh", "password": PASSWORD});
            body[field] = value;
            assert_eq!(root.post("/v1/users", body).await.pointers(), pointer);
        }
    }
    assert_eq!(root.get(&path).await.expect(200), &before);
    assert_eq!(count(&app, "SELECT COUNT(*) AS n FROM accounts", vec![]).await, 2);
    for body in
        [json!({"role": null}), json!({"is_active": null}), json!({"role": "No Role"}), json!({"is_active": "yes"})]
    {
        root.patch(&path, body).await.problem(422);
    }
}

#[tokio::test]
async fn row_24_a_view_of_an_account_holds_no_secret() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let id = made(&root, "shown").await;
    let shown = root.get(&format!("/v1/users/{id}")).await;
    let mut fields: Vec<_> = shown.expect(200).as_object().expect("a view").keys().cloned().collect();
    fields.sort_unstable();
    let expected = [
        "activated_at",
        "created_at",
        "deleted_at",
        "email",
        "full_name",
        "id",
        "is_active",
        "role",
        "roles",
        "updated_at",
        "username",
        "version",
    ];
    assert_eq!(fields, expected);
    for reply in [shown, root.get("/v1/users").await, root.get("/v1/me").await, root.get("/v1/auth/sessions").await] {
        let text = String::from_utf8_lossy(&reply.bytes).to_lowercase();
        assert!(!text.contains("argon2") && !text.contains("hash"), "{text}");
    }
}

#[tokio::test]
async fn accounts_are_replaced_and_patched() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let made = root.post("/v1/users", json!({"email": "grace@school.example", "full_name": "Grace"})).await;
    let path = format!("/v1/users/{}", made.expect(201)["id"].as_str().expect("an id"));
    assert!(made.header("location").is_some_and(|location| location.ends_with(&path)));
    assert_eq!(made.json["activated_at"], Value::Null);
    let put = root.put(&path, json!({"username": "grace", "is_active": true, "role": "member"})).await;
    assert_eq!((&put.expect(200)["username"], &put.json["full_name"]), (&json!("grace"), &Value::Null));
    assert_eq!(put.json["email"], "grace@school.example");
    let patched = root.patch(&path, json!({"full_name": "Grace Hopper", "username": null})).await;
    assert_eq!((&patched.expect(200)["username"], &patched.json["full_name"]), (&Value::Null, &json!("Grace Hopper")));
    assert_eq!(patched.json["version"], 3);
    root.put(&path, json!({"username": "grace"})).await.problem(422);

    app.drain_outbox().await;
    let token = app.mail_to("grace@school.example").expect("an invitation").token();
    let invited = json!({"token": token, "password": PASSWORD});
    app.anonymous().post("/v1/auth/password/reset", invited.clone()).await.expect(204);
    app.login("grace@school.example", PASSWORD).await;
    app.anonymous().post("/v1/auth/password/reset", invited).await.problem(410);
}

#[tokio::test]
async fn accounts_without_a_way_in_are_refused() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let create = async |body: Value| root.post("/v1/users", body).await;
    assert!(!create(json!({"password": PASSWORD})).await.status.is_success());
    assert!(!create(json!({"username": "nopassword"})).await.status.is_success());
    made(&root, "taken").await;
    assert_eq!(create(json!({"username": "Taken", "password": PASSWORD})).await.problem(409), "username-taken");
    create(json!({"email": "taken@school.example"})).await.expect(201);
    assert_eq!(create(json!({"email": "TAKEN@school.example"})).await.problem(409), "email-taken");
    let racing = (0..10).map(|_| create(json!({"username": "race", "password": PASSWORD})));
    let statuses: Vec<_> = join_all(racing).await.iter().map(|reply| reply.status.as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 9, "{statuses:?}");
}

#[tokio::test]
async fn a_deleted_account_is_hidden_out_and_comes_back_as_it_was() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let ada = app.member("ada@school.example").await;
    let client = app.anonymous();
    let pair = log_in(&client, "ada@school.example", PASSWORD).await;
    let path = path_of(&ada);
    let before = root.get(&path).await;
    let stale = root.request(Method::DELETE, &path).header("if-match", "\"99-user\"").send().await;
    stale.problem(412);
    let tag = before.header("etag").expect("an ETag").to_owned();
    root.request(Method::DELETE, &path).header("if-match", &tag).send().await.expect(204);

    ada.get("/v1/me").await.problem(401);
    assert_eq!(status_of(&client, &pair.access).await, 401);
    renew(&client, &pair.refresh).await.problem(401);
    assert_eq!(try_login(&client, "ada@school.example", PASSWORD).await.problem(401), "invalid-credentials");
    let unknown = root.get("/v1/users/00000000-0000-7000-8000-000000000000").await;
    let hidden = root.get(&path).await;
    assert_eq!(hidden.problem(404), unknown.problem(404));
    assert_eq!(hidden.json["detail"], unknown.json["detail"]);
    root.patch(&path, json!({"full_name": "x"})).await.problem(404);
    root.delete(&path).await.problem(404);
    root.post_empty(&format!("{path}/password-reset")).await.problem(404);
    // Its address stays its own while it can come back, and mail for it is not sent.
    assert_eq!(root.post("/v1/users", json!({"email": "ada@school.example"})).await.problem(409), "email-taken");
    let sent = app.mails().len();
    client.post("/v1/auth/password/forgot", json!({"email": "ada@school.example"})).await.expect(202);
    app.drain_outbox().await;
    assert_eq!(app.mails().len(), sent);

    let listed = async |query: &str| {
        let page = root.get(&format!("/v1/users{query}")).await;
        let rows = page.expect(200).as_array().expect("a list").clone();
        rows.iter().filter(|row| row["email"] == "ada@school.example").count()
    };
    assert_eq!((listed("").await, listed("?deleted=only").await), (0, 1));
    let restored = root.post_empty(&format!("{path}/restore")).await;
    assert_eq!(restored.expect(200)["deleted_at"], Value::Null);
    assert_eq!(restored.json["full_name"], before.json["full_name"]);
    assert_eq!((listed("").await, listed("?deleted=only").await), (1, 0));
    assert_eq!(root.post_empty(&format!("{path}/restore")).await.problem(409), "not-deleted");
    // Sessions are gone for good.
    assert_eq!(status_of(&client, &pair.access).await, 401);
    log_in(&client, "ada@school.example", PASSWORD).await;
    for action in ["identity.account_deleted", "identity.account_restored"] {
        assert_eq!(audited(&app, action).await, 1, "{action}");
    }
}

#[tokio::test]
async fn people_are_found_filtered_and_sorted() {
    let app = App::start().await;
    let root = app.super_admin().await;
    for (username, name) in [("p1", "Zoë Adler"), ("p2", "anton 100%"), ("p3", "Berta_B")] {
        let body = json!({"username": format!("{username}.x"), "full_name": name, "password": PASSWORD});
        root.post("/v1/users", body).await.expect(201);
    }
    let names = async |query: &str| {
        let page = root.get(&format!("/v1/users?{query}")).await;
        let rows = page.expect(200).as_array().expect("a list").clone();
        rows.iter().map(|row| row["full_name"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("sort=name").await, ["anton 100%", "Berta_B", "Root", "Zoë Adler"]);
    assert_eq!(names("sort=-name").await, ["Zoë Adler", "Root", "Berta_B", "anton 100%"]);
    assert_eq!(names("q=ADLER").await, ["Zoë Adler"]);
    assert_eq!(names("q=p2.x").await, ["anton 100%"]);
    // Wildcards mean themselves.
    assert_eq!(names("q=%25").await, ["anton 100%"]);
    assert_eq!(names("q=a_b").await, ["Berta_B"]);
    assert_eq!(names("q=%27%20OR%201%3D1%20--").await, Vec::<String>::new());
    assert_eq!(names("role=super_admin").await, ["Root"]);
    assert_eq!(names("is_active=false").await, Vec::<String>::new());
    let first = root.get("/v1/users?sort=name&limit=2&total=true").await;
    assert_eq!(first.header("x-total-count"), Some("4"));
    let link = first.header("link").expect("a next page").to_owned();
    let next = link.split_once("/v1/users?").and_then(|(_, rest)| rest.split_once('>')).expect("a target").0;
    assert_eq!(names(next).await, ["Root", "Zoë Adler"]);
}
