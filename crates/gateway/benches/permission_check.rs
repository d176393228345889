//! What a permission check costs on a warm cache: the goal is less than two microseconds, and no query.

#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up has nothing to say")]

use std::sync::Arc;

use async_trait::async_trait;
use criterion::{Criterion, criterion_group, criterion_main};
use lyceum_kernel::{Permission, PermissionMarker as _, PlatformRole, SchoolId, ServiceError};
use lyceum_migration::{Migrator, MigratorTrait as _};
use lyceum_platform::config::Config;
use lyceum_platform::jobs::JobRegistry;
use lyceum_platform::platform::{Parts, Platform};
use lyceum_platform::uow::Tx;
use lyceum_rbac::perm::{ALL, RoleRead};
use lyceum_rbac::ports::RoleUse;
use lyceum_rbac::{RbacError, RbacService};
use uuid::Uuid;

struct Nobody;

#[async_trait]
impl RoleUse for Nobody {
    async fn is_used(&self, _: &Tx, _: SchoolId, _: &str) -> Result<bool, Box<dyn ServiceError>> {
        Ok(false)
    }
}

async fn service(folder: &std::path::Path) -> (Platform, Arc<RbacService>) {
    let platform = Platform::start(Config::for_tests(folder), Parts::default(), JobRegistry::default(), Vec::new());
    let platform = platform.await.expect("a platform");
    Migrator::up(platform.db.migration_connection(), None).await.expect("migrated");
    let rbac = RbacService::new(platform.clone(), ALL.to_vec(), Arc::new(Nobody));
    (platform, rbac)
}

async fn may(
    rbac: &RbacService,
    school: SchoolId,
    roles: &[Box<str>],
    permission: Permission,
) -> Result<bool, RbacError> {
    let standing = rbac.standing_of(PlatformRole::Member, Some(school), roles, true).await?;
    Ok(standing.permissions.holds(permission))
}

fn benchmark(criterion: &mut Criterion) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let (platform, rbac) = runtime.block_on(service(folder.path()));
    let school = SchoolId(Uuid::from_u128(7));
    let roles: [Box<str>; 2] = ["teacher".into(), "principal".into()];
    let standing = runtime.block_on(rbac.standing_of(PlatformRole::Member, Some(school), &roles, true)).expect("read");
    assert!(standing.permissions.holds(RoleRead::PERMISSION));
    let asked = platform.db.queries();

    criterion.bench_function("permission held by a known caller", |bencher| {
        bencher.iter(|| std::hint::black_box(&standing.permissions).holds(std::hint::black_box(RoleRead::PERMISSION)));
    });
    let check = rbac.as_ref();
    criterion.bench_function("standing of two roles in a school, then the permission", |bencher| {
        bencher.iter(|| runtime.block_on(may(check, school, std::hint::black_box(&roles), RoleRead::PERMISSION)));
    });
    assert_eq!(platform.db.queries(), asked, "a check on a warm cache asks the database nothing");
}

criterion_group!(checks, benchmark);
criterion_main!(checks);
