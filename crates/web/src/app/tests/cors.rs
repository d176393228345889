use actix_web::http::Method;

use super::{Answer, place, send};

const APP: &str = "https://app.school.com";

async fn ask(origins: &[&str], method: Method, origin: &str, preflight: bool) -> Answer {
    let place =
        place(|config| config.server.cors_allowed_origins = origins.iter().map(ToString::to_string).collect()).await;
    let mut headers = vec![("origin", origin)];
    if preflight {
        headers.push(("access-control-request-method", "POST"));
        headers.push(("access-control-request-headers", "authorization, content-type"));
    }
    send(&place.app().await, method, "/v1/hello", &headers, "").await
}

#[actix_rt::test]
async fn row_40_only_named_origins_letter_for_letter() {
    for origin in [
        "https://evil.com",
        "null",
        "https://app.school.com.evil",
        "http://app.school.com",
        "https://app.school.com:444",
        "",
    ] {
        for preflight in [false, true] {
            let method = if preflight { Method::OPTIONS } else { Method::GET };
            let answer = ask(&[APP], method, origin, preflight).await;
            assert!(
                !answer.headers.iter().any(|(name, _)| name.starts_with("access-control-")),
                "{origin}: {answer:?}"
            );
            assert!(answer.header("vary").unwrap().to_ascii_lowercase().contains("origin"));
        }
    }
}

#[actix_rt::test]
async fn a_named_origin_may_read_the_answer_and_its_headers() {
    let answer = ask(&[APP], Method::GET, APP, false).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some(APP));
    assert!(answer.header("access-control-allow-credentials").is_none());
    let exposed = answer.header("access-control-expose-headers").unwrap();
    for name in [
        "etag",
        "link",
        "location",
        "x-request-id",
        "ratelimit",
        "ratelimit-policy",
        "retry-after",
        "x-total-count",
        "idempotency-replayed",
    ] {
        assert!(exposed.split(", ").any(|known| known == name), "{name}");
    }
}

#[actix_rt::test]
async fn a_preflight_is_answered_for_what_the_path_knows() {
    let answer = ask(&[APP], Method::OPTIONS, APP, true).await;
    assert_eq!(answer.status.as_u16(), 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some(APP));
    assert_eq!(answer.header("access-control-allow-methods"), Some("GET, HEAD, POST, OPTIONS"));
    assert!(answer.header("access-control-allow-headers").unwrap().contains("authorization"));
    assert_eq!(answer.header("access-control-max-age"), Some("600"));
}

#[actix_rt::test]
async fn any_origin_is_a_star_without_credentials_and_none_is_silence() {
    let answer = ask(&["*"], Method::GET, "https://anyone.example", false).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert!(answer.header("access-control-allow-credentials").is_none());
    let answer = ask(&["*"], Method::GET, "null", false).await;
    assert!(answer.header("access-control-allow-origin").is_none());
    let answer = ask(&[], Method::GET, APP, false).await;
    assert!(answer.header("access-control-allow-origin").is_none());
}

#[actix_rt::test]
async fn errors_are_readable_too() {
    let place = place(|config| config.server.cors_allowed_origins = vec![APP.to_owned()]).await;
    let answer = send(&place.app().await, Method::GET, "/nowhere", &[("origin", APP)], "").await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (404, Some(APP)));
}
