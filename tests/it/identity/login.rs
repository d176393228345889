//! Logging in: what strangers learn, how guessing is slowed down, and the OAuth2 form.

use std::time::Instant;

use chrono::Duration;
use futures_util::future::join_all;
use serde_json::json;

use super::{OTHER_PASSWORD, audited, colleague, comparable, hashes, limited, log_in, made, renew, try_login};
use crate::support::{App, Client, PASSWORD};

#[tokio::test]
async fn either_name_opens_a_session_whatever_its_case() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let body = json!({"username": "Vera.V", "email": "Vera@school.example", "password": PASSWORD});
    root.post("/v1/users", body).await.expect(201);
    let client = app.anonymous();
    for body in [
        json!({"username": "vera.v", "password": PASSWORD}),
        json!({"username": "VERA@SCHOOL.EXAMPLE", "password": PASSWORD}),
        json!({"email": "vera@School.example", "password": PASSWORD}),
    ] {
        let reply = client.post("/v1/auth/login", body).await;
        assert_eq!(reply.expect(200)["token_type"], "Bearer");
        assert_eq!(reply.json["expires_in"], 900);
        assert_eq!(reply.header("cache-control"), Some("no-store"));
    }
    let both = json!({"username": "vera.v", "email": "vera@school.example", "password": PASSWORD});
    client.post("/v1/auth/login", both).await.problem(422);
    client.post("/v1/auth/login", json!({"password": PASSWORD})).await.problem(422);
    let elsewhere = json!({"email": "vera@school.example", "password": PASSWORD, "school": "northfield"});
    assert_eq!(client.post("/v1/auth/login", elsewhere).await.problem(403), "not-a-member");
    assert_eq!(audited(&app, "identity.login").await, 4);
}

#[tokio::test]
async fn row_5_a_login_tells_nothing_about_who_exists_and_costs_one_hash_on_every_path() {
    let app = App::start().await;
    let root = app.super_admin().await;
    made(&root, "known").await;
    let removed = made(&root, "removed").await;
    root.delete(&format!("/v1/users/{removed}")).await.expect(204);
    let waiting = json!({"email": "waiting@school.example", "password": PASSWORD});
    app.anonymous().post("/v1/auth/register", waiting).await.expect(202);
    let invited = json!({"email": "invited@school.example"});
    root.post("/v1/users", invited).await.expect(201);
    let disabled = made(&root, "disabled").await;
    root.patch(&format!("/v1/users/{disabled}"), json!({"is_active": false})).await.expect(200);

    let client = app.anonymous();
    let mut answers = Vec::new();
    let mut queries = Vec::new();
    for name in ["known", "nobody", "removed", "waiting@school.example", "invited@school.example", "disabled"] {
        let before = (hashes(&app), app.system.platform.db.queries());
        let reply = try_login(&client, name, "a wrong password").await;
        assert_eq!(hashes(&app) - before.0, 1, "{name}");
        queries.push(app.system.platform.db.queries() - before.1);
        assert_eq!(reply.problem(401), "invalid-credentials", "{name}");
        assert_eq!(reply.header("www-authenticate"), answer_challenge(&reply), "{name}");
        answers.push(comparable(&reply));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
    assert!(queries.windows(2).all(|pair| pair[0] == pair[1]), "{queries:?}");
    // The right password costs one hash as well, and only it learns about the state of the account.
    for (name, code) in [("waiting@school.example", "account-not-activated"), ("disabled", "account-disabled")] {
        let before = hashes(&app);
        assert_eq!(try_login(&client, name, PASSWORD).await.problem(403), code);
        assert_eq!(hashes(&app) - before, 1, "{name}");
    }
    let before = hashes(&app);
    try_login(&client, "removed", PASSWORD).await.problem(401);
    log_in(&client, "known", PASSWORD).await;
    assert_eq!(hashes(&app) - before, 2);
    assert_eq!(audited(&app, "identity.login_failed").await, 9);
}

/// What a 401 must carry.
fn answer_challenge(reply: &crate::support::Reply) -> Option<&str> {
    let challenge = reply.header("www-authenticate");
    assert!(challenge.is_some_and(|text| text.starts_with("Bearer")), "{challenge:?}");
    challenge
}

#[tokio::test]
async fn row_5_forgetting_a_password_and_asking_for_an_activation_tell_nothing_either() {
    let app = App::start().await;
    app.member("known@school.example").await;
    for path in ["/v1/auth/password/forgot", "/v1/auth/activation/resend"] {
        let client = app.anonymous();
        let ask = async |email: &str| {
            let before = app.system.platform.db.queries();
            let reply = client.post(path, json!({"email": email})).await;
            reply.expect(202);
            (comparable(&reply), app.system.platform.db.queries() - before)
        };
        assert_eq!(ask("known@school.example").await, ask("nobody@school.example").await, "{path}");
    }
}

/// Real time decides here, so it runs only when asked for: `cargo test … -- --ignored row_5`.
#[tokio::test]
#[ignore = "measures time: run it alone on a quiet machine"]
async fn row_5_known_and_unknown_names_take_the_same_time() {
    let app = App::start_with(|config| config.security.argon2.memory_kib = 4_096).await;
    let root = app.super_admin().await;
    made(&root, "known").await;
    let client = app.anonymous();
    let mut times = [Vec::new(), Vec::new()];
    for pair in 0..400 {
        let order = if pair % 2 == 0 { [0, 1] } else { [1, 0] };
        for side in order {
            let name = ["known", "stranger"][side];
            let started = Instant::now();
            try_login(&client, name, "a wrong password").await.problem(401);
            times[side].push(started.elapsed().as_secs_f64());
        }
    }
    let [known, unknown] = times.map(|mut side| {
        side.sort_by(f64::total_cmp);
        side
    });
    // A median's standard error from the quartiles: 1.2533 σ / √n with σ = IQR / 1.349.
    let error = |side: &[f64]| 1.2533 * (side[300] - side[100]) / 1.349 / 20.0;
    let tolerance = 3.0 * error(&known).hypot(error(&unknown));
    let difference = (known[200] - unknown[200]).abs();
    assert!(difference < tolerance, "medians differ by {difference} s; allowed is {tolerance} s");
}

#[tokio::test]
async fn row_6_the_sixth_failure_waits_and_nobody_is_locked_out() {
    let app = limited().await;
    let root = app.super_admin().await;
    made(&root, "victim").await;
    made(&root, "neighbour").await;
    let attacker = app.anonymous();
    for _ in 0..5 {
        try_login(&attacker, "victim", "a wrong password").await.problem(401);
    }
    let refused = try_login(&attacker, "victim", "a wrong password").await;
    assert_eq!(refused.problem(429), "too-many-failures");
    let wait: i64 = refused.header("retry-after").expect("Retry-After").parse().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    // Not even the right password gets through from there, and a refused try costs no hash.
    let before = hashes(&app);
    try_login(&attacker, "victim", PASSWORD).await.problem(429);
    let form = [("grant_type", "password"), ("username", "victim"), ("password", PASSWORD)];
    attacker.post_form("/v1/auth/token", &form).await.problem(429);
    assert_eq!(hashes(&app), before);
    // The owner, elsewhere, and a neighbour behind the same address get in.
    log_in(&app.anonymous(), "victim", PASSWORD).await;
    log_in(&attacker, "neighbour", PASSWORD).await;
    app.clock.advance(Duration::seconds(wait + 1));
    log_in(&attacker, "victim", PASSWORD).await;
}

#[tokio::test]
async fn row_6_names_that_do_not_exist_are_throttled_alike() {
    let app = limited().await;
    let client = app.anonymous();
    for _ in 0..5 {
        try_login(&client, "Nobody@school.example", "a wrong password").await.problem(401);
    }
    try_login(&client, "nobody@school.example", "a wrong password").await.problem(429);
}

#[tokio::test]
async fn row_6_a_school_behind_one_address_is_never_locked_out_by_successes() {
    let app = limited().await;
    let root = app.super_admin().await;
    for n in 0..5 {
        made(&root, &format!("pupil{n}")).await;
    }
    let school = app.anonymous();
    for _ in 0..10 {
        let names: Vec<_> = (0..20).map(|n| format!("pupil{}", n % 5)).collect();
        let logins = join_all(names.iter().map(|name| try_login(&school, name, PASSWORD))).await;
        assert!(logins.iter().all(|reply| reply.status == 200), "{:?}", logins[0]);
    }
}

#[tokio::test]
async fn row_6_parallel_guesses_do_not_get_past_the_limit() {
    let app = limited().await;
    let root = app.super_admin().await;
    made(&root, "victim").await;
    let attacker = app.anonymous();
    let guesses = (0..40).map(|n| format!("wrong guess {n}")).collect::<Vec<_>>();
    let replies = join_all(guesses.iter().map(|guess| try_login(&attacker, "victim", guess))).await;
    let told = replies.iter().filter(|reply| reply.status == 401).count();
    assert_eq!(told, 5, "guesses answered");
    assert!(replies.iter().all(|reply| matches!(reply.status.as_u16(), 401 | 429)));
}

#[tokio::test]
async fn a_spoofed_forwarded_address_is_not_believed() {
    let app = limited().await;
    let root = app.super_admin().await;
    made(&root, "victim").await;
    let attacker = app.anonymous();
    let guess = async |n: usize| {
        let body = json!({"username": "victim", "password": "a wrong password"});
        let request = attacker.request(reqwest::Method::POST, "/v1/auth/login").json(&body);
        request.header("x-forwarded-for", &format!("192.0.2.{n}")).send().await
    };
    for n in 0..5 {
        guess(n).await.problem(401);
    }
    guess(6).await.problem(429);
    let spoofed = super::count(&app, "SELECT COUNT(*) AS n FROM audit_log WHERE ip LIKE '192.0.2.%'", vec![]).await;
    assert_eq!(spoofed, 0);
}

#[tokio::test]
async fn oauth2_clients_get_tokens_by_form_and_errors_in_its_words() {
    let app = App::start().await;
    let root = app.super_admin().await;
    made(&root, "olga").await;
    let client = app.anonymous();
    let granted = client
        .post_form("/v1/auth/token", &[("grant_type", "password"), ("username", "olga"), ("password", PASSWORD)])
        .await;
    assert_eq!(granted.expect(200)["token_type"], "Bearer");
    assert_eq!(granted.header("cache-control"), Some("no-store"));
    assert!(granted.json.get("scope").is_none());
    let refresh = granted.json["refresh_token"].as_str().expect("a token").to_owned();
    let next =
        client.post_form("/v1/auth/token", &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).await;
    let next_refresh = next.expect(200)["refresh_token"].as_str().expect("a token").to_owned();
    // One kind of token, whichever door it came from.
    renew(&client, &next_refresh).await.expect(200);

    for (fields, status, error) in [
        (vec![], 400, "invalid_request"),
        (vec![("grant_type", "authorization_code"), ("code", "x")], 400, "unsupported_grant_type"),
        (vec![("grant_type", "password"), ("username", "olga")], 400, "invalid_request"),
        (vec![("grant_type", "refresh_token")], 400, "invalid_request"),
        (vec![("grant_type", "refresh_token"), ("refresh_token", "x")], 400, "invalid_request"),
        (vec![("grant_type", "password"), ("username", "olga"), ("password", "wrong")], 401, "invalid_grant"),
        (vec![("grant_type", "password"), ("username", "nobody"), ("password", "wrong")], 401, "invalid_grant"),
        (
            vec![("grant_type", "password"), ("username", "olga"), ("password", PASSWORD), ("scope", "a  b")],
            400,
            "invalid_scope",
        ),
    ] {
        let reply = client.post_form("/v1/auth/token", &fields).await;
        assert_eq!(reply.expect(status)["error"], error, "{fields:?}");
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{fields:?}");
    }
}

#[tokio::test]
async fn swaggers_padlock_sends_an_empty_client_and_an_empty_scope() {
    let app = App::start().await;
    let root = app.super_admin().await;
    made(&root, "sven").await;
    let form = format!(
        "grant_type=password&username=sven&password={}&scope=&client_id=&client_secret=",
        PASSWORD.replace(' ', "+")
    );
    let request = app.anonymous().request(reqwest::Method::POST, "/v1/auth/token");
    let request = request.header("authorization", "Basic Og==").header("x-requested-with", "XMLHttpRequest");
    let request = request.header("content-type", "application/x-www-form-urlencoded").bytes(form.into_bytes());
    assert!(request.send().await.expect(200).get("scope").is_none());
}

async fn scoped(client: &Client, name: &str, password: &str, scope: &str) -> Client {
    let form = [("grant_type", "password"), ("username", name), ("password", password), ("scope", scope)];
    let granted = client.post_form("/v1/auth/token", &form).await;
    assert_eq!(granted.expect(200)["scope"], scope);
    client.with_token(granted.json["access_token"].as_str().expect("a token"))
}

#[tokio::test]
async fn a_scope_narrows_and_never_widens() {
    let app = App::start().await;
    let root = app.super_admin().await;
    colleague(&app, &root, "admin1", "admin").await;
    let reader = scoped(&app.anonymous(), "admin1", OTHER_PASSWORD, "user:read").await;
    reader.get("/v1/users").await.expect(200);
    assert_eq!(
        reader.post("/v1/users", json!({"username": "new", "password": PASSWORD})).await.problem(403),
        "permission-missing"
    );
    let permissions = reader.get("/v1/me/permissions").await;
    assert_eq!(permissions.expect(200)["permissions"], json!(["user:read"]));
    // Deleted accounts are for those who may restore them.
    assert_eq!(reader.get("/v1/users?deleted=only").await.problem(403), "not-allowed");
    let reaching = scoped(&app.anonymous(), "admin1", OTHER_PASSWORD, "user:read everything:do").await;
    assert_eq!(reaching.get("/v1/me/permissions").await.expect(200)["permissions"], json!(["user:read"]));
    let nothing = scoped(&app.anonymous(), "admin1", OTHER_PASSWORD, "nothing:at_all").await;
    nothing.get("/v1/users").await.problem(403);
    // Renewed, it is as narrow as before.
    let form =
        [("grant_type", "password"), ("username", "admin1"), ("password", OTHER_PASSWORD), ("scope", "user:read")];
    let granted = app.anonymous().post_form("/v1/auth/token", &form).await;
    let refresh = granted.expect(200)["refresh_token"].as_str().expect("a token");
    let renewed = renew(&app.anonymous(), refresh).await;
    assert_eq!(renewed.expect(200)["scope"], "user:read");
    let renewed = app.anonymous().with_token(renewed.json["access_token"].as_str().expect("a token"));
    renewed.post("/v1/users", json!({"username": "new", "password": PASSWORD})).await.problem(403);
}
