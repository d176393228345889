//! Accounts, credentials, sessions and tokens, through the API. A test named `row_<n>_…` holds row n of the security requirements.

mod email_change;
mod login;
mod mfa;
mod passwords;
mod privacy;
mod profile;
mod refresh;
mod registration;
mod sessions;
mod tokens;
mod users;

use std::fmt::Write as _;

use reqwest::Method;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, QueryResult, Statement, Value as Bound};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{App, Client, PASSWORD, Reply, database};

/// Another password that every policy accepts.
const OTHER_PASSWORD: &str = "seven amber windmills";

/// The tokens of one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pair {
    access: String,
    refresh: String,
}

impl Pair {
    #[track_caller]
    fn of(reply: &Reply) -> Self {
        let body = reply.expect(200);
        let text = |field: &str| body[field].as_str().expect("a token").to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token") }
    }
}

/// A login with a name and a password.
async fn try_login(client: &Client, name: &str, password: &str) -> Reply {
    client.post("/v1/auth/login", json!({"username": name, "password": password})).await
}

/// A login that works.
async fn log_in(client: &Client, name: &str, password: &str) -> Pair {
    Pair::of(&try_login(client, name, password).await)
}

/// A use of a refresh token.
async fn renew(client: &Client, refresh: &str) -> Reply {
    client.anonymous().post("/v1/auth/refresh", json!({"refresh_token": refresh})).await
}

/// What an access token opens: the status of the simplest request.
async fn status_of(client: &Client, access: &str) -> u16 {
    client.with_token(access).get("/v1/me").await.status.as_u16()
}

/// Somebody whom staff made with this username and [`PASSWORD`]; who has not chosen a password yet. The account's id.
async fn made(root: &Client, username: &str) -> String {
    let body = json!({"username": username, "password": PASSWORD});
    root.post("/v1/users", body).await.expect(201)["id"].as_str().expect("an id").to_owned()
}

/// Somebody of a role whom staff made, logged in with a password of their own, [`OTHER_PASSWORD`].
async fn colleague(app: &App, root: &Client, username: &str, role: &str) -> Client {
    let body = json!({"username": username, "password": PASSWORD, "role": role});
    let user_id = root.post("/v1/users", body).await.expect(201)["id"].as_str().map(str::to_owned);
    let client = app.anonymous();
    let pair = log_in(&client, username, PASSWORD).await;
    let mut client = client.with_token(pair.access);
    client.user_id = user_id;
    let body = json!({"current_password": PASSWORD, "new_password": OTHER_PASSWORD});
    client.post("/v1/auth/password/change", body).await.expect(204);
    client
}

/// A DELETE with a JSON body.
async fn delete_with(client: &Client, path: &str, body: &Value) -> Reply {
    client.request(Method::DELETE, path).json(body).send().await
}

/// Everything of an answer that may be compared with another: all but request id, date and what names the request.
fn comparable(reply: &Reply) -> (u16, Vec<(String, String)>, String) {
    let headers = reply.headers.iter().filter(|(name, _)| !matches!(name.as_str(), "x-request-id" | "date"));
    let mut headers: Vec<_> =
        headers.map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned())).collect();
    headers.sort();
    let request_id = reply.header("x-request-id").expect("a request id");
    let body = String::from_utf8(reply.bytes.clone()).expect("text").replace(request_id, "<id>");
    (reply.status.as_u16(), headers, body)
}

/// Passwords hashed so far.
fn hashes(app: &App) -> u64 {
    app.system.identity.hashes_computed()
}

fn uuid(id: &str) -> Uuid {
    id.parse().expect("a UUID")
}

/// What a query finds, on a connection of its own.
async fn rows(app: &App, sql: &str, values: Vec<Bound>) -> Vec<QueryResult> {
    let db = database::connect(&app.database_url).await;
    let found = select(&db, sql, values).await;
    db.close().await.expect("closed");
    found
}

#[expect(clippy::disallowed_methods, reason = "the tests look at what is really in the tables")]
async fn select(db: &DatabaseConnection, sql: &str, values: Vec<Bound>) -> Vec<QueryResult> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    db.query_all_raw(statement).await.expect("rows")
}

/// Changes something behind the system's back.
#[expect(clippy::disallowed_methods, reason = "the tests put the database into states that take long to reach")]
async fn change(app: &App, sql: &str, values: Vec<Bound>) {
    let db = database::connect(&app.database_url).await;
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    assert_eq!(db.execute_raw(statement).await.expect("a change").rows_affected(), 1, "{sql}");
    db.close().await.expect("closed");
}

/// How many rows a `SELECT COUNT(*) AS n` counts.
async fn count(app: &App, sql: &str, values: Vec<Bound>) -> i64 {
    rows(app, sql, values).await[0].try_get("", "n").expect("a number")
}

/// How many audit entries an action has.
async fn audited(app: &App, action: &str) -> i64 {
    count(app, "SELECT COUNT(*) AS n FROM audit_log WHERE action = $1", vec![action.into()]).await
}

/// The stored hash of an account's password.
async fn stored_hash(app: &App, username: &str) -> String {
    let found = rows(app, "SELECT password_hash FROM accounts WHERE username = $1", vec![username.into()]).await;
    found[0].try_get("", "password_hash").expect("a hash")
}

/// Every table as text, a line for each row that begins with the table's name; bytes in hexadecimal.
pub async fn dump(app: &App) -> String {
    let db = database::connect(&app.database_url).await;
    let postgres = db.get_database_backend() == DbBackend::Postgres;
    let tables = if postgres {
        "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    };
    let mut text = String::new();
    for table in select(&db, tables, vec![]).await {
        let table: String = table.try_get("", "name").expect("a name");
        let sql = if postgres {
            format!("SELECT CAST(t AS TEXT) AS line FROM \"{table}\" t")
        } else {
            let columns = select(&db, &format!("SELECT name FROM pragma_table_info('{table}')"), vec![]).await;
            let columns = columns.iter().map(|c| c.try_get::<String>("", "name").expect("a name"));
            let columns: Vec<_> = columns.map(|column| format!("quote(\"{column}\")")).collect();
            format!("SELECT {} AS line FROM \"{table}\"", columns.join(" || ' ' || "))
        };
        for row in select(&db, &sql, vec![]).await {
            writeln!(text, "{table}: {}", row.try_get::<String>("", "line").expect("a line")).expect("written");
        }
    }
    db.close().await.expect("closed");
    text
}

/// The lines of a dump that hold a text, as it is or as bytes, in any case.
pub fn lines_with<'a>(dump: &'a str, text: &str) -> Vec<&'a str> {
    let plain = text.to_lowercase();
    let bytes = text.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let holds = |line: &&str| {
        let line = line.to_lowercase();
        line.contains(&plain) || line.contains(&bytes)
    };
    dump.lines().filter(holds).collect()
}

/// A system that counts failures.
pub async fn limited() -> App {
    App::start_with(|config| config.limits.enabled = true).await
}
