//! All sockets of this node, and the one task that keeps an eye on them.
//!
//! Nothing of an open socket runs by itself but its reading: the watch pings, notices silence and stalls, and asks the authenticator
//! again whenever anything was invalidated anywhere, so thousands of idle sockets cost a glance each.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use lyceum_kernel::{ErrorKind, UserId};
use lyceum_platform::config::{Config, SocketsConfig};
use lyceum_platform::platform::Platform;

use super::close::{CloseCode, Closing};
use super::link::{Cut, Link};
use super::meters;
use super::topic::Exchange;
use crate::app::Readiness;
use crate::authentication::{AuthError, Pass};
use crate::edge::Cors;
use crate::problem::Problem;
use crate::route::GateKind;
use crate::state::WebState;

/// How often the watch looks. With the two seconds that other nodes may take to hear of a revocation it stays within them, for they
/// hear of it at once unless a connection hangs.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Every pass is looked at again after this time at the latest, for what ends by time alone.
const TRUSTED_FOR: Duration = Duration::from_mins(1);

/// Passes looked at again at the same time.
const AT_ONCE: usize = 16;

/// How long to leave a pass alone that could not be looked at.
const PAUSE: Duration = Duration::from_secs(2);

/// For how long a socket stays open while its pass cannot be looked at: nothing can be revoked while the database is away, but
/// this node may be the only one that does not reach it.
const BENEFIT_OF_DOUBT: Duration = Duration::from_mins(2);

/// On shutdown so many are closed at a time, so that not all come back in one instant.
const CLOSED_AT_ONCE: usize = 250;
const BETWEEN_CLOSES: Duration = Duration::from_millis(25);

/// The sockets of this node.
pub(crate) struct Sockets {
    settings: SocketsConfig,
    origins: Cors,
    exchange: Exchange,
    open: Mutex<Open>,
    numbers: AtomicU64,
    draining: AtomicBool,
}

#[derive(Default)]
struct Open {
    links: HashMap<u64, Arc<Link>>,
    people: HashMap<UserId, usize>,
}

impl Sockets {
    /// None yet.
    pub(crate) fn new(platform: &Platform) -> Arc<Self> {
        let settings = platform.config.sockets.clone();
        Arc::new(Self {
            settings,
            origins: origins(&platform.config),
            exchange: Exchange::new(&platform.bus),
            open: Mutex::default(),
            numbers: AtomicU64::new(0),
            draining: AtomicBool::new(false),
        })
    }

    /// The pages that may connect.
    pub(super) const fn origins(&self) -> &Cors {
        &self.origins
    }

    pub(super) const fn settings(&self) -> &SocketsConfig {
        &self.settings
    }

    pub(super) const fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// A place for one more socket.
    ///
    /// # Errors
    /// 429 where the person has as many as one may, 503 where the node has, or stops.
    pub(super) fn enter(
        self: &Arc<Self>,
        route: &'static str,
        gate: GateKind,
        pass: Pass,
        cut: Option<&Cut>,
        revision: u64,
    ) -> Result<Place, Problem> {
        if self.draining.load(Ordering::SeqCst) {
            let detail = "This node stops. Connect again: another one will answer.";
            return Err(Problem::new(ErrorKind::Unavailable, "draining", detail).retry_after(Duration::from_secs(1)));
        }
        let user = pass.principal.user_id;
        let mut open = lock(&self.open);
        if open.links.len() >= self.settings.max_per_node {
            let detail = "This node has all the sockets that it can have just now.";
            return Err(Problem::new(ErrorKind::Unavailable, "overloaded", detail).retry_after(Duration::from_secs(1)));
        }
        let theirs = open.people.entry(user).or_default();
        if *theirs >= self.settings.max_per_person {
            let detail = format!("This account has {theirs} sockets open, which is the most. Close one first.");
            let problem = Problem::new(ErrorKind::TooMany, "too-many-sockets", detail);
            return Err(problem.retry_after(Duration::from_secs(1)));
        }
        *theirs += 1;
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let link = Arc::new(Link::new(number, gate, self.settings.queue_bytes, cut, pass, revision));
        open.links.insert(number, Arc::clone(&link));
        drop(open);
        meters::open(route, 1.0);
        Ok(Place { sockets: Arc::clone(self), link, user, route })
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        lock(&self.open).links.len()
    }

    /// How many topics somebody listens to.
    #[cfg(test)]
    pub(super) fn topics(&self) -> usize {
        self.exchange.topics()
    }

    fn all(&self) -> Vec<Arc<Link>> {
        lock(&self.open).links.values().cloned().collect()
    }
}

/// A socket's place among those of its node, given up when dropped.
pub(super) struct Place {
    pub(super) sockets: Arc<Sockets>,
    pub(super) link: Arc<Link>,
    user: UserId,
    route: &'static str,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = lock(&self.sockets.open);
        open.links.remove(&self.link.number);
        if let Some(theirs) = open.people.get_mut(&self.user) {
            *theirs -= 1;
            if *theirs == 0 {
                open.people.remove(&self.user);
            }
        }
        drop(open);
        meters::open(self.route, -1.0);
    }
}

/// Keeps an eye on all sockets until it is dropped. On shutdown they are closed with 1012, and no more are let in.
pub(crate) async fn watch(web: Arc<WebState>, readiness: Readiness) {
    let sockets = Arc::clone(web.sockets());
    let goodbye = async {
        readiness.drained().await;
        sockets.draining.store(true, Ordering::SeqCst);
        loop {
            let links = sockets.all();
            for some in links.chunks(CLOSED_AT_ONCE) {
                for link in some {
                    link.close(Closing::new(CloseCode::RESTART, "the server restarts"));
                }
                tokio::time::sleep(BETWEEN_CLOSES).await;
            }
            // One that came in meanwhile is seen to as well.
            tokio::time::sleep(BETWEEN_CLOSES).await;
        }
    };
    let eye = async {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            look(&web, &sockets).await;
        }
    };
    futures_util::join!(goodbye, eye);
}

async fn look(web: &WebState, sockets: &Sockets) {
    let settings = &sockets.settings;
    let (every, patience) = (Duration::from_secs(settings.ping_s), Duration::from_secs(settings.stalled_s));
    let links = sockets.all();
    let (now, clock) = (Instant::now(), web.platform().clock.now());
    let revision = web.platform().caches.revision();
    let mut doubtful = Vec::new();
    for link in links {
        link.beat(now, every);
        link.watch_expiry(clock);
        if link.lanes().stalled(now) >= patience {
            link.close_slow("nothing was taken for too long");
        }
        if link.is_doubtful(revision, now, TRUSTED_FOR) {
            doubtful.push(link);
        }
    }
    let asked = futures_util::stream::iter(doubtful).map(|link| ask_again(web, link, revision));
    asked.buffer_unordered(AT_ONCE).collect::<()>().await;
}

/// Asks whether the token still opens this connection.
async fn ask_again(web: &WebState, link: Arc<Link>, revision: u64) {
    let pass = link.pass();
    match web.authenticator().authenticate(&pass.token).await {
        Ok(principal) => match refusal(link.gate, &pass, &principal) {
            Some(reason) => link.close(Closing::new(CloseCode::UNAUTHENTICATED, reason)),
            None => link.confirm(Pass { principal, ..pass }, revision),
        },
        Err(AuthError::Invalid) => {
            link.close(Closing::new(CloseCode::UNAUTHENTICATED, "the session is over"));
        }
        Err(AuthError::Refused(problem)) => {
            link.close(Closing::new(CloseCode::UNAUTHENTICATED, problem.code()));
        }
        Err(AuthError::Failed(_)) => {
            if link.fail(Instant::now(), PAUSE) >= BENEFIT_OF_DOUBT {
                link.close(Closing::new(CloseCode::TRY_AGAIN, "the session cannot be looked at"));
            }
        }
    }
}

/// Why what the caller is by now does not open the connection any more.
pub(super) fn refusal(gate: GateKind, before: &Pass, now: &lyceum_kernel::Principal) -> Option<&'static str> {
    if let GateKind::Permission(permission) = gate
        && !now.may(permission)
    {
        return Some("the permission was taken");
    }
    if now.school_id != before.principal.school_id {
        return Some("the school is not the caller's any more");
    }
    (before.principal.school_writable && !now.school_writable).then_some("the school was suspended")
}

/// The pages that may call, and those of the server itself.
fn origins(config: &Config) -> Cors {
    let url = &config.server.public_url;
    let host = url.find("://").map_or(0, |scheme| scheme + 3);
    let end = url[host..].find('/').map_or(url.len(), |path| host + path);
    let mut origins = config.server.cors_allowed_origins.clone();
    origins.push(url[..end].to_owned());
    Cors::new(&origins)
}

fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}
