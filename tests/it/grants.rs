//! What the built-in roles may do to begin with, written down, against what the server lets them do: eight roles and nobody ×
//! every operation.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::authorisation::{self, Gate, NEVER, Row};
use crate::support::client::{Client, Reply};
use crate::support::{App, PASSWORD};
use crate::tenancy::{enrol, found};

/// Who holds which permission. A permission that a context adds gets a line.
const GRANTS: &str = "
                    member student teacher instructor principal school_admin admin super_admin
audit:read             .      .       .        .          x          x         x        x
billing:catalogue      .      .       .        .          .          .         .        x
billing:manage         .      .       .        .          .          x         .        x
billing:read           .      .       .        .          .          x         x        x
billing:report         .      .       .        .          .          .         x        x
billing:settle         .      .       .        .          .          .         .        x
completion:create      .      x       x        x          x          x         .        x
completion:grade       .      .       x        x          x          x         .        x
completion:read        .      x       x        x          x          x         x        x
course:create          .      .       x        x          x          x         .        x
course:delete          .      .       x        x          x          x         .        x
course:manage          .      .       .        .          x          x         .        x
course:publish         .      .       x        x          x          x         .        x
course:rate            .      x       x        x          x          x         .        x
course:read            .      x       x        x          x          x         x        x
course:update          .      .       x        x          x          x         .        x
enrollment:create      .      .       x        x          x          x         .        x
enrollment:delete      .      .       x        x          x          x         .        x
enrollment:manage      .      .       .        .          x          x         .        x
enrollment:read        .      x       x        x          x          x         x        x
enrollment:self        .      x       x        x          x          x         .        x
enrollment:update      .      .       x        x          x          x         .        x
file:create            .      x       x        x          x          x         x        x
file:delete            .      .       .        .          x          x         x        x
file:read              .      .       .        .          x          x         x        x
group:create           .      .       x        x          x          x         .        x
group:delete           .      .       x        x          x          x         .        x
group:read             .      x       x        x          x          x         x        x
group:update           .      .       x        x          x          x         .        x
permission:assign      .      .       .        .          .          x         .        x
permission:read        .      .       .        .          x          x         x        x
progress:read          .      x       x        x          x          x         x        x
question:create        .      .       x        x          x          x         .        x
question:delete        .      .       x        x          x          x         .        x
question:manage        .      .       .        .          x          x         .        x
question:read          .      .       x        x          x          x         .        x
question:update        .      .       x        x          x          x         .        x
role:create            .      .       .        .          .          x         .        x
role:delete            .      .       .        .          .          x         .        x
role:read              .      .       .        .          x          x         x        x
role:update            .      .       .        .          .          x         .        x
school:create          .      .       .        .          .          .         x        x
school:delete          .      .       .        .          .          .         x        x
school:read            .      x       x        x          x          x         x        x
school:update          .      .       .        .          .          x         x        x
signup:decide          .      .       .        .          x          x         .        x
test:create            .      .       x        x          x          x         .        x
test:delete            .      .       x        x          x          x         .        x
test:grade             .      .       x        x          x          x         .        x
test:invigilate        .      .       x        x          x          x         .        x
test:manage            .      .       .        .          x          x         .        x
test:publish           .      .       x        x          x          x         .        x
test:read              .      x       x        x          x          x         x        x
test:take              .      x       x        x          x          x         .        x
test:update            .      .       x        x          x          x         .        x
user:create            .      .       .        .          x          x         x        x
user:delete            .      .       .        .          .          x         x        x
user:import            .      .       .        .          .          x         .        x
user:invite            .      .       x        x          x          x         .        x
user:manage_roles      .      .       .        .          .          x         .        x
user:read              .      .       x        x          x          x         x        x
user:update            .      .       .        .          x          x         x        x
";

/// Who gets 403 below `/v1/billing` whatever they were granted.
const NOT_FOR_MONEY: [&str; 4] = ["member", "student", "teacher", "instructor"];

/// Operations that end the session which they are called with.
const FAREWELLS: [&str; 3] = ["POST /v1/auth/logout", "POST /v1/auth/logout-all", "DELETE /v1/auth/sessions"];

/// The permissions of each role.
fn grants() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut lines = GRANTS.lines().filter(|line| !line.is_empty()).map(str::split_whitespace);
    let roles: Vec<_> = lines.next().expect("the roles").collect();
    let mut grants: BTreeMap<_, BTreeSet<_>> = roles.iter().map(|role| (*role, BTreeSet::new())).collect();
    for mut line in lines {
        let permission = line.next().expect("a permission");
        let marks: Vec<_> = line.collect();
        assert_eq!(marks.len(), roles.len(), "{permission}");
        for (role, _) in roles.iter().zip(marks).filter(|(_, mark)| *mark == "x") {
            grants.get_mut(role).expect("a role").insert(permission);
        }
    }
    grants
}

/// One of each role; those of a school act in it.
async fn people(app: &App) -> Vec<(&'static str, Client)> {
    let root = app.super_admin().await;
    let school = found(app, &root, "northfield").await;
    let mut people = vec![("member", app.member("member@lyceum.example").await)];
    for role in ["student", "teacher", "instructor", "principal", "school_admin"] {
        people.push((role, enrol(app, &root, &school.id, &format!("{role}@lyceum.example"), role).await));
    }
    let admin = app.member("admin@lyceum.example").await;
    let path = format!("/v1/users/{}", admin.user_id.as_deref().expect("an id"));
    root.patch(&path, json!({"role": "admin"})).await.expect(200);
    people.push(("admin", app.login("admin@lyceum.example", PASSWORD).await));
    people.push(("super_admin", school.root_inside().await));
    people
}

/// A body that the operation would take, but for passwords, so that nobody erases themselves on the way.
fn body_of(row: &Row) -> Option<Value> {
    let mut body = row.body?();
    for name in ["password", "current_password"] {
        if row.gate == Gate::Authenticated && !body[name].is_null() {
            body[name] = "not the one at all".into();
        }
    }
    Some(body)
}

async fn call(row: &Row, client: &Client) -> Reply {
    let (method, path) = row.split();
    let path: Vec<_> = path.split('/').map(|part| if part.starts_with('{') { NEVER } else { part }).collect();
    let mark = if row.query.is_empty() { "" } else { "?" };
    let request = client.request(method, &format!("{}{mark}{}", path.join("/"), row.query));
    match body_of(row) {
        Some(body) => request.json(&body).send().await,
        None => request.send().await,
    }
}

/// Whether somebody was let in: whatever came of it then.
fn let_in(reply: &Reply) -> bool {
    let refusals = ["permission-missing", "billing-not-for-role"];
    reply.status != 401 && (reply.status != 403 || !refusals.contains(&reply.problem(403)))
}

fn expected(row: &Row, role: &str, held: &BTreeSet<&str>) -> bool {
    let money = row.route.contains(" /v1/billing/");
    match row.gate {
        Gate::Public => true,
        Gate::Authenticated => !(money && NOT_FOR_MONEY.contains(&role)),
        Gate::Permission(permission) => held.contains(permission) && !(money && NOT_FOR_MONEY.contains(&role)),
    }
}

#[tokio::test]
async fn row_22_eight_roles_and_nobody_on_every_operation() {
    let app = App::start().await;
    let (grants, people) = (grants(), people(&app).await);
    let catalogue = people.last().expect("a super admin").1.get("/v1/permissions?limit=100").await;
    let catalogue = catalogue.expect(200).as_array().expect("a list").clone();
    let names: BTreeSet<_> = catalogue.iter().map(|permission| permission["name"].as_str().expect("a name")).collect();
    assert_eq!(names, grants["super_admin"], "the permissions that there are, and those of the table");

    let rows = authorisation::rows();
    let (last, first): (Vec<_>, Vec<_>) = rows.iter().partition(|row| FAREWELLS.contains(&row.route));
    let walk = async |(role, client): &(&str, Client)| {
        let held = client.get("/v1/me/permissions").await;
        let held: BTreeSet<_> =
            held.expect(200)["permissions"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        assert_eq!(held, grants[role], "{role} holds");
        let mut differences = Vec::new();
        for row in &first {
            let reply = call(row, client).await;
            if let_in(&reply) != expected(row, role, &grants[role]) {
                differences.push(format!("{role} {}: {} {}", row.route, reply.status, reply.json));
            }
        }
        differences
    };
    let differences: Vec<_> = join_all(people.iter().map(walk)).await.concat();
    assert!(differences.is_empty(), "{differences:#?}");
    for (role, client) in &people {
        let me = client.get("/v1/me").await;
        let email = me.expect(200)["email"].as_str().expect("an address").to_owned();
        for row in &last {
            assert!(let_in(&call(row, &app.login(&email, PASSWORD).await).await), "{role} {}", row.route);
        }
    }
    for row in &rows {
        let reply = call(row, &app.anonymous()).await;
        assert_eq!(reply.status != 401, row.gate == Gate::Public, "{}", row.route);
    }
}

#[tokio::test]
async fn row_22_methods_that_were_not_declared_are_405_and_money_is_closed_all_the_same() {
    let app = App::start().await;
    let people: BTreeMap<_, _> = people(&app).await.into_iter().collect();
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for route in app.system.web.table() {
        let parts = route.path.split('/').map(|part| if part.starts_with('{') { NEVER } else { part });
        let path = parts.collect::<Vec<_>>().join("/");
        known.entry(path).or_default().insert(route.method.to_string());
    }
    let nothing = ["/", "/nothing", "/nothing/at/all", "/invoices/x/y/z", "/webhooks/other", "/nothing?x=1"];
    for (path, methods) in &known {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if methods.contains(method) {
                continue;
            }
            let ask = async |role: &str| people[role].request(method.parse().expect("a method"), path).send().await;
            let refused = ask("super_admin").await;
            assert_eq!(refused.status, 405, "{method} {path}");
            let allowed: BTreeSet<_> =
                refused.header("allow").expect("a list").split(", ").map(str::to_owned).collect();
            assert!(methods.is_subset(&allowed) && !allowed.contains(method), "{method} {path}: {allowed:?}");
        }
    }
    for role in ["student", "teacher", "instructor"] {
        for path in nothing {
            for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                let reply = people[role].request(method.clone(), &format!("/v1/billing{path}")).send().await;
                assert_eq!(reply.status, 403, "{role} {method} /v1/billing{path}: {}", reply.json);
            }
        }
    }
}
