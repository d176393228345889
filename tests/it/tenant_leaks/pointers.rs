//! Where a request can name a thing of a school: parameters of the path, of the query, fields of the body, as the API document
//! lists them.

use serde_json::{Value, json};

/// What fields and query parameters of these names point at: a place in `Things::ids`. Every field of the format `uuid` must be
/// here; of the rest, those that take a name out of the school.
const POINTERS: &[(&str, &str)] = &[
    ("actor_id", "users"),
    ("bank_id", "question-banks"),
    ("block_id", "blocks"),
    ("block_ids", "blocks"),
    ("course_id", "courses"),
    ("cover_file_id", "files"),
    ("default_role", "role names"),
    ("file_id", "files"),
    ("group_id", "groups"),
    ("group_ids", "groups"),
    ("ids", "blocks"),
    ("key", "keys"),
    ("owner_id", "users"),
    ("payment_method_id", "payment-methods"),
    ("plan_id", "plans"),
    ("price_id", "prices"),
    ("question_id", "questions"),
    ("requestable_roles", "role names"),
    ("role", "role names"),
    ("role_to_grant", "role names"),
    ("roles", "role names"),
    ("school", "slug"),
    ("school_id", "schools"),
    ("section_id", "sections"),
    ("target_id", "groups"),
    ("teacher_id", "users"),
    ("test_id", "tests"),
    ("teacher_ids", "users"),
    ("user_id", "users"),
    ("user_ids", "users"),
];

/// What belongs to the deployment and looks alike from every school.
pub const PLATFORM: [&str; 2] = ["plans", "prices"];

/// What one route's requests can point with.
#[derive(Debug, Default)]
pub struct Pointers {
    /// The parameters of the path and what they point at; nothing for those that are no ids.
    pub path: Vec<Option<&'static str>>,
    /// Query parameters and what they point at.
    pub query: Vec<(String, &'static str)>,
    /// Fields of the body, as JSON pointers in which `*` is an element, and what they point at.
    pub body: Vec<(String, &'static str)>,
    /// All query parameters.
    pub parameters: Vec<String>,
    /// Whether there is a table to download.
    pub csv: bool,
}

impl Pointers {
    pub fn any(&self) -> bool {
        self.path.iter().any(Option::is_some) || !self.query.is_empty() || !self.body.is_empty()
    }
}

/// What the document says of a route.
pub fn of_route(document: &Value, method: &str, path: &'static str) -> Pointers {
    let operation = &document["paths"][path][method.to_lowercase()];
    assert!(operation.is_object(), "{method} {path} is not in the document");
    let mut pointers = Pointers { path: of_path(path), ..Pointers::default() };
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let parameter = resolve(document, parameter);
        let name = parameter["name"].as_str().expect("a name");
        match parameter["in"].as_str() {
            Some("query") => {
                pointers.parameters.push(name.to_owned());
                if let Some(to) = points_at(name, mentions_uuid(document, &parameter["schema"])) {
                    pointers.query.push((name.to_owned(), to));
                }
            }
            // A header that named a school would have to be walked like the rest.
            Some("header") => assert!(!name.to_lowercase().contains("school"), "{method} {path}: {name}"),
            _ => {}
        }
    }
    let content = resolve(document, &operation["requestBody"])["content"].as_object();
    for media in content.into_iter().flatten().map(|(_, media)| media) {
        fields(document, &media["schema"], "", &mut |pointer, uuid| {
            let name = pointer.split('/').rfind(|part| *part != "*").unwrap_or_default();
            if let Some(to) = points_at(name, uuid) {
                // Orders are of what the path ends with.
                let to = if path.ends_with("/sections/order") { "sections" } else { to };
                pointers.body.push((pointer.to_owned(), to));
            }
        });
    }
    pointers.body.sort();
    pointers.body.dedup();
    pointers.csv = operation["responses"]["200"]["content"]["text/csv"].is_object();
    pointers
}

fn of_path(path: &'static str) -> Vec<Option<&'static str>> {
    let parts: Vec<_> = path.split('/').collect();
    let parameters = parts.windows(2).filter(|pair| pair[1].starts_with('{'));
    let names = |pair: &[&'static str]| match pair[1] {
        "{permission}" => None,
        // Of objects in the store: its school, and its name there.
        "{owner}" => Some("schools"),
        "{object}" => Some("objects"),
        _ => Some(pair[0]),
    };
    parameters.map(names).collect()
}

fn points_at(name: &str, uuid: bool) -> Option<&'static str> {
    let known = POINTERS.iter().find(|(known, _)| *known == name).map(|(_, to)| *to);
    assert!(known.is_some() || !uuid, "{name} takes an id: say in POINTERS of what");
    known
}

fn resolve<'a>(document: &'a Value, mut schema: &'a Value) -> &'a Value {
    while let Some(reference) = schema["$ref"].as_str() {
        schema = document.pointer(&reference[1..]).expect("a definition");
    }
    schema
}

fn mentions_uuid(document: &Value, schema: &Value) -> bool {
    let mut found = false;
    fields(document, schema, "", &mut |_, uuid| found |= uuid);
    found
}

/// Every place in a schema where a text can stand, and whether it is an id.
fn fields(document: &Value, schema: &Value, at: &str, found: &mut impl FnMut(&str, bool)) {
    // Rules hold rules, in lists and by themselves: one is enough.
    if at.ends_with("/rules") || at.ends_with("/rule") {
        return;
    }
    let schema = resolve(document, schema);
    let kind = &schema["type"];
    let text = kind == "string" || kind.as_array().is_some_and(|kinds| kinds.contains(&json!("string")));
    if text {
        found(at, schema["format"] == "uuid");
    }
    for several in ["oneOf", "anyOf", "allOf"] {
        for one in schema[several].as_array().into_iter().flatten() {
            fields(document, one, at, found);
        }
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        fields(document, field, &format!("{at}/{name}"), found);
    }
    if schema["items"].is_object() {
        fields(document, &schema["items"], &format!("{at}/*"), found);
    }
}

/// Puts a value where a pointer points.
pub fn set(body: &mut Value, pointer: &str, value: &str) {
    let (pointer, value) = match (pointer, pointer.strip_suffix("/*")) {
        ("/release/block_id", _) => ("/release", json!({"kind": "completed", "block_id": value})),
        ("/release/group_id", _) => ("/release", json!({"kind": "group", "group_id": value})),
        ("/questions/*/question_id", _) => ("/questions", json!([{ "question_id": value }])),
        ("/settings/draws/*/bank_id", _) => ("/settings", json!({"draws": [{"bank_id": value, "count": 1}]})),
        ("/answers/*/question_id", _) => ("/answers", json!([{"question_id": value, "seq": 1, "answer": true}])),
        (_, Some(list)) => (list, json!([value])),
        (_, None) => (pointer, json!(value)),
    };
    let mut place = body;
    for part in pointer.split('/').skip(1) {
        place = &mut place[part];
    }
    *place = value;
}
