//! Signing up: schools with their first administrator, requests to join, schools that let anybody in.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{School, enrol, found, id_of, switch};
use crate::identity::limited;
use crate::support::{App, Client, PASSWORD};

fn school(slug: &str, email: &str) -> Value {
    json!({
        "school": {"name": format!("{slug} school"), "slug": slug}, "email": email, "password": PASSWORD,
        "full_name": "Samira Said"
    })
}

/// Opens a school to requests for these roles.
async fn opened(school: &School, roles: Value) {
    let body = json!({"requestable_roles": roles, "directory_public": true});
    school.admin.patch(&format!("/v1/schools/{}", school.id), body).await.expect(200);
}

async fn pending(school: &School) -> Vec<Value> {
    school.admin.get("/v1/signup-requests?status=pending").await.expect(200).as_array().expect("a list").clone()
}

async fn activate(app: &App, email: &str) {
    app.drain_outbox().await;
    let token = app.mail_to(email).expect("a letter").token();
    app.anonymous().post("/v1/auth/activate", json!({"token": token})).await.expect(204);
}

#[tokio::test]
async fn row_5_a_school_is_founded_alike_for_known_and_unknown_addresses() {
    let app = App::start_with(|config| config.tenancy.school_signup = true).await;
    let known = app.member("known@lyceum.example").await;
    let sign_up = |slug: &'static str, email: &'static str| {
        let client = app.anonymous();
        async move { client.post("/v1/auth/signup-school", school(slug, email)).await }
    };
    let (one, two) = (sign_up("north", "sam@lyceum.example").await, sign_up("south", "known@lyceum.example").await);
    assert_eq!(one.expect(202), two.expect(202));
    assert_eq!(one.headers.len(), two.headers.len());
    for slug in ["north", "south"] {
        let again = sign_up(slug, "other@lyceum.example").await;
        assert_eq!(again.problem(409), "slug-taken", "whoever founded it");
    }
    // The new account waits for its activation, then runs the school.
    let login = json!({"email": "sam@lyceum.example", "password": PASSWORD});
    app.anonymous().post("/v1/auth/login", login).await.problem(403);
    activate(&app, "sam@lyceum.example").await;
    let sam = app.login("sam@lyceum.example", PASSWORD).await;
    let mine = sam.get("/v1/me/schools").await;
    assert_eq!((&mine.expect(200)[0]["slug"], &mine.json[0]["role"]), (&json!("north"), &json!("school_admin")));
    let id = mine.json[0]["id"].as_str().expect("an id").to_owned();
    let admin = switch(&sam, &id).await;
    admin.get("/v1/users").await.expect(200);
    assert_eq!(admin.get("/v1/me").await.expect(200)["must_change_password"], false);
    // The owner of the known address decides; their password stays theirs.
    let offered = known.get("/v1/me/schools").await;
    assert_eq!((&offered.expect(200)[0]["slug"], &offered.json[0]["status"]), (&json!("south"), &json!("pending")));
    let token = app.mail_to("known@lyceum.example").expect("a letter").token();
    app.anonymous().post("/v1/memberships/accept", json!({"token": token})).await.expect(204);
    assert_eq!(known.get("/v1/me/schools").await.expect(200)[0]["role"], "school_admin");
}

#[tokio::test]
async fn founding_schools_can_be_closed_and_is_slowed_down() {
    let closed = App::start().await;
    let refused = closed.anonymous().post("/v1/auth/signup-school", school("north", "sam@lyceum.example")).await;
    assert_eq!(refused.problem(403), "school-signup-closed");
    let app = App::start_with(|config| {
        config.tenancy.school_signup = true;
        config.limits.enabled = true;
    })
    .await;
    let tries = (0..6).map(|n| school(&format!("north{n}"), "sam@lyceum.example"));
    let mut statuses = Vec::new();
    for body in tries {
        statuses.push(app.anonymous().post("/v1/auth/signup-school", body).await.status.as_u16());
    }
    assert_eq!(statuses, [202, 202, 202, 202, 202, 429], "known or not makes no difference: all but the first are");
    let poor = json!({"school": {"name": "X", "slug": "x"}, "email": "zoe@lyceum.example", "password": "password123"});
    assert_eq!(app.anonymous().post("/v1/auth/signup-school", poor).await.pointers(), ["/password"]);
}

#[tokio::test]
async fn whoever_asks_is_let_in_by_those_above_the_role_perhaps_in_another() {
    let app = App::start().await;
    let north = found(&app, &app.super_admin().await, "north").await;
    let principal = enrol(&app, &north.root, &north.id, "pia@lyceum.example", "principal").await;
    let closed = json!({"school": "north", "email": "ada@lyceum.example"});
    app.anonymous().post("/v1/signup-requests", closed).await.problem(404);
    opened(&north, json!(["student", "teacher", "principal"])).await;
    let public = app.anonymous().get("/v1/schools/public").await;
    assert_eq!(public.expect(200)[0]["requestable_roles"], json!(["student", "teacher", "principal"]));
    let ask = |email: &str, role: &str| {
        let body = json!({"school": "north", "email": email, "full_name": "Ada", "role": role, "message": "Hello"});
        let client = app.anonymous();
        async move { client.post("/v1/signup-requests", body).await }
    };
    let known = app.member("known@lyceum.example").await;
    let (one, two) = (ask("ada@lyceum.example", "teacher").await, ask("known@lyceum.example", "teacher").await);
    assert_eq!(one.expect(202), two.expect(202));
    assert_eq!(one.expect(202), ask("ADA@lyceum.example", "student").await.expect(202), "asked again");
    ask("boss@lyceum.example", "principal").await.expect(202);
    assert_eq!(ask("evil@lyceum.example", "school_admin").await.problem(409), "unknown-role");
    let waiting = pending(&north).await;
    assert_eq!(
        waiting.iter().map(|r| r["role"].as_str().expect("a role")).collect::<Vec<_>>(),
        ["student", "teacher", "principal"]
    );
    let [ada, knowns, boss] = [0, 1, 2].map(|n| format!("/v1/signup-requests/{}", id_of(&waiting[n])));

    // A principal stands beside principals, not above them.
    for status in ["approved", "rejected"] {
        assert_eq!(principal.patch(&boss, json!({"status": status})).await.problem(403), "role-above-yours");
    }
    let raised = principal.patch(&ada, json!({"status": "approved", "role": "principal"})).await;
    assert_eq!(raised.problem(403), "role-above-yours");
    let stale = principal.request(reqwest::Method::PATCH, &ada).header("if-match", "\"7-signup-request\"");
    stale.json(&json!({"status": "approved"})).send().await.problem(412);
    let done = principal.patch(&ada, json!({"status": "approved", "role": "teacher"})).await;
    assert_eq!((&done.expect(200)["status"], &done.json["granted_role"]), (&json!("approved"), &json!("teacher")));
    assert_eq!(principal.patch(&ada, json!({"status": "rejected"})).await.problem(409), "already-decided");
    // The address is proven now: a stranger gets an invitation, somebody known an offer.
    principal.patch(&knowns, json!({"status": "approved"})).await.expect(200);
    app.drain_outbox().await;
    assert_eq!(known.get("/v1/me/schools").await.expect(200)[0]["status"], "pending");
    let token = app.mail_to("ada@lyceum.example").expect("a letter").token();
    let password = json!({"token": token, "password": "another quiet harbour"});
    app.anonymous().post("/v1/auth/password/reset", password).await.expect(204);
    let teacher = app.login("ada@lyceum.example", "another quiet harbour").await;
    assert_eq!(teacher.get("/v1/me/schools").await.expect(200)[0]["role"], "teacher");

    north.admin.patch(&boss, json!({"status": "rejected"})).await.expect(200);
    app.drain_outbox().await;
    assert!(app.mail_to("boss@lyceum.example").expect("a letter").text.contains("not accepted"));
    assert!(pending(&north).await.is_empty());
    let pupil = enrol(&app, &north.root, &north.id, "tim@lyceum.example", "student").await;
    assert_eq!(pupil.get("/v1/signup-requests").await.problem(403), "permission-missing");
}

#[tokio::test]
async fn an_open_request_keeps_its_role_and_two_decisions_are_one() {
    let app = App::start().await;
    let north = found(&app, &app.super_admin().await, "north").await;
    let role = json!({"name": "librarian", "title": "Librarian", "rank": 15, "permissions": ["group:read"]});
    let role = id_of(north.admin.post("/v1/roles", role).await.expect(201));
    opened(&north, json!(["librarian"])).await;
    app.anonymous()
        .post("/v1/signup-requests", json!({"school": north.id, "email": "ada@lyceum.example"}))
        .await
        .expect(202);
    opened(&north, json!([])).await;
    assert_eq!(north.admin.delete(&format!("/v1/roles/{role}")).await.problem(409), "role-in-use");
    let path = format!("/v1/signup-requests/{}", id_of(&pending(&north).await[0]));
    let tries = join_all((0..20).map(|_| north.admin.patch(&path, json!({"status": "approved"})))).await;
    assert_eq!(tries.iter().filter(|reply| reply.status == 200).count(), 1);
    let seats = north.admin.get(&format!("/v1/schools/{}", north.id)).await;
    assert_eq!(seats.expect(200)["seats_used"], 2);
    let above = json!({"requestable_roles": ["school_admin"]});
    let refused = north.admin.patch(&format!("/v1/schools/{}", north.id), above).await;
    assert_eq!(refused.problem(403), "role-above-yours");
}

async fn my_school(who: &Client) -> Value {
    who.get("/v1/me/schools").await.expect(200)[0].clone()
}

#[tokio::test]
async fn a_school_with_self_signup_takes_whoever_registers_and_whoever_is_there() {
    let app = App::start().await;
    let north = found(&app, &app.super_admin().await, "north").await;
    let form = |email: &str| json!({"email": email, "password": PASSWORD, "school": "north"});
    app.anonymous().post("/v1/auth/register", form("ada@lyceum.example")).await.problem(404);
    let there = app.member("tom@lyceum.example").await;
    there.post("/v1/me/signup-requests", json!({"school": "north"})).await.problem(404);
    let body = json!({"self_signup": true, "default_role": "teacher"});
    north.admin.patch(&format!("/v1/schools/{}", north.id), body).await.expect(200);
    let (unknown, known) = (
        app.anonymous().post("/v1/auth/register", form("ada@lyceum.example")).await,
        app.anonymous().post("/v1/auth/register", form("tom@lyceum.example")).await,
    );
    assert_eq!(unknown.expect(202), known.expect(202));
    activate(&app, "ada@lyceum.example").await;
    let ada = app.login("ada@lyceum.example", PASSWORD).await;
    assert_eq!(my_school(&ada).await["role"], "teacher");
    let asked = there.post("/v1/me/signup-requests", json!({"school": "north"})).await;
    assert_eq!((&asked.expect(201)["status"], &asked.json["granted_role"]), (&json!("approved"), &json!("teacher")));
    assert_eq!(my_school(&there).await["role"], "teacher");
    // Another role than that is asked for, where it may be.
    let other = app.member("zoe@lyceum.example").await;
    opened(&north, json!(["student"])).await;
    let waits = other.post("/v1/me/signup-requests", json!({"school": "north", "role": "student"})).await;
    assert_eq!(waits.expect(201)["status"], "pending");
    let path = format!("/v1/signup-requests/{}", id_of(&waits.json));
    north.admin.patch(&path, json!({"status": "approved"})).await.expect(200);
    assert_eq!(my_school(&other).await["role"], "student", "an account that asked is in at once");
    let mine = other.get("/v1/me/signup-requests").await;
    assert_eq!(mine.expect(200)[0]["status"], "approved");
}

#[tokio::test]
async fn a_deployment_with_a_default_school_takes_whoever_registers() {
    let app = App::start_with(|config| {
        config.tenancy.default_school = Some("north".to_owned());
        config.tenancy.joining_role = Some("instructor".to_owned());
    })
    .await;
    // Before there is such a school people register all the same.
    app.anonymous()
        .post("/v1/auth/register", json!({"email": "zoe@lyceum.example", "password": PASSWORD}))
        .await
        .expect(202);
    let north = found(&app, &app.super_admin().await, "north").await;
    let south = found(&app, &north.root, "south").await;
    app.anonymous()
        .post("/v1/auth/register", json!({"email": "ada@lyceum.example", "password": PASSWORD}))
        .await
        .expect(202);
    activate(&app, "ada@lyceum.example").await;
    let ada = app.login("ada@lyceum.example", PASSWORD).await;
    assert_eq!(
        (&my_school(&ada).await["slug"], &my_school(&ada).await["role"]),
        (&json!("north"), &json!("instructor"))
    );
    // An invite says its own school.
    let made = south.admin.post("/v1/admin/invites", json!({"role_to_grant": "student"})).await;
    let form = json!({"email": "tom@lyceum.example", "password": PASSWORD, "invite_code": made.expect(201)["code"]});
    app.anonymous().post("/v1/auth/register", form).await.expect(202);
    activate(&app, "tom@lyceum.example").await;
    let tom = app.login("tom@lyceum.example", PASSWORD).await;
    let schools = tom.get("/v1/me/schools").await;
    let slugs: Vec<_> = schools.expect(200).as_array().expect("a list").iter().map(|s| s["slug"].clone()).collect();
    assert_eq!(slugs, [json!("south")]);
}

#[tokio::test]
async fn requests_in_the_name_of_one_address_are_slowed_down() {
    let app = limited().await;
    let north = found(&app, &app.super_admin().await, "north").await;
    opened(&north, json!(["student"])).await;
    let mut statuses = Vec::new();
    for _ in 0..6 {
        let body = json!({"school": "north", "email": "ada@lyceum.example"});
        statuses.push(app.anonymous().post("/v1/signup-requests", body).await.status.as_u16());
    }
    assert_eq!(statuses, [202, 202, 202, 202, 202, 429]);
}
