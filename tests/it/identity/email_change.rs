//! Changing the e-mail address.

use chrono::Duration;
use serde_json::json;

use super::{OTHER_PASSWORD, audited, log_in, renew, status_of, try_login};
use crate::support::{App, Client, PASSWORD};

const OLD: &str = "ada@school.example";
const NEW: &str = "ada@new.example";

async fn ask(client: &Client, email: &str) {
    client.post("/v1/me/email", json!({"email": email, "password": PASSWORD})).await.expect(202);
}

/// The tokens that went to the new and to the old address.
async fn tokens(app: &App) -> (String, String) {
    app.drain_outbox().await;
    (app.mail_to(NEW).expect("a link").token(), app.mail_to(OLD).expect("a notice").token())
}

#[tokio::test]
async fn row_18_a_new_address_needs_the_password_and_its_own_confirmation() {
    let app = App::start().await;
    let ada = app.member(OLD).await;
    let wrong = json!({"email": NEW, "password": "a wrong password"});
    assert_eq!(ada.post("/v1/me/email", wrong).await.problem(403), "reauthentication-failed");
    ada.post("/v1/me/email", json!({"email": NEW})).await.problem(422);
    app.anonymous().post("/v1/me/email", json!({"email": NEW, "password": PASSWORD})).await.problem(401);
    app.drain_outbox().await;
    assert!(app.mail_to(NEW).is_none());

    ask(&ada, NEW).await;
    let (confirm, _) = tokens(&app).await;
    let notice = app.mail_to(OLD).expect("a notice");
    assert!(notice.text.contains(NEW), "{}", notice.text);
    // Nothing has changed yet.
    assert_eq!(ada.get("/v1/me").await.expect(200)["email"], OLD);
    try_login(&ada, NEW, PASSWORD).await.problem(401);
    log_in(&ada, OLD, PASSWORD).await;

    ada.anonymous().post("/v1/me/email/confirm", json!({"token": confirm})).await.expect(204);
    assert_eq!(ada.get("/v1/me").await.expect(200)["email"], NEW);
    log_in(&ada, NEW, PASSWORD).await;
    try_login(&ada, OLD, PASSWORD).await.problem(401);
    let again = ada.anonymous().post("/v1/me/email/confirm", json!({"token": confirm})).await;
    assert_eq!(again.problem(410), "one-time-token-expired");
    for action in ["identity.email_change_requested", "identity.email_changed"] {
        assert_eq!(audited(&app, action).await, 1, "{action}");
    }
}

#[tokio::test]
async fn row_18_the_old_address_can_undo_it_and_everybody_is_logged_out() {
    let app = App::start().await;
    let ada = app.member(OLD).await;
    let thief = app.anonymous();
    let stolen = log_in(&thief, OLD, PASSWORD).await;
    ask(&thief.with_token(&*stolen.access), NEW).await;
    let (confirm, undo) = tokens(&app).await;
    thief.post("/v1/me/email/confirm", json!({"token": confirm})).await.expect(204);
    // A link to the old address to set a password, asked for before, would be void; the one to undo is not.
    app.clock.advance(Duration::days(6));
    let owner = app.anonymous();
    owner.post("/v1/me/email/undo", json!({"token": undo})).await.expect(204);
    assert_eq!(status_of(&thief, &stolen.access).await, 401);
    renew(&thief, &stolen.refresh).await.problem(401);
    ada.get("/v1/me").await.problem(401);
    try_login(&thief, NEW, PASSWORD).await.problem(401);
    // And a way to a new password is on its way to the owner.
    app.drain_outbox().await;
    let token = app.mail_to(OLD).expect("a link").token();
    owner.post("/v1/auth/password/reset", json!({"token": token, "password": OTHER_PASSWORD})).await.expect(204);
    let back = app.login(OLD, OTHER_PASSWORD).await;
    assert_eq!(back.get("/v1/me").await.expect(200)["email"], OLD);
    owner.post("/v1/me/email/undo", json!({"token": undo})).await.problem(410);
}

#[tokio::test]
async fn row_18_undone_before_it_is_confirmed_it_never_happens() {
    let app = App::start().await;
    let ada = app.member(OLD).await;
    ask(&ada, NEW).await;
    let (confirm, undo) = tokens(&app).await;
    app.anonymous().post("/v1/me/email/undo", json!({"token": undo})).await.expect(204);
    let late = app.anonymous().post("/v1/me/email/confirm", json!({"token": confirm})).await;
    assert_eq!(late.problem(410), "one-time-token-expired");
    app.login(OLD, PASSWORD).await;
}

#[tokio::test]
async fn row_18_links_expire_and_newer_requests_void_older_ones() {
    let app = App::start().await;
    let ada = app.member(OLD).await;
    ask(&ada, NEW).await;
    let (first, undo) = tokens(&app).await;
    ask(&ada, NEW).await;
    let (second, _) = tokens(&app).await;
    let confirm = async |token: &str| app.anonymous().post("/v1/me/email/confirm", json!({"token": token})).await;
    confirm(&first).await.problem(410);
    app.clock.advance(Duration::days(1));
    confirm(&second).await.problem(410);
    app.clock.advance(Duration::days(6));
    app.anonymous().post("/v1/me/email/undo", json!({"token": undo})).await.problem(410);
    // Tokens of one kind do not do the work of another.
    let ada = app.login(OLD, PASSWORD).await;
    ask(&ada, NEW).await;
    let (third, undo) = tokens(&app).await;
    confirm(&undo).await.problem(404);
    app.anonymous().post("/v1/me/email/undo", json!({"token": third})).await.problem(404);
}

#[tokio::test]
async fn row_18_links_that_went_to_the_old_address_are_void_after_the_change() {
    let app = App::start().await;
    let ada = app.member(OLD).await;
    ada.anonymous().post("/v1/auth/password/forgot", json!({"email": OLD})).await.expect(202);
    app.drain_outbox().await;
    let reset = app.mail_to(OLD).expect("a link").token();
    ask(&ada, NEW).await;
    let (confirm, _) = tokens(&app).await;
    ada.anonymous().post("/v1/me/email/confirm", json!({"token": confirm})).await.expect(204);
    let late = json!({"token": reset, "password": OTHER_PASSWORD});
    ada.anonymous().post("/v1/auth/password/reset", late).await.problem(410);
}

#[tokio::test]
async fn two_who_want_one_address_get_it_once() {
    let app = App::start().await;
    let mut links = Vec::new();
    for email in ["one@school.example", "two@school.example"] {
        let member = app.member(email).await;
        ask(&member, NEW).await;
        app.drain_outbox().await;
        links.push(app.mail_to(NEW).expect("a link").token());
    }
    let client = app.anonymous();
    let confirm = |token: &str| client.post("/v1/me/email/confirm", json!({"token": token}));
    let (one, two) = tokio::join!(confirm(&links[0]), confirm(&links[1]));
    let winners = [&one, &two].iter().filter(|reply| reply.status == 204).count();
    assert_eq!(winners, 1);
    let loser = if one.status == 204 { two } else { one };
    assert_eq!(loser.problem(409), "email-taken");
    log_in(&client, NEW, PASSWORD).await;
}

#[tokio::test]
async fn row_5_asking_for_a_taken_address_tells_nothing() {
    let app = App::start().await;
    app.member(NEW).await;
    let ada = app.member(OLD).await;
    let free = ada.post("/v1/me/email", json!({"email": "free@school.example", "password": PASSWORD})).await;
    let taken = ada.post("/v1/me/email", json!({"email": NEW, "password": PASSWORD})).await;
    assert_eq!(super::comparable(&free), super::comparable(&taken));
    app.drain_outbox().await;
    let token = app.mail_to(NEW).expect("a link").token();
    let reply = ada.anonymous().post("/v1/me/email/confirm", json!({"token": token})).await;
    assert_eq!(reply.problem(409), "email-taken");
}
