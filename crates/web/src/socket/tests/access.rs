use super::*;

#[tokio::test]
async fn row_48_a_token_that_expires_ends_the_connection_unless_it_is_renewed() {
    let site = Site::start().await;
    site.expire_in("anna", 100);
    let (mut stays, mut goes) = (site.client("anna").await, site.client("anna").await);
    site.advance(50);
    for client in [&mut stays, &mut goes] {
        assert_eq!(client.event().await["event"], "token.expiring");
    }
    site.know("anna2", 1, Some(1), &["room:enter"]);
    site.expire_in("anna2", 1_000);
    stays.send(Message::text(r#"{"event":"authenticate","data":{"token":"anna2"},"id":"r"}"#)).await;
    let renewed = stays.event().await;
    assert_eq!((&renewed["event"], &renewed["id"]), (&json!("authenticated"), &json!("r")));
    assert!(renewed["data"]["expires_at"].is_string());
    site.advance(50);
    assert_eq!(goes.closed().await, (4401, "the token has expired".to_owned()));
    stays.hears_nothing().await;
    // The old token does not matter any more.
    site.change("anna", |_| None);
    stays.hears_nothing().await;
    site.change("anna2", |_| None);
    assert_eq!(stays.closed().await.0, 4401);
}

#[tokio::test]
async fn a_renewal_that_is_no_good_changes_nothing_and_one_of_somebody_else_ends_it() {
    let site = Site::start().await;
    let mut client = site.client("anna").await;
    for (token, code) in [("nobody", "invalid-token"), ("", "invalid-token")] {
        client.say("authenticate", json!({ "token": token })).await;
        let error = client.event().await;
        assert_eq!((&error["event"], &error["data"]["code"]), (&json!("error"), &json!(code)));
    }
    client.say("authenticate", json!({ "ticket": "x" })).await;
    assert_eq!(client.event().await["data"]["code"], "invalid");
    client.say("authenticate", json!({ "token": "bert" })).await;
    assert_eq!(client.closed().await.0, 4403);

    site.know("anna elsewhere", 1, Some(2), &["room:enter"]);
    let mut client = site.client("anna").await;
    client.say("authenticate", json!({ "token": "anna elsewhere" })).await;
    assert_eq!(client.closed().await.0, 4403);

    site.know("anna narrowed", 1, Some(1), &[]);
    let mut client = site.client("anna").await;
    client.say("authenticate", json!({ "token": "anna narrowed" })).await;
    assert_eq!(client.closed().await.0, 4401);
}

#[tokio::test]
async fn row_48_what_takes_the_right_to_be_there_ends_the_connection() {
    let site = Site::start().await;
    let took = |change: fn(Known) -> Option<Known>| change;
    for change in [
        took(|_| None),
        took(|known| {
            let principal = Principal { permissions: PermissionSet::default(), ..known.principal };
            Some(Known { principal, ..known })
        }),
        took(|known| Some(Known { principal: Principal { school_id: None, ..known.principal }, ..known })),
        took(|known| Some(Known { principal: Principal { school_writable: false, ..known.principal }, ..known })),
    ] {
        site.know("dora", 4, Some(1), &["room:enter"]);
        let (mut client, mut other) = (site.client("dora").await, site.client("anna").await);
        let began = std::time::Instant::now();
        site.change("dora", change);
        assert_eq!(client.closed().await.0, 4401);
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
        other.hears_nothing().await;
    }
}

#[tokio::test]
async fn a_change_that_leaves_the_right_is_told_to_the_conversation() {
    let site = Site::start().await;
    let mut client = site.client("anna").await;
    site.change("anna", |known| {
        let principal = Principal { roles: ["teacher".into()].into(), ..known.principal };
        Some(Known { principal, ..known })
    });
    assert_eq!(client.event().await, json!({ "event": "hello", "data": { "roles": 1 } }));
    // What changes nothing of theirs is not told.
    site.change("bert", Some);
    client.hears_nothing().await;
}

#[tokio::test]
async fn while_the_session_cannot_be_looked_at_the_connection_stays() {
    let site = Site::start().await;
    let mut client = site.client("anna").await;
    site.change("anna", |known| Some(Known { failing: true, ..known }));
    tokio::time::sleep(Duration::from_millis(600)).await;
    client.hears_nothing().await;
    assert_eq!(code(&site.connect("?token=anna", &[]).await.unwrap_err()), (503, "unavailable"));
    // But what is known by itself still counts.
    site.change("anna", |known| Some(Known { expires_at: None, ..known }));
    site.change("anna", |_| None);
    assert_eq!(client.closed().await.0, 4401);
}
