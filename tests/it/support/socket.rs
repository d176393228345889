//! A WebSocket client.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::{App, Client};

/// Long enough for anything that happens at once.
const SOON: Duration = Duration::from_secs(5);

/// An open socket.
#[derive(Debug)]
pub struct Socket(WebSocketStream<TcpStream>);

/// Why there is none: status and problem.
pub type Refusal = (u16, Value);

impl Socket {
    /// Opens a socket at a server (`127.0.0.1:41234`).
    ///
    /// # Errors
    /// What the server answers instead.
    pub async fn open(address: &str, path: &str, headers: &[(&str, &str)]) -> Result<Self, Refusal> {
        let mut request = format!("ws://{address}{path}").into_client_request().expect("a request");
        for (name, value) in headers {
            let name: HeaderName = name.parse().expect("a name");
            request.headers_mut().insert(name, HeaderValue::from_str(value).expect("a value"));
        }
        let stream = TcpStream::connect(address).await.expect("a connection");
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((stream, _)) => Ok(Self(stream)),
            Err(Error::Http(response)) => {
                let body = response.body().as_deref().unwrap_or_default();
                Err((response.status().as_u16(), serde_json::from_slice(body).unwrap_or(Value::Null)))
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Says something.
    pub async fn say(&mut self, event: &str, data: Value) {
        let text = json!({ "event": event, "data": data }).to_string();
        self.0.send(Message::text(text)).await.expect("said");
    }

    /// The next event.
    #[track_caller]
    pub fn event(&mut self) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        async move {
            loop {
                match tokio::time::timeout(SOON, self.0.next()).await {
                    Ok(Some(Ok(Message::Text(text)))) => return serde_json::from_str(&text).expect("JSON"),
                    Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
                    other => panic!("{caller}: no event but {other:?}"),
                }
            }
        }
    }

    /// The code of the close frame, whatever comes before it, and after which time.
    #[track_caller]
    pub fn closed(&mut self) -> impl Future<Output = (u16, Duration)> {
        let caller = std::panic::Location::caller();
        let began = std::time::Instant::now();
        async move {
            loop {
                match tokio::time::timeout(SOON, self.0.next()).await {
                    Ok(Some(Ok(Message::Close(Some(frame))))) => return (frame.code.into(), began.elapsed()),
                    Ok(Some(Ok(_))) => {}
                    other => panic!("{caller}: no close frame but {other:?}"),
                }
            }
        }
    }

    /// That nothing comes for a while.
    pub async fn hears_nothing(&mut self) {
        let more = tokio::time::timeout(Duration::from_millis(300), self.0.next()).await;
        assert!(more.is_err(), "{more:?}");
    }
}

impl App {
    /// The server's address and port.
    pub fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// Opens a socket as somebody.
    pub async fn socket(&self, who: &Client, path: &str) -> Socket {
        let bearer = format!("Bearer {}", who.token.as_deref().expect("a token"));
        Socket::open(self.address(), path, &[("authorization", &bearer)]).await.expect("a socket")
    }

    /// Somebody's own socket, past the greeting.
    pub async fn own_socket(&self, who: &Client) -> Socket {
        let mut socket = self.socket(who, "/v1/ws/me").await;
        assert_eq!(socket.event().await["event"], "standing");
        socket
    }
}
