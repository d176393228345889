//! How handlers document themselves: each gate, extractor and reply writes its part of the OpenAPI operation.

use std::any::TypeId;
use std::collections::BTreeMap;

use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{Content, Header, Ref, RefOr, Required};
use utoipa::{PartialSchema, ToSchema};

use crate::problem::{PROBLEM_JSON, ProblemBody};

/// Something that takes part in an operation and says so in the API document.
pub trait Describe {
    /// Adds this part to the description.
    fn describe(description: &mut Description);
}

/// One cause of a problem answer, for the document and for the pages under `/problems/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemCause {
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: &'static str,
    /// When it happens, in a sentence.
    pub text: &'static str,
}

/// The description of one operation in the making.
#[derive(Default)]
pub struct Description {
    /// The OpenAPI operation, without its problem answers, which are added at the end.
    pub operation: Operation,
    /// The named schemas that the operation refers to.
    pub schemas: Vec<(String, RefOr<Schema>)>,
    /// What can go wrong.
    pub problems: Vec<ProblemCause>,
    /// The route's path template.
    pub path: &'static str,
    /// Whether the resource is versioned, so that successes carry an `ETag`.
    pub versioned: bool,
    /// What is said below the operation's own description, a paragraph each.
    pub notes: Vec<&'static str>,
    /// State that the handler asks for.
    pub needs: Vec<(TypeId, &'static str)>,
    pub(crate) claimed: usize,
}

impl Description {
    /// A reference to the named schema of `T`, which is registered with everything that it refers to; or the schema
    /// itself where it has no name worth having (strings, numbers, lists).
    pub fn schema_of<T: ToSchema>(&mut self) -> RefOr<Schema> {
        T::schemas(&mut self.schemas);
        let schema = T::schema();
        let name = T::name();
        let nameless = matches!(
            name.as_ref(),
            "Vec"
                | "Option"
                | "HashMap"
                | "BTreeMap"
                | "Box"
                | "Arc"
                | "String"
                | "str"
                | "Value"
                | "Uuid"
                | "DateTime"
        ) || !name.starts_with(|c: char| c.is_ascii_uppercase())
            || matches!(&schema, RefOr::T(Schema::Array(_)) | RefOr::Ref(_));
        if nameless {
            return schema;
        }
        self.schemas.push((name.clone().into_owned(), schema));
        RefOr::Ref(Ref::from_schema_name(name))
    }

    /// Adds a parameter, unless one of its name and place is there.
    pub fn parameter(&mut self, parameter: Parameter) {
        let parameters = self.operation.parameters.get_or_insert_default();
        let there = parameters.iter().any(|other| match other {
            RefOr::T(other) => other.name == parameter.name && other.parameter_in == parameter.parameter_in,
            RefOr::Ref(_) => false,
        });
        if !there {
            parameters.push(RefOr::T(parameter));
        }
    }

    /// Adds an optional request header.
    pub fn request_header(&mut self, name: &str, text: &str, schema: impl Into<RefOr<Schema>>) {
        self.parameter(
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Header)
                .required(Required::False)
                .description(Some(text))
                .schema(Some(schema))
                .build(),
        );
    }

    /// Adds a paragraph to the operation's description, unless it is there.
    ///
    /// So are request headers documented whose right value follows from an earlier answer, such as `If-Match`: as parameters they would
    /// promise that any value of their shape is welcome. Their shapes stand under `components/parameters`.
    pub fn note(&mut self, text: &'static str) {
        if !self.notes.contains(&text) {
            self.notes.push(text);
        }
    }

    /// Puts the notes below the description.
    pub(crate) fn write_notes(&mut self) {
        let own = self.operation.description.take().or_else(|| self.operation.summary.clone());
        let paragraphs: Vec<&str> = own.iter().map(String::as_str).chain(self.notes.iter().copied()).collect();
        if !paragraphs.is_empty() {
            self.operation.description = Some(paragraphs.join("\n\n"));
        }
    }

    /// The next name in the path template that no extractor has taken yet.
    pub fn claim_path_name(&mut self) -> Option<&'static str> {
        let name = path_names(self.path).nth(self.claimed);
        self.claimed += 1;
        name
    }

    /// Adds the request body in one more media type.
    pub fn body(&mut self, media_type: &str, schema: RefOr<Schema>) {
        let body = self
            .operation
            .request_body
            .get_or_insert_with(|| RefOr::T(RequestBodyBuilder::new().required(Some(Required::True)).build()));
        if let RefOr::T(body) = body {
            body.content.insert(media_type.to_owned(), RefOr::T(Content::new(Some(schema))));
        }
    }

    /// Adds a cause of a problem answer, unless this status has one of this code.
    pub fn problem(&mut self, status: u16, code: &'static str, text: &'static str) {
        if !self.problems.iter().any(|known| (known.status, known.code) == (status, code)) {
            self.problems.push(ProblemCause { status, code, text });
        }
    }

    /// Sets the answer for a success without a body.
    pub fn success(&mut self, status: u16, text: &str) -> &mut Response {
        let response = self.operation.responses.responses.entry(status.to_string());
        let response = response.or_insert_with(|| RefOr::T(Response::new(text)));
        if matches!(response, RefOr::Ref(_)) {
            *response = RefOr::T(Response::new(text));
        }
        match response {
            RefOr::T(response) => response,
            RefOr::Ref(_) => unreachable!("replaced above"),
        }
    }

    /// Sets the answer for a success with a body.
    pub fn success_with(&mut self, status: u16, text: &str, media_type: &str, schema: RefOr<Schema>) -> &mut Response {
        let response = self.success(status, text);
        response.content.insert(media_type.to_owned(), RefOr::T(Content::new(Some(schema))));
        response
    }

    /// The answers below 300 that are described so far.
    pub(crate) fn successes(&mut self) -> impl Iterator<Item = (&String, &mut Response)> {
        self.operation.responses.responses.iter_mut().filter_map(|(status, response)| match response {
            RefOr::T(response) if status.starts_with('2') => Some((status, response)),
            _ => None,
        })
    }

    /// Writes the problem answers into the operation: one answer per status, all causes in its description.
    pub(crate) fn finish_problems(&mut self, rate_limited: bool) {
        if self.problems.is_empty() {
            return;
        }
        self.schemas.push(("Problem".to_owned(), ProblemBody::schema()));
        ProblemBody::schemas(&mut self.schemas);
        let mut by_status: BTreeMap<u16, Vec<&ProblemCause>> = BTreeMap::new();
        for cause in &self.problems {
            by_status.entry(cause.status).or_default().push(cause);
        }
        for (status, causes) in by_status {
            let response = problem_response(status, &causes, rate_limited);
            match self.operation.responses.responses.get_mut(&status.to_string()) {
                // A reply may have said already that it sends this status itself, in another media type.
                Some(RefOr::T(own)) => {
                    own.description = format!("{}\n\n{}", own.description, response.description);
                    own.content.extend(response.content);
                    own.headers.extend(response.headers);
                }
                _ => {
                    self.operation.responses.responses.insert(status.to_string(), RefOr::T(response));
                }
            }
        }
    }
}

fn problem_response(status: u16, causes: &[&ProblemCause], rate_limited: bool) -> Response {
    let lines: Vec<String> = causes.iter().map(|cause| format!("`{}`: {}", cause.code, cause.text)).collect();
    let mut response = Response::new(lines.join("\n\n"));
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    response.content.insert(PROBLEM_JSON.to_owned(), RefOr::T(content));
    match status {
        401 => {
            response.headers.insert("WWW-Authenticate".to_owned(), header("The challenge (RFC 6750).", Type::String));
        }
        429 | 503 => {
            response
                .headers
                .insert("Retry-After".to_owned(), header("Seconds to wait before trying again.", Type::Integer));
        }
        _ => {}
    }
    if rate_limited && status == 429 {
        rate_limit_headers(&mut response);
    }
    response
}

/// Documents the `RateLimit` headers on an answer.
pub(crate) fn rate_limit_headers(response: &mut Response) {
    let text = "What is left of each quota (`r`) and the seconds until it is whole again (`t`).";
    response.headers.insert("RateLimit".to_owned(), header(text, Type::String));
    let text = "The quotas (`q`) and their windows in seconds (`w`) that hold for this caller.";
    response.headers.insert("RateLimit-Policy".to_owned(), header(text, Type::String));
}

/// A response header with a description.
pub fn header(text: &str, kind: Type) -> RefOr<Header> {
    let schema = ObjectBuilder::new().schema_type(kind).build();
    RefOr::T(HeaderBuilder::new().schema(Some(schema)).description(Some(text)).build())
}

/// The names in braces of a path template, in order; a pattern after a colon is left out.
pub(crate) fn path_names(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('{').skip(1).filter_map(|rest| rest.split(['}', ':']).next())
}
