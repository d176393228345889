//! The OpenAPI 3.1 document.

use std::collections::BTreeMap;

use bytes::Bytes;
use lyceum_kernel::Permission;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Flow, HttpAuthScheme, HttpBuilder, OAuth2, Password, Scopes, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Info, InfoBuilder, LicenseBuilder, Server, Tag};

use super::harden;
use super::schemas::Schemas;
use crate::describe::ProblemCause;
use crate::route::{GateKind, RouteInfo, Routes, SECURITY_SCHEMES};

/// Where the padlock of Swagger UI and OAuth2 clients get tokens.
const TOKEN_URL: &str = "/v1/auth/token";

const DESCRIPTION: &str = "\
The API of Lyceum, a headless learning platform.

* **Authentication.** `Authorization: Bearer <access token>`; every operation but the public ones needs it. Get one from \
`POST /v1/auth/login`, or press *Authorize*.
* **Errors** are `application/problem+json` (RFC 9457). `type` is stable and leads to an explanation; for invalid requests \
`errors` names each fault with a JSON pointer. Quote `request_id` when you ask for help.
* **Lists** are bare arrays, `limit` and `cursor` walk them, and `Link: …; rel=\"next\"` leads on while there is more.
* **Changes.** Mutable resources carry `version` and an `ETag`; send it back in `If-Match` so as not to overwrite what \
somebody else has written.
* **Retries.** Send an `Idempotency-Key` with a POST, and repeating it within 24 hours is harmless.
* **Limits.** `RateLimit` and `RateLimit-Policy` say what is left; 429 and 503 come with `Retry-After`.
";

/// The document (OpenAPI 3.1, section 4.8.1). What repeats is raw: whole, it would be a tree of tens of megabytes.
#[derive(Serialize)]
struct Document {
    openapi: &'static str,
    info: Info,
    servers: [Server; 1],
    paths: BTreeMap<String, BTreeMap<String, Box<RawValue>>>,
    components: Components,
    tags: Vec<Tag>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Components {
    schemas: BTreeMap<String, Box<RawValue>>,
    headers: Value,
    parameters: Value,
    security_schemes: BTreeMap<&'static str, SecurityScheme>,
}

/// A route and what can go wrong with it.
pub(super) type Causes<'a> = (&'a RouteInfo, Vec<ProblemCause>);

/// Assembles the document, in JSON, and what can go wrong with each route.
///
/// # Errors
/// A state that a handler asks for and nobody gives, the same schema name for two shapes.
pub(super) fn assemble(tables: &[Routes]) -> Result<(Bytes, Vec<Causes<'_>>), Vec<String>> {
    let unwritten = |what: &str| vec![format!("{what} cannot be written into the API document")];
    let mut paths: BTreeMap<String, BTreeMap<String, Box<RawValue>>> = BTreeMap::new();
    let mut schemas = Schemas::default();
    let (mut causes, mut faults) = (Vec::new(), Vec::new());
    for (table, route) in tables.iter().flat_map(|table| table.routes().iter().map(move |route| (table, route))) {
        let info = route.info();
        let description = route.description();
        faults.extend(table.unmet(info, &description));
        for (name, schema) in &description.schemas {
            schemas.add(name, schema, || format!("{} {}", info.method, info.path));
        }
        let operation = written(&description.operation).map_err(|_| unwritten(&info.operation_id))?;
        let path = paths.entry(plain_template(info.path)).or_default();
        path.insert(info.method.as_str().to_ascii_lowercase(), operation);
        causes.push((info, description.problems));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let info = InfoBuilder::new()
        .title("Lyceum")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(LicenseBuilder::new().name("MIT").build()));
    let document = Document {
        openapi: "3.1.0",
        info: info.build(),
        servers: [Server::new("/")],
        paths,
        components: Components {
            schemas: hardened(schemas)?,
            headers: harden::answer_headers(),
            parameters: harden::request_headers(),
            security_schemes: security_schemes(tables),
        },
        tags: tags(tables),
    };
    let document = serde_json::to_vec(&document).map_err(|_| unwritten("what it begins with"))?;
    Ok((document.into(), causes))
}

fn written(operation: &Operation) -> Result<Box<RawValue>, serde_json::Error> {
    let mut operation = serde_json::to_value(operation)?;
    if let Some(operation) = operation.as_object_mut() {
        harden::operation(operation);
    }
    to_raw_value(&operation)
}

fn hardened(schemas: Schemas) -> Result<BTreeMap<String, Box<RawValue>>, Vec<String>> {
    let mut written = BTreeMap::new();
    for (name, schema) in schemas.into_distinct()? {
        let fault = |error: serde_json::Error| vec![format!("the schema {name} cannot be written: {error}")];
        let mut schema: Value = serde_json::from_str(&schema).map_err(fault)?;
        harden::schema(&name, &mut schema);
        let schema = to_raw_value(&schema).map_err(fault)?;
        written.insert(name, schema);
    }
    Ok(written)
}

/// A template as OpenAPI writes it: without patterns and marks for tails.
pub(super) fn plain_template(path: &str) -> String {
    path.replace(":.*}", "}").replace("}*", "}")
}

fn tags(tables: &[Routes]) -> Vec<Tag> {
    let mut tags: Vec<Tag> = Vec::new();
    for table in tables.iter().filter(|table| !table.routes().is_empty()) {
        if !tags.iter().any(|tag| tag.name == table.name()) {
            tags.push(TagBuilder::new().name(table.name()).description(Some(table.description())).build());
        }
    }
    tags
}

fn security_schemes(tables: &[Routes]) -> BTreeMap<&'static str, SecurityScheme> {
    let [oauth2, bearer] = SECURITY_SCHEMES;
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("An access token from `POST /v1/auth/login`."))
        .build();
    let padlock = Flow::Password(Password::new(TOKEN_URL, scopes(tables)));
    let padlock =
        OAuth2::with_description([padlock], "Log in with username (or e-mail) and password. No client id is needed.");
    BTreeMap::from([(oauth2, SecurityScheme::OAuth2(padlock)), (bearer, SecurityScheme::Http(token))])
}

fn scopes(tables: &[Routes]) -> Scopes {
    let held: BTreeMap<&str, Permission> = tables
        .iter()
        .flat_map(Routes::routes)
        .filter_map(|route| match route.info().gate {
            GateKind::Permission(permission) => Some((permission.name, permission)),
            GateKind::Public | GateKind::Authenticated => None,
        })
        .collect();
    held.values().map(|permission| (permission.name, permission.description)).collect()
}
