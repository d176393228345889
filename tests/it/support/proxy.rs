//! A TCP proxy before a server that the tests do not own: it can refuse connections, hang, and cut what is open.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};

/// What the proxy does with connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Passes everything on.
    Pass,
    /// Takes connections, keeps those that are open, and passes nothing on.
    Hang,
    /// Nobody listens, and nothing is open.
    Refuse,
}

/// The state of all connections: the mode, and how often they were cut.
#[derive(Debug, Clone, Copy)]
struct State {
    mode: Mode,
    cuts: u32,
}

/// A proxy on a port of the loopback interface. It lives on a thread of its own, so that it works while a test blocks.
#[derive(Debug)]
pub struct Proxy {
    url: String,
    state: Arc<watch::Sender<State>>,
    /// Told when the listener is closed, or open again.
    listening: watch::Receiver<bool>,
    _stop: oneshot::Sender<()>,
}

impl Proxy {
    /// A proxy before the server of this URL, which must name host and port.
    pub fn before(url: &str) -> Self {
        let (scheme, rest) = url.split_once("://").expect("a URL");
        let (authority, path) = rest.split_once('/').map_or((rest, None), |(a, p)| (a, Some(p)));
        let (credentials, upstream) = authority.rsplit_once('@').map_or((None, authority), |(c, u)| (Some(c), u));
        let upstream: SocketAddr = upstream.replace("localhost", "127.0.0.1").parse().expect("an address with a port");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a socket that does not block");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(watch::Sender::new(State { mode: Mode::Pass, cuts: 0 }));
        let (tell, listening) = watch::channel(true);
        let (stop, stopped) = oneshot::channel::<()>();
        let watched = Arc::clone(&state);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).expect("a listener");
                tokio::select! {
                    () = accept(listener, upstream, watched, tell) => {}
                    _ = stopped => {}
                }
            });
        });
        let credentials = credentials.map(|c| format!("{c}@")).unwrap_or_default();
        let path = path.map(|p| format!("/{p}")).unwrap_or_default();
        Self { url: format!("{scheme}://{credentials}{address}{path}"), state, listening, _stop: stop }
    }

    /// The URL of the server behind, as the proxy offers it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Everything is passed on again, that of connections which hung included.
    pub async fn pass(&self) {
        self.switch(Mode::Pass).await;
    }

    /// Whoever connects is kept waiting, and so is whoever is connected.
    pub async fn hang(&self) {
        self.switch(Mode::Hang).await;
    }

    /// Cuts all connections and listens no more.
    pub async fn refuse(&self) {
        self.switch(Mode::Refuse).await;
    }

    /// Cuts all connections there are; new ones are taken.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.cuts += 1);
    }

    async fn switch(&self, mode: Mode) {
        self.state.send_modify(|state| {
            state.cuts += u32::from(mode == Mode::Refuse);
            state.mode = mode;
        });
        let open = mode != Mode::Refuse;
        self.listening.clone().wait_for(|listening| *listening == open).await.expect("the proxy runs");
    }
}

async fn accept(first: TcpListener, upstream: SocketAddr, state: Arc<watch::Sender<State>>, tell: watch::Sender<bool>) {
    let address = first.local_addr().expect("an address");
    let mut listener = Some(first);
    let mut changes = state.subscribe();
    loop {
        let refusing = changes.borrow_and_update().mode == Mode::Refuse;
        if refusing {
            listener = None;
        } else if listener.is_none() {
            listener = Some(TcpListener::bind(address).await.expect("the same port again"));
        }
        tell.send_replace(!refusing);
        let incoming = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            taken = incoming => if let Ok((client, _)) = taken {
                tokio::spawn(serve(client, upstream, state.subscribe()));
            },
        }
    }
}

/// Passes on what both sides say until one of them ends it, or it is cut.
async fn serve(client: TcpStream, upstream: SocketAddr, mut state: watch::Receiver<State>) {
    let cuts = state.borrow().cuts;
    let mut passing = state.clone();
    let talk = async {
        passing.wait_for(|state| state.mode == Mode::Pass).await.ok()?;
        let server = TcpStream::connect(upstream).await.ok()?;
        client.set_nodelay(true).ok()?;
        server.set_nodelay(true).ok()?;
        let (client_read, client_write) = client.into_split();
        let (server_read, server_write) = server.into_split();
        tokio::select! {
            ended = pump(client_read, server_write, passing.clone()) => ended,
            ended = pump(server_read, client_write, passing) => ended,
        }
    };
    tokio::select! {
        _ = talk => {}
        _ = state.wait_for(|state| state.cuts != cuts) => {}
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut state: watch::Receiver<State>) -> Option<()> {
    let mut buffer = vec![0; 16_384];
    loop {
        let read = from.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        state.wait_for(|state| state.mode == Mode::Pass).await.ok()?;
        to.write_all(&buffer[..read]).await.ok()?;
    }
}
