//! The second factor.

use chrono::Duration;
use futures_util::future::join_all;
use lyceum_kernel::Clock;
use serde_json::{Value, json};
use totp_rs::{Algorithm, Secret, TOTP};

use super::{OTHER_PASSWORD, Pair, audited, delete_with, dump, limited, lines_with, log_in, try_login};
use crate::support::{App, Client, PASSWORD, Reply};

const ADA: &str = "ada@school.example";

/// Somebody with an authenticator.
struct Guarded {
    app: App,
    ada: Client,
    authenticator: TOTP,
    codes: Vec<String>,
}

impl Guarded {
    async fn new() -> Self {
        Self::on(App::start().await).await
    }

    async fn on(app: App) -> Self {
        let ada = app.member(ADA).await;
        let enrolment = ada.post("/v1/auth/mfa/totp", json!({"password": PASSWORD})).await;
        let authenticator = authenticator(enrolment.expect(200));
        let code = authenticator.generate(seconds(&app, 0));
        let confirmed = ada.post("/v1/auth/mfa/totp/confirm", json!({"code": code})).await;
        let codes = confirmed.expect(200)["recovery_codes"].as_array().expect("codes");
        let codes = codes.iter().map(|code| code.as_str().expect("a code").to_owned()).collect();
        let guarded = Self { app, ada, authenticator, codes };
        guarded.app.clock.advance(Duration::minutes(5));
        guarded
    }

    /// The code of the step so many before or after this one.
    fn code(&self, steps: i64) -> String {
        self.authenticator.generate(seconds(&self.app, steps))
    }

    async fn log_in(&self, code: &str) -> Reply {
        self.log_in_from(&self.app.anonymous(), code).await
    }

    async fn log_in_from(&self, client: &Client, code: &str) -> Reply {
        client.post("/v1/auth/login", json!({"email": ADA, "password": PASSWORD, "totp": code})).await
    }

    /// Six digits that are the code of no step near this one.
    fn wrong_code(&self) -> String {
        let near: Vec<_> = (-3..=3).map(|steps| self.code(steps)).collect();
        ["000000", "111111", "222222", "333333", "444444", "555555", "666666", "777777"]
            .into_iter()
            .find(|code| near.iter().all(|right| right != code))
            .expect("a wrong code")
            .to_owned()
    }
}

fn seconds(app: &App, steps: i64) -> u64 {
    u64::try_from(app.clock.now().timestamp() + 30 * steps).expect("a time after 1970")
}

fn authenticator(enrolment: &Value) -> TOTP {
    let uri = TOTP::from_url_unchecked(enrolment["otpauth_uri"].as_str().expect("a URI")).expect("an otpauth URI");
    let secret =
        Secret::Encoded(enrolment["secret"].as_str().expect("a secret").to_owned()).to_bytes().expect("base32");
    assert_eq!((&uri.secret, uri.algorithm, uri.digits, uri.step), (&secret, Algorithm::SHA1, 6, 30));
    assert!(secret.len() >= 20);
    TOTP::new_unchecked(Algorithm::SHA1, 6, 0, 30, secret, None, String::new())
}

#[tokio::test]
async fn row_14_a_code_lets_in_once_and_only_in_its_time() {
    let guarded = Guarded::new().await;
    let Guarded { app, .. } = &guarded;
    assert_eq!(try_login(&app.anonymous(), ADA, PASSWORD).await.problem(401), "mfa-required");
    assert_eq!(try_login(&app.anonymous(), ADA, "a wrong password").await.problem(401), "invalid-credentials");

    for steps in [-2, 2, -10] {
        // A step may begin between here and there: 2 ahead could be 1 ahead then.
        let steps = if steps == 2 { 3 } else { steps };
        assert_eq!(guarded.log_in(&guarded.code(steps)).await.problem(401), "mfa-code-invalid", "{steps}");
    }
    let code = guarded.code(0);
    Pair::of(&guarded.log_in(&code).await);
    assert_eq!(guarded.log_in(&code).await.problem(401), "mfa-code-invalid");
    // Nor is an earlier one good any more, though its time has not passed.
    assert_eq!(guarded.log_in(&guarded.code(-1)).await.problem(401), "mfa-code-invalid");
    app.clock.advance(Duration::seconds(60));
    let code = guarded.code(0);
    let tries = join_all((0..10).map(|_| guarded.log_in(&code))).await;
    assert_eq!(tries.iter().filter(|reply| reply.status == 200).count(), 1);
    assert_eq!(tries.iter().filter(|reply| reply.status == 401).count(), 9);
    // A telephone that is half a minute late is taken.
    app.clock.advance(Duration::seconds(90));
    Pair::of(&guarded.log_in(&guarded.code(0)).await);
}

#[tokio::test]
async fn row_14_the_confirming_code_does_not_let_in_as_well() {
    let app = App::start().await;
    let ada = app.member(ADA).await;
    let enrolment = ada.post("/v1/auth/mfa/totp", json!({"password": PASSWORD})).await;
    let authenticator = authenticator(enrolment.expect(200));
    // A secret that was not confirmed protects nothing.
    log_in(&app.anonymous(), ADA, PASSWORD).await;
    let code = authenticator.generate(seconds(&app, 0));
    ada.post("/v1/auth/mfa/totp/confirm", json!({"code": code})).await.expect(200);
    let body = json!({"email": ADA, "password": PASSWORD, "totp": code});
    app.anonymous().post("/v1/auth/login", body).await.problem(401);
    assert_eq!(ada.get("/v1/me").await.expect(200)["mfa_enabled"], true);
}

#[tokio::test]
async fn row_14_ten_wrong_codes_are_enough() {
    let guarded = Guarded::on(limited().await).await;
    for _ in 0..10 {
        // Each from an address of its own, so that no other limit is met first.
        assert_eq!(guarded.log_in(&guarded.wrong_code()).await.problem(401), "mfa-code-invalid");
    }
    let refused = guarded.log_in(&guarded.code(0)).await;
    assert_eq!(refused.problem(429), "too-many-failures");
    assert!(refused.header("retry-after").is_some());
    guarded.log_in(&guarded.codes[0]).await.problem(429);
    // The sessions that there are go on, and a quarter of an hour later the code is good again.
    guarded.ada.get("/v1/me").await.expect(200);
    guarded.app.clock.advance(Duration::minutes(15));
    Pair::of(&guarded.log_in(&guarded.code(0)).await);
}

#[tokio::test]
async fn row_14_confirming_can_be_guessed_ten_times_at_most() {
    let app = limited().await;
    let ada = app.member(ADA).await;
    let enrolment = ada.post("/v1/auth/mfa/totp", json!({"password": PASSWORD})).await;
    let authenticator = authenticator(enrolment.expect(200));
    let far = authenticator.generate(seconds(&app, -1_000));
    for _ in 0..10 {
        let reply = ada.post("/v1/auth/mfa/totp/confirm", json!({"code": far})).await;
        assert_eq!(reply.problem(403), "confirmation-code-wrong");
    }
    let code = authenticator.generate(seconds(&app, 0));
    ada.post("/v1/auth/mfa/totp/confirm", json!({"code": code})).await.problem(429);
}

#[tokio::test]
async fn row_14_secret_and_recovery_codes_are_in_no_table() {
    let guarded = Guarded::new().await;
    let dump = dump(&guarded.app).await;
    let secret = Secret::Raw(guarded.authenticator.secret.clone());
    let bytes: String = guarded.authenticator.secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut wanted = vec![secret.to_encoded().to_string(), bytes];
    for code in &guarded.codes {
        wanted.extend([code.clone(), code.replace('-', "")]);
    }
    for text in wanted {
        assert_eq!(lines_with(&dump, &text), Vec::<&str>::new(), "{text}");
    }
    assert_eq!(dump.lines().filter(|line| line.starts_with("totp_secrets:")).count(), 1);
}

#[tokio::test]
async fn row_15_ten_recovery_codes_each_good_once() {
    let guarded = Guarded::new().await;
    assert_eq!(guarded.codes.len(), 10);
    let mut unique = guarded.codes.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), 10);
    for code in &guarded.codes[..2] {
        Pair::of(&guarded.log_in(code).await);
        assert_eq!(guarded.log_in(code).await.problem(401), "mfa-code-invalid");
    }
    // However it is typed.
    Pair::of(&guarded.log_in(&guarded.codes[2].to_uppercase().replace('-', " ")).await);
    guarded.log_in("0000-0000-0000-0000").await.problem(401);
    // Two at once: one gets in.
    let code = &guarded.codes[3];
    let (one, two) = tokio::join!(guarded.log_in(code), guarded.log_in(code));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    assert_eq!(guarded.ada.get("/v1/me/export").await.expect(200)["recovery_codes_left"], 6);

    let renewed = guarded.ada.post("/v1/auth/mfa/recovery-codes", json!({"password": PASSWORD})).await;
    let fresh = renewed.expect(200)["recovery_codes"].as_array().expect("codes");
    assert_eq!(fresh.len(), 10);
    guarded.log_in(&guarded.codes[9]).await.problem(401);
    Pair::of(&guarded.log_in(fresh[0].as_str().expect("a code")).await);
    // Shown once: nothing else tells them.
    let export = guarded.ada.get("/v1/me/export").await;
    assert!(!String::from_utf8_lossy(&export.bytes).contains(fresh[1].as_str().expect("a code")));
}

#[tokio::test]
async fn row_15_a_code_of_one_account_opens_no_other() {
    let guarded = Guarded::new().await;
    let eve = guarded.app.member("eve@school.example").await;
    let enrolment = eve.post("/v1/auth/mfa/totp", json!({"password": PASSWORD})).await;
    let authenticator = authenticator(enrolment.expect(200));
    let code = authenticator.generate(seconds(&guarded.app, 0));
    eve.post("/v1/auth/mfa/totp/confirm", json!({"code": code})).await.expect(200);
    for code in [guarded.codes[0].clone(), guarded.code(0)] {
        let body = json!({"email": "eve@school.example", "password": PASSWORD, "totp": code});
        guarded.app.anonymous().post("/v1/auth/login", body).await.problem(401);
    }
    Pair::of(&guarded.log_in(&guarded.codes[0]).await);
}

#[tokio::test]
async fn row_17_a_reset_does_not_bypass_the_second_factor() {
    let guarded = Guarded::new().await;
    let Guarded { app, .. } = &guarded;
    let client = app.anonymous();
    client.post("/v1/auth/password/forgot", json!({"email": ADA})).await.expect(202);
    app.drain_outbox().await;
    let token = app.mail_to(ADA).expect("a link").token();
    let reset = client.post("/v1/auth/password/reset", json!({"token": token, "password": OTHER_PASSWORD})).await;
    reset.expect(204);
    assert!(reset.bytes.is_empty(), "no session comes with it");
    assert_eq!(try_login(&client, ADA, OTHER_PASSWORD).await.problem(401), "mfa-required");
    let body = json!({"email": ADA, "password": OTHER_PASSWORD, "totp": guarded.code(0)});
    client.post("/v1/auth/login", body).await.expect(200);
    // Nor do the other doors.
    let form = [("grant_type", "password"), ("username", ADA), ("password", OTHER_PASSWORD)];
    assert_eq!(client.post_form("/v1/auth/token", &form).await.expect(401)["error"], "mfa_required");
}

#[tokio::test]
async fn oauth2_clients_send_the_code_as_well() {
    let guarded = Guarded::new().await;
    let code = guarded.code(0);
    let form = [("grant_type", "password"), ("username", ADA), ("password", PASSWORD), ("totp", &code)];
    let client = guarded.app.anonymous();
    client.post_form("/v1/auth/token", &form).await.expect(200);
    assert_eq!(client.post_form("/v1/auth/token", &form).await.expect(401)["error"], "invalid_grant");
}

#[tokio::test]
async fn every_change_of_it_wants_the_password_and_is_told() {
    let guarded = Guarded::new().await;
    let Guarded { app, ada, .. } = &guarded;
    app.drain_outbox().await;
    let subjects =
        |app: &App| app.mails().iter().filter(|m| m.to == ADA).map(|m| m.subject.clone()).collect::<Vec<_>>();
    let enabled = subjects(app);
    let wrong = json!({"password": "a wrong password"});
    for reply in [
        ada.post("/v1/auth/mfa/totp", wrong.clone()).await,
        ada.post("/v1/auth/mfa/recovery-codes", wrong.clone()).await,
        delete_with(ada, "/v1/auth/mfa/totp", &wrong).await,
    ] {
        assert_eq!(reply.problem(403), "reauthentication-failed");
    }
    let right = json!({"password": PASSWORD});
    assert_eq!(ada.post("/v1/auth/mfa/totp", right.clone()).await.problem(409), "mfa-already-active");
    delete_with(ada, "/v1/auth/mfa/totp", &right).await.expect(204);
    log_in(&app.anonymous(), ADA, PASSWORD).await;
    assert_eq!(delete_with(ada, "/v1/auth/mfa/totp", &right).await.problem(409), "mfa-not-active");
    assert_eq!(ada.post("/v1/auth/mfa/recovery-codes", right).await.problem(409), "mfa-not-active");
    app.drain_outbox().await;
    let after = subjects(app);
    assert_eq!(after.len(), enabled.len() + 1, "{after:?}");
    assert_ne!(after.last(), enabled.last());
    for action in ["identity.mfa_enabled", "identity.mfa_disabled"] {
        assert_eq!(audited(app, action).await, 1, "{action}");
    }
}
