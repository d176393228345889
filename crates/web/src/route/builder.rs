//! One route: `post("/v1/users", create_user).summary("…").describe("…")`.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpRequest, web};
use serde_json::Value;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::schema::{KnownFormat, Schema, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Response};

use super::endpoint::{Settings, serve};
use super::gate::SCHOOL_READ_ONLY;
use super::{GateKind, Handler, RouteDocs, RouteInfo, operation_id};
use crate::describe::{Description, ProblemCause, header, path_names, rate_limit_headers};
use crate::route::Gate;

type Mount = Arc<dyn Fn(Arc<Settings>) -> actix_web::Route + Send + Sync>;

/// One route of a table: an address, a handler and their description.
#[derive(Clone)]
pub struct Route {
    info: RouteInfo,
    docs: RouteDocs,
    /// The operation in JSON, once the route is in its table.
    operation: String,
    settings: Settings,
    mount: Mount,
}

/// What of a route serves requests.
#[derive(Clone)]
pub(crate) struct Mounted {
    settings: Arc<Settings>,
    mount: Mount,
}

impl Mounted {
    /// An actix route that answers the route's method; to be put on a resource with its path.
    pub(crate) fn route(&self) -> actix_web::Route {
        (self.mount)(Arc::clone(&self.settings))
    }

    /// Whether its body is taken as it comes.
    pub(crate) fn is_streamed(&self) -> bool {
        self.settings.streamed
    }
}

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident = $method:ident;)+) => {
        $(
            $(#[$doc])*
            pub fn $name<H, Args>(path: &'static str, handler: H) -> Route
            where
                H: Handler<Args>,
                Args: 'static,
            {
                Route::of(&Method::$method, path, handler)
            }
        )+
    };
}

methods! {
    /// A route for `GET`; `HEAD` is answered alike, without the body.
    get = GET;
    /// A route for `POST`, which honours `Idempotency-Key` unless [exempt](Route::idempotency_exempt).
    post = POST;
    /// A route for `PUT`.
    put = PUT;
    /// A route for `PATCH`.
    patch = PATCH;
    /// A route for `DELETE`.
    delete = DELETE;
}

impl Route {
    /// A route for a method.
    pub(super) fn of<H, Args>(method: &Method, path: &'static str, handler: H) -> Self
    where
        H: Handler<Args>,
        Args: 'static,
    {
        let mut description = Description { path, ..Description::default() };
        H::describe(&mut description);
        let gate = <H::Gate as Gate>::KIND;
        let Description { mut operation, schemas, problems, needs, versioned, streamed, notes, .. } = description;
        let operation_id = operation_id::<H>(method, path);
        operation.operation_id = Some(operation_id.clone());
        let settings = Settings {
            template: path,
            idempotent: *method == Method::POST,
            versioned,
            streamed,
            query_names: query_names(&operation),
            path_names: path_kinds(&operation, path),
            while_suspended: false,
        };
        let info =
            RouteInfo { method: method.clone(), path, context: "", tag: "", gate, operation_id, problems, needs };
        let docs = RouteDocs { operation, schemas, notes };
        let method = method.clone();
        let mount: Mount = Arc::new(move |settings| {
            let handler = handler.clone();
            actix_web::Route::new().method(method.clone()).to(move |request: HttpRequest, payload: web::Payload| {
                serve(handler.clone(), Arc::clone(&settings), request, payload)
            })
        });
        Self { info, docs, operation: String::new(), settings, mount }
    }

    /// One line on what the operation does.
    #[must_use]
    pub fn summary(mut self, text: &str) -> Self {
        self.docs.operation.summary = Some(text.to_owned());
        self
    }

    /// What a client developer needs to know, in Markdown.
    #[must_use]
    pub fn describe(mut self, text: &str) -> Self {
        self.docs.operation.description = Some(text.to_owned());
        self
    }

    /// Documents one more way in which the handler can fail.
    #[must_use]
    pub fn problem(mut self, code: &'static str, status: u16, text: &'static str) -> Self {
        // What the handler says of a failure is more to the point than what an extractor said.
        self.info.problems.retain(|known| (known.status, known.code) != (status, code));
        self.info.problems.push(ProblemCause { status, code, text });
        self
    }

    /// `Idempotency-Key` is not honoured: for routes that answer secrets and for uploads.
    #[must_use]
    pub const fn idempotency_exempt(mut self) -> Self {
        self.settings.idempotent = false;
        self
    }

    /// Writes are let in also while the active school is suspended or lapsed: for what ends that state, or concerns the
    /// caller alone.
    #[must_use]
    pub const fn while_suspended(mut self) -> Self {
        self.settings.while_suspended = true;
        self
    }

    /// An example of the request body.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "callers write json!(…) in place")]
    pub fn example(mut self, example: Value) -> Self {
        if let Some(RefOr::T(body)) = &mut self.docs.operation.request_body {
            for content in body.content.values_mut() {
                if let RefOr::T(content) = content {
                    content.example = Some(example.clone());
                }
            }
        }
        self
    }

    /// An example of the body of a success.
    #[must_use]
    pub fn example_answer(mut self, example: &Value) -> Self {
        for response in self.answers_mut() {
            for content in response.content.values_mut() {
                if let RefOr::T(content) = content {
                    content.example = Some(example.clone());
                }
            }
        }
        self
    }

    /// The status of a success where it is not the reply's own: 201 and 202 also get a `Location` header, 204 no body.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        let old = self.docs.operation.responses.responses.iter().find(|(old, _)| old.starts_with('2'));
        let Some(old) = old.map(|(old, _)| old.clone()) else { return self };
        if let Some(RefOr::T(mut response)) = self.docs.operation.responses.responses.remove(&old) {
            success_text(status).clone_into(&mut response.description);
            if matches!(status, 201 | 202) {
                let text = "Where the new resource, or the job, is found.";
                response.headers.insert("Location".to_owned(), header(text, Type::String));
            }
            if status == 204 {
                response.content.clear();
            }
            self.docs.operation.responses.responses.insert(status.to_string(), RefOr::T(response));
        }
        self
    }

    /// Documents that the same body may also come with another status, as of `/health` with 503.
    #[must_use]
    pub fn also(mut self, status: u16, text: &str) -> Self {
        let copy = self.answers_mut().next().map(|response| {
            let mut copy = response.clone();
            text.clone_into(&mut copy.description);
            copy
        });
        if let Some(copy) = copy {
            self.docs.operation.responses.responses.insert(status.to_string(), RefOr::T(copy));
        }
        self
    }

    /// Documents that successes carry the resource's `ETag`.
    #[must_use]
    pub const fn versioned(mut self) -> Self {
        self.settings.versioned = true;
        self
    }

    /// Documents one more header on successes.
    #[must_use]
    pub fn answer_header(mut self, name: &str, text: &str) -> Self {
        for response in self.answers_mut() {
            response.headers.insert(name.to_owned(), header(text, Type::String));
        }
        self
    }

    /// What the table says about the route. Complete once the route is in its [`Routes`](super::Routes).
    pub const fn info(&self) -> &RouteInfo {
        &self.info
    }

    /// The OpenAPI operation in JSON; empty until the route is in its [`Routes`](super::Routes).
    pub(crate) const fn operation(&self) -> &str {
        self.operation.as_str()
    }

    /// What serves requests.
    pub(crate) fn mounted(&self) -> Mounted {
        Mounted { settings: Arc::new(self.settings.clone()), mount: Arc::clone(&self.mount) }
    }

    fn answers_mut(&mut self) -> impl Iterator<Item = &mut Response> {
        let answers = self.docs.operation.responses.responses.iter_mut();
        answers.filter_map(|(status, response)| match response {
            RefOr::T(response) if status.starts_with('2') => Some(response),
            _ => None,
        })
    }

    /// Takes the route into a context and finishes its description. Answers the schemas that the operation refers to, for the table to
    /// keep.
    pub(super) fn belong_to(&mut self, context: &'static str) -> Vec<(String, RefOr<Schema>)> {
        self.info.context = context;
        self.info.tag = context;
        let mut description = Description {
            operation: std::mem::take(&mut self.docs.operation),
            schemas: std::mem::take(&mut self.docs.schemas),
            problems: std::mem::take(&mut self.info.problems),
            path: self.info.path,
            notes: std::mem::take(&mut self.docs.notes),
            ..Description::default()
        };
        self.finish(&mut description);
        description.write_notes();
        // What cannot be written stays empty, and is found when the document is assembled.
        self.operation = serde_json::to_string(&description.operation).unwrap_or_default();
        self.info.problems = description.problems;
        description.schemas
    }

    fn finish(&self, description: &mut Description) {
        description.operation.tags = Some(vec![self.info.tag.to_owned()]);
        if self.settings.idempotent {
            describe_idempotency(description);
        }
        description.problem(500, "internal", "A fault of ours, logged under the request's id.");
        description.problem(503, "unavailable", "Something that this needs is not available just now.");
        if description.operation.parameters.iter().flatten().any(|p| matches!(p, RefOr::T(_)))
            || self.info.gate != GateKind::Public
        {
            description.problem(400, "malformed-header", "A header is not what its specification says.");
        }
        description.problem(
            422,
            "invalid",
            "Parameters that the operation does not list, or values that are not acceptable.",
        );
        if self.info.permission().is_some() && !self.info.method.is_safe() && !self.settings.while_suspended {
            description.problem(
                403,
                SCHOOL_READ_ONLY,
                "The active school is suspended or lapsed: it can only be read.",
            );
        }
        let versioned = self.settings.versioned;
        let idempotent = self.settings.idempotent;
        for (status, response) in description.successes() {
            rate_limit_headers(response);
            if versioned && status != "204" {
                let text = "The version of the resource, for `If-Match` and `If-None-Match`.";
                response.headers.insert("ETag".to_owned(), header(text, Type::String));
            }
            if idempotent {
                let text = "`true` where this is the stored answer to an earlier request with the same key.";
                response.headers.insert("Idempotency-Replayed".to_owned(), header(text, Type::String));
            }
        }
        let permission = self.info.permission().map_or(Value::Null, |permission| permission.name.into());
        let extensions = description.operation.extensions.get_or_insert_with(Extensions::default);
        extensions.insert("x-permission".to_owned(), permission);
        description.finish_problems(true);
    }
}

fn describe_idempotency(description: &mut Description) {
    description.note(
        "`Idempotency-Key` makes the request safe to repeat: the same key, caller and body within 24 hours gets the first success \
         again; another body with the key is 422.",
    );
    description.problem(400, "malformed-header", "A header is not what its specification says.");
    description.problem(409, "idempotency-in-flight", "A request with the same key is still being worked on.");
    description.problem(422, "idempotency-key-reused", "The key was used for a different request.");
}

fn query_names(operation: &utoipa::openapi::path::Operation) -> Arc<[String]> {
    let parameters = operation.parameters.iter().flatten();
    let query = parameters.filter_map(|parameter| match parameter {
        RefOr::T(parameter) if parameter.parameter_in == utoipa::openapi::path::ParameterIn::Query => {
            Some(parameter.name.clone())
        }
        _ => None,
    });
    query.collect()
}

/// The names in the path and whether each is documented as a UUID.
fn path_kinds(operation: &utoipa::openapi::path::Operation, path: &'static str) -> Arc<[(&'static str, bool)]> {
    let uuid = SchemaFormat::KnownFormat(KnownFormat::Uuid);
    let is_uuid = |name: &str| {
        operation.parameters.iter().flatten().any(|parameter| match parameter {
            RefOr::T(parameter) if parameter.name == name => match &parameter.schema {
                Some(RefOr::T(Schema::Object(object))) => object.format.as_ref() == Some(&uuid),
                _ => false,
            },
            _ => false,
        })
    };
    path_names(path).map(|name| (name, is_uuid(name))).collect()
}

const fn success_text(status: u16) -> &'static str {
    match status {
        201 => "Created.",
        202 => "Accepted: it will be done.",
        204 => "Done.",
        _ => "Success.",
    }
}
