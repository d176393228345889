//! What is written down: no secret in any log, metric, audit row or error, however much is logged; and every deed in the audit
//! log, by a table in which each writing route must stand.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use lyceum_web::route::RouteInfo;
use reqwest::Method;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::{Value, json};

use crate::support::client::{Client, Reply};
use crate::support::program::{Place, Server};
use crate::support::{App, Mail, PASSWORD, database, eventually};

/// One account's worth of canaries, none of which may be written down.
struct Canaries {
    secrets: Vec<String>,
    personal: Vec<String>,
    errors: String,
}

/// A client of the process that keeps every error body.
struct Visitor<'a> {
    server: &'a Server,
    http: reqwest::Client,
    token: Option<String>,
}

impl Visitor<'_> {
    async fn call(&self, canaries: &mut Canaries, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut request = self.http.request(method, format!("http://{}{path}", self.server.address));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.expect("an answer");
        let failed = answer.status().is_client_error() || answer.status().is_server_error();
        let text = answer.text().await.expect("a whole answer");
        if failed {
            canaries.errors.push_str(&text);
        }
        serde_json::from_str(&text).unwrap_or_default()
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

/// The token in the latest mail to somebody.
async fn mailed(place: &Place, to: &str, subject_of: usize) -> String {
    let mut found = Vec::new();
    eventually(Duration::from_secs(10), "the letter", async || {
        let mut files: Vec<_> = std::fs::read_dir(place.data_dir().join("mail"))
            .into_iter()
            .flatten()
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|e| e == "eml"))
            .collect();
        files.sort();
        let mails = files.iter().map(|file| Mail::parse(&std::fs::read(file).expect("a message")));
        found = mails.filter(|mail| mail.to == to && mail.text.contains("token=")).map(|mail| mail.token()).collect();
        found.len() >= subject_of
    })
    .await;
    found.pop().expect("a letter")
}

fn totp_code(secret: &str) -> String {
    let bytes = totp_rs::Secret::Encoded(secret.to_owned()).to_bytes().expect("a secret");
    let totp = totp_rs::TOTP::new(totp_rs::Algorithm::SHA1, 6, 1, 30, bytes, None, String::new()).expect("a generator");
    totp.generate_current().expect("the time")
}

/// The main flows, with everything worth stealing among the canaries.
async fn live_a_little(place: &Place, server: &Server) -> Canaries {
    let mut canaries = Canaries { secrets: Vec::new(), personal: Vec::new(), errors: String::new() };
    let c = &mut canaries;
    let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().expect("a client");
    let mut me = Visitor { server, http, token: None };
    let (email, next_email) = ("canary.anna@lyceum.example", "canary.berta@lyceum.example");
    let (first, second, third) = ("canary first lantern", "canary second lantern", "canary third lantern");
    c.personal.extend([email, next_email, "Canary Full Name", "canary-name"].map(str::to_owned));
    c.secrets.extend([first, second, third, "canary wrong lantern"].map(str::to_owned));

    let registration =
        json!({"email": email, "password": first, "full_name": "Canary Full Name", "username": "canary-name"});
    me.call(c, Method::POST, "/v1/auth/register", Some(registration)).await;
    let activation = mailed(place, email, 1).await;
    me.call(c, Method::GET, &format!("/activate?token={activation}"), None).await;
    me.call(c, Method::POST, "/v1/auth/activate", Some(json!({"token": activation}))).await;
    me.call(c, Method::POST, "/v1/auth/activate", Some(json!({"token": activation}))).await;
    c.secrets.push(activation);

    me.call(c, Method::POST, "/v1/auth/login", Some(json!({"email": email, "password": "canary wrong lantern"}))).await;
    me.call(c, Method::POST, "/v1/auth/login", Some(json!({"email": email, "password": {"deep": first}}))).await;
    me.call(c, Method::POST, &format!("/v1/auth/login?password={second}&token={third}").replace(' ', "+"), None).await;
    c.secrets.extend([second, third].map(|password| password.replace(' ', "+")));
    let pair = me.call(c, Method::POST, "/v1/auth/login", Some(json!({"email": email, "password": first}))).await;
    c.secrets.extend([text(&pair, "access_token"), text(&pair, "refresh_token")]);
    let spent = text(&pair, "refresh_token");
    let fresh = me.call(c, Method::POST, "/v1/auth/refresh", Some(json!({"refresh_token": spent}))).await;
    c.secrets.extend([text(&fresh, "access_token"), text(&fresh, "refresh_token")]);
    me.token = Some(text(&fresh, "access_token"));

    let change = json!({"current_password": first, "new_password": second});
    me.call(c, Method::POST, "/v1/auth/password/change", Some(change.clone())).await;
    me.call(c, Method::POST, "/v1/auth/password/change", Some(change)).await;
    let enrolment = me.call(c, Method::POST, "/v1/auth/mfa/totp", Some(json!({"password": second}))).await;
    let secret = text(&enrolment, "secret");
    c.secrets.push(secret.clone());
    me.call(c, Method::POST, "/v1/auth/mfa/totp/confirm", Some(json!({"code": "000000"}))).await;
    let codes = me.call(c, Method::POST, "/v1/auth/mfa/totp/confirm", Some(json!({"code": totp_code(&secret)}))).await;
    let codes: Vec<_> = codes["recovery_codes"].as_array().expect("codes").iter().filter_map(Value::as_str).collect();
    assert_eq!(codes.len(), 10);
    c.secrets.extend(codes.iter().map(|code| (*code).to_owned()));
    me.call(c, Method::POST, "/v1/auth/login", Some(json!({"email": email, "password": second}))).await;
    let login = json!({"email": email, "password": second, "totp": codes[0]});
    let pair = me.call(c, Method::POST, "/v1/auth/login", Some(login)).await;
    c.secrets.extend([text(&pair, "access_token"), text(&pair, "refresh_token")]);
    me.call(c, Method::DELETE, "/v1/auth/mfa/totp", Some(json!({"password": second}))).await;

    me.call(c, Method::POST, "/v1/me/email", Some(json!({"email": next_email, "password": second}))).await;
    let confirmation = mailed(place, next_email, 1).await;
    me.call(c, Method::POST, "/v1/me/email/confirm", Some(json!({"token": confirmation}))).await;
    c.secrets.push(confirmation);
    c.secrets.push(mailed(place, email, 2).await);
    me.call(c, Method::POST, "/v1/auth/password/forgot", Some(json!({"email": next_email}))).await;
    let reset = mailed(place, next_email, 2).await;
    me.call(c, Method::POST, "/v1/auth/password/reset", Some(json!({"token": reset, "password": third}))).await;
    c.secrets.push(reset);

    me.call(c, Method::GET, &format!("/v1/users?q={email}"), None).await;
    me.call(c, Method::GET, "/v1/me?api_key=canary-key-in-a-query&email=canary.anna@lyceum.example", None).await;
    c.secrets.push("canary-key-in-a-query".to_owned());
    me.token = Some("canary-token-that-is-none".to_owned());
    me.call(c, Method::GET, "/v1/me", None).await;
    c.secrets.push("canary-token-that-is-none".to_owned());
    me.token = None;
    let form = json!({"email": next_email, "password": third, "canary_field": first});
    me.call(c, Method::POST, "/v1/auth/login", Some(form)).await;
    canaries
}

#[tokio::test]
async fn row_43_no_secret_is_written_down_however_much_is_logged() {
    let key = "canary-key-of-the-deployment-8c1d";
    let place = Place::new()
        .set("RUST_LOG", "trace")
        .set("LYCEUM__JOBS__POLL_MS", "20")
        .set("LYCEUM__SECURITY__SECRET_KEY", key)
        .set("LYCEUM__SECURITY__OPS_TOKEN", "canary-ops-token-5b27");
    let server = place.serve();
    let mut canaries = live_a_little(&place, &server).await;
    canaries.secrets.extend([key, "canary-ops-token-5b27"].map(str::to_owned));
    let metrics = reqwest::get(format!("http://{}/metrics", server.address)).await.expect("an answer");
    let metrics = metrics.text().await.expect("metrics");
    server.terminate();
    let (_, log) = server.ended(Duration::from_secs(10)).await;
    let database = database::connect(&format!("sqlite://{}", place.data_dir().join("lyceum.db").display())).await;
    let audit = format!("{:?}", audit_rows(&database, None).await);

    assert!(log.contains("\"level\":\"DEBUG\"") && log.contains("lyceum::access"), "the log holds something:\n{log}");
    assert!(audit.contains("identity.mfa_enabled") && audit.contains("identity.password_reset"), "{audit}");
    let errors = &canaries.errors;
    assert!(errors.contains("invalid-credentials") && errors.contains("mfa-required"), "{errors}");
    let holds = |place: &str, text: &str, canary: &str| {
        let line = text.lines().find(|line| line.contains(canary));
        assert!(line.is_none(), "{canary:?} is in the {place}: {}", line.unwrap_or_default());
    };
    for secret in &canaries.secrets {
        for (place, text) in [("log", &log), ("metrics", &metrics), ("audit log", &audit), ("errors", errors)] {
            holds(place, text, secret);
        }
    }
    for person in &canaries.personal {
        for (place, text) in [("log", &log), ("metrics", &metrics), ("errors", errors)] {
            holds(place, text, person);
        }
    }
}

/// One row of the audit log.
#[derive(Debug, Clone)]
#[expect(dead_code, reason = "printed whole where nothing secret may be in it")]
struct Row {
    action: String,
    outcome: String,
    actor: Option<uuid::Uuid>,
    ip: Option<String>,
    before: Option<Value>,
    after: Option<Value>,
}

/// The rows of one request, or all, oldest first.
#[expect(clippy::disallowed_methods, reason = "a look at what is really there")]
async fn audit_rows(database: &DatabaseConnection, request_id: Option<&str>) -> Vec<Row> {
    let sql = "SELECT action, outcome, actor_id, ip, before, after FROM audit_log WHERE $1 = '' OR request_id = $1 ORDER BY id";
    let values = [request_id.unwrap_or_default().into()];
    let statement = Statement::from_sql_and_values(database.get_database_backend(), sql, values);
    let rows = database.query_all_raw(statement).await.expect("the audit log");
    let row = |row: &sea_orm::QueryResult| Row {
        action: row.try_get("", "action").expect("an action"),
        outcome: row.try_get("", "outcome").expect("an outcome"),
        actor: row.try_get("", "actor_id").expect("an actor"),
        ip: row.try_get("", "ip").expect("an address"),
        before: row.try_get("", "before").expect("what was"),
        after: row.try_get("", "after").expect("what is"),
    };
    rows.iter().map(row).collect()
}

/// Every writing route and what the audit log says of it when all goes well. Nothing where the deed is no event of security, or
/// is written by the job that does the work, so that the time of the answer tells nothing.
const AUDITED: [(&str, &[&str]); 29] = [
    ("POST /v1/auth/register", &["identity.account_registered"]),
    ("POST /v1/auth/activate", &["identity.account_activated"]),
    ("POST /v1/auth/activation/resend", &[]),
    ("POST /v1/auth/login", &["identity.login"]),
    ("POST /v1/auth/token", &["identity.login"]),
    // Sessions are renewed all day; that a spent token came back is another matter.
    ("POST /v1/auth/refresh", &[]),
    ("POST /v1/auth/logout", &["identity.logout"]),
    ("POST /v1/auth/logout-all", &["identity.sessions_revoked"]),
    ("POST /v1/auth/password/forgot", &[]),
    ("POST /v1/auth/password/reset", &["identity.password_reset"]),
    ("POST /v1/auth/password/change", &["identity.password_changed"]),
    ("DELETE /v1/auth/sessions", &["identity.sessions_revoked"]),
    ("DELETE /v1/auth/sessions/{id}", &["identity.session_revoked"]),
    ("POST /v1/auth/mfa/totp", &["identity.mfa_enrolment_started"]),
    ("POST /v1/auth/mfa/totp/confirm", &["identity.mfa_enabled"]),
    ("POST /v1/auth/mfa/recovery-codes", &["identity.recovery_codes_renewed"]),
    ("DELETE /v1/auth/mfa/totp", &["identity.mfa_disabled"]),
    ("PUT /v1/me", &["identity.profile_changed"]),
    ("PATCH /v1/me", &["identity.profile_changed"]),
    ("DELETE /v1/me", &["identity.account_erased"]),
    ("POST /v1/me/email", &["identity.email_change_requested"]),
    ("POST /v1/me/email/confirm", &["identity.email_changed"]),
    ("POST /v1/me/email/undo", &["identity.email_change_undone"]),
    ("POST /v1/users", &["identity.account_created"]),
    ("PUT /v1/users/{id}", &["identity.account_changed"]),
    ("PATCH /v1/users/{id}", &["identity.account_changed"]),
    ("DELETE /v1/users/{id}", &["identity.account_deleted"]),
    ("POST /v1/users/{id}/restore", &["identity.account_restored"]),
    ("POST /v1/users/{id}/password-reset", &["identity.password_reset_sent"]),
];

/// Does things and compares the audit log with the table.
struct Auditor {
    app: App,
    database: DatabaseConnection,
    done: BTreeSet<&'static str>,
}

impl Auditor {
    async fn start() -> Self {
        let app = App::start().await;
        let database = database::connect(&app.database_url).await;
        Self { app, database, done: BTreeSet::new() }
    }

    /// Does one thing by the table: each action is written exactly once, by whoever did it, from where they did it.
    async fn succeeds(&mut self, client: &Client, route: &'static str, id: &str, body: Value) -> Reply {
        let (_, wanted) = AUDITED.iter().find(|(known, _)| *known == route).expect("a row");
        let reply = self.call(client, route, id, body).await;
        assert!(reply.status.is_success(), "{route}: {} {}", reply.status, reply.json);
        let rows = self.rows(&reply).await;
        let actions: Vec<_> = rows.iter().map(|row| row.action.as_str()).collect();
        assert_eq!(actions, *wanted, "{route}");
        for row in &rows {
            assert_eq!(row.outcome, "success", "{route}");
            assert!(row.ip.as_deref().is_some_and(|ip| ip.starts_with("127.")), "{route}: {row:?}");
            let who = client.user_id.as_deref().map(|id| id.parse().expect("an id"));
            assert!(row.actor.is_some() && (who.is_none() || row.actor == who), "{route}: {row:?} by {who:?}");
        }
        self.done.insert(route);
        reply
    }

    /// Something that is refused: written as denied.
    async fn denied(&self, client: &Client, route: &str, body: Value, status: u16, action: &str) {
        let reply = self.call(client, route, "", body).await;
        assert_eq!(reply.status.as_u16(), status, "{route}: {}", reply.json);
        let rows = self.rows(&reply).await;
        let found: Vec<_> = rows.iter().map(|row| (row.action.as_str(), row.outcome.as_str())).collect();
        assert_eq!(found, [(action, "denied")], "{route}");
    }

    async fn call(&self, client: &Client, route: &str, id: &str, body: Value) -> Reply {
        let (method, path) = route.split_once(' ').expect("a method and a path");
        let path = path.replace("{id}", id);
        if route.ends_with("/auth/token") {
            let fields: BTreeMap<String, String> = serde_json::from_value(body).expect("a form");
            let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            return client.post_form(&path, &fields).await;
        }
        let request = client.request(method.parse().expect("a method"), &path);
        if body.is_null() { request.send().await } else { request.json(&body).send().await }
    }

    async fn rows(&self, reply: &Reply) -> Vec<Row> {
        audit_rows(&self.database, Some(reply.header("x-request-id").expect("an id"))).await
    }

    async fn token_to(&self, email: &str) -> String {
        self.app.drain_outbox().await;
        let mails = self.app.mails().into_iter().rev();
        let with_link = mails.filter(|mail| mail.to == email && mail.text.contains("token=")).map(|mail| mail.token());
        with_link.into_iter().next().expect("a letter with a link")
    }
}

/// The contexts whose every writing route is in the table; the others' own tests look at their audit rows.
const DONE_HERE: [&str; 2] = ["identity", "operations"];

#[tokio::test]
async fn row_44_every_writing_route_stands_in_the_table() {
    let app = App::start().await;
    let writing = |method: &str| matches!(method, "POST" | "PUT" | "PATCH" | "DELETE");
    let table: Vec<_> = app.system.web.table().iter().filter(|route| writing(route.method.as_str())).collect();
    let named = |route: &RouteInfo| format!("{} {}", route.method, route.path);
    let there: BTreeSet<_> = table.iter().map(|route| named(route)).collect();
    let ours = table.iter().filter(|route| DONE_HERE.contains(&route.context)).map(|route| named(route));
    // Switching schools takes a school, so tenancy's tests do it.
    let ours: BTreeSet<_> = ours.filter(|route| route != "POST /v1/auth/switch-school").collect();
    let declared: BTreeSet<_> = AUDITED.iter().map(|(route, _)| (*route).to_owned()).collect();
    let missing: Vec<_> = ours.difference(&declared).collect();
    let gone: Vec<_> = declared.difference(&there).collect();
    assert!(missing.is_empty() && gone.is_empty(), "not in the table: {missing:?}; not there any more: {gone:?}");
}

#[tokio::test]
async fn row_44_every_deed_is_in_the_audit_log_once() {
    let mut a = Auditor::start().await;
    let nobody = a.app.anonymous();
    let email = "anna@lyceum.example";
    let login = json!({"email": email, "password": PASSWORD});
    let password = json!({"password": PASSWORD});

    let registration = json!({"email": email, "password": PASSWORD});
    a.succeeds(&nobody, "POST /v1/auth/register", "", registration).await;
    a.succeeds(&nobody, "POST /v1/auth/activation/resend", "", json!({"email": email})).await;
    let token = a.token_to(email).await;
    a.succeeds(&nobody, "POST /v1/auth/activate", "", json!({"token": token})).await;
    let pair = a.succeeds(&nobody, "POST /v1/auth/login", "", login.clone()).await;
    let form = json!({"grant_type": "password", "username": email, "password": PASSWORD});
    a.succeeds(&nobody, "POST /v1/auth/token", "", form).await;
    a.succeeds(&nobody, "POST /v1/auth/refresh", "", json!({"refresh_token": pair.json["refresh_token"]})).await;

    let anna = a.app.login(email, PASSWORD).await;
    let other = a.app.login(email, PASSWORD).await;
    let sessions = other.get("/v1/auth/sessions").await;
    let current = sessions.expect(200).as_array().expect("sessions").iter().find(|s| s["current"] == true).cloned();
    let id = current.expect("a session")["id"].as_str().expect("an id").to_owned();
    a.succeeds(&anna, "DELETE /v1/auth/sessions/{id}", &id, Value::Null).await;
    a.succeeds(&anna, "DELETE /v1/auth/sessions", "", Value::Null).await;
    a.succeeds(&anna, "PUT /v1/me", "", json!({"full_name": "Anna A."})).await;
    a.succeeds(&anna, "PATCH /v1/me", "", json!({"full_name": "Anna B."})).await;

    let enrolment = a.succeeds(&anna, "POST /v1/auth/mfa/totp", "", password.clone()).await;
    let code = totp_code(&text(&enrolment.json, "secret"));
    a.succeeds(&anna, "POST /v1/auth/mfa/totp/confirm", "", json!({"code": code})).await;
    a.succeeds(&anna, "POST /v1/auth/mfa/recovery-codes", "", password.clone()).await;
    a.succeeds(&anna, "DELETE /v1/auth/mfa/totp", "", password.clone()).await;

    let change = json!({"current_password": PASSWORD, "new_password": "another quiet harbour"});
    a.succeeds(&anna, "POST /v1/auth/password/change", "", change).await;
    a.succeeds(&nobody, "POST /v1/auth/password/forgot", "", json!({"email": email})).await;
    let token = a.token_to(email).await;
    a.succeeds(&nobody, "POST /v1/auth/password/reset", "", json!({"token": token, "password": PASSWORD})).await;

    let anna = a.app.login(email, PASSWORD).await;
    let next = "anna.two@lyceum.example";
    let ask = json!({"email": next, "password": PASSWORD});
    a.succeeds(&anna, "POST /v1/me/email", "", ask).await;
    let (confirm, undo) = (a.token_to(next).await, a.token_to(email).await);
    a.succeeds(&nobody, "POST /v1/me/email/confirm", "", json!({"token": confirm})).await;
    a.succeeds(&nobody, "POST /v1/me/email/undo", "", json!({"token": undo})).await;

    let anna = a.app.login(email, PASSWORD).await;
    a.succeeds(&anna, "POST /v1/auth/logout", "", Value::Null).await;
    let anna = a.app.login(email, PASSWORD).await;
    a.succeeds(&anna, "POST /v1/auth/logout-all", "", Value::Null).await;

    let root = a.app.super_admin().await;
    let person = json!({"email": "pupil@lyceum.example"});
    let made = a.succeeds(&root, "POST /v1/users", "", person).await;
    let id = text(&made.json, "id");
    let whole = json!({"username": "pupil", "is_active": true, "role": "member"});
    a.succeeds(&root, "PUT /v1/users/{id}", &id, whole).await;
    a.succeeds(&root, "PATCH /v1/users/{id}", &id, json!({"full_name": "A Pupil"})).await;
    a.succeeds(&root, "POST /v1/users/{id}/password-reset", &id, Value::Null).await;
    a.succeeds(&root, "DELETE /v1/users/{id}", &id, Value::Null).await;
    a.succeeds(&root, "POST /v1/users/{id}/restore", &id, Value::Null).await;

    let anna = a.app.login(email, PASSWORD).await;
    a.succeeds(&anna, "DELETE /v1/me", "", password).await;
    let all: BTreeSet<_> = AUDITED.iter().map(|(route, _)| *route).collect();
    let left: Vec<_> = all.difference(&a.done).collect();
    assert!(left.is_empty(), "declared, but not done here: {left:?}");
}

#[tokio::test]
async fn row_44_what_is_refused_is_in_the_audit_log_too() {
    let a = Auditor::start().await;
    let email = "anna@lyceum.example";
    let anna = a.app.member(email).await;
    let nobody = a.app.anonymous();
    let wrong = json!({"email": email, "password": "not the one"});
    a.denied(&nobody, "POST /v1/auth/login", wrong, 401, "identity.login_failed").await;
    let again = json!({"email": email, "password": PASSWORD});
    a.denied(&nobody, "POST /v1/auth/register", again, 202, "identity.registered_again").await;
    let change = json!({"current_password": "not the one", "new_password": "another quiet harbour"});
    a.denied(&anna, "POST /v1/auth/password/change", change, 403, "identity.reauthentication_failed").await;
    let erase = json!({"password": "not the one"});
    a.denied(&anna, "DELETE /v1/me", erase, 403, "identity.reauthentication_failed").await;
    let pair = nobody.post("/v1/auth/login", json!({"email": email, "password": PASSWORD})).await;
    let spent = json!({"refresh_token": pair.expect(200)["refresh_token"]});
    nobody.post("/v1/auth/refresh", spent.clone()).await.expect(200);
    a.app.clock.advance(chrono::Duration::minutes(1));
    a.denied(&nobody, "POST /v1/auth/refresh", spent, 401, "identity.token_reuse").await;
}
