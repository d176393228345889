//! The whole application, edge included, on a real platform.

mod compression;
mod cors;
mod documents;
mod faults;
mod manners;
mod methods;
mod tables;

use std::sync::Arc;
use std::time::Duration;

use actix_web::App;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::test;
use async_trait::async_trait;
use lyceum_kernel::Principal;
use lyceum_platform::config::Config;
use lyceum_platform::jobs::JobRegistry;
use lyceum_platform::platform::{Parts, Platform};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use utoipa::ToSchema;
use validator::Validate;

pub(crate) use crate::tests::{Answer, get, send};
use crate::{
    AuthError, Authenticated, Authenticator, Json, NoContent, PathParams, Problem, Public, Readiness, Routes, Tagged,
    Text, Valid, WebApp,
};

mod perm {
    lyceum_kernel::permissions! {
        /// Breaks things.
        ThingBreak = "thing:break",
    }
}

struct Nobody;

#[async_trait]
impl Authenticator for Nobody {
    async fn authenticate(&self, _: &str) -> Result<Arc<Principal>, AuthError> {
        Err(AuthError::Invalid)
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Word {
    text: String,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    text: String,
}

async fn hello(gate: Public) -> Result<Json<Word>, Problem> {
    let ip = gate.ctx.ip.map(|ip| ip.to_string()).unwrap_or_default();
    Ok(Json::new(Word { text: ip }))
}

async fn say(_: Public, wish: Valid<Wish>) -> Result<Json<Word>, Problem> {
    Ok(Json::new(Word { text: wish.0.text }))
}

async fn long_text(_: Public) -> Result<Text, Problem> {
    Ok(Text("all work and no play ".repeat(200)))
}

async fn long_thing(_: Public) -> Result<Tagged<Word>, Problem> {
    Ok(Tagged::new(Word { text: "x".repeat(4000) }, crate::etag("thing", 3)))
}

async fn show(_: Public, PathParams((name,)): PathParams<(String,)>) -> Result<Json<Word>, Problem> {
    Ok(Json::new(Word { text: name }))
}

async fn fixed(_: Public) -> Result<Json<Word>, Problem> {
    Ok(Json::new(Word { text: "fixed".to_owned() }))
}

async fn panics(_: Public) -> Result<NoContent, Problem> {
    panic!("canary in a panic message")
}

async fn slow(_: Public) -> Result<NoContent, Problem> {
    tokio::time::sleep(Duration::from_secs(5)).await;
    Ok(NoContent)
}

async fn secret(_: Authenticated) -> Result<NoContent, Problem> {
    Ok(NoContent)
}

async fn break_thing(_: crate::Caller<perm::ThingBreak>) -> Result<NoContent, Problem> {
    Ok(NoContent)
}

async fn ready(_: Public) -> Result<NoContent, Problem> {
    Ok(NoContent)
}

pub(crate) fn things() -> Routes {
    Routes::new("things", "Things to try.")
        .add(crate::get("/v1/hello", hello).summary("Say hello"))
        .add(crate::post("/v1/hello", say).summary("Say something").idempotency_exempt())
        .add(crate::get("/v1/things/{name}", show).summary("Show a thing"))
        .add(crate::get("/v1/things/fixed", fixed).summary("Show the fixed thing"))
        .add(crate::get("/v1/long", long_text).summary("A long text"))
        .add(crate::get("/v1/long-thing", long_thing).summary("A long thing"))
        .add(crate::get("/v1/panic", panics).summary("Panic"))
        .add(crate::get("/v1/slow", slow).summary("Take long"))
        .add(crate::get("/v1/secret", secret).summary("Keep a secret"))
        .add(crate::delete("/v1/secret", break_thing).summary("Break it").problem(
            "cannot-break",
            409,
            "It holds `too` <well>.",
        ))
}

fn operations() -> Routes {
    Routes::new("operations", "For operators.").add(crate::get("/health/ready", ready).summary("Ready?"))
}

/// An application and the folder that it lives in.
pub(crate) struct Place {
    pub(crate) web: WebApp,
    _dir: TempDir,
}

pub(crate) async fn place(change: impl FnOnce(&mut Config)) -> Place {
    place_with(vec![things(), operations()], change).await.unwrap()
}

pub(crate) async fn place_with(
    tables: Vec<Routes>,
    change: impl FnOnce(&mut Config),
) -> Result<Place, crate::TableFaults> {
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config::for_tests(dir.path());
    config.server.hsts = true;
    config.server.cors_allowed_origins = Vec::new();
    change(&mut config);
    let platform = Platform::start(config, Parts::default(), JobRegistry::default(), Vec::new()).await.unwrap();
    let web = WebApp::new(platform, Arc::new(Nobody), Readiness::default(), tables)?;
    Ok(Place { web, _dir: dir })
}

impl Place {
    pub(crate) async fn app(
        &self,
    ) -> impl Service<actix_http::Request, Response = ServiceResponse, Error = actix_web::Error> + use<> {
        let web = self.web.clone();
        test::init_service(App::new().configure(|config| web.configure(config))).await
    }
}
