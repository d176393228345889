//! The composition: the platform, every context on it, their ports wired, their routes in one application.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use lyceum_assessments::AssessmentsService;
use lyceum_audit::AuditService;
use lyceum_billing::BillingService;
use lyceum_courses::CoursesService;
use lyceum_enrollments::EnrollmentsService;
use lyceum_files::FilesService;
use lyceum_identity::{IdentityService, TokenAuthenticator};
use lyceum_kernel::events::Event as _;
use lyceum_kernel::events::assessments::{AttemptAwaitsMarking, AttemptGraded};
use lyceum_kernel::events::courses::{
    BlockCreated, BlocksDeleted, BlocksRestored, CourseDeleted, CoursePublished, CourseRearranged, CourseRestored,
};
use lyceum_kernel::events::enrollments::{PlaceFreed, TeachingChanged};
use lyceum_kernel::events::files::{FileDeleted, FileRestored, TextExtracted};
use lyceum_kernel::events::identity::{AccountActivated, AccountErased, ProfileChanged};
use lyceum_kernel::events::tenancy::{
    GroupMemberAdded, GroupMemberRemoved, InviteRedeemed, MemberAccepted, MemberLeft, MemberReturned, SchoolChanged,
    SchoolDeleted, SchoolRestored,
};
use lyceum_migration::{Migrator, MigratorTrait};
use lyceum_platform::config::Config;
use lyceum_platform::db::EntityTable;
use lyceum_platform::jobs::{JobRegistry, JobRunner, RunnerHandle};
use lyceum_platform::{Parts, Platform};
use lyceum_rbac::RbacService;
use lyceum_tenancy::TenancyService;
use lyceum_web::{Readiness, WebApp};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::operations;
use crate::wiring::accounts::IdentityAccounts;
use crate::wiring::assessments::{self, AttemptsOfPerson, TestsOfSchools};
use crate::wiring::belonging::SchoolsThatPeopleJoin;
use crate::wiring::billing::SchoolsThatPay;
use crate::wiring::courses::{self, CoursesOfPerson, CoursesToJoin, Learning};
use crate::wiring::directory::AccountDirectory;
use crate::wiring::enrollments::{self, EnrolmentsOfPerson, WhoTakesPart};
use crate::wiring::exports::TenancyData;
use crate::wiring::files::{FilesData, PeopleOfSchools, WhatFilesHangOn};
use crate::wiring::permissions::{self, Permissions};
use crate::wiring::progress::WhatIsLearned;
use crate::wiring::roles::{MembersRoles, SchoolRoles};
use crate::wiring::schools::SchoolsOfPeople;

/// A whole Lyceum, not yet listening. Cheap to clone.
#[derive(Debug, Clone)]
pub struct System {
    /// Database, clock, caches, mail, jobs.
    pub platform: Platform,
    /// Accounts, credentials, sessions.
    pub identity: Arc<IdentityService>,
    /// Roles and what they allow.
    pub rbac: Arc<RbacService>,
    /// Schools, members, groups.
    pub tenancy: Arc<TenancyService>,
    /// Courses and what is in them.
    pub courses: Arc<CoursesService>,
    /// Who takes part in them.
    pub enrollments: Arc<EnrollmentsService>,
    /// What people learn in them, for the contexts that keep it.
    pub learning: Arc<Learning>,
    /// Question banks, tests, attempts.
    pub assessments: Arc<AssessmentsService>,
    /// The audit log.
    pub audit: Arc<AuditService>,
    /// Plans, subscriptions, invoices.
    pub billing: Arc<BillingService>,
    /// Files.
    pub files: Arc<FilesService>,
    /// The HTTP application.
    pub web: WebApp,
    runner: Arc<JobRunner>,
}

/// The runtime that a system lives in: an actix system, whose background tasks share `threads` threads.
///
/// # Panics
/// If the operating system gives no threads.
pub fn runtime(threads: usize) -> actix_rt::SystemRunner {
    actix_rt::System::with_tokio_rt(move || {
        let built = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
        #[expect(clippy::expect_used, reason = "actix wants the runtime itself; without threads there is no program")]
        built.expect("the operating system gives threads")
    })
}

impl System {
    /// Builds everything from the configuration.
    pub async fn build(config: Config) -> anyhow::Result<Self> {
        Self::build_with(config, Parts::default()).await
    }

    /// The same with parts exchanged: tests bring their own clock.
    #[expect(
        clippy::too_many_lines,
        reason = "a line or two for each context, in the order in which they lean on each other"
    )]
    pub async fn build_with(config: Config, parts: Parts) -> anyhow::Result<Self> {
        let templates = [
            lyceum_identity::mail::TEMPLATES,
            lyceum_tenancy::TEMPLATES,
            lyceum_billing::TEMPLATES,
            lyceum_enrollments::TEMPLATES,
        ]
        .concat();
        let platform =
            Platform::start(config, parts, consumers(), templates).await.context("the platform does not start")?;
        let (accounts, members) = (Arc::new(IdentityAccounts::default()), Arc::new(MembersRoles::default()));
        let rbac = RbacService::new(platform.clone(), permissions::catalogue(), members.clone());
        let roles = Arc::new(SchoolRoles(Arc::clone(&rbac)));
        let directory = Arc::new(AccountDirectory::default());
        let to_join = Arc::new(CoursesToJoin::default());
        let tenancy =
            TenancyService::new(platform.clone(), accounts.clone(), roles, directory.clone(), to_join.clone());
        let schools = Arc::new(SchoolsOfPeople(Arc::clone(&tenancy)));
        let joining = Arc::new(SchoolsThatPeopleJoin(Arc::clone(&tenancy)));
        let standings = Arc::new(Permissions::new(&rbac, &tenancy));
        let identity = IdentityService::start(platform.clone(), standings, schools, joining)?;
        members.fill(Arc::clone(&tenancy));
        accounts.fill(Arc::clone(&identity));
        directory.fill(Arc::clone(&identity));
        let authenticator = Arc::new(TokenAuthenticator::new(Arc::clone(&identity)));
        let audit = AuditService::new(platform.clone());
        let provider = lyceum_billing::provider::configured(&platform.config).context("no payment provider")?;
        let paying = Arc::new(SchoolsThatPay(Arc::clone(&tenancy)));
        let billing = BillingService::new(platform.clone(), provider, paying);
        let hang_on = Arc::new(WhatFilesHangOn::default());
        let program = std::env::current_exe().context("the program does not know where it lies")?;
        let people = Arc::new(PeopleOfSchools(Arc::clone(&tenancy)));
        let files = FilesService::new(platform.clone(), program, Arc::clone(&hang_on) as _, people);
        let files = files.map_err(anyhow::Error::msg).context("no store for files")?;
        let learning = Arc::new(Learning::default());
        let tests = Arc::new(TestsOfSchools::default());
        let neighbours = courses::neighbours(&tenancy, &files, &learning, &tests);
        let courses = CoursesService::new(platform.clone(), neighbours);
        to_join.fill(Arc::clone(&courses));
        hang_on.fill(Arc::clone(&courses));
        let enrollments =
            EnrollmentsService::new(platform.clone(), enrollments::neighbours(&courses, &tenancy, &tests));
        learning.keep_enrolments(Arc::new(WhoTakesPart(Arc::clone(&enrollments))));
        let learned = Arc::new(WhatIsLearned(Arc::clone(&enrollments)));
        learning.keep_completions(Arc::clone(&learned) as _);
        learning.keep_scores(learned);
        let assessments =
            AssessmentsService::new(platform.clone(), assessments::neighbours(&courses, &enrollments, &tenancy));
        tests.fill(&assessments);
        let of_tenancy = Arc::new(TenancyData(Arc::clone(&tenancy)));
        let of_courses = Arc::new(CoursesOfPerson(Arc::clone(&courses)));
        let of_enrollments = Arc::new(EnrolmentsOfPerson(Arc::clone(&enrollments)));
        let of_assessments = Arc::new(AttemptsOfPerson(Arc::clone(&assessments)));
        let of_files = Arc::new(FilesData(Arc::clone(&files)));
        identity.export_also(vec![of_tenancy, of_courses, of_enrollments, of_assessments, of_files]);
        let readiness = Readiness::default();
        let tables = vec![
            lyceum_identity::routes(&identity),
            lyceum_tenancy::routes(&tenancy),
            lyceum_rbac::routes(&rbac),
            lyceum_audit::routes(&audit),
            lyceum_billing::routes(&billing),
            lyceum_files::routes(&files),
            lyceum_courses::routes(&courses),
            lyceum_enrollments::routes(&enrollments),
            lyceum_assessments::routes(&assessments),
            operations::routes(&platform, readiness.clone()),
        ];
        let web = WebApp::new(platform.clone(), authenticator, readiness, tables)?;
        let jobs = lyceum_identity::jobs(&identity).merged(&lyceum_audit::jobs(&audit));
        let jobs = jobs.merged(&lyceum_tenancy::jobs(&tenancy));
        let jobs = jobs.merged(&lyceum_billing::jobs(&billing));
        let jobs = jobs.merged(&lyceum_files::jobs(&files));
        let jobs = jobs.merged(&lyceum_courses::jobs(&courses));
        let jobs = jobs.merged(&lyceum_enrollments::jobs(&enrollments));
        let jobs = jobs.merged(&lyceum_assessments::jobs(&assessments));
        let runner = Arc::new(JobRunner::new(&platform, &jobs)?);
        Ok(Self {
            platform,
            identity,
            rbac,
            tenancy,
            courses,
            enrollments,
            learning,
            assessments,
            audit,
            billing,
            files,
            web,
            runner,
        })
    }

    /// Brings the schema up to date where the configuration wants it (by default on the embedded database), and
    /// makes the first signing key.
    pub async fn prepare(&self) -> anyhow::Result<()> {
        let db = self.platform.db.migration_connection();
        if self.platform.config.database.migrates_on_start() {
            Migrator::up(db, None).await.context("a migration failed")?;
        } else {
            let pending = Migrator::get_pending_migrations(db).await.context("the schema cannot be read")?;
            anyhow::ensure!(
                pending.is_empty(),
                "{} migrations are pending: run `lyceum migrate up`, or set LYCEUM__DATABASE__MIGRATE_ON_START=true",
                pending.len()
            );
        }
        self.identity.prepare_keys().await.context("no signing key")?;
        Ok(())
    }

    /// Serves until `stopped`, then lets requests in flight finish. Runs jobs beside if configured.
    pub async fn serve(&self, listener: TcpListener, stopped: impl Future<Output = ()>) -> anyhow::Result<()> {
        let config = &self.platform.config;
        let background = config.jobs.run_in_server.then(|| Background::start(self));
        let served = lyceum_web::serve(&self.web, listener, stopped).await.context("the server failed");
        if let Some(background) = background {
            background.stop(Duration::from_secs(config.server.shutdown_grace_s)).await;
        }
        served
    }

    /// Runs jobs only, until `stopped`.
    pub async fn work(&self, stopped: impl Future<Output = ()>) {
        let background = Background::start(self);
        stopped.await;
        background.stop(Duration::from_secs(self.platform.config.server.shutdown_grace_s)).await;
    }

    /// Runs every job that is due, and what these jobs put into the outbox; then seals the audit log.
    pub async fn drain_jobs(&self) -> anyhow::Result<usize> {
        let ran = self.runner.drain().await?.len();
        self.audit.seal_pending().await?;
        Ok(ran)
    }

    /// Ends background tasks and closes the database.
    pub async fn close(&self) {
        self.platform.stop().await;
    }
}

/// What a node does beside answering requests.
struct Background {
    jobs: RunnerHandle,
    sealer: JoinHandle<()>,
    sealing: CancellationToken,
}

impl Background {
    fn start(system: &System) -> Self {
        let sealing = CancellationToken::new();
        Self { jobs: system.runner.start(), sealer: system.audit.start_sealer(sealing.clone()), sealing }
    }

    /// The sealer ends last: jobs write to the audit log as well.
    async fn stop(self, grace: Duration) {
        self.jobs.stop(grace).await;
        self.sealing.cancel();
        let _ = self.sealer.await;
    }
}

/// Which events wake which jobs: the one list of who listens to whom.
fn consumers() -> JobRegistry {
    JobRegistry::new()
        .consumer(AccountActivated::NAME, lyceum_tenancy::ACTIVATED)
        .consumer(AccountErased::NAME, lyceum_audit::ERASE_PERSON)
        .consumer(AccountErased::NAME, lyceum_assessments::ERASED)
        .consumer(AccountErased::NAME, lyceum_courses::ERASED)
        .consumer(AccountErased::NAME, lyceum_enrollments::ERASED)
        .consumer(AccountErased::NAME, lyceum_tenancy::ERASED)
        .consumer(AccountErased::NAME, lyceum_files::ERASED)
        .consumer(AttemptAwaitsMarking::NAME, lyceum_enrollments::TEST_TAKEN)
        .consumer(AttemptGraded::NAME, lyceum_enrollments::TEST_TAKEN)
        .consumer(BlockCreated::NAME, lyceum_enrollments::PLAN_CHANGED)
        .consumer(BlocksDeleted::NAME, lyceum_enrollments::PLAN_CHANGED)
        .consumer(BlocksRestored::NAME, lyceum_enrollments::PLAN_CHANGED)
        .consumer(CourseDeleted::NAME, lyceum_enrollments::COURSE_CHANGED)
        .consumer(CoursePublished::NAME, lyceum_enrollments::COURSE_CHANGED)
        .consumer(CourseRearranged::NAME, lyceum_enrollments::PLAN_CHANGED)
        .consumer(CourseRestored::NAME, lyceum_enrollments::COURSE_CHANGED)
        .consumer(CourseRestored::NAME, lyceum_enrollments::PLAN_CHANGED)
        .consumer(FileDeleted::NAME, lyceum_courses::INDEX_FILE)
        .consumer(FileRestored::NAME, lyceum_courses::INDEX_FILE)
        .consumer(GroupMemberAdded::NAME, lyceum_enrollments::GROUP_CHANGED)
        .consumer(GroupMemberRemoved::NAME, lyceum_enrollments::GROUP_CHANGED)
        .consumer(InviteRedeemed::NAME, lyceum_enrollments::INVITE_REDEEMED)
        .consumer(MemberAccepted::NAME, lyceum_enrollments::MEMBER_ACCEPTED)
        .consumer(MemberLeft::NAME, lyceum_enrollments::MEMBER_MOVED)
        .consumer(MemberReturned::NAME, lyceum_enrollments::MEMBER_MOVED)
        .consumer(PlaceFreed::NAME, lyceum_enrollments::PLACE_FREED)
        .consumer(ProfileChanged::NAME, lyceum_tenancy::PROFILE_CHANGED)
        .consumer(SchoolChanged::NAME, lyceum_courses::SCHOOL_CHANGED)
        .consumer(SchoolDeleted::NAME, lyceum_courses::SCHOOL_DELETED)
        .consumer(SchoolRestored::NAME, lyceum_courses::SCHOOL_RESTORED)
        .consumer(TeachingChanged::NAME, lyceum_courses::TEACHER_MOVED)
        .consumer(TextExtracted::NAME, lyceum_courses::INDEX_FILE)
}

/// Every entity of every crate, for the test that holds them against the migrated schema.
pub fn entity_tables() -> Vec<EntityTable> {
    let mut tables = lyceum_platform::entity_tables();
    tables.extend(lyceum_identity::entity_tables());
    tables.extend(lyceum_rbac::entity_tables());
    tables.extend(lyceum_tenancy::entity_tables());
    tables.extend(lyceum_audit::entity_tables());
    tables.extend(lyceum_billing::entity_tables());
    tables.extend(lyceum_files::entity_tables());
    tables.extend(lyceum_courses::entity_tables());
    tables.extend(lyceum_enrollments::entity_tables());
    tables.extend(lyceum_assessments::entity_tables());
    tables
}
