//! Holds every answer in the tests against the `OpenAPI` document.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::{Value, json};

/// The document, with a validator for each documented JSON answer that came up.
pub struct Contract {
    document: Value,
    validators: Mutex<HashMap<Answer, Option<Arc<Validator>>>>,
}

/// The method in small letters, the path's template, the status.
type Answer = (String, String, u16);

impl std::fmt::Debug for Contract {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contract").finish_non_exhaustive()
    }
}

impl Contract {
    /// The contract of a document. Compiling validators takes its time, so systems with the same document share one.
    pub fn shared(document: Value) -> Arc<Self> {
        static KNOWN: Mutex<Vec<Arc<Contract>>> = Mutex::new(Vec::new());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(contract) = known.iter().find(|contract| contract.document == document) {
            return Arc::clone(contract);
        }
        let contract = Arc::new(Self { document, validators: Mutex::default() });
        known.push(Arc::clone(&contract));
        contract
    }

    /// The validator of an answer, if it is JSON; compiled when it comes up first.
    fn validator(&self, answer: Answer) -> Option<Arc<Validator>> {
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        validators.entry(answer).or_insert_with_key(|answer| self.compile(answer).map(Arc::new)).clone()
    }

    /// Compiles the schema of every documented answer, and tells of how many.
    pub fn compile_all(&self) -> usize {
        let paths = self.document["paths"].as_object().expect("paths");
        let operations = paths.iter().flat_map(|(path, item)| {
            item.as_object().expect("a path item").iter().map(move |(method, operation)| (method, path, operation))
        });
        let answers = operations.flat_map(|(method, path, operation)| {
            let statuses = operation["responses"].as_object().into_iter().flat_map(serde_json::Map::keys);
            statuses.filter_map(move |status| Some((method.clone(), path.clone(), status.parse().ok()?)))
        });
        answers.filter_map(|answer| self.validator(answer)).count()
    }

    fn compile(&self, (method, path, status): &Answer) -> Option<Validator> {
        let response = &self.document["paths"][path][method]["responses"][status.to_string()];
        let content = resolve(&self.document, response)["content"].as_object()?;
        let (_, media) = content.iter().find(|(kind, _)| kind.contains("json"))?;
        let mut schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "allOf": [media["schema"]],
        });
        let mut named = BTreeMap::new();
        self.gather(&media["schema"], &mut named);
        for (name, definition) in named {
            schema["components"]["schemas"][name] = definition.clone();
        }
        let validator = jsonschema::options().should_validate_formats(true).build(&schema);
        Some(validator.unwrap_or_else(|error| panic!("the schema of {method} {path} {status} is broken: {error}")))
    }

    /// The named schemas that a schema refers to, and those that they refer to.
    fn gather<'a>(&'a self, schema: &'a Value, named: &mut BTreeMap<&'a str, &'a Value>) {
        match schema {
            Value::Object(members) => {
                if let Some(name) = schema["$ref"].as_str().and_then(|to| to.strip_prefix("#/components/schemas/"))
                    && !named.contains_key(name)
                {
                    let definition = &self.document["components"]["schemas"][name];
                    named.insert(name, definition);
                    self.gather(definition, named);
                }
                members.values().for_each(|member| self.gather(member, named));
            }
            Value::Array(elements) => elements.iter().for_each(|element| self.gather(element, named)),
            _ => {}
        }
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
        if let Some(validator) = self.validator((method.clone(), template.to_owned(), status)) {
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
