use lyceum_kernel::UserId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use lyceum_platform::uow::{Committed, UnitOfWork};

use crate::{
    Authenticated, Caller, IfMatch, Json, Listing, Paging, PathId, Problem, Public, Query, Routes, State, Tagged,
    Valid, delete, get, patch, post,
};

mod perm {
    lyceum_kernel::permissions! {
        /// Makes things.
        ThingCreate = "thing:create",
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct View {
    part: Part,
}

#[derive(Debug, Serialize, ToSchema)]
struct Part {
    name: String,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct Body {
    #[schema(min_length = 1)]
    name: String,
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
struct Filter {
    q: Option<String>,
    #[serde(default)]
    tags: Option<Vec<String>>,
}

async fn create_thing(
    _: Caller<perm::ThingCreate>,
    _: UnitOfWork,
    body: Valid<Body>,
) -> Result<Committed<View>, Problem> {
    Err(Problem::internal(&body.name))
}

async fn list_things(_: Public, filter: Query<Filter>, _: Paging) -> Result<Listing<View>, Problem> {
    Err(Problem::internal(&format!("{:?}{:?}", filter.q, filter.tags)))
}

async fn show_thing(_: Authenticated, _: PathId<UserId>) -> Result<Tagged<View>, Problem> {
    Err(Problem::not_found())
}

async fn delete_thing(_: Authenticated, _: PathId<UserId>, _: IfMatch) -> Result<Committed<()>, Problem> {
    Err(Problem::not_found())
}

async fn change_thing(_: Authenticated, _: PathId<UserId>, _: State<str>) -> Result<Json<View>, Problem> {
    Err(Problem::not_found())
}

fn table() -> Routes {
    Routes::new("things", "Things")
        .add(
            post("/things", create_thing)
                .summary("Make")
                .describe("Makes.")
                .status(201)
                .example(json!({"name": "x"}))
                .problem("thing-exists", 409, "There is one."),
        )
        .add(get("/things", list_things))
        .add(get("/things/{id}", show_thing))
        .add(delete("/things/{id}", delete_thing))
}

fn operation(routes: &Routes, id: &str) -> Value {
    let route = routes.routes().iter().find(|route| route.info().operation_id == id).unwrap();
    serde_json::to_value(route.description().operation).unwrap()
}

fn parameter<'a>(operation: &'a Value, name: &str) -> &'a Value {
    operation["parameters"].as_array().unwrap().iter().find(|parameter| parameter["name"] == name).unwrap()
}

#[test]
fn a_write_is_described_completely() {
    let routes = table();
    let make = operation(&routes, "create_thing");
    assert_eq!(make["tags"], json!(["things"]));
    assert_eq!(make["x-permission"], "thing:create");
    assert_eq!(make["security"], json!([{"oauth2": ["thing:create"]}, {"bearer": []}]));
    assert_eq!(make["requestBody"]["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/Body");
    assert_eq!(make["requestBody"]["content"]["application/json"]["example"], json!({"name": "x"}));
    let created = &make["responses"]["201"];
    assert_eq!(created["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/View");
    assert!(created["headers"]["Location"].is_object() && created["headers"]["RateLimit"].is_object());
    let statuses: Vec<_> = make["responses"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(statuses, ["201", "400", "401", "403", "409", "413", "415", "422", "429", "500", "503"]);
    assert!(make["responses"]["409"]["description"].as_str().unwrap().contains("thing-exists"));
    let problem = &make["responses"]["422"]["content"]["application/problem+json"]["schema"]["$ref"];
    assert_eq!(problem, "#/components/schemas/Problem");
    assert!(make["responses"]["401"]["headers"]["WWW-Authenticate"].is_object());
    let text = make["description"].as_str().unwrap();
    assert!(text.starts_with("Makes.\n\n`Idempotency-Key` makes"), "{text}");
    let described: Vec<_> = routes.routes().iter().map(crate::Route::description).collect();
    let schemas: Vec<_> = described.iter().flat_map(|told| &told.schemas).map(|(name, _)| name.as_str()).collect();
    for name in ["View", "Part", "Body", "Problem", "Fault"] {
        assert!(schemas.contains(&name), "{name} in {schemas:?}");
    }
}

#[test]
fn a_list_is_described_completely() {
    let list = operation(&table(), "list_things");
    assert_eq!(list["security"], json!([]));
    assert_eq!(list["x-permission"], Value::Null);
    assert_eq!(parameter(&list, "q")["schema"]["type"], "string");
    assert_eq!(parameter(&list, "tags")["explode"], false);
    assert_eq!(parameter(&list, "tags")["schema"]["type"], "array");
    assert_eq!(parameter(&list, "limit")["schema"]["maximum"], 100);
    let ok = &list["responses"]["200"];
    assert_eq!(ok["content"]["application/json"]["schema"]["items"]["$ref"], "#/components/schemas/View");
    assert!(ok["headers"]["Link"].is_object() && ok["headers"]["X-Total-Count"].is_object());
}

#[test]
fn versions_are_described() {
    let routes = table();
    let show = operation(&routes, "show_thing");
    assert!(show["responses"]["200"]["headers"]["ETag"].is_object() && show["responses"]["304"].is_object());
    assert_eq!(parameter(&show, "id")["schema"]["format"], "uuid");
    assert!(show["description"].as_str().unwrap().contains("`If-None-Match`"));
    let gone = operation(&routes, "delete_thing");
    assert!(gone["responses"]["204"]["content"].is_null() && gone["responses"]["412"].is_object());
    assert!(gone["description"].as_str().unwrap().contains("`If-Match`"));
}

#[test]
fn faulty_tables_are_found_out() {
    assert!(table().faults().is_empty());
    let twice = table().add(get("/things", list_things)).add(patch("/things/{id}", change_thing));
    let faults = twice.faults();
    assert_eq!(faults.len(), 3, "{faults:?}");
}
