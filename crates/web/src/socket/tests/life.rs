use std::time::Instant;

use super::*;

#[tokio::test]
async fn the_living_are_pinged_and_the_dead_given_up() {
    let site = Site::with(|config| config.sockets.ping_s = 1).await;
    let mut living = site.client("anna").await;
    // It is never read from again, so it never answers.
    let dead = site.client("bert").await;
    let began = Instant::now();
    let mut pings = 0;
    while site.web.state().sockets().count() > 1 {
        assert!(began.elapsed() < Duration::from_secs(10), "the dead are still there");
        let message = tokio::time::timeout(Duration::from_millis(50), living.stream.next()).await;
        pings += usize::from(matches!(message, Ok(Some(Ok(Message::Ping(_))))));
    }
    println!("given up after {:?}", began.elapsed());
    drop(dead);
    while pings < 3 {
        pings += usize::from(matches!(living.next().await, Some(Ok(Message::Ping(_)))));
    }
    living.settle().await;
}

#[tokio::test]
async fn a_server_that_stops_says_goodbye_and_is_soon_gone() {
    let mut site = Site::start().await;
    let mut clients = Vec::new();
    for token in ["anna", "bert", "carl"] {
        clients.push(site.client(token).await);
    }
    // One that does not answer does not hold it up for long.
    let silent = site.client("anna").await;
    let began = Instant::now();
    let stopped = site.stop();
    for client in &mut clients {
        assert_eq!(client.closed().await, (1012, "the server restarts".to_owned()));
        assert!(client.next().await.is_none());
    }
    stopped.await.unwrap().unwrap();
    println!("stopped after {:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_secs(15));
    drop(silent);
}

#[tokio::test]
async fn a_server_that_stops_lets_nobody_in() {
    let site = Site::start().await;
    let mut client = site.client("anna").await;
    site.web.readiness().drain();
    assert_eq!(client.closed().await.0, 1012);
    assert_eq!(code(&site.connect("?token=anna", &[]).await.unwrap_err()), (503, "draining"));
}

#[tokio::test]
async fn whoever_leaves_without_a_word_leaves_nothing_behind() {
    let site = Site::start().await;
    for _ in 0..50 {
        let mut client = site.client("anna").await;
        client.enter(3).await;
        drop(client);
    }
    let began = Instant::now();
    while site.web.state().sockets().count() > 0 || site.web.state().sockets().topics() > 0 {
        assert!(began.elapsed() < SOON, "something is left");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
