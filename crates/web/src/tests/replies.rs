use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use lyceum_kernel::{Cursor, ErrorKind, Fault, Page, ServiceError};
use serde_json::json;
use uuid::Uuid;

use super::{Answer, Site, send};
use crate::{
    Authenticated, Created, IfMatch, IfNoneMatch, Json, Listing, NoContent, Paging, Problem, Public, Routes, Tagged,
    Text, delete, etag, get, post, put,
};

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("The course is full.")]
    Full,
    #[error("secret connection string")]
    Broken(#[source] std::io::Error),
    #[error("The form is wrong.")]
    Wrong,
}

impl ServiceError for Failure {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Full => ErrorKind::Conflict,
            Self::Broken(_) => ErrorKind::Unavailable,
            Self::Wrong => ErrorKind::Invalid,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Full => "course-full",
            Self::Broken(_) => "unavailable",
            Self::Wrong => "wrong",
        }
    }

    fn faults(&self) -> Vec<Fault> {
        if matches!(self, Self::Wrong) { vec![Fault::new("/a", "b", "c")] } else { Vec::new() }
    }

    fn retry_after(&self) -> Option<Duration> {
        matches!(self, Self::Broken(_)).then(|| Duration::from_millis(1500))
    }
}

async fn tagged(_: Authenticated) -> Result<Tagged<String>, Problem> {
    Ok(Json::new("view".to_owned()).etag(etag("thing", 3)))
}

async fn saved(_: Public, known: IfNoneMatch) -> Result<Json<bool>, Problem> {
    Ok(Json::new(known.matches(&etag("thing", 3))))
}

async fn replaced(_: Public, version: IfMatch) -> Result<Json<Option<i64>>, Problem> {
    version.require(&etag("thing", 3))?;
    Ok(Json::new(version.version("thing")))
}

async fn paged(_: Public, paging: Paging) -> Result<Listing<u32>, Problem> {
    let cursor = Cursor { id: Uuid::from_u128(9), key: b"x".to_vec() };
    let next = paging.cursor.is_none().then_some(cursor);
    Ok(Listing(Page { items: vec![1, 2], next, total: paging.total.then_some(7) }))
}

async fn failing(_: Public, crate::PathParams((how,)): crate::PathParams<(String,)>) -> Result<NoContent, Failure> {
    match how.as_str() {
        "full" => Err(Failure::Full),
        "broken" => Err(Failure::Broken(std::io::Error::other("password=hunter2"))),
        "wrong" => Err(Failure::Wrong),
        _ => Ok(NoContent),
    }
}

async fn made(_: Public) -> Result<Created<u8>, Problem> {
    Ok(Created::new(1, "/things/1"))
}

async fn words(_: Public) -> Result<Text, Problem> {
    Ok(Text("hello".to_owned()))
}

async fn keys(_: Public) -> Result<Json<u8>, Problem> {
    Ok(Json::new(1).public(Duration::from_mins(1)).status(StatusCode::ACCEPTED).header("x-more", "yes"))
}

fn routes() -> Routes {
    Routes::new("things", "Things")
        .add(get("/tagged", tagged))
        .add(get("/saved", saved))
        .add(put("/replaced", replaced))
        .add(get("/paged", paged))
        .add(delete("/failing/{how}", failing))
        .add(post("/made", made))
        .add(get("/words", words))
        .add(get("/keys", keys))
}

async fn call(method: Method, uri: &str, headers: &[(&str, &str)]) -> Answer {
    let site = Site::new().await;
    let app = site.serve(routes()).await;
    send(&app, method, uri, headers, "").await
}

#[actix_rt::test]
async fn tagged_views_are_revalidated() {
    let auth = ("authorization", "Bearer reader");
    let first = call(Method::GET, "/tagged", &[auth]).await;
    assert_eq!((first.status.as_u16(), first.header("etag")), (200, Some("\"3-thing\"")));
    assert_eq!(first.header("cache-control"), Some("private, no-cache"));
    assert_eq!(first.header("vary"), Some("Authorization"));
    for known in ["\"3-thing\"", "W/\"3-thing\"", "\"1-thing\", \"3-thing\"", "*"] {
        let again = call(Method::GET, "/tagged", &[auth, ("if-none-match", known)]).await;
        assert_eq!(
            (again.status.as_u16(), again.bytes.len(), again.header("etag")),
            (304, 0, Some("\"3-thing\"")),
            "{known}"
        );
    }
    assert_eq!(call(Method::GET, "/tagged", &[auth, ("if-none-match", "\"2-thing\"")]).await.status.as_u16(), 200);
    let bad = call(Method::GET, "/tagged", &[auth, ("if-none-match", "3")]).await;
    assert_eq!(bad.problem().1, "malformed-header");
    assert_eq!(call(Method::GET, "/saved", &[("if-none-match", "\"3-thing\"")]).await.body, json!(true));
}

#[actix_rt::test]
async fn changes_can_demand_a_version() {
    let put = |value: &'static str| async move { call(Method::PUT, "/replaced", &[("if-match", value)]).await };
    assert_eq!(put("\"3-thing\"").await.body, json!(3));
    assert_eq!(put("*").await.body, json!(null));
    assert_eq!(call(Method::PUT, "/replaced", &[]).await.body, json!(null));
    for stale in ["\"2-thing\"", "W/\"3-thing\"", "\"3-other\""] {
        assert_eq!(put(stale).await.problem(), (412, "stale".to_owned(), vec![]), "{stale}");
    }
    assert_eq!(put("3").await.problem().0, 400);
}

#[actix_rt::test]
async fn lists_are_bare_arrays_with_links() {
    let page = call(Method::GET, "/paged?limit=2&total=true", &[]).await;
    assert_eq!(page.body, json!([1, 2]));
    assert_eq!(page.header("x-total-count"), Some("7"));
    let link = page.header("link").unwrap();
    let target =
        link.strip_prefix("<http://localhost:8000").and_then(|rest| rest.strip_suffix(">; rel=\"next\"")).unwrap();
    assert!(target.starts_with("/paged?limit=2&total=true&cursor="), "{target}");
    let last = call(Method::GET, target, &[]).await;
    assert_eq!((last.status.as_u16(), last.header("link")), (200, None));
}

#[actix_rt::test]
async fn errors_become_problems_and_ours_stay_secret() {
    let full = call(Method::DELETE, "/failing/full", &[]).await;
    assert_eq!(full.problem(), (409, "course-full".to_owned(), vec![]));
    assert_eq!(full.body["title"], "Course full");
    assert_eq!(full.body["detail"], "The course is full.");
    assert_eq!(full.body["instance"], "/failing/full");
    let broken = call(Method::DELETE, "/failing/broken", &[]).await;
    assert_eq!((broken.status.as_u16(), broken.header("retry-after")), (503, Some("2")));
    let text = String::from_utf8_lossy(&broken.bytes).into_owned();
    assert!(!text.contains("secret") && !text.contains("hunter2"));
    assert_eq!(call(Method::DELETE, "/failing/wrong", &[]).await.problem().2, ["/a"]);
    let fine = call(Method::DELETE, "/failing/not", &[]).await;
    assert_eq!((fine.status.as_u16(), fine.bytes.len()), (204, 0));
}

#[actix_rt::test]
async fn other_replies() {
    let made = call(Method::POST, "/made", &[]).await;
    assert_eq!((made.status.as_u16(), made.header("location")), (201, Some("/things/1")));
    assert_eq!(call(Method::GET, "/words", &[]).await.header("content-type"), Some("text/plain; charset=utf-8"));
    let keys = call(Method::GET, "/keys", &[]).await;
    assert_eq!((keys.status.as_u16(), keys.header("cache-control")), (202, Some("public, max-age=60")));
    assert_eq!(keys.header("x-more"), Some("yes"));
}
