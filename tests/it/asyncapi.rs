//! The document of sockets: it is `AsyncAPI` 3.0, and it names every socket and every event.

use std::collections::BTreeSet;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::support::App;

/// The shape of `AsyncAPI` 3.0 as far as the document uses it; what is not said here may not be there.
fn shape() -> Value {
    let text = json!({ "type": "string", "minLength": 1 });
    let reference = |to: &str| {
        json!({ "type": "object", "required": ["$ref"], "additionalProperties": false,
        "properties": { "$ref": { "type": "string", "pattern": format!("^#/{to}/[A-Za-z0-9_.-]+$") } } })
    };
    let named = |of: &Value| {
        json!({ "type": "object", "minProperties": 1, "additionalProperties": of,
        "propertyNames": { "pattern": "^[A-Za-z0-9_.-]+$" } })
    };
    let closed = |required: &Value, properties: &Value| {
        json!({ "type": "object", "required": required, "properties": properties,
        "additionalProperties": false, "patternProperties": { "^x-": {} } })
    };
    let parameter = closed(&json!(["description"]), &json!({ "description": text }));
    let binding = closed(
        &json!(["method", "query"]),
        &json!({ "method": { "const": "GET" }, "bindingVersion": { "const": "0.1.0" },
        "query": { "type": "object", "required": ["type", "properties"] } }),
    );
    let channel = closed(
        &json!(["address", "messages"]),
        &json!({
        "address": { "type": "string", "pattern": "^/v1/ws/[a-z-]+(/\\{[a-z_]+\\})?$" }, "title": text, "description": text,
        "messages": named(&reference("components/messages")), "parameters": named(&parameter),
        "bindings": closed(&json!(["ws"]), &json!({ "ws": binding })) }),
    );
    let operation = closed(
        &json!(["action", "channel", "messages"]),
        &json!({
        "action": { "enum": ["send", "receive"] }, "channel": reference("channels"),
        "messages": { "type": "array", "minItems": 1, "uniqueItems": true, "items": reference("channels/[A-Za-z0-9_]+/messages") },
        "security": { "type": "array", "items": reference("components/securitySchemes") } }),
    );
    let message = closed(
        &json!(["name", "payload"]),
        &json!({
        "name": text, "title": text, "summary": text, "payload": { "type": "object", "required": ["type", "properties", "required"] } }),
    );
    let info = closed(
        &json!(["title", "version"]),
        &json!({ "title": text, "version": text, "description": text,
        "license": closed(&json!(["name"]), &json!({ "name": text })) }),
    );
    let scheme = closed(
        &json!(["type", "scheme"]),
        &json!({ "type": { "const": "http" }, "scheme": text, "bearerFormat": text }),
    );
    closed(
        &json!(["asyncapi", "info", "channels", "operations", "components"]),
        &json!({
        "asyncapi": { "const": "3.0.0" }, "info": info, "defaultContentType": { "const": "application/json" },
        "channels": named(&channel), "operations": named(&operation),
        "components": closed(&json!(["messages", "schemas"]), &json!({ "messages": named(&message),
            "schemas": named(&json!({ "type": "object" })), "securitySchemes": named(&scheme) })) }),
    )
}

fn validator(schema: &Value) -> Validator {
    jsonschema::options().should_validate_formats(true).build(schema).expect("a schema")
}

async fn document(app: &App) -> Value {
    app.anonymous().get("/asyncapi.json").await.expect(200).clone()
}

fn members<'a>(of: &'a Value, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    of[name].as_object().expect("an object").iter()
}

/// The payload of a message with the schemas that it refers to.
fn payload(document: &Value, message: &Value) -> Validator {
    let mut schema = message["payload"].clone();
    schema["components"] = json!({ "schemas": document["components"]["schemas"] });
    validator(&schema)
}

#[tokio::test]
async fn it_is_a_valid_document_whose_references_lead_somewhere() {
    let app = App::start().await;
    let document = document(&app).await;
    let faults: Vec<_> =
        validator(&shape()).iter_errors(&document).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    lead_somewhere(&document, &document);
    for (name, message) in members(&document["components"], "messages") {
        payload(&document, message);
        assert_eq!(message["payload"]["properties"]["event"]["const"], message["name"], "{name}");
    }
    // An operation names messages of its own channel alone.
    for (name, operation) in members(&document, "operations") {
        let channel = operation["channel"]["$ref"].as_str().expect("a reference");
        for message in operation["messages"].as_array().expect("messages") {
            assert!(
                message["$ref"].as_str().expect("a reference").starts_with(&format!("{channel}/messages/")),
                "{name}"
            );
        }
    }
}

fn lead_somewhere(part: &Value, document: &Value) {
    match part {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
            }
            members.values().for_each(|member| lead_somewhere(member, document));
        }
        Value::Array(items) => items.iter().for_each(|item| lead_somewhere(item, document)),
        _ => {}
    }
}

#[tokio::test]
async fn every_socket_and_every_event_is_in_it() {
    let app = App::start().await;
    let document = document(&app).await;
    let addresses: BTreeSet<_> =
        members(&document, "channels").map(|(_, channel)| channel["address"].as_str().expect("text")).collect();
    let mut sockets = BTreeSet::new();
    for (path, item) in members(app.document(), "paths") {
        let frames = &item["get"]["x-websocket"];
        if frames.is_null() {
            continue;
        }
        sockets.insert(path.as_str());
        let channel = &document["channels"][item["get"]["operationId"].as_str().expect("an id")];
        assert_eq!(channel["address"], path.as_str());
        assert_eq!(channel["x-close-codes"], frames["close_codes"]);
        for side in ["incoming", "outgoing"] {
            for event in events(app.document(), &frames[side]) {
                assert!(channel["messages"][&event].is_object(), "{path} {side} {event}");
            }
        }
    }
    assert_eq!(addresses, sockets);
    let in_table =
        app.system.web.table().iter().filter(|route| route.path.starts_with("/v1/ws/") && route.method == "GET");
    assert_eq!(in_table.map(|route| route.path).collect::<BTreeSet<_>>(), sockets);
    let at_test: BTreeSet<_> =
        members(&document["channels"]["attend"], "messages").map(|(event, _)| event.as_str()).collect();
    for event in ["started", "progress", "quiet", "submitted", "disconnected", "report", "authenticate", "gap", "error"]
    {
        assert!(at_test.contains(event), "{event}: {at_test:?}");
    }
}

/// The names of the events of one side, by the API document.
fn events(document: &Value, side: &Value) -> Vec<String> {
    let schema = side["$ref"].as_str().map_or(side, |path| document.pointer(&path[1..]).expect("a schema"));
    let variants = schema["oneOf"].as_array().cloned().unwrap_or_default();
    variants
        .iter()
        .map(|variant| variant["properties"]["event"]["enum"][0].as_str().expect("an event").to_owned())
        .collect()
}

#[tokio::test]
async fn what_is_heard_is_what_it_says() {
    let app = App::start().await;
    let document = document(&app).await;
    let anna = app.member("anna@lyceum.example").await;
    let mut socket = app.socket(&anna, "/v1/ws/me").await;
    let hello = socket.event().await;
    let message = &document["components"]["messages"]["watch_me.standing"];
    payload(&document, message).validate(&hello).expect("as described");
    socket.say("nonsense", json!({})).await;
    let error = socket.event().await;
    payload(&document, &document["components"]["messages"]["socket.error"]).validate(&error).expect("as described");
    socket.say("authenticate", json!({ "token": anna.token })).await;
    let taken = socket.event().await;
    payload(&document, &document["components"]["messages"]["socket.authenticated"])
        .validate(&taken)
        .expect("as described");
}
