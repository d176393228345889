//! The harness: a whole system per test, on a database of its own, driven over HTTP like any other.
//!
//! Without further settings everything is embedded (SQLite, in-process cache and limiter, mail into a folder). With
//! `LYCEUM_TEST_POSTGRES_URL` and `LYCEUM_TEST_REDIS_URL` the same tests run on PostgreSQL, Redis and SMTP.

pub mod client;
pub mod clock;
pub mod contract;
pub mod database;
pub mod mail;
pub mod program;
pub mod proxy;
pub mod s3;
pub mod smtp;
pub mod socket;
pub mod stripe;

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use lyceum_gateway::system::System;
use lyceum_platform::config::Config;
use lyceum_platform::platform::Parts;
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;

pub use client::{Client, Reply};
pub use clock::TestClock;
use contract::Contract;
pub use mail::Mail;
use s3::Bucket;
use smtp::SmtpServer;

/// A password that every policy accepts.
pub const PASSWORD: &str = "quiet harbour lantern";

/// The value of an environment variable, if it is set and not empty.
#[expect(clippy::disallowed_methods, reason = "tests are told by the environment which servers to use")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Waits until something holds, at most `patience`, and tells how long it took.
#[track_caller]
pub fn eventually(
    patience: Duration,
    what: &'static str,
    mut holds: impl AsyncFnMut() -> bool,
) -> impl Future<Output = Duration> {
    let caller = std::panic::Location::caller();
    async move {
        let began = std::time::Instant::now();
        while !holds().await {
            assert!(began.elapsed() < patience, "{caller}: not within {patience:?}: {what}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        began.elapsed()
    }
}

/// A running system.
pub struct App {
    /// The clock that the system goes by.
    pub clock: TestClock,
    /// The system itself, for what has no route: draining the outbox, counting queries.
    pub system: System,
    /// The address, as in `http://127.0.0.1:41234`.
    pub base: String,
    /// The database's URL, for a second node or a look inside.
    pub database_url: String,
    smtp: Option<SmtpServer>,
    /// The bucket, where the store is an S3 server.
    pub bucket: Option<Bucket>,
    contract: Arc<Contract>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
    folder: Arc<TempDir>,
}

impl App {
    /// A system with the defaults of the tests.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// A system with its configuration changed.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        let database_url = database::fresh(folder.path()).await;
        let smtp = if variable("LYCEUM_TEST_REDIS_URL").is_some() { Some(SmtpServer::start().await) } else { None };
        let bucket = if s3::is_wanted() { Some(Bucket::create(folder.path())) } else { None };
        let config = configuration(folder.path(), &database_url, (smtp.as_ref(), bucket.as_ref()), change);
        Self::run(config, TestClock::default(), database_url, (smtp, bucket), folder).await
    }

    /// A second node on the same database, Redis, mail server and clock. Needs PostgreSQL.
    pub async fn second_node(&self, change: impl FnOnce(&mut Config)) -> Self {
        let outside = (self.smtp.as_ref(), self.bucket.as_ref());
        let config = configuration(self.folder.path(), &self.database_url, outside, change);
        let (clock, outside) = (self.clock.clone(), (self.smtp.clone(), self.bucket.clone()));
        Self::run(config, clock, self.database_url.clone(), outside, Arc::clone(&self.folder)).await
    }

    /// The same deployment stopped and started again with its configuration changed: same database, folder and clock.
    pub async fn restarted(self, change: impl FnOnce(&mut Config)) -> Self {
        let outside = (self.smtp.as_ref(), self.bucket.as_ref());
        let config = configuration(self.folder.path(), &self.database_url, outside, change);
        let (clock, url) = (self.clock.clone(), self.database_url.clone());
        let (outside, folder) = ((self.smtp.clone(), self.bucket.clone()), Arc::clone(&self.folder));
        drop(self);
        Self::run(config, clock, url, outside, folder).await
    }

    async fn run(
        config: Config,
        clock: TestClock,
        url: String,
        (smtp, bucket): (Option<SmtpServer>, Option<Bucket>),
        folder: Arc<TempDir>,
    ) -> Self {
        let (started, starting) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let parts = Parts { clock: Some(Arc::new(clock.clone())), ..Parts::default() };
        // A thread of its own with a runtime of its own: what a server leaves behind ends with it.
        let thread = std::thread::spawn(move || {
            lyceum_gateway::system::runtime(2).block_on(async move {
                let system = System::build_with(config, parts).await.expect("the system");
                let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
                let port = listener.local_addr().expect("an address").port();
                started.send((system.clone(), port)).expect("the test waits");
                system.serve(listener, async { stopped.await.unwrap_or(()) }).await.expect("served");
                system.close().await;
            });
        });
        let (system, port) =
            tokio::task::spawn_blocking(move || starting.recv()).await.expect("joined").expect("started");
        let document = serde_json::from_slice(system.web.openapi().expect("tables that fit")).expect("the document");
        Self {
            clock,
            system,
            base: format!("http://127.0.0.1:{port}"),
            database_url: url,
            smtp,
            bucket,
            contract: Contract::shared(document),
            stop: Some(stop),
            thread: Some(thread),
            folder,
        }
    }

    /// The data folder.
    pub fn data_dir(&self) -> &Path {
        self.folder.path()
    }

    /// The document that describes the API.
    pub fn document(&self) -> &Value {
        self.contract.document()
    }

    /// A client that is nobody.
    pub fn anonymous(&self) -> Client {
        static HOST: AtomicU32 = AtomicU32::new(2);
        // An address of its own in 127/8 for each client, as if each sat behind its own connection.
        let [_, b, c, d] = HOST.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let http = reqwest::Client::builder()
            .local_address(std::net::IpAddr::from([127, b.max(1), c, d]))
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_mins(1))
            .build()
            .expect("a client");
        Client { http, base: self.base.clone(), contract: Arc::clone(&self.contract), token: None, user_id: None }
    }

    /// A super admin, logged in.
    pub async fn super_admin(&self) -> Client {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let email = format!("root{}@lyceum.example", NUMBER.fetch_add(1, Ordering::Relaxed));
        let password = SecretString::from(PASSWORD);
        let made = self.system.identity.create_super_admin(&email, Some("Root".to_owned()), password).await;
        made.expect("a super admin");
        self.login(&email, PASSWORD).await
    }

    /// A person who registered with this address, activated it and logged in.
    pub async fn member(&self, email: &str) -> Client {
        let body = json!({"email": email, "password": PASSWORD, "full_name": "A Member"});
        let registered = self.anonymous().post("/v1/auth/register", body).await;
        assert!(registered.status.is_success(), "{}", registered.json);
        self.drain_outbox().await;
        let token = self.mail_to(email).expect("an activation mail").token();
        let activated = self.anonymous().post("/v1/auth/activate", json!({"token": token})).await;
        assert!(activated.status.is_success(), "{}", activated.json);
        self.login(email, PASSWORD).await
    }

    /// Somebody with an account, logged in.
    pub async fn login(&self, email: &str, password: &str) -> Client {
        let client = self.anonymous();
        let pair = client.post("/v1/auth/login", json!({"email": email, "password": password})).await;
        let mut client = client.with_token(pair.expect(200)["access_token"].as_str().expect("a token"));
        client.user_id = client.get("/v1/me").await.expect(200)["id"].as_str().map(str::to_owned);
        client
    }

    /// Runs every job that is due.
    pub async fn drain_outbox(&self) {
        self.system.drain_jobs().await.expect("the jobs run");
    }

    /// All mail sent so far, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        if let Some(smtp) = &self.smtp {
            return smtp.messages().iter().map(|raw| Mail::parse(raw.as_bytes())).collect();
        }
        let Ok(folder) = std::fs::read_dir(self.data_dir().join("mail")) else { return Vec::new() };
        let mut files: Vec<_> = folder.map(|entry| entry.expect("an entry").path()).collect();
        files.retain(|file| file.extension().is_some_and(|e| e == "eml"));
        files.sort();
        files.iter().map(|file| Mail::parse(&std::fs::read(file).expect("a message"))).collect()
    }

    /// The latest mail to an address.
    pub fn mail_to(&self, email: &str) -> Option<Mail> {
        self.mails().into_iter().rev().find(|mail| mail.to == email)
    }

    /// How many statements the database sees while something is done.
    pub async fn queries_of<T>(&self, what: impl Future<Output = T>) -> u64 {
        let before = self.system.platform.db.queries();
        what.await;
        self.system.platform.db.queries() - before
    }

    /// Whether the tests run on PostgreSQL.
    pub fn on_postgres(&self) -> bool {
        self.database_url.starts_with("postgres")
    }
}

impl Drop for App {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the server ended badly");
        }
    }
}

fn configuration(
    folder: &Path,
    database_url: &str,
    (smtp, bucket): (Option<&SmtpServer>, Option<&Bucket>),
    change: impl FnOnce(&mut Config),
) -> Config {
    let mut config = Config::for_tests(folder);
    config.database.url = database_url.into();
    config.redis.url = variable("LYCEUM_TEST_REDIS_URL").map(Into::into);
    config.redis.key_prefix = format!("{}:", folder.file_name().expect("a name").to_string_lossy());
    config.smtp.url = smtp.map(|server| server.url().into());
    config.storage.reader_program = Some(program::reader(folder));
    if let Some(bucket) = bucket {
        bucket.configure(&mut config.storage);
    }
    config.server.workers = 1;
    config.docs.enabled = true;
    change(&mut config);
    config
}
