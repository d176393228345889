use actix_web::http::Method;

use super::{get, place, send};

#[actix_rt::test]
async fn long_texts_are_compressed_for_those_who_want_it() {
    let place = place(|_| {}).await;
    let app = place.app().await;
    let plain = get(&app, "/v1/long").await;
    assert_eq!((plain.header("content-encoding"), plain.header("vary")), (None, Some("Accept-Encoding")));
    for (accepted, coding) in [("gzip", "gzip"), ("gzip, deflate, br", "br")] {
        let answer = send(&app, Method::GET, "/v1/long", &[("accept-encoding", accepted)], "").await;
        assert_eq!(answer.header("content-encoding"), Some(coding));
        assert_eq!(answer.headers.iter().filter(|(name, _)| name == "vary").count(), 1);
        assert!(answer.bytes.len() * 10 < plain.bytes.len());
    }
}

#[actix_rt::test]
async fn short_answers_are_not() {
    let place = place(|_| {}).await;
    let answer = send(&place.app().await, Method::GET, "/v1/hello", &[("accept-encoding", "gzip")], "").await;
    assert_eq!((answer.header("content-encoding"), answer.header("vary")), (None, None));
}

#[actix_rt::test]
async fn each_coding_has_its_own_strong_tag_and_all_of_them_are_understood() {
    let place = place(|_| {}).await;
    let app = place.app().await;
    let gzip = send(&app, Method::GET, "/v1/long-thing", &[("accept-encoding", "gzip")], "").await;
    assert_eq!(gzip.header("etag"), Some("\"3-thing+gzip\""));
    assert_eq!(get(&app, "/v1/long-thing").await.header("etag"), Some("\"3-thing\""));
    for (tag, echoed) in [
        ("\"3-thing+gzip\"", "\"3-thing+gzip\""),
        ("\"3-thing\"", "\"3-thing\""),
        ("W/\"3-thing+br\"", "\"3-thing+br\""),
    ] {
        let answer =
            send(&app, Method::GET, "/v1/long-thing", &[("if-none-match", tag), ("accept-encoding", "gzip")], "").await;
        assert_eq!((answer.status.as_u16(), answer.header("etag")), (304, Some(echoed)));
    }
    let changed = send(&app, Method::GET, "/v1/long-thing", &[("if-none-match", "\"2-thing+gzip\"")], "").await;
    assert_eq!(changed.status.as_u16(), 200);
}
