//! The tenant-leak matrix: staff of one school name the things of another in every place where a request can name anything, and
//! must be answered as if those had never been.
//!
//! The matrix is made from the route table and the API document: each id in a path, each query parameter and each field of a
//! body that takes an id or a name of another's (`pointers`), on every route, with bodies from the authorisation matrix. Nothing
//! is to be added for a new route, unless a test asks: for the kind of thing that a new id names (`pointers::POINTERS`,
//! `things::Town::school`), or, where a writing route takes none, for a line in [`POINTLESS`].

mod lists;
mod pointers;
mod things;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::authorisation::{self, Gate, NEVER, Row};
use crate::support::client::{Client, Reply};
use crate::support::{App, PASSWORD};
use pointers::{PLATFORM, Pointers};
use things::{Things, Town};

/// Writing routes whose requests name nothing that a school has: one's own account, secrets from a letter, and what is made new
/// or there only once in the active school.
const POINTLESS: &[&str] = &[
    // One's own account.
    "DELETE /v1/auth/mfa/totp",
    "DELETE /v1/auth/sessions",
    "DELETE /v1/me",
    "DELETE /v1/me/avatar",
    "PATCH /v1/me",
    "POST /v1/auth/activation/resend",
    "POST /v1/auth/logout",
    "POST /v1/auth/logout-all",
    "POST /v1/auth/mfa/recovery-codes",
    "POST /v1/auth/mfa/totp",
    "POST /v1/auth/mfa/totp/confirm",
    "POST /v1/auth/password/change",
    "POST /v1/auth/password/forgot",
    "POST /v1/auth/token",
    "POST /v1/me/email",
    "POST /v1/ws/tickets",
    "PUT /v1/me",
    "PUT /v1/me/avatar",
    // Secrets.
    "POST /v1/auth/activate",
    "POST /v1/auth/password/reset",
    "POST /v1/auth/refresh",
    "POST /v1/billing/webhooks/stripe",
    "POST /v1/invites/redeem",
    "POST /v1/me/email/confirm",
    "POST /v1/me/email/undo",
    "POST /v1/memberships/accept",
    // New, or only once in a school.
    "DELETE /v1/billing/subscription",
    "PATCH /v1/billing/customer",
    "POST /v1/auth/signup-school",
    "POST /v1/billing/invoices",
    "POST /v1/billing/payment-methods",
    "POST /v1/billing/plans",
    "POST /v1/files/presign",
    "POST /v1/files/upload",
    "POST /v1/groups",
    "POST /v1/question-banks",
    "POST /v1/roles",
    "PUT /v1/billing/customer",
];

/// A name that no role ever had.
const NEVER_A_ROLE: &str = "never_was_a_role";

/// A key that nothing in the store ever had.
const NEVER_A_KEY: &str = "019aa5d2-6f00-7c3e-8000-000000000000/019aa5d2-6f00-7c3e-8000-000000000000";

/// A slug that no school ever had.
const NEVER_A_SCHOOL: &str = "never-was";

/// An id that was never given, and that nobody asks for but in lists.
const NEVER_LISTED: &str = "019aa5d2-6f00-7c3e-8000-000000000001";

/// One request that names something of another school, and its twin that names what never was.
struct Pair {
    what: String,
    method: Method,
    foreign: (String, Option<Value>),
    never: (String, Option<Value>),
}

/// What never was, of a kind.
fn never(kind: &str) -> &'static str {
    match kind {
        "slug" => NEVER_A_SCHOOL,
        "role names" => NEVER_A_ROLE,
        "keys" => NEVER_A_KEY,
        _ => NEVER,
    }
}

/// The path with these for its parameters.
fn fill(template: &str, values: &[&str]) -> String {
    let mut values = values.iter();
    let part = |part: &str| match part.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((_, end)) => format!("{}{end}", values.next().expect("a value for each parameter")),
        None => part.to_owned(),
    };
    template.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// A body that the route would take, where the authorisation matrix has none.
fn body_of(row: &Row) -> Value {
    match row.route {
        "POST /v1/auth/login" => json!({"username": "elsewhere.pupil", "password": "not the one at all"}),
        "POST /v1/auth/register" => json!({"email": "new@lyceum.example", "password": PASSWORD}),
        "POST /v1/signup-requests" => json!({"school": "x", "email": "new@lyceum.example"}),
        _ => row.body.map_or_else(|| json!({}), |body| body()),
    }
}

/// Every way in which a route's requests can name what another school has.
fn pairs(row: &Row, pointers: &Pointers, mine: &Things, theirs: &Things) -> Vec<Pair> {
    let (method, template) = row.split();
    let of = |things: &Things| -> Vec<String> {
        let value = |kind: Option<&str>| kind.map_or("user:read", |kind| things.ids[kind].as_str()).to_owned();
        pointers.path.iter().copied().map(value).collect()
    };
    let (home, away) = (of(mine), of(theirs));
    let body = row.body.map(|body| body());
    let mut pairs = Vec::new();
    let ids: Vec<_> = (0..home.len()).filter(|n| pointers.path[*n].is_some_and(|k| !PLATFORM.contains(&k))).collect();
    // Each alone among one's own, and all at once.
    let mut chosen: Vec<Vec<usize>> = ids.iter().map(|n| vec![*n]).collect();
    if ids.len() > 1 {
        chosen.push(ids);
    }
    for places in chosen {
        let put = |foreign: bool| {
            let value = |n: usize| match (places.contains(&n), foreign) {
                (false, _) => home[n].as_str(),
                (true, true) => away[n].as_str(),
                (true, false) => NEVER,
            };
            let path = fill(template, &(0..home.len()).map(value).collect::<Vec<_>>());
            if row.query.is_empty() { path } else { format!("{path}?{}", row.query) }
        };
        let what = format!("{} path {places:?}", row.route);
        let (foreign, never) = ((put(true), body.clone()), (put(false), body.clone()));
        pairs.push(Pair { what, method: method.clone(), foreign, never });
    }
    let path = fill(template, &home.iter().map(String::as_str).collect::<Vec<_>>());
    for (name, kind) in pointers.query.iter().filter(|(_, kind)| !PLATFORM.contains(kind)) {
        let put = |value: &str| {
            (format!("{path}?{name}={}", if value == NEVER { NEVER_LISTED } else { value }), body.clone())
        };
        let what = format!("{} query {name}", row.route);
        pairs.push(Pair { what, method: method.clone(), foreign: put(&theirs.ids[kind]), never: put(never(kind)) });
    }
    for (pointer, kind) in pointers.body.iter().filter(|(_, kind)| !PLATFORM.contains(kind)) {
        let put = |value: &str| {
            let mut body = body_of(row);
            pointers::set(&mut body, pointer, value);
            (path.clone(), Some(body))
        };
        let what = format!("{} body {pointer}", row.route);
        pairs.push(Pair { what, method: method.clone(), foreign: put(&theirs.ids[kind]), never: put(never(kind)) });
    }
    pairs
}

async fn ask(client: &Client, method: &Method, (path, body): &(String, Option<Value>)) -> Reply {
    let request = client.request(method.clone(), path);
    match body {
        Some(body) => request.json(body).send().await,
        None if path.contains("/import?") || path.ends_with("/import") => {
            request.header("content-type", "text/csv").bytes(b"email\nx@lyceum.example".to_vec()).send().await
        }
        None => request.send().await,
    }
}

/// An answer without what differs from request to request.
fn essence(reply: &Reply) -> (u16, Value, Vec<String>) {
    // Whether the connection is kept is a matter of how much of the body had come.
    let names = reply.headers.keys().map(|name| name.as_str().to_owned()).filter(|name| name != "connection");
    let headers = names.collect::<BTreeSet<_>>();
    (reply.status.as_u16(), authorisation::essence(reply), headers.into_iter().collect())
}

/// Whoever comes furthest: an administrator of the school; where they lack the permission, whoever runs the deployment and acts in
/// the school. (Schools themselves, plans and prices are the deployment's, and its staff see all.)
async fn asker<'a>(row: &Row, mine: &'a Things, pair: &Pair, nobody: &'a Client) -> &'a Client {
    if row.gate == Gate::Public {
        return nobody;
    }
    let first = ask(&mine.school.admin, &pair.method, &pair.never).await;
    let refused = first.status == 403 && matches!(row.gate, Gate::Permission(_));
    let of_the_platform = pair.never.0.starts_with("/v1/schools");
    if refused && !of_the_platform { &mine.root } else { &mine.school.admin }
}

/// Asks three times for each, the last measured: what is remembered from the first is remembered of both.
async fn compare(app: &App, who: &Client, pair: &Pair) -> Result<(Duration, Duration), Vec<String>> {
    let mut taken = [Duration::ZERO; 2];
    let mut queries = [0; 2];
    let mut seen = Vec::new();
    // The first time warms what is cached; of the others the fewest statements count, since a cache may be filled anew at any time.
    for round in 0..3 {
        for (n, request) in [&pair.foreign, &pair.never].into_iter().enumerate() {
            let began = Instant::now();
            let mut reply = None;
            let statements = app.queries_of(async { reply = Some(ask(who, &pair.method, request).await) }).await;
            taken[n] = began.elapsed();
            queries[n] = if round < 2 { statements } else { statements.min(queries[n]) };
            if round == 2 {
                seen.push(reply.expect("an answer"));
            }
        }
    }
    let (foreign, never) = (&seen[0], &seen[1]);
    let mut told = Vec::new();
    if essence(foreign) != essence(never) {
        told.push(format!("{}: {} {} and {} {}", pair.what, foreign.status, foreign.json, never.status, never.json));
    }
    if queries[0] != queries[1] {
        told.push(format!("{}: {queries:?} statements tell", pair.what));
    }
    // A list of what belongs to somebody else's is empty; everything else is refused.
    let empty = pair.method == Method::GET && foreign.status == 200 && foreign.json == json!([]);
    // Registering answers the same whatever is asked for.
    let quiet = pair.what.starts_with("POST /v1/auth/register ");
    if !(empty || quiet || foreign.status.is_client_error()) {
        told.push(format!("{}: {} {}", pair.what, foreign.status, foreign.json));
    }
    if told.is_empty() { Ok((taken[0], taken[1])) } else { Err(told) }
}

async fn walk(town: &Town, mine: &Things, theirs: &Things, wanted: impl Fn(&str) -> bool) -> Vec<(Duration, Duration)> {
    let (mut times, mut told) = (Vec::new(), Vec::new());
    let document = town.app.document();
    for row in authorisation::rows().iter().filter(|row| wanted(row.route)) {
        let (method, template) = row.split();
        let pointers = pointers::of_route(document, method.as_str(), template);
        for pair in pairs(row, &pointers, mine, theirs) {
            let nobody = town.app.anonymous();
            let who = asker(row, mine, &pair, &nobody).await;
            match compare(&town.app, who, &pair).await {
                Ok(taken) => times.push(taken),
                Err(differences) => told.extend(differences),
            }
        }
    }
    assert!(told.is_empty(), "these tell what another school has: {told:#?}");
    times
}

#[tokio::test]
async fn row_21_and_25_things_of_another_school_look_like_things_that_never_were() {
    let town = Town::start().await;
    let (mine, theirs) = (town.school("here").await, town.school("elsewhere").await);
    let times = walk(&town, &mine, &theirs, |_| true).await;
    assert!(times.len() >= 90, "only {} pairs were asked", times.len());
    // The time does not tell either: over all of them, neither kind is the slower.
    let differences: Vec<_> =
        times.iter().map(|(foreign, never)| foreign.as_secs_f64() - never.as_secs_f64()).collect();
    let n = f64::from(u32::try_from(differences.len()).expect("few"));
    let mean = differences.iter().sum::<f64>() / n;
    let deviation = (differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    println!(
        "{n} pairs; a thing of another school takes {:.1} µs longer than none, ± {:.1}",
        mean * 1e6,
        deviation / n.sqrt() * 1e6
    );
    assert!(mean.abs() < 4.0 * deviation / n.sqrt(), "{mean} s apart, ± {}", deviation / n.sqrt());

    // What was deleted there is no more there than what was not.
    town.delete(&theirs).await;
    let deletable =
        |route: &str| ["/v1/groups/", "/v1/users/", "/v1/billing/invoices/"].iter().any(|p| route.contains(p));
    walk(&town, &mine, &theirs, deletable).await;
    // Nothing of it changed anything there.
    theirs.school.admin.post_empty(&format!("/v1/users/{}/restore", theirs.ids["users"])).await.expect(200);
    let pupil = theirs.school.admin.get(&format!("/v1/users/{}", theirs.ids["users"])).await;
    assert_eq!((&pupil.expect(200)["role"], &pupil.json["is_active"]), (&json!("elsewhere_role"), &json!(true)));
}

#[tokio::test]
async fn every_route_is_in_the_matrix() {
    let app = App::start().await;
    let mut left = Vec::new();
    for route in app.system.web.table() {
        let method = route.method.as_str();
        let walked = method == "GET" || pointers::of_route(app.document(), method, route.path).any();
        let name = format!("{method} {}", route.path);
        let pointless = POINTLESS.contains(&name.as_str());
        assert!(!(walked && pointless), "{name} is walked");
        if !walked && !pointless {
            left.push(name);
        }
    }
    assert!(left.is_empty(), "these write, and name nothing that the matrix knows of (POINTERS, POINTLESS): {left:#?}");
    let there: BTreeSet<_> = app.system.web.table().iter().map(|r| format!("{} {}", r.method, r.path)).collect();
    let gone: Vec<_> = POINTLESS.iter().filter(|name| !there.contains(**name)).collect();
    assert!(gone.is_empty(), "no routes (any more): {gone:?}");
}
