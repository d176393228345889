//! Refresh tokens.

use chrono::Duration;
use futures_util::future::join_all;
use serde_json::json;

use super::{Pair, audited, count, log_in, renew, status_of};
use crate::support::{App, PASSWORD};

#[tokio::test]
async fn row_1_a_refresh_token_rotates_and_its_repeat_within_the_grace_gets_the_same_pair() {
    let app = App::start().await;
    app.member("ada@school.example").await;
    let client = app.anonymous();
    let first = log_in(&client, "ada@school.example", PASSWORD).await;
    let renewed = renew(&client, &first.refresh).await;
    let second = Pair::of(&renewed);
    assert_ne!(second.refresh, first.refresh);
    assert_ne!(second.access, first.access);
    assert_eq!(renewed.json["token_type"], "Bearer");
    assert_eq!(renewed.header("cache-control"), Some("no-store"));
    assert_eq!(status_of(&client, &second.access).await, 200);

    // The answer was lost: the same pair to the byte, from any address, and no third token.
    app.clock.advance(Duration::seconds(4));
    assert_eq!(Pair::of(&renew(&app.anonymous(), &first.refresh).await), second);
    assert_eq!(Pair::of(&renew(&client, &first.refresh).await), second);
    let generation = "SELECT CAST(SUM(generation) AS BIGINT) AS n FROM sessions";
    assert_eq!(count(&app, generation, vec![]).await, 1);

    // The pair that came back is a good one.
    let third = Pair::of(&renew(&client, &second.refresh).await);
    assert_eq!(status_of(&client, &third.access).await, 200);
}

#[tokio::test]
async fn row_1_a_spent_token_ends_the_session_is_audited_and_told_to_the_owner() {
    let app = App::start().await;
    let elsewhere = app.member("bea@school.example").await;
    let client = app.anonymous();
    let first = log_in(&client, "bea@school.example", PASSWORD).await;
    let second = Pair::of(&renew(&client, &first.refresh).await);
    assert_eq!(status_of(&client, &second.access).await, 200);

    app.clock.advance(Duration::seconds(6));
    assert_eq!(renew(&app.anonymous(), &first.refresh).await.problem(401), "invalid-refresh-token");
    assert_eq!(renew(&client, &second.refresh).await.problem(401), "invalid-refresh-token");
    assert_eq!(status_of(&client, &second.access).await, 401);
    assert_eq!(status_of(&client, &first.access).await, 401);
    assert_eq!(audited(&app, "identity.token_reuse").await, 1);
    app.drain_outbox().await;
    let mail = app.mail_to("bea@school.example").expect("a warning");
    assert!(mail.text.contains("127."), "the letter says from where: {}", mail.text);

    // Once is enough, and the owner's other session goes on.
    renew(&app.anonymous(), &first.refresh).await.problem(401);
    assert_eq!(audited(&app, "identity.token_reuse").await, 1);
    elsewhere.get("/v1/me").await.expect(200);
}

#[tokio::test]
async fn row_1_only_the_direct_parent_has_a_grace() {
    let app = App::start().await;
    app.member("cora@school.example").await;
    let client = app.anonymous();
    let first = log_in(&client, "cora@school.example", PASSWORD).await;
    let second = Pair::of(&renew(&client, &first.refresh).await);
    let third = Pair::of(&renew(&client, &second.refresh).await);
    renew(&client, &first.refresh).await.problem(401);
    renew(&client, &third.refresh).await.problem(401);
    assert_eq!(status_of(&client, &third.access).await, 401);
    assert_eq!(audited(&app, "identity.token_reuse").await, 1);
}

#[tokio::test]
async fn row_1_fifty_parallel_uses_make_one_successor() {
    let app = App::start().await;
    app.member("dora@school.example").await;
    let client = app.anonymous();
    let first = log_in(&client, "dora@school.example", PASSWORD).await;
    let replies = join_all((0..50).map(|_| renew(&client, &first.refresh))).await;
    let pairs: Vec<_> = replies.iter().map(Pair::of).collect();
    assert!(pairs.iter().all(|pair| *pair == pairs[0]));
    let successors = "SELECT COUNT(*) AS n FROM sessions WHERE generation = 1";
    assert_eq!(count(&app, successors, vec![]).await, 1);
    assert_eq!(count(&app, "SELECT COUNT(*) AS n FROM sessions WHERE generation > 1", vec![]).await, 0);
    assert_eq!(audited(&app, "identity.token_reuse").await, 0);
}

#[tokio::test]
async fn row_1_sliding_never_passes_the_absolute_end() {
    let app = App::start().await;
    app.member("elsa@school.example").await;
    let client = app.anonymous();
    let mut pair = log_in(&client, "elsa@school.example", PASSWORD).await;
    // Ninety days from the login at most; thirty from the last use.
    for _ in 0..3 {
        app.clock.advance(Duration::days(29));
        pair = Pair::of(&renew(&client, &pair.refresh).await);
    }
    app.clock.advance(Duration::days(3) - Duration::minutes(5));
    let last = renew(&client, &pair.refresh).await;
    pair = Pair::of(&last);
    for field in ["expires_in", "refresh_expires_in"] {
        let seconds = last.json[field].as_i64().expect("seconds");
        assert!((1..=300).contains(&seconds), "{field} is {seconds}");
    }
    app.clock.advance(Duration::minutes(5));
    assert_eq!(status_of(&client, &pair.access).await, 401);
    renew(&client, &pair.refresh).await.problem(401);
}

#[tokio::test]
async fn row_1_a_session_that_is_not_used_ends() {
    let app = App::start().await;
    app.member("fay@school.example").await;
    let client = app.anonymous();
    let pair = log_in(&client, "fay@school.example", PASSWORD).await;
    app.clock.advance(Duration::days(30));
    renew(&client, &pair.refresh).await.problem(401);
    assert_eq!(audited(&app, "identity.token_reuse").await, 0);
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused_by_its_shape_or_as_unknown() {
    let app = App::start().await;
    let client = app.anonymous();
    for text in ["", "x", "lyc_ref_short", &"A".repeat(10_000)] {
        assert_eq!(
            client.post("/v1/auth/refresh", json!({"refresh_token": text})).await.pointers(),
            ["/refresh_token"]
        );
    }
    let forged = format!("lyc_ref_{}", "A".repeat(70));
    assert_eq!(renew(&client, &forged).await.problem(401), "invalid-refresh-token");
}
