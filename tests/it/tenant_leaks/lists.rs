//! What is read holds nothing of another school: lists, single things, tables to download, found by name or among the deleted.
//! And names that are unique in a school do not clash with another's.

use reqwest::Method;
use serde_json::{Value, json};

use super::things::{Things, Town};
use super::{fill, pointers};
use crate::authorisation::{self, Gate};
use crate::support::PASSWORD;
use crate::support::client::{Client, Reply};
use crate::tenancy::{enrol, id_of, switch};

/// Nothing of the other school: neither its name, which stands in everything it has, nor an id.
fn silent(what: &str, reply: &Reply, theirs: &Things) {
    let text = String::from_utf8_lossy(&reply.bytes).to_lowercase();
    // What was asked for may be repeated, as in links to the next page.
    assert!(!text.contains("elsewhere"), "{what}: {text}");
    for (kind, id) in theirs.ids.iter().filter(|(kind, _)| !pointers::PLATFORM.contains(kind)) {
        assert!(!text.contains(id.as_str()), "{what} has their {kind}: {text}");
    }
}

async fn read(who: &Client, path: &str, csv: bool) -> Reply {
    let request = who.request(Method::GET, path);
    if csv { request.header("accept", "text/csv").send().await } else { request.send().await }
}

#[tokio::test]
async fn row_25_what_is_read_holds_nothing_of_another_school() {
    let town = Town::start().await;
    let (mine, theirs) = (town.school("here").await, town.school("elsewhere").await);
    // Somebody belongs to both.
    let both = enrol(&town.app, &town.root, &theirs.school.id, "both@lyceum.example", "elsewhere_role").await;
    let user = both.user_id.clone().expect("an id");
    let path = format!("/v1/groups/{}/members/{user}", theirs.ids["groups"]);
    assert!(theirs.school.admin.put(&path, Value::Null).await.status.is_success());
    let path = format!("/v1/schools/{}/members/{user}", mine.school.id);
    town.root.put(&path, json!({"roles": ["student"], "status": "active"})).await.expect(200);
    // Their own version of a role that both have.
    let roles = theirs.school.admin.get("/v1/roles?limit=100").await;
    let teacher =
        roles.expect(200).as_array().expect("a list").iter().find(|role| role["name"] == "teacher").map(id_of);
    let path = format!("/v1/roles/{}", teacher.expect("a role"));
    theirs.school.admin.patch(&path, json!({"title": "Elsewhere teacher"})).await.expect(200);

    let mut answered = 0;
    for round in ["living", "deleted"] {
        if round == "deleted" {
            town.delete(&theirs).await;
        }
        for row in authorisation::rows().iter().filter(|row| row.route.starts_with("GET ")) {
            let (_, template) = row.split();
            let pointers = pointers::of_route(town.app.document(), "GET", template);
            let ids: Vec<_> =
                pointers.path.iter().map(|kind| kind.map_or("", |kind| mine.ids[kind].as_str())).collect();
            let path = fill(template, &ids);
            let path = if row.query.is_empty() { path } else { format!("{path}?{}", row.query) };
            let more = |query: &str| format!("{path}{}{query}", if path.contains('?') { "&" } else { "?" });
            let mut asks = vec![(path.clone(), false)];
            let has = |name: &str| pointers.parameters.iter().any(|known| known == name);
            asks.extend(has("total").then(|| (more("total=true&limit=100"), false)));
            asks.extend((has("q") && row.query.is_empty()).then(|| (more("q=elsewhere"), false)));
            asks.extend(has("deleted").then(|| (more("deleted=only"), false)));
            asks.extend(has("email").then(|| (more("email=elsewhere.asker@lyceum.example"), false)));
            asks.extend(pointers.csv.then(|| (path.clone(), true)));
            for (path, csv) in asks {
                let mut reply = read(&mine.school.admin, &path, csv).await;
                // Platform staff see all schools.
                let staff_only = template.starts_with("/v1/schools") || template == "/v1/billing/reports/revenue";
                if reply.status == 403 && !staff_only && matches!(row.gate, Gate::Permission(_)) {
                    reply = read(&mine.root, &path, csv).await;
                }
                silent(&format!("GET {path}"), &reply, &theirs);
                answered += usize::from(reply.status.is_success());
                // Headers that other systems have for it change nothing.
                let named = mine.school.admin.request(Method::GET, &path).header("x-school", &theirs.ids["schools"]);
                let named = named.header("x-school-id", &theirs.ids["schools"]).header("x-tenant-id", "elsewhere");
                silent(&format!("GET {path} with headers"), &named.send().await, &theirs);
            }
        }
    }
    assert!(answered >= 100, "only {answered} were answered");
    let there = switch(&both, &mine.school.id).await;
    silent("who one is", &there.get("/v1/me").await, &theirs);
}

#[tokio::test]
async fn row_25_names_are_unique_in_a_school_and_tell_nothing_of_another() {
    let town = Town::start().await;
    let (mine, theirs) = (town.school("here").await, town.school("elsewhere").await);
    let admin = &mine.school.admin;
    let group = |name: &str, id: &str| ("/v1/groups", json!({"name": name, "external_id": id}));
    let user = |name: &str, id: &str| ("/v1/users", json!({"username": name, "password": PASSWORD, "external_id": id}));
    let role = |name: &str| ("/v1/roles", json!({"name": name, "title": "A role", "rank": 15, "permissions": []}));
    // The first of each is for what is remembered from then on.
    for (first, taken, free) in [
        (group("First", "first-1"), group("elsewhere Blue", "elsewhere-1"), group("Free", "free-1")),
        (user("first.pupil", "first-2"), user("elsewhere.pupil", "elsewhere-2"), user("free.pupil", "free-2")),
        (role("first_role"), role("elsewhere_role"), role("free_role")),
    ] {
        let mut queries = Vec::new();
        for (path, body) in [first, taken, free] {
            queries.push(
                town.app
                    .queries_of(async {
                        admin.post(path, body.clone()).await.expect(201);
                    })
                    .await,
            );
            admin.post(path, body.clone()).await.problem(409);
        }
        assert_eq!(queries[1], queries[2], "statements tell that a name is taken elsewhere");
    }
    // A key that was used in another school is a new one here.
    let keyed = async |who: &Client| {
        let request = who.request(Method::POST, "/v1/groups").header("idempotency-key", "the same in two schools");
        id_of(request.json(&json!({"name": "Keyed"})).send().await.expect(201))
    };
    assert_ne!(keyed(&theirs.school.admin).await, keyed(admin).await);
    // One import at a time, in each school.
    for who in [&theirs.school.admin, admin] {
        let file = who.request(Method::POST, "/v1/users/import").header("content-type", "text/csv");
        file.bytes(b"email\nmany@lyceum.example".to_vec()).send().await.expect(202);
    }
}
