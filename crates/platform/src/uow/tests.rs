//! What a unit of work promises.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::TimeDelta;
use lyceum_kernel::events::identity::AccountErased;
use lyceum_kernel::{PermissionSet, PlatformRole, Principal, SchoolId, Scope, SessionId, UserId};
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use serde_json::json;
use uuid::Uuid;

use super::{Answer, Audit, AuditOutcome, Idempotency, Lookup, audit, idempotency};
use crate::cache::CacheTag;
use crate::db::testing::{TestDatabase, databases};
use crate::error::PlatformError;
use crate::jobs::{JobRegistry, NewJob, job};
use crate::mail::{Letter, email};

fn registry() -> JobRegistry {
    JobRegistry::new()
        .consumer("identity.account_erased.v1", "courses.erase")
        .consumer("identity.account_erased.v1", "files.erase")
}

fn key(name: &str, body: u8) -> Idempotency {
    Idempotency { key: name.into(), caller: "somebody".into(), route: "POST /v1/x".into(), fingerprint: [body; 32] }
}

fn principal() -> Principal {
    Principal {
        user_id: UserId(Uuid::from_u128(1)),
        session_id: SessionId(Uuid::from_u128(2)),
        school_id: Some(SchoolId(Uuid::from_u128(3))),
        platform_role: PlatformRole::Member,
        permissions: PermissionSet::default(),
        rank: PlatformRole::Member.rank(),
        roles: [].into(),
        school_writable: true,
    }
}

async fn counts(database: &TestDatabase) -> (u64, u64, u64) {
    let db = database.db.read(Scope::Platform);
    (
        audit::Entity::find().count(&db).await.unwrap(),
        job::Entity::find().count(&db).await.unwrap(),
        email::Entity::find().count(&db).await.unwrap(),
    )
}

#[tokio::test]
async fn everything_is_committed_together() {
    for database in databases(registry()).await {
        let ran = Arc::new(AtomicU32::new(0));
        let tag = CacheTag::new("user", Uuid::from_u128(1));
        let witness = database.handles.caches.witness([tag]).unwrap();
        let mut tx = database.work().acting_as(&principal()).begin().await.unwrap();
        tx.audit(Audit::of("identity.account_erased", "account", principal().user_id).after(json!({"erased": true})));
        tx.audit(
            Audit::of("identity.session_revoked", "session", principal().session_id).by(UserId(Uuid::nil())).denied(),
        );
        tx.emit(&AccountErased { user_id: principal().user_id });
        tx.enqueue(NewJob::new("files.sweep", &()).key("files.sweep:1"));
        tx.enqueue(NewJob::new("files.sweep", &()).key("files.sweep:1"));
        tx.post(Letter::new("ada@example.org", "identity.goodbye"));
        tx.invalidate(tag);
        tx.after_commit({
            let ran = Arc::clone(&ran);
            move || {
                ran.fetch_add(1, Ordering::Relaxed);
            }
        });
        let before = database.db.queries();
        tx.commit(Answer::ok(json!({"id": 1})).etag("\"1\"")).await.unwrap();
        let notification = u64::from(database.db.is_postgres());
        assert_eq!(database.db.queries() - before, 4 + notification, "audit, letters, their jobs, jobs");
        assert_eq!(counts(&database).await, (2, 4, 1));
        assert_eq!(ran.load(Ordering::Relaxed), 1);
        assert!(!database.handles.caches.confirms(&witness));
        let rows = audit::Entity::find().all(&database.db.read(Scope::Platform)).await.unwrap();
        let erased = rows.iter().find(|row| row.outcome == AuditOutcome::Success).unwrap();
        assert_eq!(erased.actor_session, Some(principal().session_id));
        assert_eq!(erased.school_id, principal().school_id);
        let denied = rows.iter().find(|row| row.outcome == AuditOutcome::Denied).unwrap();
        assert_eq!((denied.actor_id, denied.actor_session), (Some(UserId(Uuid::nil())), None));
    }
}

#[tokio::test]
async fn nothing_of_a_dropped_unit_of_work_remains() {
    for database in databases(registry()).await {
        let ran = Arc::new(AtomicU32::new(0));
        let mut tx = database.work().idempotent(Some(key("k", 1))).begin().await.unwrap();
        tx.audit(Audit::of("a.b", "c", Uuid::nil()));
        tx.enqueue(NewJob::new("a.b", &()));
        tx.after_commit({
            let ran = Arc::clone(&ran);
            move || {
                ran.fetch_add(1, Ordering::Relaxed);
            }
        });
        drop(tx);
        // The next one begins only after the first is rolled back.
        database.work().idempotent(Some(key("k", 1))).begin().await.unwrap().rollback().await;
        assert_eq!(counts(&database).await, (0, 0, 0));
        assert_eq!(ran.load(Ordering::Relaxed), 0);
        assert!(matches!(idempotency::lookup(&database.db, &key("k", 1)).await.unwrap(), Lookup::Unknown));
    }
}

#[tokio::test]
async fn the_answer_is_kept_under_the_key() {
    for database in databases(registry()).await {
        let tx = database.work().idempotent(Some(key("k", 1))).begin().await.unwrap();
        tx.commit(Answer::created(json!({"id": 7})).location("/v1/x/7")).await.unwrap();
        let again = database.work().idempotent(Some(key("k", 1))).begin().await;
        assert!(matches!(again, Err(PlatformError::IdempotencyReplay)));
        let Lookup::Replay(answer) = idempotency::lookup(&database.db, &key("k", 1)).await.unwrap() else {
            panic!("the answer was not kept");
        };
        assert_eq!((answer.status, answer.body.as_ref()), (201, &b"{\"id\":7}"[..]));
        assert_eq!(answer.headers, [("location".to_owned(), "/v1/x/7".to_owned())]);
        assert!(matches!(idempotency::lookup(&database.db, &key("k", 2)).await.unwrap(), Lookup::OtherBody));
        assert!(matches!(idempotency::lookup(&database.db, &key("l", 1)).await.unwrap(), Lookup::Unknown));

        let now = database.handles.clock.now();
        assert_eq!(idempotency::purge(&database.db, now, 100).await.unwrap(), 0);
        assert_eq!(idempotency::purge(&database.db, now + TimeDelta::hours(25), 100).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn a_quiet_commit_leaves_the_key_free() {
    for database in databases(registry()).await {
        let mut tx = database.work().idempotent(Some(key("k", 1))).begin().await.unwrap();
        tx.audit(Audit::of("identity.refresh_reused", "session", Uuid::nil()).denied());
        tx.commit_quietly().await.unwrap();
        assert_eq!(counts(&database).await, (1, 0, 0));
        database.work().idempotent(Some(key("k", 1))).begin().await.unwrap().rollback().await;
    }
}

#[tokio::test]
async fn of_many_at_once_with_one_key_one_does_it() {
    for database in databases(registry()).await {
        let tries = (0..10).map(|_| async {
            let mut tx = database.work().idempotent(Some(key("k", 1))).begin().await?;
            tx.enqueue(NewJob::new("a.b", &()));
            tx.commit(Answer::no_content()).await
        });
        let results = futures_util::future::join_all(tries).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        let replays = results.iter().filter(|result| matches!(result, Err(PlatformError::IdempotencyReplay)));
        assert_eq!(replays.count(), 9, "{results:?}");
        assert_eq!(counts(&database).await.1, 1);
    }
}
