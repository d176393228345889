//! Nobody rises by their own hand.

use std::time::Duration;

use serde_json::{Value, json};

use super::{School, custom, names, role_named, role_path};
use crate::support::{App, Client, eventually};

async fn logged(app: &App, root: &Client, query: &str) -> Vec<Value> {
    app.drain_outbox().await;
    root.get(&format!("/v1/admin/audit-logs?limit=100&{query}")).await.expect(200).as_array().expect("a list").clone()
}

#[tokio::test]
async fn row_22_a_permission_taken_counts_with_the_next_request() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let school = School::open(&app, &root, "north").await;
    let role = custom(&school, "librarian", 15, &["role:read", "permission:read"]).await;
    let path = format!("/v1/roles/{}", role["id"].as_str().expect("an id"));
    let person = school.person(&app, "lib@example.org", &["librarian"]).await;
    for _ in 0..3 {
        person.get("/v1/permissions").await.expect(200);
        school.root.delete(&format!("{path}/permissions/permission:read")).await.expect(200);
        assert_eq!(person.get("/v1/permissions").await.problem(403), "permission-missing");
        school.root.post_empty(&format!("{path}/permissions/permission:read")).await.expect(200);
    }
    let mine = person.get("/v1/me/permissions").await;
    assert_eq!(mine.expect(200)["permissions"], json!(["permission:read", "role:read"]));
}

#[tokio::test]
async fn a_permission_taken_counts_on_other_nodes_within_two_seconds() {
    let app = App::start().await;
    if !app.on_postgres() {
        return;
    }
    let other = app.second_node(|_| {}).await;
    let root = app.super_admin().await;
    let school = School::open(&app, &root, "north").await;
    let role = custom(&school, "librarian", 15, &["permission:read"]).await;
    let path = format!("/v1/roles/{}", role["id"].as_str().expect("an id"));
    let person = school.person(&app, "lib@example.org", &["librarian"]).await;
    let there = other.anonymous().with_token(person.token.clone().expect("a token"));
    eventually(Duration::from_secs(5), "the other node knows the role", async || {
        there.get("/v1/permissions").await.status == 200
    })
    .await;
    for _ in 0..5 {
        there.get("/v1/permissions").await.expect(200);
        school.root.delete(&format!("{path}/permissions/permission:read")).await.expect(200);
        person.get("/v1/permissions").await.problem(403);
        eventually(Duration::from_secs(2), "taken on the other node", async || {
            there.get("/v1/permissions").await.status == 403
        })
        .await;
        school.root.post_empty(&format!("{path}/permissions/permission:read")).await.expect(200);
        eventually(Duration::from_secs(2), "given on the other node", async || {
            there.get("/v1/permissions").await.status == 200
        })
        .await;
    }
}

#[tokio::test]
async fn a_warm_check_asks_the_database_nothing() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let school = School::open(&app, &root, "north").await;
    custom(&school, "librarian", 15, &["permission:read"]).await;
    let person = school.person(&app, "lib@example.org", &["librarian"]).await;
    person.get("/v1/permissions").await.expect(200);
    // A database that tells nodes what changed tells it this one as well, a little later.
    eventually(Duration::from_secs(5), "no query", async || app.queries_of(person.get("/v1/permissions")).await == 0)
        .await;
}

#[tokio::test]
async fn nobody_grants_or_takes_what_they_do_not_hold() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let school = School::open(&app, &root, "north").await;
    let keeper = ["role:read", "role:create", "role:update", "role:delete", "permission:assign", "user:read"];
    custom(&school, "keeper", 30, &keeper).await;
    let rich = custom(&school, "rich", 10, &["user:read", "audit:read"]).await;
    let rich = format!("/v1/roles/{}", rich["id"].as_str().expect("an id"));
    let me = school.person(&app, "keeper@example.org", &["keeper"]).await;

    let new = |name: &str, rank: u8, permissions: &[&str]| json!({"name": name, "title": name, "rank": rank, "permissions": permissions});
    me.post("/v1/roles", new("fine", 30, &["user:read"])).await.expect(201);
    assert_eq!(me.post("/v1/roles", new("rank", 31, &[])).await.problem(403), "rank-above-yours");
    assert_eq!(me.post("/v1/roles", new("more", 10, &["audit:read"])).await.problem(403), "permission-not-held");

    // Neither added nor taken away, alone or in a list; what stays as it is does not matter.
    let held = |with: &[&str]| json!({"permissions": with});
    assert_eq!(me.post_empty(&format!("{rich}/permissions/audit:read")).await.expect(200)["version"], 1);
    for refused in [
        me.post_empty(&format!("{rich}/permissions/billing:read")).await,
        me.delete(&format!("{rich}/permissions/audit:read")).await,
        me.put(&format!("{rich}/permissions"), held(&["user:read"])).await,
        me.delete(&rich).await,
    ] {
        // A permission that no context declares is not there to be granted at all.
        let code = if refused.status == 404 { "permission-not-held" } else { refused.problem(403) };
        assert_eq!(code, "permission-not-held");
    }
    me.put(&format!("{rich}/permissions"), held(&["audit:read"])).await.expect(200);
    me.patch(&rich, json!({"title": "Rich"})).await.expect(200);

    // The built-in roles of higher rank, and what a version of a lower one would give.
    for above in ["school_admin"] {
        let path = role_path(&school.root, above).await;
        assert_eq!(me.patch(&path, json!({"title": "x"})).await.problem(403), "rank-above-yours");
        let mine = me.post_empty(&format!("{path}/permissions/role:read")).await;
        assert_eq!(mine.problem(403), "rank-above-yours");
    }
    let student = role_path(&school.root, "student").await;
    school.root.post_empty(&format!("{student}/permissions/audit:read")).await.expect(200);
    assert_eq!(me.delete(&student).await.problem(403), "permission-not-held");
    assert!(names(&role_named(&school.root, "student").await).contains(&"audit:read"));
}

#[tokio::test]
async fn row_44_each_write_and_each_refusal_is_one_entry_of_the_audit_log() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let school = School::open(&app, &root, "north").await;
    let path = {
        let role = custom(&school, "librarian", 15, &["role:read"]).await;
        format!("/v1/roles/{}", role["id"].as_str().expect("an id"))
    };
    school.root.patch(&path, json!({"title": "Head"})).await.expect(200);
    school.root.post_empty(&format!("{path}/permissions/user:read")).await.expect(200);
    school.root.delete(&path).await.expect(204);
    school.root.post_empty(&format!("{path}/restore")).await.expect(200);
    let target = &path["/v1/roles/".len()..];
    let mut entries = logged(&app, &school.root, &format!("target_id={target}")).await;
    entries.reverse();
    let actions: Vec<_> = entries.iter().map(|entry| entry["action"].as_str().expect("an action")).collect();
    let expected =
        ["created", "changed", "permissions_changed", "deleted", "restored"].map(|what| format!("rbac.role_{what}"));
    assert_eq!(actions, expected);
    for entry in &entries {
        assert_eq!((&entry["target_type"], &entry["outcome"]), (&json!("role"), &json!("success")), "{entry}");
        assert_eq!(entry["school_id"], json!(school.id));
        assert_eq!(entry["actor_id"].as_str(), root.user_id.as_deref());
    }
    assert_eq!(
        (&entries[1]["before"], &entries[1]["after"]),
        (&json!({"title": "librarian"}), &json!({"title": "Head"}))
    );
    let grown = (json!({"permissions": ["role:read"]}), json!({"permissions": ["role:read", "user:read"]}));
    assert_eq!((&entries[2]["before"], &entries[2]["after"]), (&grown.0, &grown.1));

    custom(&school, "keeper", 12, &["role:update", "role:read"]).await;
    let me = school.person(&app, "keeper@example.org", &["keeper"]).await;
    me.patch(&path, json!({"title": "Mine"})).await.problem(403);
    let denied = logged(&app, &school.root, &format!("target_id={target}&outcome=denied")).await;
    assert_eq!(denied.len(), 1);
    assert_eq!(
        (&denied[0]["action"], &denied[0]["after"]),
        (&json!("rbac.role_changed"), &json!({"refused": "rank-above-yours"}))
    );
    assert_eq!(denied[0]["actor_id"].as_str(), me.user_id.as_deref());
}

#[tokio::test]
async fn a_token_with_scopes_is_narrowed_to_them() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let school = School::open(&app, &root, "north").await;
    custom(&school, "reader", 15, &["role:read", "permission:read"]).await;
    school.person(&app, "reader@example.org", &["reader"]).await;
    let form = [
        ("grant_type", "password"),
        ("username", "reader@example.org"),
        ("password", crate::support::PASSWORD),
        ("scope", "role:read user:delete"),
    ];
    let pair = app.anonymous().post_form("/v1/auth/token", &form).await;
    let narrow = app.anonymous().with_token(pair.expect(200)["access_token"].as_str().expect("a token"));
    narrow.get("/v1/roles").await.expect(200);
    narrow.get("/v1/permissions").await.problem(403);
    assert_eq!(narrow.get("/v1/me/permissions").await.expect(200)["permissions"], json!(["role:read"]));
}
