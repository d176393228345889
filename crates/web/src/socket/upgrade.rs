//! From a handshake to a connection: the extractor, the reply, and what they say in the API document.

use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_http::ws::{HandshakeError, verify_handshake};
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{FromRequest as _, HttpResponse, web};
use actix_ws::MessageStream;
use bytes::Bytes;
use lyceum_kernel::ErrorKind;
use tracing::Instrument as _;

use super::connection;
use super::conversation::{Conversation, Socket};
use super::credentials::{PROTOCOL, speaks};
use super::guard::Guard;
use super::link::{Cut, Link};
use super::{documents, meters};
use crate::describe::{Describe, Description};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::route::{Extract, Incoming};

/// A handshake that is in order: the caller may, the page may, and it is a WebSocket that is asked for. [Accept](Self::accept) it.
pub struct Upgrade {
    response: HttpResponse,
    stream: MessageStream,
}

/// A connection that begins: 101.
pub struct Accepted<C> {
    upgrade: Upgrade,
    conversation: C,
}

impl Upgrade {
    /// Lets the conversation begin.
    pub const fn accept<C: Conversation>(self, conversation: C) -> Accepted<C> {
        Accepted { upgrade: self, conversation }
    }
}

impl Extract for Upgrade {
    const SOCKET: bool = true;

    async fn extract(incoming: &mut Incoming) -> Result<Self, Problem> {
        verify_handshake(incoming.request().head()).map_err(refuse)?;
        let most = incoming.web().sockets().settings().max_frame_bytes;
        let payload = incoming.take_payload()?;
        let guarded = Guard::new(payload.into_inner(), most);
        let mut guarded: Payload = Payload::Stream { payload: Box::pin(guarded) };
        let request = incoming.request();
        let broken = |error: actix_web::Error| Problem::internal(&error.to_string());
        let payload = web::Payload::from_request(request, &mut guarded).await.map_err(broken)?;
        let protocols: &[&str] = if speaks(incoming) { &[PROTOCOL] } else { &[] };
        // Its session is not used: it encodes for each connection anew, and waits for slow readers.
        let (response, _, stream) = actix_ws::handle_with_protocols(request, payload, protocols).map_err(broken)?;
        Ok(Self { response, stream: stream.max_frame_size(most) })
    }
}

fn refuse(error: HandshakeError) -> Problem {
    const UPGRADE: (header::HeaderName, HeaderValue) = (header::UPGRADE, HeaderValue::from_static("websocket"));
    let [upgrade, websocket] = [UPGRADE.0, header::SEC_WEBSOCKET_VERSION];
    match error {
        HandshakeError::UnsupportedVersion | HandshakeError::NoVersionHeader => {
            let detail = "Version 13 of the WebSocket protocol (RFC 6455) is spoken here.";
            Problem::with_status(StatusCode::UPGRADE_REQUIRED, "websocket-version", detail)
                .header(upgrade, UPGRADE.1)
                .header(websocket, HeaderValue::from_static("13"))
        }
        HandshakeError::BadWebsocketKey => Problem::malformed_header("Sec-WebSocket-Key", "is not 16 bytes in Base64"),
        _ => {
            let detail = "This is a WebSocket: connect with Upgrade: websocket (RFC 6455).";
            Problem::new(ErrorKind::Conflict, "upgrade-required", detail).header(upgrade, UPGRADE.1)
        }
    }
}

impl<C: Conversation> Reply for Accepted<C> {
    fn reply(self, incoming: &Incoming) -> Result<HttpResponse, Problem> {
        let web = incoming.web_arc();
        let (request, context, template) = (incoming.request(), incoming.context(), incoming.template());
        let (pass, revision) =
            incoming.pass().ok_or_else(|| Problem::internal("a socket whose gate authenticates nobody"))?;
        let cut = request.conn_data::<Cut>();
        let span = tracing::info_span!(
            parent: None,
            "socket",
            id = context.request_id.as_str(),
            route = template,
            user_id = %pass.principal.user_id,
            school_id = pass.principal.school_id.map(tracing::field::display),
        );
        let sockets = Arc::clone(web.sockets());
        let place = sockets.enter(template, incoming.gate(), pass.clone(), cut, *revision)?;
        let link = Arc::clone(&place.link);
        let Upgrade { response, stream } = self.upgrade;
        let most = sockets.settings().max_frame_bytes;
        let stream = stream.aggregate_continuations().max_continuation_size(most);
        let task = connection::run(web, self.conversation, Socket::new(place), stream);
        actix_web::rt::spawn(task.instrument(span));
        Ok(response.map_body(|_, body| Outflow { link, _signal: body }).map_into_boxed_body())
    }
}

/// What flows to the client.
struct Outflow {
    link: Arc<Link>,
    /// actix-ws's own body, whose end tells the incoming side that the connection is gone.
    _signal: BoxBody,
}

impl MessageBody for Outflow {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let polled = self.link.lanes().poll_next(context);
        if matches!(polled, Poll::Ready(Some(_))) {
            meters::frame_out();
        }
        polled.map(|frame| frame.map(Ok))
    }
}

impl Drop for Outflow {
    fn drop(&mut self) {
        self.link.lanes().end();
    }
}

impl Describe for Upgrade {
    fn describe(description: &mut Description) {
        documents::describe_handshake(description);
    }
}

impl<C: Conversation> Describe for Accepted<C> {
    fn describe(description: &mut Description) {
        documents::describe_frames(description, PhantomData::<C>);
    }
}
