//! The OpenAPI 3.1 document.

use std::collections::BTreeMap;

use actix_web::http::Method;
use bytes::Bytes;
use lyceum_kernel::Permission;
use serde_json::Value;
use utoipa::openapi::path::{HttpMethod, Operation, Paths};
use utoipa::openapi::schema::Components;
use utoipa::openapi::security::{Flow, HttpAuthScheme, HttpBuilder, OAuth2, Password, Scopes, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, OpenApiVersion, Server, Tag};

use super::harden;
use crate::route::{GateKind, Route, Routes, SECURITY_SCHEMES, Schemas};

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

/// Assembles the document and writes it as JSON. What is wrong with the tables is said, all of it at once.
///
/// # Errors
/// The same schema name for two shapes.
pub(crate) fn assemble(tables: &[Routes]) -> Result<Bytes, Vec<String>> {
    let table: Vec<&Route> = tables.iter().flat_map(Routes::routes).collect();
    let mut paths = Paths::new();
    for route in &table {
        if let Some(method) = http_method(&route.info().method) {
            paths.add_path_operation(plain_template(route.info().path), vec![method], operation(route));
        }
    }
    let info = InfoBuilder::new()
        .title("Lyceum")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(LicenseBuilder::new().name("MIT").build()));
    let mut document = OpenApiBuilder::new()
        .info(info)
        .servers(Some([Server::new("/")]))
        .paths(paths)
        .components(Some(components(tables, &table)?))
        .tags(Some(tags(tables)))
        .build();
    document.openapi = OpenApiVersion::Version31;
    // In a thread of its own: allocators give back what a thread leaves behind sooner than what one keeps for later.
    let written = std::thread::scope(|scope| scope.spawn(|| hardened(document)).join());
    match written {
        Ok(written) => written.map_err(|error| vec![format!("the API document cannot be written: {error}")]),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn hardened(document: OpenApi) -> Result<Bytes, serde_json::Error> {
    let mut value: Value = serde_json::to_value(document)?;
    harden::harden(&mut value);
    Ok(Bytes::from(serde_json::to_vec(&value)?))
}

fn operation(route: &Route) -> Operation {
    let mut operation = route.docs().operation.clone();
    if operation.description.is_none() {
        operation.description.clone_from(&operation.summary);
    }
    operation
}

/// A template as OpenAPI writes it: without patterns and marks for tails.
fn plain_template(path: &str) -> String {
    path.replace(":.*}", "}").replace("}*", "}")
}

fn http_method(method: &Method) -> Option<HttpMethod> {
    [
        (Method::GET, HttpMethod::Get),
        (Method::POST, HttpMethod::Post),
        (Method::PUT, HttpMethod::Put),
        (Method::PATCH, HttpMethod::Patch),
        (Method::DELETE, HttpMethod::Delete),
    ]
    .into_iter()
    .find_map(|(known, written)| (known == *method).then_some(written))
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

fn components(tables: &[Routes], table: &[&Route]) -> Result<Components, Vec<String>> {
    let mut schemas = Schemas::default();
    for routes in tables {
        schemas.extend(routes.schemas(), routes.name());
    }
    let mut components = Components::new();
    components.schemas = schemas.into_distinct()?;
    let [oauth2, bearer] = SECURITY_SCHEMES;
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("An access token from `POST /v1/auth/login`."))
        .build();
    let padlock = Flow::Password(Password::new(TOKEN_URL, scopes(table)));
    let padlock =
        OAuth2::with_description([padlock], "Log in with username (or e-mail) and password. No client id is needed.");
    components.add_security_scheme(oauth2, SecurityScheme::OAuth2(padlock));
    components.add_security_scheme(bearer, SecurityScheme::Http(token));
    Ok(components)
}

fn scopes(table: &[&Route]) -> Scopes {
    let held: BTreeMap<&str, Permission> = table
        .iter()
        .filter_map(|route| match route.info().gate {
            GateKind::Permission(permission) => Some((permission.name, permission)),
            GateKind::Public | GateKind::Authenticated => None,
        })
        .collect();
    held.values().map(|permission| (permission.name, permission.description)).collect()
}
