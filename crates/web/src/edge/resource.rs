//! All routes of the program, grouped by path.

use std::sync::Arc;

use actix_web::dev::{ResourceDef, ServiceRequest};
use actix_web::http::Method;
use actix_web::http::header::HeaderValue;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::future::LocalBoxFuture;

use super::path_tree::PathTree;
use crate::route::Mounted;

/// Paths that are answered however full the server is.
const OPERATORS: [&str; 4] = ["/health", "/health/live", "/health/ready", "/metrics"];

/// A page of the program's own (documents, explanations of problems): made from the request, no gate, no state.
pub(crate) type Page = Arc<dyn Fn(&HttpRequest) -> LocalBoxFuture<'static, HttpResponse> + Send + Sync>;

/// What answers a method on a path.
#[derive(Clone)]
pub(crate) enum Endpoint {
    /// A route of a context's table.
    Route(Mounted),
    /// A page of our own.
    Page(Page),
}

/// A path with the methods that it knows.
pub(crate) struct Resource {
    /// The template, as in `/v1/users/{id}`.
    pub(crate) template: &'static str,
    /// Method and answer.
    pub(crate) endpoints: Vec<(Method, Endpoint)>,
    /// `Allow`: the methods, with `HEAD` wherever `GET` is, and `OPTIONS`.
    pub(crate) allow: HeaderValue,
    /// Whether it is exempt from load shedding.
    pub(crate) for_operators: bool,
    definition: ResourceDef,
}

impl Resource {
    fn new(template: &'static str) -> Self {
        Self {
            template,
            endpoints: Vec::new(),
            allow: HeaderValue::from_static("OPTIONS"),
            for_operators: OPERATORS.contains(&template),
            definition: ResourceDef::new(template),
        }
    }

    /// The index of the endpoint for a method; `HEAD` is answered by `GET`'s.
    pub(super) fn endpoint(&self, method: &Method) -> Option<usize> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.endpoints.iter().position(|(known, _)| known == method)
    }

    fn add(&mut self, method: Method, endpoint: Endpoint) -> bool {
        if self.endpoints.iter().any(|(known, _)| *known == method) {
            return false;
        }
        self.endpoints.push((method, endpoint));
        let mut allow = String::new();
        for (method, _) in &self.endpoints {
            allow.push_str(method.as_str());
            allow.push_str(if *method == Method::GET { ", HEAD, " } else { ", " });
        }
        allow.push_str("OPTIONS");
        if let Ok(allow) = HeaderValue::from_str(&allow) {
            self.allow = allow;
        }
        true
    }
}

/// The resources and the tree that finds them.
pub(crate) struct Resources {
    all: Vec<Resource>,
    tree: PathTree,
}

impl Resources {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self { all: Vec::new(), tree: PathTree::new() }
    }

    /// Adds an endpoint.
    ///
    /// # Errors
    /// The method is taken on this path, or another template has the same shape.
    pub(crate) fn add(&mut self, method: &Method, template: &'static str, endpoint: Endpoint) -> Result<(), String> {
        let known = self.all.iter().position(|resource| resource.template == template);
        let place = known.unwrap_or_else(|| {
            self.all.push(Resource::new(template));
            self.all.len() - 1
        });
        if known.is_none()
            && let Some(other) = self.tree.insert(template, place)
        {
            let other = self.all.get(other).map_or("another", |resource| resource.template);
            return Err(format!("{template} and {other} fit the same paths"));
        }
        let added = self.all[place].add(method.clone(), endpoint);
        if added { Ok(()) } else { Err(format!("{method} {template} is there twice")) }
    }

    /// Whether a template is there.
    pub(crate) fn knows(&self, template: &str) -> bool {
        self.all.iter().any(|resource| resource.template == template)
    }

    /// All of them.
    pub(super) fn all(&self) -> &[Resource] {
        &self.all
    }

    /// Finds the resource of a request and takes the parameters out of its path.
    pub(super) fn find(&self, request: &mut ServiceRequest) -> Option<usize> {
        let place = self.tree.find(request.match_info().unprocessed())?;
        self.all.get(place)?.definition.capture_match_info(request).then_some(place)
    }
}
