//! Who gets a job, and whose writes count.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use lyceum_kernel::Clock as _;

use super::Rig;
use crate::jobs::claim::{Claim, next_due};
use crate::jobs::outbox::{self, Parked};
use crate::jobs::retry::after;
use crate::jobs::{Job, JobFence, JobState, NewJob, RetryPolicy};

const LEASE: Duration = Duration::from_secs(30);

fn fence(job: &Job) -> JobFence {
    JobFence { id: job.id, attempt: u32::try_from(job.attempt).unwrap(), worker: job.worker_id.clone().unwrap().into() }
}

async fn claim(rig: &Rig, worker: &str, limit: usize) -> Vec<Job> {
    let claim = Claim { worker, kinds: &["test.work"], limit, lease: LEASE };
    claim.take(&rig.platform.db.write(), rig.clock.now()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_two_workers_get_the_same_job() {
    for rig in Rig::all(|_| (), &[]).await {
        let jobs: Vec<NewJob> = (0..200).map(|number| NewJob::new("test.work", &number)).collect();
        rig.enqueue(&jobs).await;
        let rig = Arc::new(rig);
        let workers = (0..4).map(|worker| {
            let rig = Arc::clone(&rig);
            tokio::spawn(async move {
                let (mut mine, worker) = (Vec::new(), format!("worker-{worker}"));
                loop {
                    let jobs = claim(&rig, &worker, 7).await;
                    assert!(jobs.len() <= 7);
                    if jobs.is_empty() {
                        return mine;
                    }
                    mine.extend(jobs.into_iter().map(|job| job.id));
                }
            })
        });
        let claimed: Vec<_> =
            futures_util::future::join_all(workers).await.into_iter().flat_map(Result::unwrap).collect();
        // On PostgreSQL a worker may see nothing while others hold the rows; what is left is claimable all the same.
        let mut all: HashSet<_> = claimed.iter().copied().collect();
        assert_eq!(all.len(), claimed.len(), "claimed twice");
        all.extend(claim(&rig, "last", 200).await.into_iter().map(|job| job.id));
        assert_eq!(all.len(), 200);
    }
}

#[tokio::test]
async fn who_loses_the_lease_writes_nothing() {
    for rig in Rig::all(|_| (), &[]).await {
        let id = rig.enqueue(&[NewJob::new("test.work", &())]).await[0];
        let first = fence(&claim(&rig, "first", 1).await[0]);
        assert!(claim(&rig, "second", 1).await.is_empty(), "the lease holds");
        rig.clock.forward(Duration::from_secs(20));
        let db = rig.platform.db.write();
        assert!(outbox::heartbeat(&db, &first, rig.clock.now(), LEASE).await.unwrap());
        rig.clock.forward(Duration::from_secs(20));
        assert!(claim(&rig, "second", 1).await.is_empty(), "the heartbeat extended it");
        rig.clock.forward(Duration::from_secs(11));
        let second = fence(&claim(&rig, "second", 1).await[0]);
        assert_eq!(second.attempt, 2);

        let now = rig.clock.now();
        assert!(!outbox::heartbeat(&db, &first, now, LEASE).await.unwrap());
        assert!(!outbox::finish(&db, &first, now).await.unwrap());
        assert!(!outbox::park(&db, &first, now, "x").await.unwrap());
        assert!(!outbox::retry_at(&db, &first, now, "x").await.unwrap());
        assert!(!outbox::release(&db, &first, now).await.unwrap());
        assert!(!outbox::progress(&db, &first, 1, None, 0).await.unwrap());
        assert_eq!(rig.job(id).await.state, JobState::Running);
        assert!(outbox::finish(&db, &second, now).await.unwrap());
        assert!(!outbox::finish(&db, &second, now).await.unwrap(), "once");
        assert_eq!(rig.job(id).await.finished_at, Some(now));
    }
}

#[tokio::test]
async fn what_is_cancelled_or_not_due_is_not_claimed() {
    for rig in Rig::all(|_| (), &[]).await {
        let later = after(rig.clock.now(), Duration::from_mins(1));
        let jobs =
            [NewJob::new("test.work", &1), NewJob::new("test.work", &2).run_at(later), NewJob::new("test.else", &3)];
        let ids = rig.enqueue(&jobs).await;
        let db = rig.platform.db.write();
        assert!(outbox::cancel(&db, ids[0], rig.clock.now()).await.unwrap());
        assert!(!outbox::cancel(&db, ids[0], rig.clock.now()).await.unwrap());
        assert!(claim(&rig, "worker", 9).await.is_empty());
        assert_eq!(next_due(&db, &["test.work"]).await.unwrap(), Some(later));
        rig.clock.forward(Duration::from_mins(1));
        assert_eq!(claim(&rig, "worker", 9).await.len(), 1);
    }
}

#[tokio::test]
async fn a_unique_key_is_used_once_and_parked_jobs_come_back() {
    for rig in Rig::all(|_| (), &[]).await {
        rig.enqueue(&[
            NewJob::new("test.work", &1).key("test.work:1"),
            NewJob::new("test.work", &2).key("test.work:1"),
        ])
        .await;
        rig.enqueue(&[NewJob::new("test.work", &3).key("test.work:1")]).await;
        assert_eq!(rig.jobs("test.work").await.len(), 1);
        let claimed = claim(&rig, "worker", 9).await;
        let db = rig.platform.db.write();
        assert!(outbox::park(&db, &fence(&claimed[0]), rig.clock.now(), "a\0b").await.unwrap());
        assert_eq!(rig.job(claimed[0].id).await.last_error.as_deref(), Some("ab"));
        assert!(claim(&rig, "worker", 9).await.is_empty());
        assert_eq!(outbox::retry_parked(&db, Parked::Kind("test.else"), rig.clock.now()).await.unwrap(), 0);
        assert_eq!(outbox::retry_parked(&db, Parked::One(claimed[0].id), rig.clock.now()).await.unwrap(), 1);
        assert_eq!(claim(&rig, "worker", 9).await[0].attempt, 1);
    }
}

#[test]
fn pauses_grow_and_mail_is_tried_for_three_days() {
    let entropy = crate::clock::OsEntropy;
    let policy = RetryPolicy::MAIL;
    let total: Duration = (1..policy.tries.unwrap()).map(|attempt| policy.pauses[(attempt as usize - 1).min(4)]).sum();
    assert!(total >= Duration::from_hours(72), "{total:?}");
    for attempt in 1..30 {
        let base = policy.pauses[(attempt as usize - 1).min(4)];
        let pause = policy.pause(attempt, &entropy);
        assert!(pause >= base && pause <= base.mul_f64(1.2001), "{attempt}: {pause:?}");
    }
}
