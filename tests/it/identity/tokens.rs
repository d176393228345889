//! Access tokens and the keys that sign them.

use std::net::TcpListener;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use ed25519_dalek::{Signer, SigningKey};
use futures_util::{StreamExt as _, future, stream};
use hmac::{Hmac, KeyInit as _, Mac};
use lyceum_kernel::{Clock, RequestId};
use lyceum_platform::Cause;
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Pair, dump, lines_with, log_in, made, renew, rows, status_of};
use crate::support::{App, Client, PASSWORD};

/// Makes tokens with the server's own key, so that only what a test changes is wrong with them.
struct Forge {
    key: SigningKey,
    header: Value,
    claims: Value,
}

impl Forge {
    async fn new(app: &App, genuine: &str) -> Self {
        let header = part(genuine, 0);
        let kid = header["kid"].as_str().expect("a key id");
        let found = rows(app, "SELECT sealed_private_key FROM signing_keys WHERE kid = $1", vec![kid.into()]).await;
        let sealed: Vec<u8> = found[0].try_get("", "sealed_private_key").expect("bytes");
        let seed = app.system.platform.keyring.open("signing_key", &sealed).expect("the seed");
        let key = SigningKey::from_bytes(seed.as_slice().try_into().expect("32 bytes"));
        Self { key, claims: part(genuine, 1), header }
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(self.key.sign(message.as_bytes()).to_bytes()))
    }

    /// The genuine token with one field of its header changed; null takes it out.
    fn with_header(&self, field: &str, value: Value) -> String {
        self.sign(&changed(&self.header, field, value), &self.claims)
    }

    /// The genuine token with one claim changed; null takes it out.
    fn with_claim(&self, claim: &str, value: Value) -> String {
        self.sign(&self.header, &changed(&self.claims, claim, value))
    }
}

fn changed(object: &Value, field: &str, value: Value) -> Value {
    let mut object = object.as_object().expect("an object").clone();
    if value.is_null() {
        object.remove(field);
    } else {
        object.insert(field.to_owned(), value);
    }
    Value::Object(object)
}

fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn part(token: &str, index: usize) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(index).expect("a part")).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

fn kid(token: &str) -> String {
    part(token, 0)["kid"].as_str().expect("a key id").to_owned()
}

/// A system with somebody logged in.
async fn scene() -> (App, Client, Pair, Forge) {
    let app = App::start().await;
    let root = app.super_admin().await;
    made(&root, "tilda").await;
    let client = app.anonymous();
    let pair = log_in(&client, "tilda", PASSWORD).await;
    let forge = Forge::new(&app, &pair.access).await;
    (app, client, pair, forge)
}

async fn assert_refused(client: &Client, token: &str, what: &str) {
    let reply = client.with_token(token).get("/v1/me").await;
    assert_eq!(reply.status, 401, "{what}: {}", reply.json);
    assert_eq!(reply.problem(401), "invalid-token", "{what}");
    assert!(reply.header("www-authenticate").is_some_and(|text| text.starts_with("Bearer")), "{what}");
}

#[tokio::test]
async fn tokens_say_what_rfc_9068_wants_and_no_more() {
    let (_app, client, pair, forge) = scene().await;
    assert_eq!(forge.header["alg"], "EdDSA");
    assert_eq!(forge.header["typ"], "at+jwt");
    let mut claims: Vec<_> = forge.claims.as_object().expect("claims").keys().cloned().collect();
    claims.sort_unstable();
    assert_eq!(claims, ["aud", "exp", "iat", "iss", "jti", "nbf", "sid", "sub"]);
    assert_eq!(forge.claims["exp"].as_i64().expect("exp") - forge.claims["iat"].as_i64().expect("iat"), 900);
    // What the forge makes without a change is good: so what it changes is what is refused below.
    assert_eq!(status_of(&client, &forge.sign(&forge.header, &forge.claims)).await, 200);
    assert_eq!(status_of(&client, &pair.access).await, 200);
}

#[tokio::test]
async fn row_7_only_our_algorithm_is_taken() {
    let (app, client, pair, forge) = scene().await;
    let jwks = app.anonymous().get("/.well-known/jwks.json").await;
    let x = jwks.expect(200)["keys"][0]["x"].as_str().expect("a key").to_owned();
    let public = URL_SAFE_NO_PAD.decode(&x).expect("base64url");
    for alg in ["none", "None", "nOnE", "NONE", "HS256", "RS256", "ES256", "EdDSA ", ""] {
        let header = changed(&forge.header, "alg", json!(alg));
        let message = message(&header, &forge.claims);
        assert_refused(&client, &format!("{message}."), alg).await;
        assert_refused(&client, &message, alg).await;
        assert_refused(&client, &forge.sign(&header, &forge.claims), alg).await;
        for secret in [public.as_slice(), x.as_bytes()] {
            let mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key").chain_update(message.as_bytes());
            let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
            assert_refused(&client, &format!("{message}.{signature}"), alg).await;
        }
    }
    let unsigned = message(&forge.header, &forge.claims);
    for signature in ["", "AA", &"A".repeat(86), &"A".repeat(200)] {
        assert_refused(&client, &format!("{unsigned}.{signature}"), "an empty signature").await;
    }
    let (body, signature) = pair.access.rsplit_once('.').expect("a signature");
    assert_refused(&client, &format!("{body}.{signature}.{signature}"), "four parts").await;
    assert_refused(&client, &format!("{body}.{signature}="), "padding").await;
    let other = SigningKey::from_bytes(&[7; 32]);
    let stranger = Forge { key: other, ..forge };
    assert_refused(&client, &stranger.sign(&stranger.header, &stranger.claims), "another key of the same id").await;
}

#[tokio::test]
async fn row_8_keys_come_from_our_table_and_from_nowhere_else() {
    let (_app, client, _, forge) = scene().await;
    let canary = TcpListener::bind("127.0.0.1:0").expect("a canary");
    canary.set_nonblocking(true).expect("it does not block");
    let url = format!("http://{}/keys", canary.local_addr().expect("an address"));
    let own = SigningKey::from_bytes(&[9; 32]);
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(own.verifying_key().to_bytes())});
    let stranger = Forge { key: own, header: forge.header.clone(), claims: forge.claims.clone() };
    let long = "k".repeat(10_240);
    for kid in ["unknown", "../../dev/null", "' OR 1=1 --", "", "\u{0}", long.as_str()] {
        for forge in [&forge, &stranger] {
            assert_refused(&client, &forge.with_header("kid", json!(kid)), kid).await;
        }
    }
    assert_refused(&client, &forge.with_header("kid", Value::Null), "no kid").await;
    assert_refused(&client, &forge.with_header("kid", json!(5)), "a number").await;
    for (field, value) in [("jku", json!(url)), ("x5u", json!(url)), ("jwk", jwk), ("x5c", json!(["AAAA"]))] {
        assert_refused(&client, &stranger.with_header(field, value.clone()), field).await;
        let without = changed(&changed(&stranger.header, "kid", Value::Null), field, value);
        assert_refused(&client, &stranger.sign(&without, &stranger.claims), field).await;
    }
    assert_refused(&client, &forge.with_header("crit", json!(["exp"])), "crit").await;
    assert!(canary.accept().is_err(), "somebody looked for keys elsewhere");
}

#[tokio::test]
async fn row_9_type_issuer_audience_and_times_are_checked() {
    let (app, client, pair, forge) = scene().await;
    assert_refused(&client, &pair.refresh, "a refresh token").await;
    for typ in [json!("JWT"), json!("rt+jwt"), json!("ticket+jwt"), Value::Null] {
        assert_refused(&client, &forge.with_header("typ", typ.clone()), &typ.to_string()).await;
    }
    let now = app.clock.now().timestamp();
    for (claim, value) in [
        ("iss", json!("https://evil.example")),
        ("iss", json!("")),
        ("aud", json!("another")),
        ("aud", json!([])),
        ("exp", json!(now - 1)),
        ("exp", json!(now)),
        ("exp", json!("9999999999")),
        ("exp", json!(-1)),
        ("nbf", json!(now + 60)),
        ("sub", json!("00000000-0000-7000-8000-000000000000")),
        ("sub", json!("me")),
        ("sid", json!("00000000-0000-7000-8000-000000000000")),
    ] {
        assert_refused(&client, &forge.with_claim(claim, value.clone()), &format!("{claim} {value}")).await;
    }
    for claim in ["iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp"] {
        assert_refused(&client, &forge.with_claim(claim, Value::Null), &format!("no {claim}")).await;
    }
    // Good until its last second, warm or cold.
    assert_eq!(status_of(&client, &pair.access).await, 200);
    app.clock.advance(Duration::seconds(890));
    assert_eq!(status_of(&client, &pair.access).await, 200);
    app.clock.advance(Duration::seconds(10));
    assert_refused(&client, &pair.access, "expired").await;
}

#[tokio::test]
async fn row_9_a_session_opens_only_its_own_account() {
    let (app, client, _, forge) = scene().await;
    let root = app.super_admin().await;
    let other = made(&root, "other").await;
    assert_refused(&client, &forge.with_claim("sub", json!(other)), "somebody else's session").await;
}

#[tokio::test]
async fn malformed_credentials_are_401_and_never_500() {
    let (app, _, pair, _) = scene().await;
    for value in ["Bearer", "Bearer ", "bearer", "Basic YTpi", "Bearer a b", "Bearer ...", "Bearer é", "Token x"] {
        let request = app.anonymous().request(reqwest::Method::GET, "/v1/me").header("authorization", value);
        request.send().await.problem(401);
    }
    // The scheme's case does not matter (RFC 9110, section 11.1).
    let lower = app.anonymous().request(reqwest::Method::GET, "/v1/me");
    lower.header("authorization", &format!("bearer {}", pair.access)).send().await.expect(200);
}

#[tokio::test]
async fn row_10_keys_rotate_without_logging_anyone_out() {
    let (app, client, old, _) = scene().await;
    let published = async || {
        let jwks = app.anonymous().get("/.well-known/jwks.json").await;
        let keys = jwks.expect(200)["keys"].as_array().expect("keys").clone();
        for key in &keys {
            assert_eq!(
                (&key["kty"], &key["crv"], &key["alg"], &key["use"]),
                (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA"), &json!("sig"))
            );
            assert!(key.get("d").is_none(), "a private key is published");
        }
        keys.iter().map(|key| key["kid"].as_str().expect("a key id").to_owned()).collect::<Vec<_>>()
    };
    let old_kid = kid(&old.access);
    assert_eq!(published().await, std::slice::from_ref(&old_kid));

    // Requests and renewals go on while the key is replaced: none fails.
    let requests = stream::iter(0..10_000).map(|_| status_of(&client, &old.access)).buffer_unordered(64);
    let failed = requests.filter(|status| future::ready(*status != 200)).collect::<Vec<_>>();
    let (rotated, failed) = tokio::join!(app.system.identity.rotate_signing_key(), failed);
    let new_kid = rotated.expect("rotated");
    assert!(failed.is_empty(), "{failed:?}");
    // Published ahead of its time.
    let both = published().await;
    assert!(both.contains(&old_kid) && both.contains(&new_kid) && both.len() == 2, "{both:?}");
    assert_eq!(kid(&log_in(&client, "tilda", PASSWORD).await.access), old_kid);

    app.clock.advance(Duration::seconds(91));
    let new = log_in(&client, "tilda", PASSWORD).await;
    assert_eq!(kid(&new.access), new_kid);
    assert_eq!(status_of(&client, &old.access).await, 200);
    assert_eq!(status_of(&client, &new.access).await, 200);

    // A renewal moves to the new key; the old one is gone when its last token has expired.
    app.clock.advance(Duration::minutes(21));
    assert_eq!(published().await, std::slice::from_ref(&new_kid));
    let renewed = Pair::of(&renew(&client, &old.refresh).await);
    assert_eq!(kid(&renewed.access), new_kid);
    assert_eq!(status_of(&client, &renewed.access).await, 200);
}

#[tokio::test]
async fn row_10_a_key_that_leaked_is_retired_at_once() {
    let (app, client, old, _) = scene().await;
    let work = || {
        let platform = &app.system.platform;
        platform.unit_of_work(Cause::new(RequestId::new(app.clock.now(), platform.entropy.as_ref())))
    };
    assert_eq!(status_of(&client, &old.access).await, 200);
    let lead = std::time::Duration::ZERO;
    app.system.identity.rotate_keys(work(), lead).await.expect("rotated");
    app.system.identity.retire_key(work(), &kid(&old.access)).await.expect("retired");
    assert_refused(&client, &old.access, "signed with a retired key").await;
    // Sessions outlive keys.
    let renewed = Pair::of(&renew(&client, &old.refresh).await);
    assert_eq!(status_of(&client, &renewed.access).await, 200);
    assert!(app.system.identity.retire_key(work(), "unknown").await.is_err());
}

#[tokio::test]
async fn row_13_tokens_are_long_and_share_nothing() {
    let (app, client, pair, _) = scene().await;
    let keyring = &app.system.platform.keyring;
    let mut tokens: Vec<_> = (0..10_000_u32)
        .map(|n| keyring.token("refresh", uuid::Uuid::from_u128(u128::from(n / 10)), n % 10).expose().to_owned())
        .collect();
    tokens.push(pair.refresh.clone());
    tokens.push(Pair::of(&renew(&client, &pair.refresh).await).refresh);
    let mut secrets: Vec<_> = tokens.iter().map(|token| token.strip_prefix("lyc_ref_").expect("its mark")).collect();
    assert!(secrets.iter().all(|secret| secret.len() >= 22));
    secrets.sort_unstable();
    let shared = |pair: &[&str]| pair[0].bytes().zip(pair[1].bytes()).take_while(|(a, b)| a == b).count();
    // Two of ten thousand random ones share eight symbols once in five million runs.
    assert!(secrets.windows(2).all(|pair| shared(pair) < 8));
}

#[tokio::test]
async fn row_13_no_token_and_no_password_is_in_any_table() {
    let app = App::start().await;
    let ada = app.member("ada@school.example").await;
    let mut secrets = vec![PASSWORD.to_owned(), app.mail_to("ada@school.example").expect("an activation").token()];
    let client = app.anonymous();
    let pair = log_in(&client, "ada@school.example", PASSWORD).await;
    let next = Pair::of(&renew(&client, &pair.refresh).await);
    secrets.extend([pair.refresh, pair.access, next.refresh, next.access]);
    client.post("/v1/auth/password/forgot", json!({"email": "ada@school.example"})).await.expect(202);
    app.drain_outbox().await;
    secrets.push(app.mail_to("ada@school.example").expect("a reset").token());
    let change = json!({"email": "ada@new.example", "password": PASSWORD});
    let request = ada.request(reqwest::Method::POST, "/v1/me/email").header("idempotency-key", "change");
    request.json(&change).send().await.expect(202);
    app.drain_outbox().await;
    for address in ["ada@school.example", "ada@new.example"] {
        secrets.push(app.mail_to(address).expect("a letter").token());
    }
    let enrolment = ada.post("/v1/auth/mfa/totp", json!({"password": PASSWORD})).await;
    secrets.push(enrolment.expect(200)["secret"].as_str().expect("a secret").to_owned());
    // Wrong ones are as telling as right ones.
    super::try_login(&client, "ada@school.example", "my other password").await.problem(401);
    super::try_login(&client, "typed my pass phrase here", PASSWORD).await.problem(401);
    secrets.extend(["my other password".to_owned(), "typed my pass phrase here".to_owned()]);

    let dump = dump(&app).await;
    assert!(!lines_with(&dump, "ada@school.example").is_empty(), "the dump shows what is there");
    for secret in secrets {
        assert_eq!(lines_with(&dump, &secret), Vec::<&str>::new(), "{secret}");
    }
}
