//! Route tables: the one way in which anything gets an address.
//!
//! A context hands over [`Routes`]; each [`Route`] knows its method, its path, who may call it, how it is documented and
//! how it is mounted. The document, the 405 answers, the metric labels and the authorisation matrix are made from them.

mod builder;
mod endpoint;
mod gate;
mod handler;
mod incoming;
mod limits;
mod refusal;

use std::any::{TypeId, type_name};
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::web::ServiceConfig;
use lyceum_kernel::Permission;

use crate::describe::Description;

pub(crate) use builder::Mounted;
pub use builder::{Route, delete, get, patch, post, put};
pub use gate::{AccessToken, Authenticated, Caller, Gate, Public, SECURITY_SCHEMES};
pub use handler::Handler;
pub(crate) use incoming::too_large;
pub use incoming::{Extract, Incoming};

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateKind {
    /// Anybody.
    Public,
    /// Anybody with an account.
    Authenticated,
    /// Those who hold the permission in their active school.
    Permission(Permission),
}

/// What the route table says about one route.
#[derive(Clone)]
pub struct RouteInfo {
    /// The HTTP method.
    pub method: Method,
    /// The full path template, as in `/v1/users/{id}`.
    pub path: &'static str,
    /// The context that the route belongs to; empty until it is added to its [`Routes`].
    pub context: &'static str,
    /// The tag in the API document: the context's name.
    pub tag: &'static str,
    /// Who may call it.
    pub gate: GateKind,
    /// The operation's id: the handler's name.
    pub operation_id: String,
}

impl RouteInfo {
    /// The permission that the route demands, if it demands one.
    pub const fn permission(&self) -> Option<Permission> {
        match self.gate {
            GateKind::Permission(permission) => Some(permission),
            GateKind::Public | GateKind::Authenticated => None,
        }
    }
}

pub(crate) type Install = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

/// The routes of one context and the state that their handlers share.
#[derive(Clone)]
pub struct Routes {
    name: &'static str,
    description: &'static str,
    entries: Vec<Route>,
    states: Vec<(TypeId, Install)>,
    elsewhere: Vec<(Method, &'static str, Mounted)>,
}

/// The methods that routes are made for.
const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

impl Routes {
    /// An empty table for the context `name`, which is also the tag of its routes in the API document.
    pub fn new(name: &'static str, description: &'static str) -> Self {
        Self { name, description, entries: Vec::new(), states: Vec::new(), elsewhere: Vec::new() }
    }

    /// Shares a service with the handlers, which ask for it as [`State<S>`](crate::State).
    #[must_use]
    pub fn state<S: ?Sized + Send + Sync + 'static>(mut self, service: Arc<S>) -> Self {
        let install: Install = Arc::new(move |config| {
            config.app_data(Arc::clone(&service));
        });
        self.states.push((TypeId::of::<S>(), install));
        self
    }

    /// Adds a route.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "it reads as what it does: add a route to the table")]
    pub fn add(mut self, mut route: Route) -> Self {
        route.belong_to(self.name);
        self.entries.push(route);
        self
    }

    /// Who may learn that a path below the table's own, which no route fits, is not there: `template` ends in `{path}*`, and the
    /// handler answers 404 to those whom its gate lets in. It stands neither in the table nor in the API document.
    #[must_use]
    pub fn elsewhere<H, Args>(mut self, template: &'static str, handler: H) -> Self
    where
        H: Handler<Args>,
        Args: 'static,
    {
        for (method, handler) in METHODS.into_iter().zip(std::iter::repeat_n(handler, METHODS.len())) {
            let route = Route::of(&method, template, handler).idempotency_exempt().while_suspended();
            self.elsewhere.push((method, template, route.mounted()));
        }
        self
    }

    /// What answers where no route fits.
    pub(crate) fn strays(&self) -> &[(Method, &'static str, Mounted)] {
        &self.elsewhere
    }

    /// The context's name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What the context is about: the description of its tag.
    pub const fn description(&self) -> &'static str {
        self.description
    }

    /// The routes, in the order in which they were added.
    pub fn routes(&self) -> &[Route] {
        &self.entries
    }

    /// What puts the shared state into an actix application.
    pub(crate) fn installers(&self) -> impl Iterator<Item = &Install> {
        self.states.iter().map(|(_, install)| install)
    }

    /// What is wrong with the table: a handler's state that is missing, an operation id or an address used twice.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (index, route) in self.entries.iter().enumerate() {
            let info = route.info();
            faults.extend(self.unmet(info, &route.description()));
            for other in self.entries.iter().take(index).map(Route::info) {
                if other.operation_id == info.operation_id {
                    faults.push(format!("two operations are called {}", info.operation_id));
                }
                if other.method == info.method && other.path == info.path {
                    faults.push(format!("{} {} is there twice", info.method, info.path));
                }
            }
        }
        faults
    }

    /// The states that a route asks for and that nobody gives.
    pub(crate) fn unmet(&self, info: &RouteInfo, description: &Description) -> Vec<String> {
        let missing = description.needs.iter().filter(|(id, _)| !self.states.iter().any(|(have, _)| have == id));
        missing.map(|(_, name)| format!("{} {} needs the state {name}", info.method, info.path)).collect()
    }
}

/// The last segment of a handler's type name: `lyceum_identity::http::login` is `login`.
fn operation_id<H>(method: &Method, path: &str) -> String {
    let name = type_name::<H>().rsplit("::").next().unwrap_or_default();
    if name.starts_with('{') || name.is_empty() {
        // A closure has no name; its address has to do.
        let mut id = method.as_str().to_ascii_lowercase();
        for word in path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
            id.push('_');
            id.push_str(word);
        }
        return id;
    }
    name.to_owned()
}
