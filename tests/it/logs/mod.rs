//! What is written down: no secret in any log, metric, audit row or error, however much is logged, and nothing that could pass for a
//! line of the program's own; and every deed in the audit log, by a table in which each writing route must stand.

mod deeds;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::program::{Place, Server};
use crate::support::socket::Socket;
use crate::support::{Mail, database, eventually};
use deeds::audit_rows;

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

/// The ways of a token into a socket.
async fn open_sockets(c: &mut Canaries, me: &Visitor<'_>) {
    let token = me.token.clone().expect("a token");
    for path in ["/v1/ws/me?token=", "/v1/ws/me?x=%20&token="] {
        me.call(c, Method::GET, &format!("{path}{token}"), None).await;
    }
    for number in 0..3 {
        let ticket = me.call(c, Method::POST, "/v1/ws/tickets", None).await;
        let ticket = text(&ticket, "ticket");
        let (address, bearer) = (me.server.address.clone(), format!("lyceum.v1, bearer.{token}"));
        let socket = match number {
            0 => Socket::open(&address, &format!("/v1/ws/me?ticket={ticket}"), &[]).await,
            1 => Socket::open(&address, &format!("/v1/ws/me?token={token}"), &[]).await,
            _ => Socket::open(&address, "/v1/ws/me", &[("sec-websocket-protocol", &bearer)]).await,
        };
        let mut socket = socket.expect("a socket");
        assert_eq!(socket.event().await["event"], "standing");
        socket.say("authenticate", json!({"token": token})).await;
        assert_eq!(socket.event().await["event"], "authenticated");
        socket.say("authenticate", json!({"token": ticket})).await;
        assert_eq!(socket.event().await["event"], "error");
        c.secrets.push(ticket);
    }
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
    open_sockets(c, &me).await;

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

#[tokio::test]
async fn row_45_nobody_forges_a_line_of_the_log() {
    let place = Place::new().set("RUST_LOG", "debug").set("LYCEUM__JOBS__POLL_MS", "20");
    let server = place.serve();
    let http = reqwest::Client::new();
    let line = "x\r\n{\"level\":\"ERROR\",\"message\":\"forged\"}\r\n\u{1b}[31mforged\u{1b}[0m\u{85}\u{2028}forged";
    let url = |path: &str| format!("http://{}{path}", server.address);
    let encoded = serde_urlencoded::to_string([("q", line)]).expect("a query");
    let path: String = line.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let post = |path: &str, body: Value| {
        http.post(url(path)).header("content-type", "application/json").body(body.to_string())
    };
    let requests = [
        http.get(url(&format!("/v1/users/{path}"))),
        http.get(url(&format!("/{path}?{encoded}"))),
        http.get(url(&format!("/v1/schools/public?{encoded}"))),
        http.get(url("/v1/me")).header("x-request-id", "x%0d%0aforged").bearer_auth(&path),
        http.get(url("/v1/me")).header("user-agent", "\"}{\"message\":\"forged\"}\tforged"),
        post("/v1/auth/login", json!({"username": line, "password": line})),
        post("/v1/auth/register", json!({"email": "a@lyceum.example", "password": line, "full_name": line})),
        post("/v1/auth/login", json!({ line: line })),
    ];
    for request in requests {
        let status = request.send().await.expect("an answer").status();
        assert!(!status.is_server_error(), "{status}");
    }
    server.terminate();
    let (_, log) = server.ended(Duration::from_secs(10)).await;
    assert!(log.contains("lyceum::access"), "the log holds something:\n{log}");
    let broken = |c: char| c.is_control() && c != '\n';
    assert!(!log.contains(broken), "control characters are written as they came");
    // The first lines are those of the tests' own executable.
    for line in log.lines().filter(|line| line.contains("forged") || line.starts_with('{')) {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(event["timestamp"].is_string() && event["message"] != "forged", "{line}");
    }
}
