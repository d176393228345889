use actix_web::http::Method;
use serde_json::Value;

use super::{get, place, send};

#[actix_rt::test]
async fn the_document_is_openapi_3_1_and_says_what_the_tables_say() {
    let place = place(|_| {}).await;
    let app = place.app().await;
    let answer = get(&app, "/openapi.json").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let document = &answer.body;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    assert_eq!(document["info"]["title"], "Lyceum");
    assert_eq!(document["servers"][0]["url"], "/");
    assert_eq!(document["tags"][0]["description"], "Things to try.");
    let flow = &document["components"]["securitySchemes"]["oauth2"]["flows"]["password"];
    assert_eq!(flow["tokenUrl"], "/v1/auth/token");
    assert_eq!(flow["scopes"]["thing:break"], "Breaks things.");
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["bearerFormat"], "JWT");
    for info in place.web.table() {
        let operation = &document["paths"][info.path][info.method.as_str().to_ascii_lowercase()];
        assert_eq!(operation["operationId"], info.operation_id);
        assert!(operation["summary"].is_string() && operation["description"].is_string(), "{}", info.path);
        for response in operation["responses"].as_object().unwrap().values() {
            assert!(response["headers"]["X-Request-Id"].is_object());
        }
    }
    let wish = &document["components"]["schemas"]["Wish"];
    assert_eq!(
        (&wish["additionalProperties"], wish["properties"]["text"]["pattern"].as_str()),
        (&Value::Bool(false), Some("^[^\\u0000]*$"))
    );
    let read_back: Value = serde_json::from_slice(place.web.openapi().unwrap()).unwrap();
    assert_eq!(*document, read_back);
    references_lead_somewhere(document, document);
}

fn references_lead_somewhere(part: &Value, document: &Value) {
    match part {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
            }
            members.values().for_each(|member| references_lead_somewhere(member, document));
        }
        Value::Array(items) => items.iter().for_each(|item| references_lead_somewhere(item, document)),
        _ => {}
    }
}

#[actix_rt::test]
async fn the_document_is_the_same_each_time_and_not_sent_twice() {
    let (first, second) = (place(|_| {}).await, place(|_| {}).await);
    let (first, second) =
        (get(&first.app().await, "/openapi.json").await, get(&second.app().await, "/openapi.json").await);
    assert_eq!(first.bytes, second.bytes);
    let place = place(|_| {}).await;
    let tag = first.header("etag").unwrap();
    let answer = send(&place.app().await, Method::GET, "/openapi.json", &[("if-none-match", tag)], "").await;
    assert_eq!(answer.status.as_u16(), 304);
}

#[actix_rt::test]
async fn row_42_documents_are_there_only_where_configured() {
    let hidden = place(|config| config.docs.enabled = false).await;
    let app = hidden.app().await;
    for path in [
        "/openapi.json",
        "/asyncapi.json",
        "/docs",
        "/docs/swagger-ui-bundle.js",
        "/redoc",
        "/redoc/redoc.standalone.js",
    ] {
        assert_eq!(get(&app, path).await.problem().0, 404, "{path}");
    }
    assert!(!String::from_utf8_lossy(&get(&app, "/").await.bytes).contains("/docs"));
}

#[actix_rt::test]
async fn pages_load_nothing_from_elsewhere() {
    let place = place(|_| {}).await;
    let app = place.app().await;
    for path in ["/", "/docs", "/redoc", "/problems", "/problems/not-found"] {
        let page = get(&app, path).await;
        assert_eq!(page.status.as_u16(), 200, "{path}");
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        let html = String::from_utf8(page.bytes.to_vec()).unwrap();
        assert!(!html.contains("http://") && !html.contains("https://") && !html.contains("=\"//"), "{path}");
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("http"), "{path}");
        assert!(!html.contains("<script>") && !policy.contains("script-src 'unsafe"), "{path}");
        for source in
            html.split("src=\"").chain(html.split("href=\"")).skip(1).filter_map(|rest| rest.split('"').next())
        {
            if source.starts_with("/docs/") || source.starts_with("/redoc/") {
                assert_eq!(get(&app, source).await.status.as_u16(), 200, "{source}");
            }
        }
    }
    let redoc = get(&app, "/redoc/redoc.standalone.js").await;
    assert!(!String::from_utf8_lossy(&redoc.bytes).contains("cdn.redoc"));
    let start = get(&app, "/docs/start.js").await;
    let start = String::from_utf8_lossy(&start.bytes).into_owned();
    assert!(start.contains("persistAuthorization: false") && start.contains("validatorUrl: null"));
}

#[actix_rt::test]
async fn problems_are_explained_to_people_and_programs() {
    let place = place(|_| {}).await;
    let app = place.app().await;
    let page = get(&app, "/problems/cannot-break").await;
    let html = String::from_utf8_lossy(&page.bytes).into_owned();
    assert!(html.contains("<h1>Cannot break</h1>") && html.contains("<code>DELETE /v1/secret</code>"));
    assert!(html.contains("It holds <code>too</code> &lt;well&gt;."));
    let json = send(&app, Method::GET, "/problems/cannot-break", &[("accept", "application/json")], "").await;
    assert_eq!((&json.body["status"], &json.body["code"]), (&409.into(), &"cannot-break".into()));
    let all = send(&app, Method::GET, "/problems", &[("accept", "application/json")], "").await;
    let codes: Vec<&str> = all.body.as_array().unwrap().iter().filter_map(|entry| entry["code"].as_str()).collect();
    for code in ["overloaded", "timeout", "not-found", "method-not-allowed", "internal", "invalid-token", "invalid"] {
        assert!(codes.contains(&code), "{code}");
    }
    assert_eq!(get(&app, "/problems/no-such-thing").await.problem().0, 404);
}
