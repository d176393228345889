use super::{fixed, hello, place_with, show, things};
use crate::Routes;

#[actix_rt::test]
async fn mistakes_in_the_tables_are_all_named_at_the_start() {
    let other = Routes::new("other", "")
        .add(crate::get("/v1/hello", fixed))
        .add(crate::get("/v1/things/{id}", show))
        .add(crate::put("/v1/hello", hello));
    let faults = place_with(vec![things(), other], |_| {}).await.err().unwrap().to_string();
    for fault in [
        "GET /v1/hello is there twice",
        "/v1/things/{id} and /v1/things/{name} fit the same paths",
        "two operations are called hello",
        "two operations are called show",
    ] {
        assert!(faults.contains(fault), "{fault} is not in {faults}");
    }
}

#[actix_rt::test]
async fn contexts_share_a_path() {
    async fn replace(gate: crate::Public) -> Result<crate::Json<super::Word>, crate::Problem> {
        hello(gate).await
    }
    let other = Routes::new("other", "").add(crate::put("/v1/hello", replace));
    let place = place_with(vec![things(), other], |_| {}).await.unwrap();
    let answer = super::send(&place.app().await, actix_web::http::Method::DELETE, "/v1/hello", &[], "").await;
    assert_eq!(answer.header("allow"), Some("GET, HEAD, POST, PUT, OPTIONS"));
}

#[actix_rt::test]
async fn handlers_without_their_state_are_found_when_the_document_is_written() {
    async fn lonely(_: crate::Public, _: crate::State<String>) -> Result<crate::NoContent, crate::Problem> {
        Ok(crate::NoContent)
    }
    let place = place_with(vec![Routes::new("other", "").add(crate::get("/v1/lonely", lonely))], |_| {}).await.unwrap();
    let faults = place.web.openapi().unwrap_err().to_string();
    assert!(faults.contains("GET /v1/lonely needs the state"), "{faults}");
}
