//! The document that ships: every route is in it, whole, and nothing else is.

use std::collections::BTreeSet;

use lyceum_web::route::{GateKind, RouteInfo};
use serde_json::Value;

use crate::support::App;
use crate::support::contract::Contract;

/// The operation of a route in the document.
fn operation<'a>(document: &'a Value, route: &RouteInfo) -> &'a Value {
    let operation = &document["paths"][route.path][route.method.as_str().to_ascii_lowercase()];
    assert!(operation.is_object(), "{} {} is not in the document", route.method, route.path);
    operation
}

fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let Some(reference) = value["$ref"].as_str() else { return value };
    document.pointer(reference.trim_start_matches('#')).unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

/// Whether something shows what such a body looks like: the medium, its schema, or every property of it.
fn has_example(document: &Value, media: &Value) -> bool {
    !media["example"].is_null() || !media["examples"].is_null() || shows(document, &media["schema"])
}

fn shows(document: &Value, schema: &Value) -> bool {
    let schema = resolve(document, schema);
    let given = |name: &str| !schema[name].is_null();
    if given("example") || given("examples") || given("const") || given("enum") || given("default") {
        return true;
    }
    if let Some(any) = schema["oneOf"].as_array().or(schema["allOf"].as_array()) {
        return any.iter().any(|one| shows(document, one));
    }
    match schema["type"].as_str() {
        Some("array") => shows(document, &schema["items"]),
        Some("boolean" | "integer" | "number") => true,
        Some("object") => schema["properties"].as_object().is_some_and(|all| all.values().all(|p| shows(document, p))),
        _ => false,
    }
}

#[tokio::test]
async fn every_route_is_documented_whole() {
    let app = App::start().await;
    let document = app.document();
    let tags = document["tags"].as_array().expect("tags");
    let mut faults = Vec::new();
    for route in app.system.web.table() {
        let operation = operation(document, route);
        let mut wants = |holds: bool, what: &str| {
            if !holds {
                faults.push(format!("{} {}: {what}", route.method, route.path));
            }
        };
        wants(operation["tags"] == serde_json::json!([route.context]), "one tag, its context");
        let described =
            |tag: &Value| tag["name"] == route.context && tag["description"].as_str().is_some_and(|d| !d.is_empty());
        wants(tags.iter().any(described), "its tag is described");
        let summary = operation["summary"].as_str().unwrap_or_default();
        wants(!summary.is_empty() && summary.len() <= 80 && !summary.ends_with('.'), "a summary of one line");
        let description = operation["description"].as_str().unwrap_or_default();
        wants(!description.is_empty() && description != summary, "a description that says more than the summary");
        for medium in operation["requestBody"]["content"].as_object().into_iter().flat_map(|content| content.values()) {
            wants(has_example(document, medium), "an example of the request");
        }
        let answers = operation["responses"].as_object().expect("responses");
        let well = |status: &String| status.starts_with('2') || status == "101";
        wants(answers.keys().any(well), "an answer when all is well");
        for (status, answer) in answers.iter().filter(|(status, _)| status.starts_with('2')) {
            let content = resolve(document, answer)["content"].as_object();
            for (kind, medium) in content.into_iter().flatten().filter(|(kind, _)| kind.contains("json")) {
                wants(has_example(document, medium), &format!("an example of the answer {status} {kind}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn who_may_call_is_in_the_document() {
    let app = App::start().await;
    let document = app.document();
    let scopes = &document["components"]["securitySchemes"]["oauth2"]["flows"]["password"]["scopes"];
    for route in app.system.web.table() {
        let operation = operation(document, route);
        let name = format!("{} {}", route.method, route.path);
        let security =
            operation["security"].as_array().unwrap_or_else(|| panic!("{name} does not say who may call it"));
        let needed = match route.gate {
            GateKind::Public => {
                assert!(security.is_empty() && operation["x-permission"].is_null(), "{name}");
                continue;
            }
            GateKind::Authenticated => None,
            GateKind::Permission(permission) => Some(permission.name),
        };
        assert_eq!(operation["x-permission"].as_str(), needed, "{name}");
        assert_eq!(security[0]["oauth2"], serde_json::json!(needed.into_iter().collect::<Vec<_>>()), "{name}");
        assert!(needed.is_none_or(|needed| scopes[needed].is_string()), "{name}: a scope that is not described");
        assert!(operation["responses"]["401"].is_object(), "{name}");
        assert!(needed.is_none() || operation["responses"]["403"].is_object(), "{name}");
    }
}

#[tokio::test]
async fn operation_ids_are_unique_and_look_alike() {
    let app = App::start().await;
    let mut seen = BTreeSet::new();
    for route in app.system.web.table() {
        let id = operation(app.document(), route)["operationId"].as_str().expect("an operation id").to_owned();
        assert!(id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{id}");
        assert!(seen.insert(id.clone()), "two operations are called {id}");
    }
}

#[tokio::test]
async fn nothing_is_documented_that_is_not_there() {
    let app = App::start().await;
    let table: BTreeSet<_> =
        app.system.web.table().iter().map(|r| (r.path.to_owned(), r.method.as_str().to_ascii_lowercase())).collect();
    let mut documented = BTreeSet::new();
    for (path, item) in app.document()["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("a path item").keys() {
            documented.insert((path.clone(), method.clone()));
        }
    }
    assert_eq!(documented, table);
}

#[tokio::test]
async fn the_document_served_is_the_one_that_the_tests_hold_answers_against() {
    let app = App::start().await;
    let served = app.anonymous().get("/openapi.json").await;
    assert_eq!(served.expect(200), app.document());
    assert!(served.json["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")));
    for page in ["/docs", "/redoc"] {
        let reply = app.anonymous().get(page).await;
        assert!(reply.status.is_success() || reply.status.is_redirection(), "{page}: {}", reply.status);
    }
}

#[tokio::test]
async fn row_42_the_document_is_public_by_configuration_only() {
    let app = App::start_with(|config| config.docs.enabled = false).await;
    for page in ["/openapi.json", "/asyncapi.json", "/docs", "/docs/", "/redoc"] {
        app.anonymous().get(page).await.problem(404);
    }
}

#[tokio::test]
async fn every_schema_of_an_answer_can_be_used() {
    let app = App::start().await;
    let answers = Contract::shared(app.document().clone()).compile_all();
    assert!(answers > 500, "only {answers} answers have a schema");
}
