//! Holds every answer in the tests against the `OpenAPI` document.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::{Value, json};

/// The document with a validator for each documented JSON answer.
#[derive(Debug)]
pub struct Contract {
    document: Value,
    validators: HashMap<(String, String, String), Validator>,
}

impl Contract {
    /// The contract of a document. Compiling takes a second, so systems with the same document share one.
    pub fn shared(document: Value) -> Arc<Self> {
        static KNOWN: Mutex<Vec<Arc<Contract>>> = Mutex::new(Vec::new());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(contract) = known.iter().find(|contract| contract.document == document) {
            return Arc::clone(contract);
        }
        let contract = Arc::new(Self::new(document));
        known.push(Arc::clone(&contract));
        contract
    }

    /// Compiles the schemas of all answers.
    fn new(document: Value) -> Self {
        let mut validators = HashMap::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("a path item") {
                let Some(responses) = operation["responses"].as_object() else { continue };
                for (status, response) in responses {
                    let response = resolve(&document, response);
                    let Some(content) = response["content"].as_object() else { continue };
                    let Some((_, media)) = content.iter().find(|(kind, _)| kind.contains("json")) else { continue };
                    let schema = json!({
                        "$schema": "https://json-schema.org/draft/2020-12/schema",
                        "allOf": [media["schema"]],
                        "components": document["components"],
                    });
                    let validator = jsonschema::options()
                        .should_validate_formats(true)
                        .build(&schema)
                        .unwrap_or_else(|error| panic!("the schema of {method} {path} {status} is broken: {error}"));
                    validators.insert((method.clone(), path.clone(), status.clone()), validator);
                }
            }
        }
        Self { document, validators }
    }

    /// The whole document.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Panics if the answer is not one that the document describes.
    pub fn check(&self, method: &str, path: &str, status: u16, content_type: Option<&str>, body: &Value) {
        let path = path.split('?').next().expect("a path");
        let method = method.to_ascii_lowercase();
        let Some(template) = self.template(path) else { return };
        let operation = &self.document["paths"][template][&method];
        // An undocumented method is answered with 405 for every path alike.
        if operation.is_null() {
            assert!(matches!(status, 405 | 204 | 404), "{method} {path} is not documented but answered {status}");
            return;
        }
        let response = resolve(&self.document, &operation["responses"][status.to_string()]);
        assert!(!response.is_null(), "{method} {template} answered {status}, which is not documented; body {body}");
        if let Some(content_type) = content_type {
            let bare = |kind: &str| kind.split(';').next().expect("a type").trim().to_ascii_lowercase();
            let documented = response["content"]
                .as_object()
                .is_some_and(|kinds| kinds.keys().any(|kind| kind == "*/*" || bare(kind) == bare(content_type)));
            let bare = bare(content_type);
            assert!(documented, "{method} {template} answered {status} as {bare}, which is not documented");
        }
        // The same operation may answer a table as well.
        if content_type.is_some_and(|kind| !kind.contains("json")) {
            return;
        }
        if let Some(validator) = self.validators.get(&(method.clone(), template.to_owned(), status.to_string())) {
            let faults: Vec<_> =
                validator.iter_errors(body).map(|e| format!("{} at {}", e, e.instance_path())).collect();
            assert!(faults.is_empty(), "{method} {template} {status} does not fit its schema: {faults:?}\n{body}");
        }
    }

    fn template(&self, path: &str) -> Option<&str> {
        let wanted: Vec<_> = path.split('/').collect();
        let fits = |template: &str| {
            let parts: Vec<_> = template.split('/').collect();
            // Behind the parameter a segment may go on: `{id}.pdf`.
            let free = |part: &str, segment: &str| {
                let end = part.rsplit_once('}').map(|(_, end)| end).filter(|_| part.starts_with('{'));
                end.is_some_and(|end| segment.len() > end.len() && segment.ends_with(end))
            };
            parts.len() == wanted.len() && parts.iter().zip(&wanted).all(|(p, w)| p == w || free(p, w))
        };
        let paths = self.document["paths"].as_object().expect("paths");
        // A literal path wins over one with parameters, and of these the one with more text, as in the router.
        let mut found: Vec<_> = paths.keys().filter(|template| fits(template)).collect();
        found.sort_by_key(|template| (template.matches('{').count(), !template.contains("}.")));
        found.first().map(|template| template.as_str())
    }
}

fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..]).unwrap_or(&Value::Null),
        None => value,
    }
}
