//! Passwords: which are taken, how they are kept, changed and reset.

use std::time::{Duration as Wait, Instant};

use chrono::Duration;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::limited;
use super::{
    OTHER_PASSWORD, audited, change, comparable, hashes, log_in, made, renew, status_of, stored_hash, try_login,
};
use crate::support::{App, PASSWORD};

#[tokio::test]
async fn row_2_eight_to_256_characters_of_any_kind_and_every_one_counts() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let create = async |username: &str, password: &str| {
        root.post("/v1/users", json!({"username": username, "password": password})).await
    };
    for password in ["", "seven77", "\u{1f600}\u{1f680}seven", &"ab".repeat(129), &"\u{1f600}b".repeat(129)] {
        assert_eq!(create("short", password).await.pointers(), ["/password"], "{password}");
    }
    let client = app.anonymous();
    let sentence =
        "Zwölf Böxkämpfer jagen Viktor ü\u{308}ber den großen Sylter Deich. \u{1f600}\u{1f468}\u{200d}\u{1f469} ";
    for (n, password) in [
        "8 chars!".to_owned(),
        " leading and trailing ".to_owned(),
        sentence.chars().cycle().take(64).collect(),
        sentence.chars().cycle().take(128).collect(),
        sentence.chars().cycle().take(256).collect(),
        "\u{1f600}\u{1f680}".repeat(128),
        "x".repeat(72) + "tail",
    ]
    .into_iter()
    .enumerate()
    {
        let username = format!("length{n}");
        create(&username, &password).await.expect(201);
        log_in(&client, &username, &password).await;
        // The tail counts, beyond 72 bytes too; so do case, and space at the ends.
        let mut shorter = password.clone();
        shorter.pop();
        let flipped: String =
            password.chars().map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c }).collect();
        let other_tail = format!("{shorter}#");
        for wrong in [shorter.as_str(), other_tail.as_str(), flipped.as_str(), password.trim()] {
            if wrong != password {
                try_login(&client, &username, wrong).await.problem(401);
            }
        }
    }
}

#[tokio::test]
async fn row_2_a_megabyte_is_refused_at_once_and_never_hashed() {
    let app = App::start().await;
    let ada = app.member("ada@school.example").await;
    let huge = "x".repeat(1 << 20);
    let before = hashes(&app);
    for (path, body) in [
        ("/v1/auth/login", json!({"username": "ada@school.example", "password": huge})),
        ("/v1/auth/register", json!({"email": "new@school.example", "password": huge})),
        ("/v1/auth/password/change", json!({"current_password": huge, "new_password": OTHER_PASSWORD})),
        ("/v1/auth/password/change", json!({"current_password": PASSWORD, "new_password": huge})),
        ("/v1/me/email", json!({"email": "new@school.example", "password": huge})),
    ] {
        let started = Instant::now();
        let reply = ada.post(path, body).await;
        let took = started.elapsed();
        assert!(matches!(reply.status.as_u16(), 413 | 422), "{path} answered {}", reply.status);
        assert!(reply.bytes.len() < 2_000, "{path} sends it back");
        // 50 ms in a release build; a test build reads JSON ten times slower.
        assert!(took < Wait::from_millis(500), "{path} took {took:?}");
    }
    assert_eq!(hashes(&app), before);
}

#[tokio::test]
async fn row_3_common_passwords_and_names_are_refused_and_nothing_is_asked_of_composition() {
    let app = App::start_with(|config| config.server.public_url = "https://northfield.example".to_owned()).await;
    let client = app.anonymous();
    let register = async |password: &str| {
        let body = json!({
            "email": "lovelace@school.example", "username": "countess", "full_name": "Ada Byron", "password": password
        });
        client.post("/v1/auth/register", body).await
    };
    let before = hashes(&app);
    for password in [
        "password123",
        "PassWord123",
        "12345678",
        "qwertyuiop",
        "iloveyou",
        "zzzzzzzzzz",
        "Lyceum2026",
        "Northfield2026",
        "lovelace1815",
        "Countess!!1",
        "adabyron2026",
        "1815AdaByron",
        "lovelace@school.example",
    ] {
        let refused = register(password).await;
        assert_eq!(refused.pointers(), ["/password"], "{password}");
        assert!(!String::from_utf8_lossy(&refused.bytes).contains(password), "it is sent back");
    }
    assert_eq!(hashes(&app), before);
    for (n, password) in
        ["aaaaaaab cdefgh", "aaaaaaabcdefghij", "837261940572", "lovelace writes programs"].into_iter().enumerate()
    {
        let email = format!("lovelace{n}@school.example");
        client.post("/v1/auth/register", json!({"email": email, "password": password})).await.expect(202);
    }
}

#[tokio::test]
async fn row_3_the_same_rules_hold_wherever_a_password_is_chosen() {
    let app = App::start().await;
    let ada = app.member("lovelace@school.example").await;
    for poor in ["password123", "Lovelace1815", "short", "localhost2026"] {
        let change = json!({"current_password": PASSWORD, "new_password": poor});
        assert_eq!(ada.post("/v1/auth/password/change", change).await.pointers(), ["/new_password"], "{poor}");
    }
    ada.anonymous().post("/v1/auth/password/forgot", json!({"email": "lovelace@school.example"})).await.expect(202);
    app.drain_outbox().await;
    let token = app.mail_to("lovelace@school.example").expect("a link").token();
    for poor in ["password123", "Lovelace1815", "short"] {
        let reset = json!({"token": token, "password": poor});
        assert_eq!(ada.anonymous().post("/v1/auth/password/reset", reset).await.pointers(), ["/password"], "{poor}");
    }
    // The link was not used up by it.
    let reset = json!({"token": token, "password": OTHER_PASSWORD});
    ada.anonymous().post("/v1/auth/password/reset", reset).await.expect(204);
}

#[tokio::test]
async fn row_4_hashes_are_argon2id_at_full_cost_and_weaker_ones_are_replaced_at_login() {
    let weak = App::start().await;
    let root = weak.super_admin().await;
    made(&root, "hanna").await;
    let before = stored_hash(&weak, "hanna").await;
    assert!(before.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{before}");

    let app = weak
        .restarted(|config| {
            config.security.argon2.memory_kib = 47_104;
            config.security.argon2.iterations = 1;
            config.security.argon2.parallelism = 1;
        })
        .await;
    let client = app.anonymous();
    try_login(&client, "hanna", "a wrong password").await.problem(401);
    assert_eq!(stored_hash(&app, "hanna").await, before);
    log_in(&client, "hanna", PASSWORD).await;
    let after = stored_hash(&app, "hanna").await;
    assert!(after.starts_with("$argon2id$v=19$m=47104,t=1,p=1$"), "{after}");
    log_in(&client, "hanna", PASSWORD).await;
    assert_eq!(stored_hash(&app, "hanna").await, after);
    // Replacing the hash is no change that an entity tag or another session could see.
    let version = "SELECT version AS n FROM accounts WHERE username = $1";
    assert_eq!(super::count(&app, version, vec!["hanna".into()]).await, 1);
    // Equal passwords look unlike.
    let root = app.super_admin().await;
    made(&root, "hans").await;
    assert_ne!(stored_hash(&app, "hans").await.rsplit('$').next(), after.rsplit('$').next());
}

#[tokio::test]
async fn row_4_the_default_cost_is_what_the_owasp_asks_for() {
    let options = lyceum_platform::config::LoadOptions::default();
    let config = lyceum_platform::Config::load(&options).expect("the defaults");
    let argon2 = &config.security.argon2;
    assert!(argon2.memory_kib >= 47_104 && argon2.iterations >= 1 && argon2.parallelism == 1, "{argon2:?}");
}

#[tokio::test]
async fn row_4_a_full_queue_says_come_back_and_the_server_stays_awake() {
    let app = App::start_with(|config| {
        config.security.argon2.memory_kib = 16_384;
        config.security.argon2.max_queue = 4;
    })
    .await;
    let root = app.super_admin().await;
    made(&root, "herd").await;
    let client = app.anonymous();
    let logins = join_all((0..60).map(|_| try_login(&client, "herd", PASSWORD)));
    let (replies, alive) = tokio::join!(logins, client.get("/health/live"));
    alive.expect(200);
    let busy: Vec<_> = replies.iter().filter(|reply| reply.status == 503).collect();
    assert!(!busy.is_empty() && busy.len() < replies.len());
    for reply in busy {
        assert_eq!(reply.problem(503), "hasher-busy");
        assert!(reply.header("retry-after").is_some());
    }
}

#[tokio::test]
async fn row_17_a_reset_link_works_once_ends_every_session_and_voids_older_links() {
    let app = App::start().await;
    let ada = app.member("ada@school.example").await;
    let client = app.anonymous();
    let other = log_in(&client, "ada@school.example", PASSWORD).await;
    let ask = async || {
        client.post("/v1/auth/password/forgot", json!({"email": "Ada@School.example"})).await.expect(202);
        app.drain_outbox().await;
        app.mail_to("ada@school.example").expect("a link").token()
    };
    let (first, second, third) = (ask().await, ask().await, ask().await);
    let reset = async |token: &str| {
        client.post("/v1/auth/password/reset", json!({"token": token, "password": OTHER_PASSWORD})).await
    };
    for void in [&first, &second] {
        assert_eq!(reset(void).await.problem(410), "one-time-token-expired");
    }
    let tries = join_all((0..10).map(|_| reset(&third))).await;
    assert_eq!(tries.iter().filter(|reply| reply.status == 204).count(), 1);
    assert_eq!(tries.iter().filter(|reply| reply.status == 410).count(), 9);
    assert_eq!(reset(&third).await.problem(410), "one-time-token-expired");
    assert_eq!(audited(&app, "identity.password_reset").await, 1);

    ada.get("/v1/me").await.problem(401);
    assert_eq!(status_of(&client, &other.access).await, 401);
    renew(&client, &other.refresh).await.problem(401);
    try_login(&client, "ada@school.example", PASSWORD).await.problem(401);
    log_in(&client, "ada@school.example", OTHER_PASSWORD).await;
    app.drain_outbox().await;
    assert_eq!(app.mail_to("ada@school.example").expect("a notice").subject, "Your password was changed");
}

#[tokio::test]
async fn row_17_a_reset_link_expires_and_one_of_another_kind_does_not_fit() {
    let app = App::start().await;
    let client = app.anonymous();
    let register = json!({"email": "ada@school.example", "password": PASSWORD});
    client.post("/v1/auth/register", register).await.expect(202);
    app.drain_outbox().await;
    let activation = app.mail_to("ada@school.example").expect("a link").token();
    let reset = async |token: &str| {
        client.post("/v1/auth/password/reset", json!({"token": token, "password": OTHER_PASSWORD})).await
    };
    assert_eq!(reset(&activation).await.problem(404), "one-time-token-unknown");
    client.post("/v1/auth/password/forgot", json!({"email": "ada@school.example"})).await.expect(202);
    app.drain_outbox().await;
    let token = app.mail_to("ada@school.example").expect("a link").token();
    assert_eq!(client.post("/v1/auth/activate", json!({"token": token})).await.problem(404), "one-time-token-unknown");
    app.clock.advance(Duration::hours(1));
    let before = hashes(&app);
    assert_eq!(reset(&token).await.problem(410), "one-time-token-expired");
    // Whoever has no good link makes us hash nothing.
    assert_eq!(hashes(&app), before);
}

#[tokio::test]
async fn row_17_no_header_decides_where_the_link_leads() {
    let app = App::start().await;
    app.member("ada@school.example").await;
    let request = app.anonymous().request(Method::POST, "/v1/auth/password/forgot");
    let request = request.header("host", "evil.example").header("x-forwarded-host", "evil.example");
    let request = request.header("forwarded", "host=evil.example").header("origin", "https://evil.example");
    request.json(&json!({"email": "ada@school.example"})).send().await.expect(202);
    app.drain_outbox().await;
    let mail = app.mail_to("ada@school.example").expect("a link");
    assert!(mail.text.contains("http://localhost:8000/reset-password?token="), "{}", mail.text);
    assert!(!mail.text.contains("evil.example") && !mail.html.contains("evil.example"));
}

#[tokio::test]
async fn forgetting_is_answered_alike_and_mails_only_whoever_there_is() {
    let app = limited().await;
    app.member("ada@school.example").await;
    let sent = app.mails().len();
    let client = app.anonymous();
    let forget = async |email: &str| {
        let reply = client.post("/v1/auth/password/forgot", json!({"email": email})).await;
        reply.expect(202);
        comparable(&reply).2
    };
    let known = forget("ada@school.example").await;
    assert_eq!(forget("nobody@school.example").await, known);
    app.drain_outbox().await;
    assert_eq!(app.mails().len(), sent + 1);
    // Nobody's mailbox can be flooded: five an hour, the registration's among them, and the answer stays the same.
    for _ in 0..10 {
        assert_eq!(forget("ADA@school.example").await, known);
    }
    app.drain_outbox().await;
    assert!(app.mails().len() <= sent + 5, "{} letters", app.mails().len() - sent);
}

#[tokio::test]
async fn changing_a_password_needs_the_old_one_and_guessing_it_is_limited() {
    let app = limited().await;
    let ada = app.member("ada@school.example").await;
    let change = async |current: &str| {
        let body = json!({"current_password": current, "new_password": OTHER_PASSWORD});
        ada.post("/v1/auth/password/change", body).await
    };
    for _ in 0..10 {
        assert_eq!(change("not the password").await.problem(403), "reauthentication-failed");
    }
    let refused = change(PASSWORD).await;
    assert_eq!(refused.problem(429), "too-many-failures");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(audited(&app, "identity.reauthentication_failed").await, 10);
    app.clock.advance(Duration::minutes(15));
    let ada = app.login("ada@school.example", PASSWORD).await;
    let body = json!({"current_password": PASSWORD, "new_password": OTHER_PASSWORD});
    ada.post("/v1/auth/password/change", body).await.expect(204);
    try_login(&ada, "ada@school.example", PASSWORD).await.problem(401);
    log_in(&ada, "ada@school.example", OTHER_PASSWORD).await;
}

#[tokio::test]
async fn row_20_a_password_chosen_by_staff_opens_nothing_until_it_is_changed() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let body = json!({"username": "neele", "password": PASSWORD, "role": "admin"});
    let id = root.post("/v1/users", body).await.expect(201)["id"].as_str().expect("an id").to_owned();
    let client = app.anonymous();
    let neele = client.with_token(log_in(&client, "neele", PASSWORD).await.access);
    assert_eq!(neele.get("/v1/me").await.expect(200)["must_change_password"], true);
    assert_eq!(neele.get("/v1/me/permissions").await.expect(200)["permissions"], json!([]));
    neele.get("/v1/users").await.problem(403);
    let change = json!({"current_password": PASSWORD, "new_password": OTHER_PASSWORD});
    neele.post("/v1/auth/password/change", change).await.expect(204);
    assert_eq!(neele.get("/v1/me").await.expect(200)["must_change_password"], false);
    neele.get("/v1/users").await.expect(200);

    // Afterwards nobody chooses a password for somebody else.
    for body in [
        json!({"password": "chosen by staff 1"}),
        json!({"password_hash": "x"}),
        json!({"must_change_password": false}),
    ] {
        root.patch(&format!("/v1/users/{id}"), body).await.problem(422);
    }
    let put = json!({"username": "neele", "is_active": true, "role": "admin", "password": "chosen by staff 1"});
    assert_eq!(root.put(&format!("/v1/users/{id}"), put).await.pointers(), ["/password"]);
    log_in(&client, "neele", OTHER_PASSWORD).await;
    assert_eq!(root.post_empty(&format!("/v1/users/{id}/password-reset")).await.problem(409), "address-missing");
}

#[tokio::test]
async fn row_20_staff_can_only_have_a_link_sent() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let ada = app.member("ada@school.example").await;
    let id = ada.user_id.clone().expect("an id");
    let sent = root.post_empty(&format!("/v1/users/{id}/password-reset")).await;
    assert!(sent.expect(202).get("token").is_none());
    app.drain_outbox().await;
    let token = app.mail_to("ada@school.example").expect("a link").token();
    // Nothing has changed before the owner follows it.
    ada.get("/v1/me").await.expect(200);
    let reset = json!({"token": token, "password": OTHER_PASSWORD});
    app.anonymous().post("/v1/auth/password/reset", reset).await.expect(204);
    app.login("ada@school.example", OTHER_PASSWORD).await;
}

#[tokio::test]
async fn a_hash_that_cannot_be_read_lets_nobody_in() {
    let app = App::start().await;
    let root = app.super_admin().await;
    made(&root, "broken").await;
    for hash in
        ["", "plain", "$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "$2b$10$x"]
    {
        change(&app, "UPDATE accounts SET password_hash = $1 WHERE username = 'broken'", vec![hash.into()]).await;
        try_login(&app.anonymous(), "broken", PASSWORD).await.problem(401);
        try_login(&app.anonymous(), "broken", "plain text").await.problem(401);
    }
}
