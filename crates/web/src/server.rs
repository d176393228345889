//! The HTTP server: listening, its bounds, and stopping without losing a request.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::{App, HttpServer};
use lyceum_platform::config::{Profile, ServerConfig};
use tokio::net::{TcpSocket, TcpStream};

use crate::app::WebApp;
use crate::socket;

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 4096;
/// How long a client may take to close its side.
const DISCONNECT: Duration = Duration::from_secs(2);
/// How long a production server goes on accepting after it has said that it is not ready, so that balancers notice.
const NOTICE: Duration = Duration::from_secs(3);

/// A listener with a backlog that survives a rush of connections. Port 0 takes a free one; ask `local_addr()`.
///
/// # Errors
/// The address is in use or not ours.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

/// Serves until `shutdown` is done, then stops: `/health/ready` turns 503, new connections are refused, requests being
/// worked on are finished within the configured grace.
///
/// # Errors
/// The listener cannot be used, or the server broke down.
pub async fn serve(web: &WebApp, listener: TcpListener, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let server = build(web, listener)?;
    let handle = server.handle();
    let _watch = Watch::start(web);
    let running = server;
    tokio::pin!(running);
    tokio::select! {
        ended = &mut running => return ended,
        () = shutdown => {}
    }
    let stopping = stop(web, &handle);
    let (ended, ()) = futures_util::join!(running, stopping);
    ended
}

/// Keeps an eye on the sockets for as long as it lives.
struct Watch(tokio::task::JoinHandle<()>);

impl Watch {
    fn start(web: &WebApp) -> Self {
        Self(tokio::spawn(socket::watch(Arc::clone(web.state()), web.readiness().clone())))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn stop(web: &WebApp, handle: &ServerHandle) {
    web.readiness().drain();
    if web.platform().config.profile == Profile::Production {
        tracing::info!("not ready any more; still accepting for {} s", NOTICE.as_secs());
        tokio::time::sleep(NOTICE).await;
    }
    tracing::info!("finishing the requests that are being worked on");
    handle.stop(true).await;
}

fn build(web: &WebApp, listener: TcpListener) -> io::Result<Server> {
    let config: &ServerConfig = &web.platform().config.server;
    let workers = match config.workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        workers => workers,
    };
    let address = listener.local_addr()?;
    raise_descriptors(config.max_connections);
    let app = web.clone();
    let server = HttpServer::new(move || {
        let web = app.clone();
        App::new().configure(|config| web.configure(config))
    })
    .on_connect(|stream, data| {
        if let Some(cut) = stream.downcast_ref::<TcpStream>().and_then(socket::Cut::of) {
            data.insert(cut);
        }
    })
    .workers(workers)
    .keep_alive(Duration::from_secs(config.keep_alive_s))
    .client_request_timeout(Duration::from_secs(config.client_header_timeout_s))
    .client_disconnect_timeout(DISCONNECT)
    .max_connections((config.max_connections / workers).max(1))
    .shutdown_timeout(config.shutdown_grace_s)
    .tcp_nodelay(true)
    .disable_signals()
    .listen(listener)?
    .run();
    tracing::info!(%address, workers, "listening");
    Ok(server)
}

/// Raises the limit of open files, which many systems set to a thousand: a connection takes two, everything else some hundred.
fn raise_descriptors(connections: usize) {
    let needed = 2 * connections as u64 + 1_024;
    match rlimit::increase_nofile_limit(needed) {
        Ok(limit) if limit < needed => {
            tracing::warn!(limit, needed, "the limit of open files is lower than server.max_connections needs");
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the limit of open files stays as it is"),
    }
}

#[cfg(test)]
mod tests;
