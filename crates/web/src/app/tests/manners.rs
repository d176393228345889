use actix_web::http::Method;

use super::{get, place, send};

#[actix_rt::test]
async fn row_41_every_answer_has_the_security_headers_whatever_its_status() {
    let place = place(|config| config.server.request_timeout_s = 1).await;
    let app = place.app().await;
    let mut seen = Vec::new();
    for (method, uri, headers) in [
        (Method::GET, "/v1/hello", vec![]),
        (Method::GET, "/v1/long-thing", vec![("if-none-match", "\"3-thing\"")]),
        (Method::POST, "/v1/hello", vec![("content-type", "application/json")]),
        (Method::GET, "/v1/secret", vec![]),
        (Method::GET, "/nowhere", vec![]),
        (Method::PUT, "/v1/hello", vec![]),
        (Method::POST, "/v1/hello", vec![("content-type", "text/plain")]),
        (Method::GET, "/v1/panic", vec![]),
        (Method::GET, "/v1/slow", vec![]),
        (Method::OPTIONS, "/v1/hello", vec![]),
    ] {
        let answer = send(&app, method, uri, &headers, "{\"text\":1}").await;
        seen.push(answer.status.as_u16());
        let value = |name: &str| answer.header(name).unwrap_or_else(|| panic!("{uri} has no {name}: {answer:?}"));
        assert!(value("strict-transport-security").starts_with("max-age=63072000"));
        assert_eq!(value("x-content-type-options"), "nosniff");
        assert_eq!(value("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
        assert_eq!(value("referrer-policy"), "no-referrer");
        assert_eq!(value("cross-origin-resource-policy"), "same-origin");
        assert!(value("cache-control").contains("no-store") || value("cache-control").contains("private"), "{uri}");
        assert_eq!(value("x-request-id").len(), 32);
        assert!(answer.header("server").is_none());
    }
    assert_eq!(seen, [200, 304, 422, 401, 404, 405, 415, 500, 503, 204]);
}

#[actix_rt::test]
async fn a_well_formed_request_id_is_kept_and_another_replaced() {
    let place = place(|_| {}).await;
    let app = place.app().await;
    let echo = async |id: &'static str| {
        let answer = send(&app, Method::GET, "/nowhere", &[("x-request-id", id)], "").await;
        assert_eq!(answer.body["request_id"].as_str(), answer.header("x-request-id"));
        answer.header("x-request-id").unwrap().to_owned()
    };
    assert_eq!(echo("client.7_a-B").await, "client.7_a-B");
    for bad in ["", "has space", "a\"b", "<script>", &"x".repeat(65).leak()[..]] {
        assert_ne!(echo(Box::leak(bad.to_owned().into_boxed_str())).await, bad);
    }
    let first = get(&app, "/v1/hello").await;
    let second = get(&app, "/v1/hello").await;
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}

#[actix_rt::test]
async fn row_39_the_address_is_the_peers_unless_a_trusted_proxy_says_otherwise() {
    let forged = [("x-forwarded-for", "203.0.113.5")];
    let plain = place(|_| {}).await;
    let answer = send(&plain.app().await, Method::GET, "/v1/hello", &forged, "").await;
    assert_eq!(answer.body["text"], "192.0.2.7");
    let behind = place(|config| config.server.trusted_proxies = vec!["192.0.2.0/24".parse().unwrap()]).await;
    let answer = send(&behind.app().await, Method::GET, "/v1/hello", &forged, "").await;
    assert_eq!(answer.body["text"], "203.0.113.5");
}
