//! One route: `post("/v1/users", create_user).summary("…").describe("…")`.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpRequest, web};
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::schema::Type;

use super::endpoint::{Settings, serve};
use super::gate::SCHOOL_READ_ONLY;
use super::{GateKind, Handler, RouteInfo, operation_id};
use crate::describe::{Description, ProblemCause, header, rate_limit_headers};
use crate::route::Gate;

type Mount = Arc<dyn Fn(Arc<Settings>) -> actix_web::Route + Send + Sync>;

/// Something said about a route beyond what its handler says of itself.
type Remark = Arc<dyn Fn(&mut Description) + Send + Sync>;

/// One route of a table: an address, a handler and their description, which is made only when somebody asks for it.
#[derive(Clone)]
pub struct Route {
    info: RouteInfo,
    remarks: Vec<Remark>,
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
        let gate = <H::Gate as Gate>::KIND;
        let settings = Settings {
            template: path,
            idempotent: *method == Method::POST,
            streamed: H::STREAMED,
            socket: H::SOCKET,
            gate,
            while_suspended: false,
            largest_body: None,
            describe: H::describe,
            names: Arc::default(),
        };
        let operation_id = operation_id::<H>(method, path);
        let info = RouteInfo { method: method.clone(), path, context: "", tag: "", gate, operation_id };
        let method = method.clone();
        let mount: Mount = Arc::new(move |settings| {
            let handler = handler.clone();
            actix_web::Route::new().method(method.clone()).to(move |request: HttpRequest, payload: web::Payload| {
                serve(handler.clone(), Arc::clone(&settings), request, payload)
            })
        });
        Self { info, remarks: Vec::new(), settings, mount }
    }

    fn remark(mut self, remark: impl Fn(&mut Description) + Send + Sync + 'static) -> Self {
        self.remarks.push(Arc::new(remark));
        self
    }

    /// One line on what the operation does.
    #[must_use]
    pub fn summary(self, text: &'static str) -> Self {
        self.remark(move |said| said.operation.summary = Some(text.to_owned()))
    }

    /// What a client developer needs to know, in Markdown.
    #[must_use]
    pub fn describe(self, text: &'static str) -> Self {
        self.remark(move |said| said.operation.description = Some(text.to_owned()))
    }

    /// Documents one more way in which the handler can fail.
    #[must_use]
    pub fn problem(self, code: &'static str, status: u16, text: &'static str) -> Self {
        self.remark(move |said| {
            // What the handler says of a failure is more to the point than what an extractor said.
            said.problems.retain(|known| (known.status, known.code) != (status, code));
            said.problems.push(ProblemCause { status, code, text });
        })
    }

    /// `Idempotency-Key` is not honoured: for routes that answer secrets and for uploads.
    #[must_use]
    pub const fn idempotency_exempt(mut self) -> Self {
        self.settings.idempotent = false;
        self
    }

    /// Bodies of up to so many bytes are taken whole, whatever the configuration says: for files that must be repeatable by their
    /// `Idempotency-Key`.
    #[must_use]
    pub const fn largest_body(mut self, bytes: usize) -> Self {
        self.settings.largest_body = Some(bytes);
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
    pub fn example(self, example: Value) -> Self {
        self.remark(move |said| {
            let Some(RefOr::T(body)) = &mut said.operation.request_body else { return };
            for content in body.content.values_mut() {
                if let RefOr::T(content) = content {
                    content.example = Some(example.clone());
                }
            }
        })
    }

    /// An example of the body of a success.
    #[must_use]
    pub fn example_answer(self, example: &Value) -> Self {
        let example = example.clone();
        self.remark(move |said| {
            for (_, response) in said.successes() {
                for content in response.content.values_mut() {
                    if let RefOr::T(content) = content {
                        content.example = Some(example.clone());
                    }
                }
            }
        })
    }

    /// The status of a success where it is not the reply's own: 201 and 202 also get a `Location` header, 204 no body.
    #[must_use]
    pub fn status(self, status: u16) -> Self {
        self.remark(move |said| {
            let responses = &mut said.operation.responses.responses;
            let Some(old) = responses.keys().find(|old| old.starts_with('2')).cloned() else { return };
            let Some(RefOr::T(mut response)) = responses.remove(&old) else { return };
            success_text(status).clone_into(&mut response.description);
            if matches!(status, 201 | 202) {
                let text = "Where the new resource, or the job, is found.";
                response.headers.insert("Location".to_owned(), header(text, Type::String));
            }
            if status == 204 {
                response.content.clear();
            }
            responses.insert(status.to_string(), RefOr::T(response));
        })
    }

    /// Documents that the same body may also come with another status, as of `/health` with 503.
    #[must_use]
    pub fn also(self, status: u16, text: &'static str) -> Self {
        self.remark(move |said| {
            let Some(mut copy) = said.successes().next().map(|(_, response)| response.clone()) else { return };
            text.clone_into(&mut copy.description);
            said.operation.responses.responses.insert(status.to_string(), RefOr::T(copy));
        })
    }

    /// Documents that successes carry the resource's `ETag`.
    #[must_use]
    pub fn versioned(self) -> Self {
        self.remark(|said| said.versioned = true)
    }

    /// Documents one more header on successes.
    #[must_use]
    pub fn answer_header(self, name: &'static str, text: &'static str) -> Self {
        self.remark(move |said| {
            for (_, response) in said.successes() {
                response.headers.insert(name.to_owned(), header(text, Type::String));
            }
        })
    }

    /// What the table says about the route. Complete once the route is in its [`Routes`](super::Routes).
    pub const fn info(&self) -> &RouteInfo {
        &self.info
    }

    /// All that is to be told about the route. It is made anew each time: whole, the descriptions of hundreds of routes take tens of
    /// megabytes. Complete once the route is in its [`Routes`](super::Routes).
    pub(crate) fn description(&self) -> Description {
        let mut description = Description { path: self.info.path, ..Description::default() };
        (self.settings.describe)(&mut description);
        for remark in &self.remarks {
            remark(&mut description);
        }
        self.finish(&mut description);
        description.write_notes();
        description
    }

    /// What serves requests.
    pub(crate) fn mounted(&self) -> Mounted {
        Mounted { settings: Arc::new(self.settings.clone()), mount: Arc::clone(&self.mount) }
    }

    /// Takes the route into a context.
    pub(super) const fn belong_to(&mut self, context: &'static str) {
        self.info.context = context;
        self.info.tag = context;
    }

    fn finish(&self, description: &mut Description) {
        description.operation.operation_id = Some(self.info.operation_id.clone());
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
        let versioned = description.versioned;
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

const fn success_text(status: u16) -> &'static str {
    match status {
        201 => "Created.",
        202 => "Accepted: it will be done.",
        204 => "Done.",
        _ => "Success.",
    }
}
