//! Sockets of a real server, with real clients.

mod access;
mod fan_out;
mod frames;
mod handshake;
mod life;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{SinkExt as _, StreamExt as _};
use lyceum_kernel::{
    Clock, ErrorKind, PermissionSet, PlatformRole, Principal, Rank, SchoolId, ServiceError, SessionId, UserId,
};
use lyceum_platform::cache::CacheTag;
use lyceum_platform::config::Config;
use lyceum_platform::jobs::JobRegistry;
use lyceum_platform::platform::{Parts, Platform};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Accepted, CloseCode, Closing, Conversation, Objection, Push, Socket, Upgrade};
use crate::{AuthError, Authenticator, Caller, Credential, Pass, Problem, Readiness, Routes, WebApp, bind, get, serve};

mod perm {
    lyceum_kernel::permissions! {
        /// Enters rooms.
        RoomEnter = "room:enter",
    }
}

/// Long enough for anything that is to happen at once, also on a busy machine.
pub(super) const SOON: Duration = Duration::from_secs(5);

#[derive(Debug)]
struct TestClock(Mutex<DateTime<Utc>>);

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// Who is known by which token, and what tickets there are.
#[derive(Default)]
pub(super) struct Doorman {
    tokens: Mutex<HashMap<String, Known>>,
    tickets: Mutex<HashMap<String, String>>,
}

#[derive(Clone)]
pub(super) struct Known {
    pub(super) principal: Principal,
    pub(super) expires_at: Option<DateTime<Utc>>,
    pub(super) failing: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("away")]
struct Away;

impl ServiceError for Away {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Unavailable
    }

    fn code(&self) -> &'static str {
        "unavailable"
    }
}

#[async_trait]
impl Authenticator for Doorman {
    async fn authenticate(&self, bearer: &str) -> Result<Arc<Principal>, AuthError> {
        match self.tokens.lock().unwrap().get(bearer) {
            Some(known) if known.failing => Err(Away.into()),
            Some(known) => Ok(Arc::new(known.principal.clone())),
            None => Err(AuthError::Invalid),
        }
    }

    async fn admit(&self, credential: Credential<'_>) -> Result<Pass, AuthError> {
        let token = match credential {
            Credential::Token(token) => token.to_owned(),
            Credential::Ticket(ticket) => self.tickets.lock().unwrap().remove(ticket).ok_or(AuthError::Invalid)?,
        };
        let principal = self.authenticate(&token).await?;
        let expires_at = self.tokens.lock().unwrap().get(&token).and_then(|known| known.expires_at);
        Ok(Pass { token: token.into(), principal, expires_at })
    }
}

/// What clients may say.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "event", content = "data", rename_all = "snake_case")]
pub(super) enum Said {
    /// Come in.
    Enter { room: u32 },
    /// Go out.
    Leave { room: u32 },
    /// Something for the others in the room.
    Say { room: u32, text: String },
    /// Fails.
    Fail {},
    /// Panics.
    Panic {},
    /// Ends it.
    Bye {},
}

/// What they are told.
#[derive(Serialize, ToSchema)]
#[serde(tag = "event", content = "data", rename_all = "snake_case")]
pub(super) enum Told {
    /// Hello.
    Hello { roles: usize },
    /// Something was said.
    Said { text: String },
    /// A price.
    Price { symbol: String, price: u64 },
}

struct Rooms(Platform);

impl Conversation for Rooms {
    type Incoming = Said;
    type Outgoing = Told;

    async fn begin(&mut self, socket: &mut Socket) -> Result<(), Objection> {
        socket.join_own();
        self.changed(socket).await
    }

    async fn hear(&mut self, socket: &mut Socket, said: Said) -> Result<(), Objection> {
        match said {
            Said::Enter { room } => socket.join("room", room)?,
            Said::Leave { room } => socket.leave("room", room)?,
            Said::Say { room, text } => {
                let school = socket.principal().school_id.unwrap();
                let topic = super::Topic::of_school(school, "room", room);
                super::publish(&self.0.bus, &topic, &Push::message(&Told::Said { text }));
            }
            Said::Fail {} => return Err(Problem::new(ErrorKind::Conflict, "no-chance", "It cannot be.").into()),
            Said::Panic {} => panic!("a canary"),
            Said::Bye {} => return Err(Closing::new(CloseCode::NORMAL, "bye").into()),
        }
        Ok(())
    }

    async fn changed(&mut self, socket: &mut Socket) -> Result<(), Objection> {
        socket.say(&Told::Hello { roles: socket.principal().roles.len() });
        Ok(())
    }
}

async fn enter_rooms(
    _: Caller<perm::RoomEnter>,
    platform: crate::State<Platform>,
    upgrade: Upgrade,
) -> Result<Accepted<Rooms>, Problem> {
    Ok(upgrade.accept(Rooms(platform.0.as_ref().clone())))
}

pub(super) fn routes(platform: &Platform) -> Routes {
    let route = get("/v1/ws/rooms", enter_rooms).summary("Enter rooms");
    Routes::new("rooms", "Rooms.").state(Arc::new(platform.clone())).add(route)
}

/// A server, and the means to change what it believes.
pub(super) struct Site {
    pub(super) address: SocketAddr,
    pub(super) platform: Platform,
    pub(super) web: WebApp,
    doorman: Arc<Doorman>,
    clock: Arc<TestClock>,
    stop: Option<oneshot::Sender<()>>,
    stopped: Option<tokio::task::JoinHandle<std::io::Result<()>>>,
    _dir: TempDir,
}

impl Site {
    pub(super) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::for_tests(dir.path());
        config.server.workers = 2;
        config.server.cors_allowed_origins = vec!["https://app.example.org".to_owned()];
        change(&mut config);
        let clock = Arc::new(TestClock(Mutex::new(DateTime::from_timestamp(1_800_000_000, 0).unwrap())));
        let parts = Parts { clock: Some(clock.clone()), ..Parts::default() };
        let platform = Platform::start(config, parts, JobRegistry::default(), Vec::new()).await.unwrap();
        let doorman = Arc::new(Doorman::default());
        let tables = vec![routes(&platform)];
        let web = WebApp::new(platform.clone(), doorman.clone(), Readiness::default(), tables).unwrap();
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopping) = oneshot::channel();
        let served = web.clone();
        let stopped = tokio::task::spawn_blocking(move || {
            actix_rt::System::new()
                .block_on(async move { serve(&served, listener, async { stopping.await.unwrap_or(()) }).await })
        });
        let site = Self { address, platform, web, doorman, clock, stop: Some(stop), stopped: Some(stopped), _dir: dir };
        for (token, user, school) in [("anna", 1, 1), ("bert", 2, 1), ("carl", 3, 2)] {
            site.know(token, user, Some(school), &["room:enter"]);
        }
        site
    }

    /// Makes a token known.
    pub(super) fn know(&self, token: &str, user: u128, school: Option<u128>, permissions: &[&str]) {
        let principal = Principal {
            user_id: UserId(Uuid::from_u128(user)),
            session_id: SessionId(Uuid::from_u128(user)),
            school_id: school.map(|school| SchoolId(Uuid::from_u128(school))),
            platform_role: PlatformRole::Member,
            permissions: PermissionSet::of(permissions.iter().copied()),
            rank: Rank::MEMBER,
            roles: [].into(),
            school_writable: true,
        };
        let known = Known { principal, expires_at: None, failing: false };
        self.doorman.tokens.lock().unwrap().insert(token.to_owned(), known);
    }

    /// Changes what is known of a token, or forgets it, and lets it be known.
    pub(super) fn change(&self, token: &str, change: impl FnOnce(Known) -> Option<Known>) {
        let mut tokens = self.doorman.tokens.lock().unwrap();
        if let Some(known) = tokens.remove(token).and_then(change) {
            tokens.insert(token.to_owned(), known);
        }
        drop(tokens);
        self.platform.caches.bump(CacheTag::new("session", Uuid::nil()));
    }

    pub(super) fn expire_in(&self, token: &str, seconds: i64) {
        let at = self.clock.now() + TimeDelta::seconds(seconds);
        self.change(token, |known| Some(Known { expires_at: Some(at), ..known }));
    }

    pub(super) fn ticket(&self, ticket: &str, token: &str) {
        self.doorman.tickets.lock().unwrap().insert(ticket.to_owned(), token.to_owned());
    }

    pub(super) fn advance(&self, seconds: i64) {
        *self.clock.0.lock().unwrap() += TimeDelta::seconds(seconds);
    }

    /// Tells the server to stop.
    pub(super) fn stop(&mut self) -> tokio::task::JoinHandle<std::io::Result<()>> {
        self.stop.take().unwrap().send(()).unwrap();
        self.stopped.take().unwrap()
    }

    /// A client with a token in the header, past the greeting.
    pub(super) async fn client(&self, token: &str) -> Client {
        let mut client = self.connect("", &[("authorization", &format!("Bearer {token}"))]).await.unwrap();
        assert_eq!(client.event().await["event"], "hello");
        client
    }

    /// Connects, or tells the status and the problem.
    pub(super) async fn connect(&self, query: &str, headers: &[(&str, &str)]) -> Result<Client, (u16, Value)> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        self.connect_over(stream, query, headers).await
    }

    /// A client whose kernel takes little before it stops the server.
    pub(super) async fn narrow_client(&self, token: &str) -> Client {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        let stream = socket.connect(self.address).await.unwrap();
        let mut client = self.connect_over(stream, "", &[("authorization", &format!("Bearer {token}"))]).await.unwrap();
        assert_eq!(client.event().await["event"], "hello");
        client
    }

    async fn connect_over(
        &self,
        stream: TcpStream,
        query: &str,
        headers: &[(&str, &str)],
    ) -> Result<Client, (u16, Value)> {
        let url = format!("ws://{}/v1/ws/rooms{query}", self.address);
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((stream, response)) => {
                let protocol = response.headers().get("sec-websocket-protocol");
                let protocol = protocol.map(|value| value.to_str().unwrap().to_owned());
                Ok(Client { stream, protocol })
            }
            Err(Error::Http(response)) => {
                let body = response.body().as_deref().unwrap_or_default();
                Err((response.status().as_u16(), serde_json::from_slice(body).unwrap_or(Value::Null)))
            }
            Err(error) => panic!("{error}"),
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(self.stop.take());
    }
}

/// The code of a refusal.
pub(super) fn code((status, problem): &(u16, Value)) -> (u16, &str) {
    assert_eq!(problem["status"], *status, "not a problem: {problem}");
    (*status, problem["type"].as_str().unwrap().rsplit('/').next().unwrap())
}

/// A client.
pub(super) struct Client {
    pub(super) stream: WebSocketStream<TcpStream>,
    pub(super) protocol: Option<String>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client")
    }
}

impl Client {
    pub(super) async fn send(&mut self, message: impl Into<Message>) {
        self.stream.send(message.into()).await.unwrap();
    }

    pub(super) async fn say(&mut self, event: &str, data: Value) {
        self.send(Message::text(json!({ "event": event, "data": data }).to_string())).await;
    }

    /// The next message, whatever it is.
    pub(super) async fn next(&mut self) -> Option<Result<Message, Error>> {
        tokio::time::timeout(SOON, self.stream.next()).await.expect("a message in time")
    }

    /// The next event.
    pub(super) async fn event(&mut self) -> Value {
        loop {
            match self.next().await {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Code and reason of the close frame, whatever comes before it.
    pub(super) async fn closed(&mut self) -> (u16, String) {
        loop {
            match self.next().await {
                Some(Ok(Message::Close(Some(CloseFrame { code, reason })))) => {
                    return (code.into(), reason.to_string());
                }
                Some(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Enters a room and knows that it is in.
    pub(super) async fn enter(&mut self, room: u32) {
        self.say("enter", json!({ "room": room })).await;
        self.settle().await;
    }

    /// Waits until everything that was said has been heard.
    pub(super) async fn settle(&mut self) {
        self.send(Message::text(json!({ "event": "fail", "data": {}, "id": "settled" }).to_string())).await;
        while self.event().await["id"] != "settled" {}
    }

    /// That nothing comes for a while.
    pub(super) async fn hears_nothing(&mut self) {
        self.settle().await;
        let more = tokio::time::timeout(Duration::from_millis(50), self.stream.next()).await;
        assert!(more.is_err(), "{more:?}");
    }
}
