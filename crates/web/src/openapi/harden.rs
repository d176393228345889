//! What holds for every operation and is therefore written into the document once, here.
//!
//! NUL characters are refused in every string; objects have no members but those listed; every answer carries its request's
//! id; bodies may come too slowly.

use serde_json::{Map, Value, json};

use crate::etag::TAG_LIST_PATTERN;
use crate::idempotency::KEY_PATTERN;

/// Any text without NUL.
const NO_NUL: &str = "^[^\\u0000]*$";
/// A path segment: not empty, no slash, no NUL.
const SEGMENT: &str = "^[^/\\u0000]+$";
/// Formats whose values cannot hold a NUL.
const CLEAN_FORMATS: [&str; 8] = ["uuid", "date", "date-time", "time", "email", "uri", "ipv4", "ipv6"];

/// The headers that every answer has.
pub(super) fn answer_headers() -> Value {
    json!({ "X-Request-Id": {
        "description": "The request's id: the one that was sent, if it was well formed, or a new one.",
        "schema": { "type": "string", "pattern": "^[A-Za-z0-9_.-]{1,64}$" }
    }})
}

/// Hardens a named schema.
pub(super) fn schema(name: &str, schema: &mut Value) {
    harden_schema(schema, true);
    if name == "Fault" {
        // It points at what the client sent, a member's name with a NUL in it included.
        let pointer = schema.pointer_mut("/properties/pointer").and_then(Value::as_object_mut);
        pointer.map(|pointer| pointer.remove("pattern"));
    }
}

/// The shapes of the request headers that operations name in their descriptions. They are no parameters of the operations: which
/// value is good follows from an earlier answer, which a schema cannot say.
pub(super) fn request_headers() -> Value {
    json!({
        "If-Match": {
            "name": "If-Match",
            "in": "header",
            "required": false,
            "description": "The `ETag` of the version that is meant, or several, or `*`; another version is 412.",
            "schema": { "type": "string", "pattern": TAG_LIST_PATTERN, "examples": ["\"3-account\""] }
        },
        "If-None-Match": {
            "name": "If-None-Match",
            "in": "header",
            "required": false,
            "description": "The `ETag`s of what the client has, or `*`; while one of them is current, the answer is 304 without a body.",
            "schema": { "type": "string", "pattern": TAG_LIST_PATTERN, "examples": ["\"3-account\""] }
        },
        "Idempotency-Key": {
            "name": "Idempotency-Key",
            "in": "header",
            "required": false,
            "description": "A key of the client's making, new for each request that it means: repeated with the same body within 24 hours, \
                            the request gets the first success again. Another body with the key is 422.",
            "schema": {
                "type": "string", "minLength": 1, "maxLength": 255, "pattern": KEY_PATTERN,
                "examples": ["6f1c2b0e-6f0c-4c2a-9d4e-1f6b7a0c9d11"]
            }
        }
    })
}

/// Hardens an operation.
pub(super) fn operation(operation: &mut Map<String, Value>) {
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        let place = parameter.get("in").and_then(Value::as_str).map(ToOwned::to_owned);
        let Some(schema) = parameter.get_mut("schema") else { continue };
        match place.as_deref() {
            // What a header may hold is HTTP's affair.
            Some("header") => {}
            Some("path") if is_loose_string(schema) => set(schema, "pattern", SEGMENT),
            _ => harden_schema(schema, true),
        }
    }
    let has_body = operation.contains_key("requestBody");
    if let Some(body) = operation.get_mut("requestBody") {
        harden_content(body);
    }
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    if has_body && !responses.contains_key("408") {
        responses.insert("408".to_owned(), slow_body());
        responses.sort_keys();
    }
    for response in responses.values_mut() {
        harden_content(response);
        if let Some(response) = response.as_object_mut() {
            let headers = response.entry("headers").or_insert_with(|| json!({}));
            set(headers, "X-Request-Id", json!({ "$ref": "#/components/headers/X-Request-Id" }));
        }
    }
}

fn slow_body() -> Value {
    json!({
        "description": "`request-timeout`: The body did not arrive in time.",
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } }
    })
}

fn harden_content(holder: &mut Value) {
    let Some(content) = holder.get_mut("content").and_then(Value::as_object_mut) else { return };
    for schema in content.values_mut().filter_map(|media| media.get_mut("schema")) {
        harden_schema(schema, true);
    }
}

/// `closed`: whether an object may have no members but those listed, which is not so for the parts of an `allOf`.
fn harden_schema(schema: &mut Value, closed: bool) {
    if is_loose_string(schema) {
        set(schema, "pattern", NO_NUL);
    }
    let Some(object) = schema.as_object_mut() else { return };
    if closed && object.contains_key("properties") && !object.contains_key("allOf") {
        object.entry("additionalProperties").or_insert(Value::Bool(false));
    }
    for members in ["properties", "$defs", "patternProperties"] {
        if let Some(members) = object.get_mut(members).and_then(Value::as_object_mut) {
            members.values_mut().for_each(|member| harden_schema(member, true));
        }
    }
    for inner in ["items", "additionalProperties", "propertyNames"] {
        if let Some(inner) = object.get_mut(inner) {
            harden_schema(inner, true);
        }
    }
    for (branch, closed) in [("oneOf", true), ("anyOf", true), ("prefixItems", true), ("allOf", false)] {
        for part in object.get_mut(branch).and_then(Value::as_array_mut).into_iter().flatten() {
            harden_schema(part, closed);
        }
    }
}

/// A string, or a string or null, about which nothing is said that would keep a NUL out.
fn is_loose_string(schema: &Value) -> bool {
    let is_string = match schema.get("type") {
        Some(Value::String(kind)) => kind == "string",
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "string"),
        _ => false,
    };
    let said = ["pattern", "enum", "const"].iter().any(|key| schema.get(key).is_some());
    let format = schema.get("format").and_then(Value::as_str);
    is_string && !said && !format.is_some_and(|format| CLEAN_FORMATS.contains(&format) || format == "binary")
}

fn set(object: &mut Value, key: &str, value: impl Into<Value>) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hardened(mut schema: Value) -> Value {
        harden_schema(&mut schema, true);
        schema
    }

    #[test]
    fn loose_strings_lose_nul_and_others_stay() {
        assert_eq!(hardened(json!({ "type": "string" }))["pattern"], NO_NUL);
        assert_eq!(hardened(json!({ "type": ["string", "null"], "maxLength": 3 }))["pattern"], NO_NUL);
        assert_eq!(hardened(json!({ "type": "string", "format": "password" }))["pattern"], NO_NUL);
        for tight in [json!({ "type": "string", "format": "uuid" }), json!({ "type": "string", "enum": ["a"] })] {
            assert_eq!(hardened(tight.clone()), tight);
        }
    }

    #[test]
    fn objects_are_closed_except_in_an_all_of() {
        let object = || json!({ "type": "object", "properties": { "a": { "type": "integer" } } });
        assert_eq!(hardened(object())["additionalProperties"], false);
        let composed = hardened(json!({ "allOf": [object()] }));
        assert!(composed.pointer("/allOf/0/additionalProperties").is_none());
        let chosen = hardened(json!({ "oneOf": [object()] }));
        assert_eq!(chosen.pointer("/oneOf/0/additionalProperties"), Some(&Value::Bool(false)));
        assert!(hardened(json!({ "type": "object" })).get("additionalProperties").is_none());
    }

    #[test]
    fn every_answer_has_the_request_id() {
        let mut post = json!({
            "parameters": [{ "in": "path", "name": "id", "schema": { "type": "string" } }],
            "requestBody": { "content": { "application/json": { "schema": { "type": "string" } } } },
            "responses": { "200": { "description": "" } }
        });
        operation(post.as_object_mut().unwrap());
        assert_eq!(post["parameters"][0]["schema"]["pattern"], SEGMENT);
        assert!(post["responses"]["200"]["headers"]["X-Request-Id"].is_object());
        assert!(post["responses"]["408"].is_object());
    }
}
