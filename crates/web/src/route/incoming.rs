//! A request on its way to its handler.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpMessage, HttpRequest, web};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use lyceum_kernel::{ErrorKind, Fault, Principal, RequestId};
use lyceum_platform::uow::Idempotency;

use super::GateKind;
use super::endpoint::Settings;
use super::limits::Verdicts;
use crate::authentication::Pass;
use crate::context::RequestContext;
use crate::describe::Describe;
use crate::extract::ByteStream;
use crate::extract::pairs::{self, Pair};
use crate::problem::Problem;
use crate::state::WebState;

/// What a handler's argument is made from, after the gate.
pub trait Extract: Describe + Sized + 'static {
    /// Whether the body is taken as it comes, so that its length is bounded by the handler and its time by its progress.
    const STREAMED: bool = false;

    /// Whether it is a WebSocket that is asked for, whose token may come in more places than a header.
    const SOCKET: bool = false;

    /// Takes its part of the request or says why it cannot.
    fn extract(incoming: &mut Incoming) -> impl Future<Output = Result<Self, Problem>>;
}

/// A request that is being let in.
pub struct Incoming {
    request: HttpRequest,
    web: Arc<WebState>,
    settings: Arc<Settings>,
    context: RequestContext,
    payload: Option<web::Payload>,
    body: Option<Bytes>,
    query: Vec<Pair>,
    path_segments_taken: usize,
    pub(crate) principal: Option<Arc<Principal>>,
    /// What opens a socket, and the caches' revision from before it was looked at.
    pub(super) pass: Option<(Pass, u64)>,
    pub(crate) verdicts: Verdicts,
    pub(crate) idempotency: Option<Idempotency>,
}

impl Incoming {
    pub(super) fn new(request: HttpRequest, payload: web::Payload, settings: Arc<Settings>) -> Result<Self, Problem> {
        let web = request.app_data::<Arc<WebState>>().cloned();
        let web = web.ok_or_else(|| Problem::internal("the application has no WebState"))?;
        let context = request.extensions().get::<RequestContext>().cloned();
        let context = context.unwrap_or_else(|| bare_context(&request, &web));
        Ok(Self {
            request,
            web,
            settings,
            context,
            payload: Some(payload),
            body: None,
            query: Vec::new(),
            path_segments_taken: 0,
            principal: None,
            pass: None,
            verdicts: Verdicts::default(),
            idempotency: None,
        })
    }

    /// The request's head.
    pub const fn request(&self) -> &HttpRequest {
        &self.request
    }

    /// The process's state.
    pub fn web(&self) -> &WebState {
        &self.web
    }

    pub(crate) fn web_arc(&self) -> Arc<WebState> {
        Arc::clone(&self.web)
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The circumstances of the request.
    pub const fn context(&self) -> &RequestContext {
        &self.context
    }

    /// Who calls, if the gate asked.
    pub fn principal(&self) -> Option<&Arc<Principal>> {
        self.principal.as_ref()
    }

    /// What opens a socket, and the caches' revision from before it was looked at.
    pub(crate) fn pass(&self) -> Option<&(Pass, u64)> {
        self.pass.as_ref()
    }

    /// Who may call the route.
    pub(crate) fn gate(&self) -> GateKind {
        self.settings.gate
    }

    /// The route's path template.
    pub(crate) fn template(&self) -> &'static str {
        self.settings.template
    }

    /// The bytes behind the head, as they come: once.
    pub(crate) fn take_payload(&mut self) -> Result<web::Payload, Problem> {
        self.payload.take().ok_or_else(|| Problem::internal("a handler reads its body twice"))
    }

    /// Parses the query string: every parameter must be one that the operation lists, and come once.
    pub(super) fn read_query(&mut self) -> Result<(), Problem> {
        let text = self.request.query_string();
        if text.is_empty() {
            return Ok(());
        }
        let (parsed, mut faults) = pairs::parse(text, "");
        for pair in &parsed {
            if !self.settings.names().query.contains(&pair.name) {
                faults.push(Fault::new(pair.name.clone(), "unknown", "is not a parameter of this operation"));
            }
        }
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
        self.query = parsed;
        Ok(())
    }

    /// The parsed query string.
    pub fn query(&self) -> &[Pair] {
        &self.query
    }

    /// The next segment of the path that is a parameter and that no extractor has taken yet, percent-decoded.
    pub fn next_path_segment(&mut self) -> Result<String, Problem> {
        let name = self.settings.names().path.get(self.path_segments_taken);
        self.path_segments_taken += 1;
        let missing = || Problem::internal("a handler takes more path parameters than its route has");
        let (name, is_uuid) = *name.ok_or_else(missing)?;
        let raw = self.request.match_info().get(name).unwrap_or_default();
        let text = percent_encoding::percent_decode_str(raw).decode_utf8().map_err(|_| Problem::not_found())?;
        // Only the form with hyphens is documented, though the parser knows others.
        let misshapen = is_uuid && text.len() != uuid::fmt::Hyphenated::LENGTH;
        if misshapen || text.contains('\0') { Err(Problem::not_found()) } else { Ok(text.into_owned()) }
    }

    /// One header as text, if it is there. Several headers of one name are read as one list (RFC 9110, section 5.3).
    pub fn header(&self, name: &header::HeaderName) -> Result<Option<String>, Problem> {
        let mut joined: Option<String> = None;
        for value in self.request.headers().get_all(name) {
            let text = value.to_str();
            let text = text.map_err(|_| {
                Problem::new(ErrorKind::Malformed, "malformed-header", format!("The header {name} is not ASCII text."))
            })?;
            match &mut joined {
                None => joined = Some(text.to_owned()),
                Some(all) => {
                    all.push(',');
                    all.push_str(text);
                }
            }
        }
        Ok(joined)
    }

    /// The whole body, bounded by configuration or by its [route](crate::Route::largest_body); 413 above, announced or not. Compressed bodies are refused with 415.
    pub async fn body(&mut self) -> Result<Bytes, Problem> {
        if let Some(body) = &self.body {
            return Ok(body.clone());
        }
        let limit = self.settings.largest_body.unwrap_or(self.web.platform().config.server.max_body_bytes);
        self.check_head(limit as u64)?;
        let body = match self.payload.take() {
            Some(payload) => collect(payload, limit).await?,
            None => Bytes::new(),
        };
        self.body = Some(body.clone());
        Ok(body)
    }

    /// The body as it comes: once, and only where nothing has read it. Whoever reads more than `most` bytes of it gets 413, as does
    /// at once who announces more; without `most` the reader must know when to stop. Compressed bodies are refused with 415.
    pub fn stream(&mut self, most: Option<u64>) -> Result<ByteStream, Problem> {
        self.check_head(most.unwrap_or(u64::MAX))?;
        let payload = self.take_payload()?;
        Ok(ByteStream::new(&self.request, payload, most))
    }

    fn check_head(&self, limit: u64) -> Result<(), Problem> {
        let headers = self.request.headers();
        let identity = |value: &header::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
        if headers.get_all(header::CONTENT_ENCODING).any(|value| !identity(value)) {
            let detail = "Compressed request bodies are not accepted.";
            return Err(Problem::with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-encoding", detail));
        }
        let length = |value: &header::HeaderValue| value.to_str().ok().and_then(|text| text.parse::<u64>().ok());
        let mut announced = headers.get_all(header::CONTENT_LENGTH).filter_map(length);
        if announced.any(|length| length > limit) { Err(too_large(limit)) } else { Ok(()) }
    }
}

/// Reads to the end. Most bodies come in one piece, which is not copied.
async fn collect(mut payload: web::Payload, limit: usize) -> Result<Bytes, Problem> {
    let mut first = Bytes::new();
    let mut more = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| {
            tracing::debug!(%error, "the body broke off");
            Problem::new(ErrorKind::Malformed, "malformed-body", "The body broke off or was framed wrongly.")
        })?;
        if first.len() + more.len() + chunk.len() > limit {
            return Err(too_large(limit as u64));
        }
        if first.is_empty() {
            first = chunk;
        } else {
            more.extend_from_slice(&chunk);
        }
    }
    if more.is_empty() { Ok(first) } else { Ok([first, more.freeze()].concat().into()) }
}

pub(crate) fn too_large(limit: u64) -> Problem {
    let detail = format!("The body is larger than {limit} bytes.");
    Problem::with_status(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail)
}

/// For applications without the edge middleware, which is to say in tests of single routes.
fn bare_context(request: &HttpRequest, web: &WebState) -> RequestContext {
    let platform = web.platform();
    let context = RequestContext {
        request_id: RequestId::new(platform.clock.now(), &*platform.entropy),
        ip: request.peer_addr().map(|address| address.ip()),
        user_agent: None,
        trace: None,
    };
    request.extensions_mut().insert(context.clone());
    context
}
