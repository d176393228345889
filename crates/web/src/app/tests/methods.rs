use actix_web::http::Method;

use super::{get, place, send};

#[actix_rt::test]
async fn row_42_a_known_path_answers_other_methods_with_405_and_allow() {
    let place = place(|_| {}).await;
    let app = place.app().await;
    for method in ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "CONNECT", "BREW"] {
        let answer = send(&app, method.parse().unwrap(), "/v1/hello", &[], "").await;
        assert_eq!(answer.problem().0, 405, "{method}");
        assert_eq!(answer.problem().1, "method-not-allowed");
        assert_eq!(answer.header("allow"), Some("GET, HEAD, POST, OPTIONS"));
    }
    for method in ["GET", "TRACE", "OPTIONS"] {
        let answer = send(&app, method.parse().unwrap(), "/v1/nothing", &[], "").await;
        assert_eq!((answer.problem().0, answer.problem().1.as_str()), (404, "not-found"));
    }
}

#[actix_rt::test]
async fn options_lists_the_methods_and_head_is_answered_like_get() {
    let place = place(|_| {}).await;
    let app = place.app().await;
    let answer = send(&app, Method::OPTIONS, "/v1/hello", &[], "").await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (204, Some("GET, HEAD, POST, OPTIONS")));
    let head = send(&app, Method::HEAD, "/v1/hello", &[], "").await;
    assert_eq!((head.status.as_u16(), head.header("content-type")), (200, Some("application/json")));
}

#[actix_rt::test]
async fn fixed_paths_go_before_patterns_and_segments_are_decoded_once() {
    let place = place(|_| {}).await;
    let app = place.app().await;
    assert_eq!(get(&app, "/v1/things/fixed").await.body["text"], "fixed");
    assert_eq!(get(&app, "/v1/things/other").await.body["text"], "other");
    assert_eq!(get(&app, "/v1/things/a%20b").await.body["text"], "a b");
    assert_eq!(get(&app, "/v1/things/%252e%252e").await.body["text"], "%2e%2e");
    for path in ["/v1/things/", "/v1/things/a/b", "/v1/things", "/v1//hello", "/v1/hello/"] {
        assert_eq!(get(&app, path).await.status.as_u16(), 404, "{path}");
    }
}
