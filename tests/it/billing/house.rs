//! A server with billing alone, so that schools and roles are whatever a test says: the real database, jobs and HTTP, with schools
//! and callers in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, mpsc};

use async_trait::async_trait;
use lyceum_billing::BillingService;
use lyceum_billing::ports::{Contact, School, Schools, Terms};
use lyceum_kernel::{PermissionSet, PlatformRole, Principal, Rank, SchoolId, ServiceError, SessionId, UserId};
use lyceum_platform::config::Config;
use lyceum_platform::jobs::{JobRegistry, JobRunner};
use lyceum_platform::uow::UnitOfWork;
use lyceum_platform::{Parts, Platform};
use lyceum_web::route::RouteInfo;
use lyceum_web::{AuthError, Authenticator, Readiness, WebApp};
use tempfile::TempDir;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::support::contract::Contract;
use crate::support::stripe::StripeServer;
use crate::support::{Client, Mail, TestClock, database, variable};

/// What the webhook's events are signed with.
pub const WEBHOOK_SECRET: &str = "whsec_of_the_tests";

/// Schools as the tests say.
#[derive(Default)]
pub struct Town {
    schools: Mutex<HashMap<SchoolId, (School, Option<Terms>)>>,
}

impl Town {
    /// What a school was told last.
    pub fn terms(&self, school: SchoolId) -> Option<Terms> {
        self.schools.lock().expect("unpoisoned")[&school].1
    }

    /// So many seats are taken.
    pub fn take_seats(&self, school: SchoolId, seats: u64) {
        self.schools.lock().expect("unpoisoned").get_mut(&school).expect("a school").0.seats_used = seats;
    }
}

#[async_trait]
impl Schools for Town {
    async fn school(&self, school: SchoolId) -> Result<Option<School>, Box<dyn ServiceError>> {
        Ok(self.schools.lock().expect("unpoisoned").get(&school).map(|(school, _)| school.clone()))
    }

    async fn administrators(&self, school: SchoolId, most: u64) -> Result<Vec<Contact>, Box<dyn ServiceError>> {
        assert!(most >= 2);
        let known = self.schools.lock().expect("unpoisoned").contains_key(&school);
        let head = |number| Contact { email: format!("head{number}@school.example"), name: None };
        Ok(if known { vec![head(1), head(2)] } else { Vec::new() })
    }

    async fn apply_terms(&self, _: UnitOfWork, school: SchoolId, terms: Terms) -> Result<(), Box<dyn ServiceError>> {
        self.schools.lock().expect("unpoisoned").get_mut(&school).expect("a school").1 = Some(terms);
        Ok(())
    }
}

/// Callers by token.
#[derive(Default)]
struct Doorman(Mutex<HashMap<String, Arc<Principal>>>);

#[async_trait]
impl Authenticator for Doorman {
    async fn authenticate(&self, bearer: &str) -> Result<Arc<Principal>, AuthError> {
        self.0.lock().expect("unpoisoned").get(bearer).cloned().ok_or(AuthError::Invalid)
    }
}

/// A running server with billing alone.
pub struct House {
    /// The clock that it goes by.
    pub clock: TestClock,
    /// The schools.
    pub town: Arc<Town>,
    /// Its routes.
    pub table: Vec<RouteInfo>,
    /// The platform, for a look inside.
    pub platform: Platform,
    runner: Arc<JobRunner>,
    doorman: Arc<Doorman>,
    contract: Arc<Contract>,
    base: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
    folder: TempDir,
}

type Started = (Platform, Arc<JobRunner>, WebApp, u16);

impl House {
    /// With invoices paid by transfer.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// With Stripe, as this server plays it.
    pub async fn with_stripe(stripe: &StripeServer) -> Self {
        let base = stripe.base.clone();
        Self::start_with(move |config| {
            config.billing.provider = lyceum_platform::config::BillingProvider::Stripe;
            config.billing.stripe_secret_key = Some("sk_test_lyceum".into());
            config.billing.stripe_webhook_secret = Some(WEBHOOK_SECRET.into());
            config.billing.stripe_base_url = base;
            config.billing.stripe_timeout_s = 1;
        })
        .await
    }

    /// With its configuration changed.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = Config::for_tests(folder.path());
        config.database.url = database::fresh(folder.path()).await.into();
        config.redis.url = variable("LYCEUM_TEST_REDIS_URL").map(Into::into);
        config.redis.key_prefix = format!("{}:", folder.path().file_name().expect("a name").to_string_lossy());
        config.billing.tax_basis_points = 1_900;
        config.server.workers = 1;
        change(&mut config);
        let (clock, town, doorman) = (TestClock::default(), Arc::new(Town::default()), Arc::new(Doorman::default()));
        let (started, starting) = mpsc::channel::<Started>();
        let (stop, stopped) = oneshot::channel();
        let (schools, authenticator, time) = (Arc::clone(&town), Arc::clone(&doorman), clock.clone());
        let thread = std::thread::spawn(move || {
            lyceum_gateway::system::runtime(2).block_on(async move {
                let parts = Parts { clock: Some(Arc::new(time)), ..Parts::default() };
                let platform = Platform::start(config, parts, JobRegistry::new(), lyceum_billing::TEMPLATES.to_vec())
                    .await
                    .expect("a platform");
                let provider = lyceum_billing::provider::configured(&platform.config).expect("a provider");
                let service = BillingService::new(platform.clone(), provider, schools);
                let tables = vec![lyceum_billing::routes(&service)];
                let web = WebApp::new(platform.clone(), authenticator, Readiness::default(), tables).expect("an app");
                let runner = Arc::new(JobRunner::new(&platform, &lyceum_billing::jobs(&service)).expect("a runner"));
                let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
                let port = listener.local_addr().expect("an address").port();
                started.send((platform.clone(), runner, web.clone(), port)).expect("the test waits");
                lyceum_web::serve(&web, listener, async { stopped.await.unwrap_or(()) }).await.expect("served");
                platform.stop().await;
            });
        });
        let received = tokio::task::spawn_blocking(move || starting.recv()).await.expect("joined");
        let (platform, runner, web, port) = received.expect("started");
        Self {
            clock,
            town,
            table: web.table().to_vec(),
            platform,
            runner,
            doorman,
            contract: Contract::shared(
                serde_json::from_slice(web.openapi().expect("tables that fit")).expect("the document"),
            ),
            base: format!("http://127.0.0.1:{port}"),
            stop: Some(stop),
            thread: Some(thread),
            folder,
        }
    }

    /// A school.
    pub fn school(&self, name: &str) -> SchoolId {
        let school = SchoolId(Uuid::now_v7());
        let known = School { name: name.to_owned(), seats_used: 1 };
        self.town.schools.lock().expect("unpoisoned").insert(school, (known, None));
        school
    }

    /// A caller of any sort.
    pub fn caller(&self, school: Option<SchoolId>, role: PlatformRole, roles: &[&str], may: PermissionSet) -> Client {
        let token = format!("t-{}", Uuid::now_v7().simple());
        let roles = roles.iter().copied().chain([role.as_str()]).map(Box::from).collect();
        let principal = Principal {
            user_id: UserId(Uuid::now_v7()),
            session_id: SessionId(Uuid::now_v7()),
            school_id: school,
            platform_role: role,
            permissions: may,
            rank: Rank::MEMBER,
            roles,
            school_writable: school.and_then(|id| self.town.terms(id)).is_none_or(|terms| !terms.lapsed),
        };
        self.doorman.0.lock().expect("unpoisoned").insert(token.clone(), Arc::new(principal));
        Client::of(self.base.clone(), Arc::clone(&self.contract)).with_token(token)
    }

    /// A super admin in a school.
    pub fn root(&self, school: Option<SchoolId>) -> Client {
        self.caller(school, PlatformRole::SuperAdmin, &[], PermissionSet::all())
    }

    /// A school's administrator.
    pub fn bursar(&self, school: SchoolId) -> Client {
        let may = PermissionSet::of(["billing:read", "billing:manage"]);
        self.caller(Some(school), PlatformRole::Member, &["school_admin"], may)
    }

    /// Somebody without a token.
    pub fn nobody(&self) -> Client {
        Client::of(self.base.clone(), Arc::clone(&self.contract))
    }

    /// Whether an operation takes a body.
    pub fn takes_body(&self, route: &RouteInfo) -> bool {
        let method = route.method.as_str().to_ascii_lowercase();
        self.contract.document()["paths"][route.path][&method]["requestBody"].is_object()
    }

    /// Runs every job that is due.
    pub async fn drain(&self) {
        self.runner.drain().await.expect("the jobs run");
    }

    /// How often something was done, by the audit log.
    pub async fn audited(&self, action: &str) -> u64 {
        use lyceum_platform::uow::audit::{Column, Entity};
        use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
        let db = self.platform.db.read(lyceum_kernel::Scope::Platform);
        Entity::find().filter(Column::Action.eq(action)).count(&db).await.expect("counted")
    }

    /// The subjects of all mail to an address, oldest first.
    pub fn subjects_to(&self, address: &str) -> Vec<String> {
        let Ok(folder) = std::fs::read_dir(self.folder.path().join("mail")) else { return Vec::new() };
        let mut files: Vec<_> = folder.map(|entry| entry.expect("an entry").path()).collect();
        files.sort();
        let mails = files.iter().map(|file| Mail::parse(&std::fs::read(file).expect("a message")));
        mails.filter(|mail| mail.to == address).map(|mail| mail.subject).collect()
    }

    /// Lets time pass, in steps that the sweep sees, and runs what is then due.
    pub async fn pass_days(&self, days: i64) {
        for _ in 0..days {
            self.clock.advance(chrono::Duration::days(1));
            self.drain().await;
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the server ended badly");
        }
    }
}
