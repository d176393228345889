use lyceum_kernel::UserId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use super::{Site, get as fetch};
use crate::extract::encode_cursor;
use crate::{Json, Paging, PathId, PathParams, Problem, Public, Query, Routes, get};

#[derive(Debug, Deserialize, Serialize, Validate, IntoParams, ToSchema)]
struct Filter {
    #[validate(length(max = 5))]
    q: Option<String>,
    is_active: Option<bool>,
}

async fn list(_: Public, filter: Query<Filter>, paging: Paging) -> Result<Json<Vec<String>>, Problem> {
    let cursor = paging.cursor.as_ref().map(encode_cursor);
    Ok(Json::new(vec![format!("{:?} {:?} {} {cursor:?} {}", filter.q, filter.is_active, paging.limit, paging.total)]))
}

async fn show(_: Public, PathId(id): PathId<UserId>) -> Result<Json<UserId>, Problem> {
    Ok(Json::new(id))
}

async fn nested(_: Public, PathParams((id, name)): PathParams<(UserId, String)>) -> Result<Json<Vec<String>>, Problem> {
    Ok(Json::new(vec![id.to_string(), name]))
}

fn routes() -> Routes {
    Routes::new("things", "Things")
        .add(get("/things", list))
        .add(get("/things/{id}", show))
        .add(get("/things/{id}/parts/{name}", nested))
}

#[actix_rt::test]
async fn filters_and_paging_share_the_query_string() {
    let site = Site::new().await;
    let app = site.serve(routes()).await;
    let cursor = encode_cursor(&lyceum_kernel::Cursor { id: Uuid::from_u128(1), key: b"k".to_vec() });
    let answer = fetch(&app, &format!("/things?q=a%20b&limit=100&total=true&cursor={cursor}&is_active=false")).await;
    assert_eq!(answer.body, json!([format!("Some(\"a b\") Some(false) 100 Some({cursor:?}) true")]));
    assert_eq!(fetch(&app, "/things").await.body, json!(["None None 20 None false"]));
}

#[actix_rt::test]
async fn every_bad_parameter_is_422_with_its_name() {
    let site = Site::new().await;
    let app = site.serve(routes()).await;
    for (query, name) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=1e1", "limit"),
        ("limit=1000000000000000000000", "limit"),
        ("cursor=abc", "cursor"),
        ("total=yes", "total"),
        ("unknown=1", "unknown"),
        ("q=1&q=2", "q"),
        ("q=toolong", "q"),
        ("q=%00", "q"),
        ("is_active=1", "is_active"),
    ] {
        let (status, code, pointers) = fetch(&app, &format!("/things?{query}")).await.problem();
        assert_eq!((status, code.as_str(), pointers), (422, "invalid", vec![name.to_owned()]), "{query}");
    }
    let id = Uuid::from_u128(1);
    assert_eq!(fetch(&app, &format!("/things/{id}?x=1")).await.problem().2, ["x"]);
}

#[actix_rt::test]
async fn what_is_no_id_is_not_found() {
    let site = Site::new().await;
    let app = site.serve(routes()).await;
    let id = Uuid::from_u128(1);
    assert_eq!(fetch(&app, &format!("/things/{id}")).await.body, json!(id));
    assert_eq!(fetch(&app, &format!("/things/{id}/parts/a%20b%2Fc")).await.body, json!([id, "a b/c"]));
    for path in ["/things/1", "/things/%00", "/things/00000000000000000000000000000001", "/things/1/parts/x"] {
        assert_eq!(fetch(&app, path).await.problem(), (404, "not-found".to_owned(), vec![]), "{path}");
    }
}
