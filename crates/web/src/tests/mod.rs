//! A small context on a real platform (an embedded database), called through actix.

mod bodies;
mod documents;
mod gates;
mod idempotent;
mod queries;
mod replies;

use std::sync::Arc;

use actix_web::body::to_bytes;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::{App, test};
use async_trait::async_trait;
use lyceum_kernel::{PermissionSet, PlatformRole, Principal, Rank, SchoolId, SessionId, UserId};
use lyceum_migration::{Migrator, MigratorTrait as _};
use lyceum_platform::config::Config;
use lyceum_platform::jobs::JobRegistry;
use lyceum_platform::platform::{Parts, Platform};
use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;

use crate::{AuthError, Authenticator, Routes, WebState};

/// Knows three tokens: `reader` may read, `super` may do anything, `lapsed` much in a school that is read-only. `broken` fails.
struct Tokens;

#[async_trait]
impl Authenticator for Tokens {
    async fn authenticate(&self, bearer: &str) -> Result<Arc<Principal>, AuthError> {
        let permissions = match bearer {
            "reader" => PermissionSet::of(["thing:read"]),
            "lapsed" => PermissionSet::of(["thing:read", "thing:create"]),
            "super" => PermissionSet::all(),
            "broken" => return Err(AuthError::Failed(crate::Problem::internal("the session cannot be read"))),
            _ => return Err(AuthError::Invalid),
        };
        Ok(Arc::new(Principal {
            user_id: UserId(Uuid::from_u128(bearer.len() as u128)),
            session_id: SessionId(Uuid::from_u128(2)),
            school_id: Some(SchoolId(Uuid::from_u128(3))),
            platform_role: PlatformRole::Member,
            permissions,
            rank: Rank::MEMBER,
            roles: [].into(),
            school_writable: bearer != "lapsed",
        }))
    }
}

pub(super) struct Site {
    pub(super) web: Arc<WebState>,
    _dir: TempDir,
}

impl Site {
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::for_tests(dir.path());
        change(&mut config);
        let platform = Platform::start(config, Parts::default(), JobRegistry::default(), Vec::new()).await.unwrap();
        Migrator::up(platform.db.migration_connection(), None).await.unwrap();
        Self { web: Arc::new(WebState::new(platform, Arc::new(Tokens))), _dir: dir }
    }

    /// The routes as an application.
    pub(super) async fn serve(
        &self,
        routes: Routes,
    ) -> impl Service<actix_http::Request, Response = ServiceResponse, Error = actix_web::Error> {
        assert_eq!(routes.faults(), Vec::<String>::new());
        let mut app = App::new()
            .app_data(Arc::clone(&self.web))
            .configure(|config| routes.installers().for_each(|install| install(config)));
        for route in routes.routes() {
            app = app.route(route.info().path, route.mounted().route());
        }
        test::init_service(app).await
    }
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Value,
    pub(super) bytes: bytes::Bytes,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Status, code and the pointers of a problem.
    pub(super) fn problem(&self) -> (u16, String, Vec<String>) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let kind = self.body["type"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        assert_eq!(self.body["status"], self.status.as_u16());
        assert!(self.body["request_id"].is_string() && self.body["instance"].is_string());
        let pointers = self.body["errors"].as_array().into_iter().flatten();
        (self.status.as_u16(), kind, pointers.map(|fault| fault["pointer"].as_str().unwrap().to_owned()).collect())
    }
}

/// Sends a request with headers and a body.
pub(super) async fn send<S>(
    app: &S,
    method: Method,
    uri: &str,
    headers: &[(&str, &str)],
    body: impl Into<bytes::Bytes>,
) -> Answer
where
    S: Service<actix_http::Request, Response = ServiceResponse, Error = actix_web::Error>,
{
    let mut request = test::TestRequest::with_uri(uri).method(method).set_payload(body);
    request = request.peer_addr("192.0.2.7:4711".parse().unwrap());
    for (name, value) in headers {
        request = request.append_header((*name, *value));
    }
    let response = test::call_service(app, request.to_request()).await;
    let status = response.status();
    let headers = response.headers().iter();
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let bytes = to_bytes(response.into_body()).await.ok().unwrap();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Answer { status, headers, body, bytes }
}

pub(super) async fn get<S>(app: &S, uri: &str) -> Answer
where
    S: Service<actix_http::Request, Response = ServiceResponse, Error = actix_web::Error>,
{
    send(app, Method::GET, uri, &[], "").await
}
