//! A circuit breaker before PostgreSQL: while it is away nobody waits for it.
//!
//! A pool lets everybody wait out the whole time limit for a connection that is not to be had, and a server that hangs lets
//! everybody wait for its answer. Instead the first who meets trouble (a broken connection, or no answer within
//! [`SUSPICIOUS`]) sends a probe: one connection of its own. If none can be had for [`PATIENCE`], which is long enough for a
//! restart to pass unnoticed, the breaker opens: whoever waits is answered at once, and so is whoever comes, until a probe gets
//! through.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use sea_orm::{DbErr, RuntimeErr};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::breakage::Breakage;
use crate::error::Trouble;

/// A statement that takes longer than this is reason to look whether the server is there at all.
const SUSPICIOUS: Duration = Duration::from_millis(750);
/// How long the server may be away before requests are turned down.
const PATIENCE: Duration = Duration::from_millis(800);
/// How long one probe waits for an answer.
const PROBE_TIMEOUT: Duration = Duration::from_millis(800);
/// The pause between two probes.
const PROBE_EVERY: Duration = Duration::from_millis(150);

/// The breaker of one database.
#[derive(Debug)]
pub(super) struct Breaker {
    options: PgConnectOptions,
    breakage: Arc<Breakage>,
    /// Where probes run: the runtime of whoever meets trouble may end before them.
    runtime: Handle,
    open: watch::Sender<bool>,
    probing: AtomicBool,
    myself: Weak<Self>,
}

impl Breaker {
    /// A closed breaker that probes with these options. To be made within a runtime.
    pub(super) fn new(options: PgConnectOptions, breakage: Arc<Breakage>) -> Arc<Self> {
        metrics::gauge!("lyceum_db_breaker_open").set(0.0);
        Arc::new_cyclic(|myself| Self {
            options,
            breakage,
            runtime: Handle::current(),
            open: watch::Sender::new(false),
            probing: AtomicBool::new(false),
            myself: Weak::clone(myself),
        })
    }

    /// Runs a statement unless the breaker is open, and for as long as it stays closed. Whatever can be given up half-way may
    /// run here; a commit may not.
    pub(super) async fn run<T>(&self, statement: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        let mut open = self.open.subscribe();
        if *open.borrow_and_update() {
            return Err(away());
        }
        let doubt = tokio::time::sleep(SUSPICIOUS);
        tokio::pin!(statement, doubt);
        loop {
            tokio::select! {
                biased;
                result = &mut statement => return result,
                _ = open.wait_for(|open| *open) => return Err(away()),
                () = &mut doubt => {
                    self.suspect();
                    doubt.as_mut().reset(tokio::time::Instant::now() + SUSPICIOUS);
                }
            }
        }
    }

    /// Something went wrong: sees whether the server is there, unless that is being done.
    pub(super) fn suspect(&self) {
        if !self.probing.swap(true, Ordering::AcqRel) {
            self.runtime.spawn(probe(Weak::clone(&self.myself)));
        }
    }

    /// Whether the server answers a connection of its own. One that refuses us (too many connections, a wrong password) is
    /// there: connections that are open go on.
    async fn answers(&self) -> bool {
        let asked = async {
            let mut connection = self.options.connect().await?;
            connection.ping().await?;
            connection.close().await
        };
        match tokio::time::timeout(PROBE_TIMEOUT, asked).await {
            Ok(Ok(())) => true,
            Ok(Err(sqlx::Error::Database(refusal))) => {
                refusal.code().as_deref() == Some(TOO_MANY_CONNECTIONS)
                    || Trouble::of_sqlx(&sqlx::Error::Database(refusal)) != Trouble::Away
            }
            Ok(Err(_)) | Err(_) => false,
        }
    }

    /// Nobody waits any more, and no connection there is will be used again.
    fn give_up(&self) {
        self.breakage.mark();
        if !self.open.send_replace(true) {
            metrics::gauge!("lyceum_db_breaker_open").set(1.0);
            metrics::counter!("lyceum_db_outages_total").increment(1);
            tracing::error!("database.away");
        }
    }

    fn recover(&self) {
        self.probing.store(false, Ordering::Release);
        if self.open.send_replace(false) {
            metrics::gauge!("lyceum_db_breaker_open").set(0.0);
            tracing::info!("database.back");
        }
    }
}

/// SQLSTATE `too_many_connections`.
const TOO_MANY_CONNECTIONS: &str = "53300";

/// Probes until the server answers or the database is dropped.
async fn probe(breaker: Weak<Breaker>) {
    let began = Instant::now();
    loop {
        let Some(breaker) = breaker.upgrade() else { return };
        if breaker.answers().await {
            breaker.recover();
            return;
        }
        if began.elapsed() >= PATIENCE {
            breaker.give_up();
        }
        drop(breaker);
        tokio::time::sleep(PROBE_EVERY).await;
    }
}

fn away() -> DbErr {
    DbErr::Conn(RuntimeErr::Internal("the database is away".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that takes connections and says nothing, as one does that hangs.
    async fn hanging() -> (Arc<Breaker>, tokio::net::TcpListener) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let options = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(port).username("lyceum");
        (Breaker::new(options, Arc::new(Breakage::new())), listener)
    }

    async fn forever() -> Result<(), DbErr> {
        std::future::pending().await
    }

    #[tokio::test]
    async fn whoever_waits_for_a_server_that_hangs_is_answered_soon_and_the_next_at_once() {
        let (breaker, _listener) = hanging().await;
        let began = Instant::now();
        breaker.run(forever()).await.unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
        let began = Instant::now();
        let untouched = async { panic!("asked although the breaker is open") };
        breaker.run::<()>(untouched).await.unwrap_err();
        assert!(began.elapsed() < Duration::from_millis(100), "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn what_is_in_order_passes() {
        let (breaker, _listener) = hanging().await;
        assert_eq!(breaker.run(async { Ok(7) }).await.unwrap(), 7);
        assert!(!breaker.probing.load(Ordering::Relaxed));
    }
}
