//! The service itself.

use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use actix_http::ConnectionType;
use actix_web::dev::{Service, ServiceFactory, ServiceRequest, ServiceResponse, always_ready};
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, Route as ActixRoute};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use lyceum_platform::platform::Platform;
use tracing::Instrument;

use super::admission::Admission;
use super::body_clock::{Pulse, watch_body, watch_stream};
use super::compression::{self, Coding};
use super::identity::{X_REQUEST_ID, identify};
use super::observation::{Meters, Observation, UNMATCHED};
use super::resource::{Endpoint, Page, Resource, Resources};
use super::security_headers::harden;
use super::{EdgeSettings, refusals};
use crate::app::Readiness;
use crate::context::RequestContext;
use crate::problem::Problem;

/// The label of methods that a path does not know.
const OTHER: &str = "OTHER";

/// Everything behind the connection: the program's one service. Each worker makes its own copy of the changing parts.
#[derive(Clone)]
pub(crate) struct Front(Arc<Shared>);

struct Shared {
    settings: EdgeSettings,
    resources: Resources,
    admission: Arc<Admission>,
    platform: Platform,
    readiness: Readiness,
}

impl Front {
    /// Serves `resources`.
    pub(crate) fn new(settings: EdgeSettings, resources: Resources, platform: Platform, readiness: Readiness) -> Self {
        let admission = Admission::new(settings.max_in_flight);
        Self(Arc::new(Shared { settings, resources, admission, platform, readiness }))
    }
}

impl ServiceFactory<ServiceRequest> for Front {
    type Response = ServiceResponse;
    type Error = Error;
    type Config = ();
    type Service = FrontService;
    type InitError = ();
    type Future = LocalBoxFuture<'static, Result<Self::Service, ()>>;

    fn new_service(&self, (): ()) -> Self::Future {
        let shared = Arc::clone(&self.0);
        Box::pin(async move {
            let mut desks = Vec::new();
            for resource in shared.resources.all() {
                desks.push(Desk::open(resource).await?);
            }
            let unmatched = Rc::new(Meters::new(OTHER, UNMATCHED));
            Ok(FrontService(Rc::new(Worker { shared, desks, unmatched })))
        })
    }
}

/// What a worker has at hand for one resource.
struct Desk {
    endpoints: Vec<(Serving, Rc<Meters>)>,
    others: Rc<Meters>,
}

enum Serving {
    Route(<ActixRoute as ServiceFactory<ServiceRequest>>::Service),
    /// A route that takes its body as it comes.
    Streamed(<ActixRoute as ServiceFactory<ServiceRequest>>::Service),
    Page(Page),
}

impl Desk {
    async fn open(resource: &Resource) -> Result<Self, ()> {
        let mut endpoints = Vec::new();
        for (method, endpoint) in &resource.endpoints {
            let serving = match endpoint {
                Endpoint::Route(route) if route.is_streamed() => {
                    Serving::Streamed(route.route().new_service(()).await?)
                }
                Endpoint::Route(route) => Serving::Route(route.route().new_service(()).await?),
                Endpoint::Page(page) => Serving::Page(Arc::clone(page)),
            };
            endpoints.push((serving, Rc::new(Meters::new(label(method), resource.template))));
        }
        Ok(Self { endpoints, others: Rc::new(Meters::new(OTHER, resource.template)) })
    }
}

fn label(method: &Method) -> &'static str {
    const KNOWN: [(Method, &str); 5] = [
        (Method::GET, "GET"),
        (Method::POST, "POST"),
        (Method::PUT, "PUT"),
        (Method::PATCH, "PATCH"),
        (Method::DELETE, "DELETE"),
    ];
    KNOWN.iter().find(|(known, _)| known == method).map_or(OTHER, |(_, label)| label)
}

/// One worker's instance of the service.
pub(crate) struct FrontService(Rc<Worker>);

impl Service<ServiceRequest> for FrontService {
    type Response = ServiceResponse;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<ServiceResponse, Error>>;

    always_ready!();

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let worker = Rc::clone(&self.0);
        Box::pin(async move { Ok(worker.serve(request).await) })
    }
}

struct Worker {
    shared: Arc<Shared>,
    desks: Vec<Desk>,
    unmatched: Rc<Meters>,
}

/// Where a request goes.
#[derive(Clone, Copy)]
enum Target<'a> {
    Endpoint(&'a Resource, &'a Serving),
    /// The path is known, the method is not, or is `OPTIONS`.
    Other(&'a Resource),
    Nothing,
}

impl Worker {
    async fn serve(&self, mut request: ServiceRequest) -> ServiceResponse {
        let started = Instant::now();
        let asked = compression::plain_tags(request.headers_mut());
        let context = identify(&request, &self.shared.platform, &self.shared.settings);
        let request_id = context.request_id.clone();
        request.extensions_mut().insert(context);
        let (target, meters) = self.find(&mut request);
        let http = request.request().clone();
        let route = match target {
            Target::Endpoint(resource, _) | Target::Other(resource) => resource.template,
            Target::Nothing => UNMATCHED,
        };
        let span = tracing::info_span!("request", id = request_id.as_str(), method = %http.method(), route);
        let observation = Observation::new(meters, http.clone(), request_id, started);
        let response = self.answer(request, &http, target).instrument(span).await;
        let response = self.finish(&http, asked, response);
        observation.finish(response.status());
        ServiceResponse::new(http, response)
    }

    fn find(&self, request: &mut ServiceRequest) -> (Target<'_>, Rc<Meters>) {
        let resources = &self.shared.resources;
        let found =
            resources.find(request).and_then(|place| Some((resources.all().get(place)?, self.desks.get(place)?)));
        let Some((resource, desk)) = found else { return (Target::Nothing, Rc::clone(&self.unmatched)) };
        match resource.endpoint(request.method()).and_then(|place| desk.endpoints.get(place)) {
            Some((serving, meters)) => (Target::Endpoint(resource, serving), Rc::clone(meters)),
            None => (Target::Other(resource), Rc::clone(&desk.others)),
        }
    }

    async fn answer(&self, request: ServiceRequest, http: &HttpRequest, target: Target<'_>) -> HttpResponse {
        match target {
            Target::Endpoint(resource, Serving::Route(service)) => {
                let Some(_place) = self.shared.admission.enter(resource.for_operators) else {
                    return refusals::overloaded().respond(http);
                };
                self.work(request, http, service).await
            }
            Target::Endpoint(resource, Serving::Streamed(service)) => {
                let Some(_place) = self.shared.admission.enter(resource.for_operators) else {
                    return refusals::overloaded().respond(http);
                };
                self.work_with_stream(request, http, service).await
            }
            Target::Endpoint(_, Serving::Page(page)) => page(http).await,
            Target::Other(resource) if http.method() == Method::OPTIONS => {
                let preflight = self.shared.settings.cors.preflight(http.headers(), &resource.allow);
                let plain =
                    || HttpResponse::NoContent().insert_header((header::ALLOW, resource.allow.clone())).finish();
                preflight.unwrap_or_else(plain)
            }
            Target::Other(resource) => refusals::method_not_allowed(&resource.allow).respond(http),
            Target::Nothing => Problem::not_found().respond(http),
        }
    }

    /// Lets the handler work, but not for ever, and not to the harm of others.
    async fn work(
        &self,
        mut request: ServiceRequest,
        http: &HttpRequest,
        service: &<ActixRoute as ServiceFactory<ServiceRequest>>::Service,
    ) -> HttpResponse {
        let settings = &self.shared.settings;
        let body = watch_body(&mut request, settings.body_timeout);
        let work = AssertUnwindSafe(async { service.call(request).await }).catch_unwind();
        match tokio::time::timeout(settings.request_timeout, work).await {
            Ok(Ok(_)) if body.ran_out() => refusals::slow_body().respond(http),
            Ok(Ok(Ok(response))) => response.into_parts().1,
            Ok(Ok(Err(error))) => refusals::from_actix(&error, http),
            Ok(Err(panic)) => refusals::panicked(&*panic).respond(http),
            Err(_) if body.blames_client() => refusals::slow_body().respond(http),
            Err(_) => refusals::timeout().respond(http),
        }
    }

    /// The same for a route that takes its body as it comes: however long it is, while bytes arrive or the handler says that it is
    /// getting on the request is alive.
    async fn work_with_stream(
        &self,
        mut request: ServiceRequest,
        http: &HttpRequest,
        service: &<ActixRoute as ServiceFactory<ServiceRequest>>::Service,
    ) -> HttpResponse {
        let settings = &self.shared.settings;
        let pulse = Pulse::default();
        request.extensions_mut().insert(pulse.clone());
        let body = watch_stream(&mut request, settings.body_timeout, pulse.clone());
        let work = AssertUnwindSafe(async { service.call(request).await }).catch_unwind();
        tokio::pin!(work);
        loop {
            let until = pulse.last() + settings.request_timeout;
            match tokio::time::timeout_at(until.into(), &mut work).await {
                Ok(Ok(_)) if body.ran_out() => return refusals::slow_body().respond(http),
                Ok(Ok(Ok(response))) => return response.into_parts().1,
                Ok(Ok(Err(error))) => return refusals::from_actix(&error, http),
                Ok(Err(panic)) => return refusals::panicked(&*panic).respond(http),
                Err(_) if pulse.last() + settings.request_timeout > until => {}
                Err(_) if body.blames_client() => return refusals::slow_body().respond(http),
                Err(_) => return refusals::timeout().respond(http),
            }
        }
    }

    /// The manners that every answer has.
    fn finish(&self, http: &HttpRequest, asked: Option<Coding>, response: HttpResponse) -> HttpResponse {
        let settings = &self.shared.settings;
        let mut response = compression::compress(http.headers(), asked, response);
        if self.shared.readiness.is_draining() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        let headers = response.headers_mut();
        harden(headers, settings.hsts);
        settings.cors.annotate(http.headers(), headers);
        let extensions = http.extensions();
        let id = extensions.get::<RequestContext>().map(|context| HeaderValue::from_str(context.request_id.as_str()));
        if let Some(Ok(id)) = id {
            headers.insert(X_REQUEST_ID, id);
        }
        response
    }
}
