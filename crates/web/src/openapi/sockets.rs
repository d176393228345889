//! The `AsyncAPI` 3.0 document: the sockets among the routes, and every event that is said on them, from the same descriptions as the
//! `OpenAPI` document.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::document::plain_template;
use super::harden;
use crate::route::{Route, Routes, SECURITY_SCHEMES};

const DESCRIPTION: &str = "\
The WebSockets of Lyceum. Messages are text, in both directions `{\"event\": …, \"data\": …, \"id\"?: …}`: what the server sends with an `id` can be \
resumed from, and an `id` that the client sends comes back in the answer. Operations are the server's: it sends what clients hear. How to connect, \
and what refuses a connection, stands with each route in the API document at `/openapi.json`.";

/// What is said on every socket, in and out.
fn manners() -> [(&'static str, bool, &'static str, Value); 5] {
    let time = json!({ "type": "string", "format": "date-time" });
    let text = json!({ "type": "string" });
    let fault = json!({ "type": "object", "properties": { "pointer": text, "code": text, "message": text } });
    let object =
        |members: Value, required: Value| json!({ "type": "object", "properties": members, "required": required });
    [
        (
            "authenticate",
            true,
            "A new access token of the same person and school takes the place of the one that keeps the connection open.",
            object(json!({ "token": text }), json!(["token"])),
        ),
        (
            "authenticated",
            false,
            "The token was taken.",
            object(json!({ "expires_at": { "anyOf": [time, { "type": "null" }] } }), json!([])),
        ),
        (
            "token.expiring",
            false,
            "The token expires within a minute, and the connection ends with it.",
            object(json!({ "expires_at": time }), json!(["expires_at"])),
        ),
        (
            "error",
            false,
            "What was said was not done; the connection goes on.",
            object(
                json!({ "code": text, "message": text, "errors": { "type": "array", "items": fault } }),
                json!(["code", "message"]),
            ),
        ),
        ("gap", false, "Messages may have been missed: read the present state.", json!({ "type": "object" })),
    ]
}

/// The document in the making.
#[derive(Default)]
struct Writer {
    channels: Map<String, Value>,
    operations: Map<String, Value>,
    messages: Map<String, Value>,
    known: BTreeMap<String, Value>,
    schemas: BTreeMap<String, Value>,
}

/// Assembles the document, in JSON.
///
/// # Errors
/// What cannot be written.
pub(super) fn assemble(tables: &[Routes]) -> Result<Bytes, Vec<String>> {
    let unwritten = |error: serde_json::Error| vec![format!("the document of sockets cannot be written: {error}")];
    let mut writer = Writer::default();
    for (event, _, text, data) in manners() {
        writer.message(&format!("socket.{event}"), event, Some(text), envelope(event, Some(data)));
    }
    for route in tables.iter().flat_map(Routes::routes) {
        let description = route.description();
        let operation = serde_json::to_value(&description.operation).map_err(unwritten)?;
        if operation.get("x-websocket").is_none() {
            continue;
        }
        for (name, schema) in &description.schemas {
            let schema = serde_json::to_value(schema).map_err(unwritten)?;
            writer.known.insert(name.clone(), schema);
        }
        writer.socket(route, &operation);
    }
    let [_, bearer] = SECURITY_SCHEMES;
    let document = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Lyceum", "version": env!("CARGO_PKG_VERSION"), "description": DESCRIPTION, "license": { "name": "MIT" },
        },
        "defaultContentType": "application/json",
        "channels": writer.channels,
        "operations": writer.operations,
        "components": {
            "messages": writer.messages,
            "schemas": writer.schemas,
            "securitySchemes": { bearer: { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } },
        },
    });
    Ok(serde_json::to_vec(&document).map_err(unwritten)?.into())
}

impl Writer {
    /// Adds a socket: its channel, what is said there, and by whom.
    fn socket(&mut self, route: &Route, operation: &Value) {
        let info = route.info();
        let frames = &operation["x-websocket"];
        let (mut messages, mut heard, mut said) = (Map::new(), Vec::new(), Vec::new());
        let mut add = |event: &str, message: String, from_client: bool| {
            // A message of the channel is named once, also where both sides say it.
            messages.insert(event.to_owned(), json!({ "$ref": format!("#/components/messages/{message}") }));
            let place = json!({ "$ref": format!("#/channels/{}/messages/{event}", info.operation_id) });
            if from_client { heard.push(place) } else { said.push(place) }
        };
        for (event, from_client, ..) in manners() {
            add(event, format!("socket.{event}"), from_client);
        }
        for (side, from_client) in [("incoming", true), ("outgoing", false)] {
            for (event, text, payload) in self.events(&frames[side]) {
                let message = format!("{}.{event}", info.operation_id);
                self.message(&message, &event, text.as_deref(), payload);
                add(&event, message, from_client);
            }
        }
        let bindings = json!({ "ws": { "method": "GET", "query": query(operation), "bindingVersion": "0.1.0" } });
        let mut channel = json!({
            "address": plain_template(info.path), "title": operation["summary"], "description": operation["description"],
            "messages": messages, "bindings": bindings, "x-close-codes": frames["close_codes"], "x-protocol": frames["protocol"],
        });
        let parameters = parameters(operation);
        if !parameters.is_empty() {
            channel["parameters"] = Value::Object(parameters);
        }
        self.channels.insert(info.operation_id.clone(), channel);
        let [_, bearer] = SECURITY_SCHEMES;
        let permission = &operation["x-permission"];
        for (action, messages) in [("receive", heard), ("send", said)] {
            let mut one = json!({
                "action": action, "channel": { "$ref": format!("#/channels/{}", info.operation_id) }, "messages": messages,
                "security": [{ "$ref": format!("#/components/securitySchemes/{bearer}") }],
            });
            if permission.is_string() {
                one["x-permission"] = permission.clone();
            }
            self.operations.insert(format!("{}.{action}", info.operation_id), one);
        }
    }

    /// The events of one side: name, what it means, payload.
    fn events(&self, side: &Value) -> Vec<(String, Option<String>, Value)> {
        let named = side["$ref"].as_str().and_then(|name| self.known.get(name.rsplit('/').next()?));
        let schema = named.unwrap_or(side);
        let variants = schema["oneOf"].as_array().map_or_else(|| std::slice::from_ref(schema), Vec::as_slice);
        let event = |variant: &Value| {
            let event = &variant["properties"]["event"];
            let name = event["const"].as_str().or_else(|| event["enum"][0].as_str())?;
            let text = variant["description"].as_str().map(ToOwned::to_owned);
            Some((name.to_owned(), text, envelope(name, variant["properties"].get("data").cloned())))
        };
        variants.iter().filter_map(event).collect()
    }

    /// Adds a message with everything that its payload refers to.
    fn message(&mut self, name: &str, event: &str, text: Option<&str>, mut payload: Value) {
        harden::schema(name, &mut payload);
        self.refer(&payload);
        let mut message = json!({ "name": event, "title": event, "payload": payload });
        if let Some(text) = text {
            message["summary"] = text.into();
        }
        self.messages.insert(name.to_owned(), message);
    }

    fn refer(&mut self, part: &Value) {
        match part {
            Value::Object(members) => {
                let name = members.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
                if let Some(name) = name.filter(|name| !self.schemas.contains_key(*name))
                    && let Some(mut schema) = self.known.get(name).cloned()
                {
                    harden::schema(name, &mut schema);
                    self.schemas.insert(name.to_owned(), schema.clone());
                    self.refer(&schema);
                }
                members.values().for_each(|member| self.refer(member));
            }
            Value::Array(items) => items.iter().for_each(|item| self.refer(item)),
            _ => {}
        }
    }
}

/// The shape of a message.
fn envelope(event: &str, data: Option<Value>) -> Value {
    let required = if data.is_some() { json!(["event", "data"]) } else { json!(["event"]) };
    let mut properties = json!({ "event": { "const": event }, "id": { "type": "string", "maxLength": 64 } });
    if let Some(data) = data {
        properties["data"] = data;
    }
    json!({ "type": "object", "properties": properties, "required": required })
}

fn of_place<'a>(operation: &'a Value, place: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let theirs = parameters.filter(move |parameter| parameter["in"] == place);
    theirs.filter_map(|parameter| Some((parameter["name"].as_str()?, parameter)))
}

/// The parameters of the address.
fn parameters(operation: &Value) -> Map<String, Value> {
    let text = |parameter: &Value| parameter["description"].as_str().unwrap_or("An id.").to_owned();
    of_place(operation, "path").map(|(name, it)| (name.to_owned(), json!({ "description": text(it) }))).collect()
}

/// What may stand behind the question mark.
fn query(operation: &Value) -> Value {
    let described = |it: &Value| {
        let mut schema = it["schema"].clone();
        schema["description"] = it["description"].clone();
        schema
    };
    let members: Map<String, Value> =
        of_place(operation, "query").map(|(name, it)| (name.to_owned(), described(it))).collect();
    json!({ "type": "object", "properties": members })
}
