//! One connection at work: it reads what the client says, until one of the two has enough.

use std::borrow::Cow;
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::error::PayloadError;
use actix_ws::{AggregatedMessage, AggregatedMessageStream, ProtocolError};
use futures_util::FutureExt as _;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::close::{CloseCode, Closing};
use super::conversation::{Conversation, Objection, Socket};
use super::credentials::LONGEST;
use super::frame::Push;
use super::meters;
use super::registry::refusal;
use crate::authentication::{AuthError, Credential};
use crate::json;
use crate::problem::Problem;
use crate::state::WebState;

/// How long a client may take to answer a close frame, and to take what waits before it.
const GOODBYE: Duration = Duration::from_secs(5);

/// How often it is looked whether the server has let go of a connection that is closing.
const GLANCE: Duration = Duration::from_millis(50);

/// Longest `id` of a client's frame, in bytes.
const LONGEST_ID: usize = 64;

/// The code that stands for an end without a close frame (RFC 6455, section 7.1.5).
const ABNORMAL: u16 = 1006;

/// The envelope of what clients say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(default, rename = "data")]
    _data: Option<IgnoredAny>,
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
}

/// `authenticate`, which is understood on every socket.
#[derive(Deserialize)]
struct Renewal {
    data: RenewedToken,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RenewedToken {
    token: String,
}

/// How a conversation ended.
enum Ended {
    /// The client went away without a word.
    Gone,
    /// The client closed, with this code.
    ByClient(Option<u16>),
    /// We close.
    ByUs(Closing),
}

/// Runs a connection to its end.
pub(super) async fn run<C: Conversation>(
    web: Arc<WebState>,
    conversation: C,
    socket: Socket,
    mut stream: AggregatedMessageStream,
) {
    let began = Instant::now();
    let link = Arc::clone(&socket.place().link);
    let mut connection = Connection { web, conversation, socket, bucket: Bucket::default(), begun: false };
    let ended = AssertUnwindSafe(connection.converse(&mut stream)).catch_unwind().await;
    let ended = ended.unwrap_or_else(|_| {
        tracing::error!("a conversation panicked");
        Ended::ByUs(Closing::new(CloseCode::INTERNAL, "internal"))
    });
    let left = matches!(ended, Ended::Gone | Ended::ByClient(_));
    if AssertUnwindSafe(connection.end(left)).catch_unwind().await.is_err() {
        tracing::error!("a conversation panicked when it ended");
    }
    // Nothing is listened to any more; what is queued already is still sent.
    drop(connection);
    let code = match ended {
        Ended::Gone => {
            meters::closed(ABNORMAL);
            link.end();
            ABNORMAL
        }
        Ended::ByClient(code) => {
            link.close(Closing::new(CloseCode::NORMAL, ""));
            code.unwrap_or(CloseCode::NORMAL.number)
        }
        Ended::ByUs(closing) => {
            let code = closing.code.number;
            link.close(closing);
            code
        }
    };
    // Until the client is gone as well.
    let silence = async {
        while let Some(Ok(_)) = stream.recv().await {}
        while !link.is_over() {
            tokio::time::sleep(GLANCE).await;
        }
    };
    if tokio::time::timeout(GOODBYE, silence).await.is_err() {
        tracing::debug!("the client did not say goodbye");
    }
    link.end();
    tracing::info!(target: "lyceum::access", code, seconds = began.elapsed().as_secs(), "socket closed");
}

struct Connection<C> {
    web: Arc<WebState>,
    conversation: C,
    socket: Socket,
    bucket: Bucket,
    begun: bool,
}

impl<C: Conversation> Connection<C> {
    async fn converse(&mut self, stream: &mut AggregatedMessageStream) -> Ended {
        if let Err(objection) = self.conversation.begin(&mut self.socket).await {
            return Ended::ByUs(ending(objection));
        }
        self.begun = true;
        let link = Arc::clone(&self.socket.place().link);
        loop {
            let step = tokio::select! {
                biased;
                () = link.woken.notified() => self.woken().await,
                item = stream.recv() => self.read(item).await,
            };
            if let Err(ended) = step {
                return ended;
            }
        }
    }

    /// The conversation is told of its end.
    async fn end(&mut self, left: bool) {
        if self.begun {
            self.conversation.ended(&mut self.socket, left).await;
        }
    }

    /// Somebody else has something for this connection.
    async fn woken(&mut self) -> Result<(), Ended> {
        if let Some(closing) = self.socket.place().link.closing() {
            return Err(Ended::ByUs(closing));
        }
        if self.socket.place().link.take_changed() {
            let outcome = self.conversation.changed(&mut self.socket).await;
            return self.object(None, outcome);
        }
        Ok(())
    }

    async fn read(&mut self, item: Option<Result<AggregatedMessage, ProtocolError>>) -> Result<(), Ended> {
        let message = match item {
            None => return Err(Ended::Gone),
            Some(Err(error)) => return Err(fault(&error)),
            Some(Ok(message)) => message,
        };
        meters::frame_in();
        let link = &self.socket.place().link;
        link.hear();
        if !self.bucket.take(self.socket.place().sockets.settings().frames_per_second) {
            return Err(Ended::ByUs(Closing::new(CloseCode::TOO_FAST, "too many frames")));
        }
        match message {
            AggregatedMessage::Text(text) => self.read_text(&text).await,
            AggregatedMessage::Binary(_) => Err(Ended::ByUs(Closing::new(CloseCode::UNSUPPORTED, "send text"))),
            AggregatedMessage::Ping(payload) => {
                link.lanes().pong(&payload);
                Ok(())
            }
            AggregatedMessage::Pong(_) => Ok(()),
            AggregatedMessage::Close(reason) => Err(Ended::ByClient(reason.map(|reason| reason.code.into()))),
        }
    }

    async fn read_text(&mut self, text: &str) -> Result<(), Ended> {
        let depth = self.web.platform().config.server.max_json_depth;
        let malformed = |why| Ended::ByUs(Closing::new(CloseCode::MALFORMED, why));
        json::check(text.as_bytes(), depth).map_err(|_| malformed("not JSON as it should be"))?;
        let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|_| malformed("not an envelope"))?;
        let id = envelope.id.filter(|id| id.len() <= LONGEST_ID);
        if envelope.event == "authenticate" {
            let outcome = match json::parse::<Renewal>(text.as_bytes()) {
                Ok(Renewal { data }) => self.renew(id.as_deref(), &data.token).await,
                Err(fault) => Err(Problem::invalid(vec![fault]).into()),
            };
            return self.object(id.as_deref(), outcome);
        }
        let outcome = match json::parse::<C::Incoming>(text.as_bytes()) {
            Ok(said) => self.conversation.hear(&mut self.socket, said).await,
            Err(fault) => Err(Problem::invalid(vec![fault]).into()),
        };
        self.object(id.as_deref(), outcome)
    }

    /// Tells the client of an objection, or ends the connection.
    fn object(&self, id: Option<&str>, outcome: Result<(), Objection>) -> Result<(), Ended> {
        match outcome {
            Ok(()) => Ok(()),
            Err(Objection::Close(closing)) => Err(Ended::ByUs(closing)),
            Err(Objection::Problem(problem)) => {
                self.socket.push(&Push::answer(id, &told(&problem)));
                Ok(())
            }
        }
    }

    /// A new token takes the place of the one that keeps the connection open. One that is no good changes nothing.
    async fn renew(&self, id: Option<&str>, token: &str) -> Result<(), Objection> {
        let revision = self.web.platform().caches.revision();
        let admitted = match token.len() {
            1..=LONGEST => self.web.authenticator().admit(Credential::Token(token)).await,
            _ => Err(AuthError::Invalid),
        };
        let pass = match admitted {
            Ok(pass) => pass,
            Err(AuthError::Invalid) => {
                let detail = "The access token is not valid, has expired, or its session is over.";
                let kind = lyceum_kernel::ErrorKind::Unauthenticated;
                return Err(Problem::new(kind, "invalid-token", detail).into());
            }
            Err(AuthError::Refused(problem) | AuthError::Failed(problem)) => return Err(problem.into()),
        };
        let link = &self.socket.place().link;
        let before = link.pass();
        let (old, new) = (&before.principal, &pass.principal);
        if (old.user_id, old.school_id) != (new.user_id, new.school_id) {
            return Err(Closing::new(CloseCode::FORBIDDEN, "the token is of another person or school").into());
        }
        if let Some(reason) = refusal(link.gate, &before, new) {
            return Err(Closing::new(CloseCode::UNAUTHENTICATED, reason).into());
        }
        let expires_at = pass.expires_at;
        link.renew(pass, revision);
        let event = json!({ "event": "authenticated", "data": { "expires_at": expires_at } });
        self.socket.push(&Push::answer(id, &event));
        Ok(())
    }
}

/// The event that tells of a problem.
fn told(problem: &Problem) -> Value {
    let mut data = json!({ "code": problem.code(), "message": problem.detail() });
    if !problem.faults().is_empty() {
        data["errors"] = json!(problem.faults());
    }
    json!({ "event": "error", "data": data })
}

fn ending(objection: Objection) -> Closing {
    match objection {
        Objection::Close(closing) => closing,
        Objection::Problem(problem) if problem.status().is_server_error() => {
            Closing::new(CloseCode::INTERNAL, problem.code())
        }
        Objection::Problem(problem) => Closing::new(CloseCode::POLICY, problem.code()),
    }
}

/// What a stream that breaks means.
fn fault(error: &ProtocolError) -> Ended {
    let close = |code, why: &'static str| Ended::ByUs(Closing::new(code, why));
    match error {
        ProtocolError::Overflow => close(CloseCode::TOO_BIG, "the message is too long"),
        ProtocolError::Io(error) => {
            let inner = error.get_ref();
            match inner.and_then(|inner| inner.downcast_ref::<PayloadError>()) {
                Some(PayloadError::Overflow) => close(CloseCode::TOO_BIG, "the frame is too long"),
                Some(_) => Ended::Gone,
                None if error.kind() == io::ErrorKind::InvalidData => {
                    let utf8 = inner.and_then(|inner| inner.downcast_ref::<std::str::Utf8Error>()).is_some();
                    let code = if utf8 { CloseCode::INVALID_TEXT } else { CloseCode::PROTOCOL };
                    close(code, "not what RFC 6455 says")
                }
                None => close(CloseCode::TOO_BIG, "the message is too long"),
            }
        }
        _ => close(CloseCode::PROTOCOL, "not what RFC 6455 says"),
    }
}

/// How many frames the client may send now: so many a second, after a burst of twice as many.
#[derive(Default)]
struct Bucket {
    used: f64,
    at: Option<Instant>,
}

impl Bucket {
    fn take(&mut self, rate: u32) -> bool {
        let now = Instant::now();
        let passed = self.at.map_or(0.0, |at| now.saturating_duration_since(at).as_secs_f64());
        self.at = Some(now);
        self.used = (self.used - passed * f64::from(rate)).max(0.0) + 1.0;
        self.used <= f64::from(rate) * 2.0
    }
}
