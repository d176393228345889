use actix_web::http::Method;

use super::{get, place, send};

#[actix_rt::test]
async fn row_46_a_panic_is_one_opaque_500_and_the_worker_lives_on() {
    let place = place(|_| {}).await;
    let app = place.app().await;
    for _ in 0..3 {
        let answer = get(&app, "/v1/panic").await;
        assert_eq!((answer.problem().0, answer.problem().1.as_str()), (500, "internal"));
        assert!(!String::from_utf8_lossy(&answer.bytes).contains("canary"));
        assert_eq!(get(&app, "/v1/hello").await.status.as_u16(), 200);
    }
}

#[actix_rt::test]
async fn a_request_that_takes_too_long_is_ended() {
    let place = place(|config| config.server.request_timeout_s = 1).await;
    let answer = get(&place.app().await, "/v1/slow").await;
    assert_eq!((answer.problem().0, answer.problem().1.as_str()), (503, "timeout"));
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[actix_rt::test]
async fn a_full_server_says_so_at_once_but_not_to_its_operators() {
    let place = place(|config| {
        config.server.max_in_flight = 1;
        config.server.request_timeout_s = 2;
    })
    .await;
    let app = place.app().await;
    let (slow, (shed, ready)) = futures_util::join!(get(&app, "/v1/slow"), async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        (get(&app, "/v1/hello").await, get(&app, "/health/ready").await)
    });
    assert_eq!(slow.problem().1, "timeout");
    assert_eq!((shed.problem().0, shed.problem().1.as_str()), (503, "overloaded"));
    assert_eq!(shed.header("retry-after"), Some("1"));
    assert_eq!(ready.status.as_u16(), 204);
    // The place is free again.
    assert_eq!(get(&app, "/v1/hello").await.status.as_u16(), 200);
}

#[actix_rt::test]
async fn row_37_bombs_are_refused() {
    let place = place(|_| {}).await;
    let app = place.app().await;
    let json = [("content-type", "application/json")];
    let deep = "[".repeat(100_000);
    assert_eq!(send(&app, Method::POST, "/v1/hello", &json, deep).await.problem().0, 400);
    let large = format!("{{\"text\":\"{}\"}}", "x".repeat(2_000_000));
    assert_eq!(send(&app, Method::POST, "/v1/hello", &json, large).await.problem().0, 413);
}
