//! The application: all route tables behind one edge, mounted into any actix `App`.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::web::ServiceConfig;
use bytes::Bytes;
use lyceum_platform::platform::Platform;
use tokio_util::sync::CancellationToken;

use crate::authentication::Authenticator;
use crate::edge::{EdgeSettings, Endpoint, Front, Resources, describe_meters};
use crate::openapi::{self, Documents};
use crate::route::{Install, RouteInfo, Routes};
use crate::state::WebState;

/// Everything that answers HTTP. Cheap to clone.
///
/// ```text
/// App::new().configure(|config| web.configure(config))
/// ```
#[derive(Clone)]
pub struct WebApp(Arc<Parts>);

struct Parts {
    state: Arc<WebState>,
    installers: Vec<Install>,
    table: Vec<RouteInfo>,
    documents: Documents,
    front: Front,
    readiness: Readiness,
}

/// What is wrong with the route tables: a mistake of the programmer, found at start or when the API document is written.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the route tables do not fit together:\n  {}", .0.join("\n  "))]
pub struct TableFaults(pub Vec<String>);

/// Whether the server wants new work. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Readiness(CancellationToken);

impl Readiness {
    /// From now on the readiness probe says no, and connections are closed after their answer.
    pub fn drain(&self) {
        self.0.cancel();
    }

    /// Whether the server is on its way out.
    pub fn is_draining(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Waits until the server is on its way out: for sockets that want to say goodbye.
    pub async fn drained(&self) {
        self.0.cancelled().await;
    }
}

impl WebApp {
    /// Groups the tables by path. `readiness` is what the readiness probe looks at.
    ///
    /// # Errors
    /// Everything that is wrong with the addresses: a method and path or an operation id used twice, paths of the same shape. What
    /// is wrong with the handlers' descriptions is found by [`WebApp::openapi`].
    pub fn new(
        platform: Platform,
        authenticator: Arc<dyn Authenticator>,
        readiness: Readiness,
        tables: Vec<Routes>,
    ) -> Result<Self, TableFaults> {
        let config = Arc::clone(&platform.config);
        let mut faults = Vec::new();
        let mut resources = Resources::new();
        let mut table = Vec::new();
        let mut operations = HashSet::new();
        for route in tables.iter().flat_map(Routes::routes) {
            let info = route.info();
            if !operations.insert(info.operation_id.clone()) {
                faults.push(format!("two operations are called {}", info.operation_id));
            }
            faults.extend(resources.add(&info.method, info.path, Endpoint::Route(route.mounted())).err());
            table.push(info.clone());
        }
        for (method, template, stray) in tables.iter().flat_map(Routes::strays) {
            faults.extend(resources.add(method, template, Endpoint::Route(stray.clone())).err());
        }
        let installers = tables.iter().flat_map(Routes::installers).cloned().collect();
        let documents = Documents::of(tables);
        for (path, page) in openapi::pages(&documents, config.docs.enabled) {
            if !resources.knows(path) {
                faults.extend(resources.add(&Method::GET, path, Endpoint::Page(page)).err());
            }
        }
        if !faults.is_empty() {
            faults.sort();
            faults.dedup();
            return Err(TableFaults(faults));
        }
        describe_meters();
        crate::socket::describe_meters();
        let front = Front::new(EdgeSettings::new(&config), resources, platform.clone(), readiness.clone());
        let state = Arc::new(WebState::new(platform, authenticator));
        Ok(Self(Arc::new(Parts { state, installers, table, documents, front, readiness })))
    }

    /// Puts the whole application into an actix `App`: edge, routes, pages and shared state.
    pub fn configure(&self, config: &mut ServiceConfig) {
        config.app_data(Arc::clone(&self.0.state));
        for install in &self.0.installers {
            install(config);
        }
        config.default_service(self.0.front.clone());
    }

    /// The API document (OpenAPI 3.1) in JSON, as served at `/openapi.json`. Writing it takes some tens of milliseconds, once.
    ///
    /// # Errors
    /// What is wrong with the handlers' descriptions: state that a handler asks for and nobody gives, one schema name for two shapes.
    pub fn openapi(&self) -> Result<&Bytes, TableFaults> {
        self.0.documents.written().map(|written| &written.document).map_err(Clone::clone)
    }

    /// Every route of every table.
    pub fn table(&self) -> &[RouteInfo] {
        &self.0.table
    }

    /// What all requests share.
    pub(crate) fn state(&self) -> &Arc<WebState> {
        &self.0.state
    }

    /// Whether the server wants new work.
    pub fn readiness(&self) -> &Readiness {
        &self.0.readiness
    }

    /// The platform underneath.
    pub fn platform(&self) -> &Platform {
        self.0.state.platform()
    }
}

impl fmt::Debug for WebApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebApp").field("routes", &self.0.table.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests;
