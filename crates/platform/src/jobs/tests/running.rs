//! What becomes of jobs that run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lyceum_kernel::Clock as _;
use serde_json::json;
use tokio::sync::mpsc;

use super::{Rig, doing};
use crate::error::PlatformError;
use crate::jobs::outbox::{self, Parked};
use crate::jobs::{JobError, JobRegistry, JobState, NewJob, RanOutcome};

const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn draining_runs_what_is_due_and_what_comes_of_it() {
    for rig in Rig::all(|_| (), &[]).await {
        let registry = JobRegistry::new()
            .handler(doing("test.parent", async |job| {
                let mut tx = job.unit_of_work().begin().await?;
                tx.enqueue(NewJob::new("test.child", &json!({"of": job.id})));
                tx.commit_quietly().await?;
                Ok(())
            }))
            .handler(doing("test.child", async |_| Ok(())));
        let later = rig.clock.now() + chrono::TimeDelta::seconds(1);
        let ids = rig.enqueue(&[NewJob::new("test.parent", &()), NewJob::new("test.parent", &()).run_at(later)]).await;
        let strange = rig.enqueue(&[NewJob::new("test.unknown", &())]).await[0];
        let runner = rig.runner(&registry);
        let kinds = |ran: Vec<crate::jobs::Ran>| {
            let mut kinds: Vec<_> =
                ran.into_iter().filter(|ran| ran.outcome == RanOutcome::Done).map(|ran| ran.kind).collect();
            kinds.sort();
            kinds
        };
        assert_eq!(kinds(runner.drain().await.unwrap()), ["platform.housekeeping", "test.child", "test.parent"]);
        assert_eq!(rig.job(ids[0]).await.state, JobState::Done);
        assert_eq!(rig.job(ids[1]).await.state, JobState::Ready);
        assert_eq!(kinds(runner.drain().await.unwrap()), Vec::<String>::new());
        rig.clock.forward(Duration::from_secs(1));
        assert_eq!(kinds(runner.drain().await.unwrap()), ["test.child", "test.parent"]);
        assert_eq!(rig.job(strange).await.state, JobState::Ready, "another node may know it");
    }
}

#[tokio::test]
async fn failures_and_panics_are_retried_and_then_parked() {
    for rig in Rig::all(|config| config.jobs.max_attempts = 3, &[]).await {
        let registry = JobRegistry::new().handler(doing("test.work", async |job| {
            assert!(job.attempt != 2, "boom");
            Err(anyhow::anyhow!("no luck").context("try").into())
        }));
        let id = rig.enqueue(&[NewJob::new("test.work", &())]).await[0];
        let runner = rig.runner(&registry);
        runner.drain().await.unwrap();
        let job = rig.job(id).await;
        assert_eq!((job.state, job.last_error.as_deref()), (JobState::Ready, Some("try: no luck")));
        let pause = (job.run_at - rig.clock.now()).to_std().unwrap();
        assert!((5.0..=6.0).contains(&pause.as_secs_f64()), "{pause:?}");
        assert!(!runner.drain().await.unwrap().iter().any(|ran| ran.id == id), "it pauses");
        rig.clock.forward(Duration::from_secs(6));
        runner.drain().await.unwrap();
        assert!(rig.job(id).await.last_error.unwrap().contains("panicked: boom"));
        rig.clock.forward(Duration::from_mins(1));
        let ran = runner.drain().await.unwrap();
        assert_eq!(ran.iter().find(|ran| ran.id == id).unwrap().outcome, RanOutcome::Parked);
        assert_eq!(rig.job(id).await.state, JobState::Parked);
        outbox::retry_parked(&rig.platform.db.write(), Parked::All, rig.clock.now()).await.unwrap();
        runner.drain().await.unwrap();
        assert_eq!((rig.job(id).await.state, rig.job(id).await.attempt), (JobState::Ready, 1));
    }
}

#[tokio::test]
async fn a_job_whose_workers_keep_dying_is_parked() {
    for rig in Rig::all(|config| config.jobs.max_attempts = 2, &[]).await {
        let id = rig.enqueue(&[NewJob::new("test.work", &())]).await[0];
        for worker in ["first", "second"] {
            let claim =
                crate::jobs::claim::Claim { worker, kinds: &["test.work"], limit: 1, lease: Duration::from_secs(1) };
            assert_eq!(claim.take(&rig.platform.db.write(), rig.clock.now()).await.unwrap().len(), 1);
            rig.clock.forward(Duration::from_secs(2));
        }
        let registry = JobRegistry::new().handler(doing("test.work", async |_| Ok(())));
        rig.runner(&registry).drain().await.unwrap();
        assert_eq!(rig.job(id).await.state, JobState::Parked);
    }
}

#[tokio::test]
async fn a_commit_after_the_lease_was_lost_changes_nothing() {
    for rig in Rig::all(|_| (), &[]).await {
        let (tell, mut told) = mpsc::unbounded_channel();
        let registry = JobRegistry::new().handler(doing("test.work", move |job| {
            let tell = tell.clone();
            async move {
                outbox::cancel(&job.platform().db.write(), job.id, job.platform().clock.now()).await?;
                let mut tx = job.unit_of_work().begin().await?;
                tx.enqueue(NewJob::new("test.effect", &()));
                let lost = matches!(tx.commit_quietly().await, Err(PlatformError::LeaseLost));
                tell.send(lost).unwrap();
                Ok(())
            }
        }));
        let id = rig.enqueue(&[NewJob::new("test.work", &())]).await[0];
        rig.runner(&registry).drain().await.unwrap();
        assert_eq!(told.recv().await, Some(true));
        assert!(rig.jobs("test.effect").await.is_empty());
        assert_eq!(rig.job(id).await.state, JobState::Cancelled);
    }
}

#[tokio::test]
async fn periodic_work_runs_once_a_period_over_all_nodes() {
    for rig in Rig::all(|_| (), &[]).await {
        let runs = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&runs);
        let registry =
            JobRegistry::new().periodic("test.sweep", Duration::from_mins(1)).handler(doing("test.sweep", move |_| {
                let run = counted.fetch_add(1, Ordering::Relaxed);
                async move { if run == 2 { Err(anyhow::anyhow!("the third fails").into()) } else { Ok(()) } }
            }));
        let nodes = [rig.runner(&registry), rig.runner(&registry), rig.runner(&registry)];
        for period in 1..=5 {
            let drained = futures_util::future::try_join_all(nodes.iter().map(crate::jobs::JobRunner::drain)).await;
            drained.unwrap();
            nodes[0].drain().await.unwrap();
            assert_eq!(runs.load(Ordering::Relaxed), period);
            if period == 3 {
                // It would be retried within its period; called off, it does not hold up the next one.
                let failed = rig.jobs("test.sweep").await.into_iter().find(|job| job.last_error.is_some()).unwrap();
                assert_eq!(failed.state, JobState::Ready);
                outbox::cancel(&rig.platform.db.write(), failed.id, rig.clock.now()).await.unwrap();
            }
            rig.clock.forward(Duration::from_mins(1));
        }
        assert_eq!(rig.jobs("test.sweep").await.len(), 5);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_wakes_the_runner_at_once() {
    for rig in Rig::all(|config| config.jobs.poll_ms = 60_000, &[]).await {
        let (tell, mut told) = mpsc::unbounded_channel();
        let registry = JobRegistry::new().handler(doing("test.work", move |job| {
            let tell = tell.clone();
            async move {
                job.progress(3, Some(4), 1).await?;
                job.set_result(json!({"made": 3})).await?;
                tell.send(job.id).unwrap();
                Ok(())
            }
        }));
        let runner = rig.runner(&registry);
        let handle = runner.start();
        tokio::time::sleep(Duration::from_millis(200)).await;
        let work = rig.platform.unit_of_work(rig.database.work().cause().clone());
        let mut tx = work.begin().await.unwrap();
        tx.enqueue(NewJob::new("test.work", &()));
        tx.commit_quietly().await.unwrap();
        let id = tokio::time::timeout(LONG, told.recv()).await.unwrap().unwrap();
        handle.stop(LONG).await;
        let job = rig.job(id).await;
        assert_eq!(job.state, JobState::Done);
        assert_eq!((job.progress_done, job.progress_total, job.progress_errors), (3, Some(4), 1));
        assert_eq!((job.result, job.request_id.as_deref()), (Some(json!({"made": 3})), Some("test")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelling_reaches_a_running_job_and_stopping_gives_jobs_back() {
    for rig in Rig::all(|config| config.jobs.lease_s = 1, &[]).await {
        let (tell, mut told) = mpsc::unbounded_channel();
        let registry = JobRegistry::new().handler(doing("test.work", move |job| {
            let tell = tell.clone();
            async move {
                tell.send("begun").unwrap();
                job.cancelled.cancelled().await;
                tell.send("ended").unwrap();
                Err(JobError::from(anyhow::anyhow!("cancelled")))
            }
        }));
        let ids = rig.enqueue(&[NewJob::new("test.work", &1), NewJob::new("test.work", &2)]).await;
        let handle = rig.runner(&registry).start();
        for _ in &ids {
            assert_eq!(tokio::time::timeout(LONG, told.recv()).await.unwrap(), Some("begun"));
        }
        outbox::cancel(&rig.platform.db.write(), ids[0], rig.clock.now()).await.unwrap();
        assert_eq!(tokio::time::timeout(LONG, told.recv()).await.unwrap(), Some("ended"));
        handle.stop(Duration::from_millis(50)).await;
        assert_eq!(rig.job(ids[0]).await.state, JobState::Cancelled);
        let given_back = rig.job(ids[1]).await;
        assert_eq!((given_back.state, given_back.last_error), (JobState::Ready, None));
        assert!(given_back.run_at <= rig.clock.now());
    }
}
