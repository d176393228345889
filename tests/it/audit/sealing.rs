//! Sealing: in the order of commits, however many write and seal at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lyceum_audit::AuditService;
use lyceum_kernel::SchoolId;
use lyceum_kernel::id::uuid_v7;
use lyceum_platform::uow::AuditOutcome;
use lyceum_platform::uow::audit::{Column, Entity, Model};
use lyceum_platform::{Db, Platform};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

use super::{whole, write};
use crate::support::{App, variable};

/// A row as a writer would insert it, in a transaction of the test's own.
async fn insert(db: &impl ConnectionTrait, platform: &Platform, school: Option<SchoolId>, note: &str) -> Uuid {
    let now = platform.clock.now();
    let row = Model {
        id: uuid_v7(now, &*platform.entropy),
        at: now,
        school_id: school,
        actor_id: None,
        actor_session: None,
        action: "tests.written".to_owned(),
        target_type: note.to_owned(),
        target_id: None,
        outcome: AuditOutcome::Success,
        before: None,
        after: None,
        ip: None,
        user_agent: None,
        request_id: "r".to_owned(),
        subject_id: None,
        chain_id: None,
        chain_seq: None,
        origin_salt: None,
        origin_digest: None,
        values_salt: None,
        values_digest: None,
        link: None,
        erased_at: None,
    };
    let id = row.id;
    Entity::insert(row.into_active_model()).exec_without_returning(db).await.expect("inserted");
    id
}

#[expect(clippy::disallowed_methods, reason = "the test looks at all rows")]
async fn written(db: &Db) -> Vec<Model> {
    let db = db.read(lyceum_kernel::Scope::Platform);
    Entity::find().filter(Column::Action.eq("tests.written")).all(&db).await.expect("rows")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_commits_late_is_sealed_late_and_not_skipped() {
    let app = App::start().await;
    if !app.on_postgres() {
        return; // One writer: nobody overtakes.
    }
    let platform = &app.system.platform;
    let slow = platform.db.begin().await.expect("begun");
    let slow_id = insert(&slow, platform, None, "slow").await;
    let quick = platform.db.begin().await.expect("begun");
    let quick_id = insert(&quick, platform, None, "quick").await;
    quick.commit().await.expect("committed");
    app.system.audit.seal_pending().await.expect("sealed");
    slow.commit().await.expect("committed");
    app.system.audit.seal_pending().await.expect("sealed");
    let rows: BTreeMap<_, _> = written(&platform.db).await.into_iter().map(|row| (row.id, row.chain_seq)).collect();
    assert!(rows[&quick_id].is_some() && rows[&slow_id].is_some(), "{rows:?}");
    assert!(rows[&quick_id] < rows[&slow_id], "in the order of commits: {rows:?}");
    assert!(whole(&app).await);
}

/// Writers of several schools commit and roll back while several sealers are at work.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_and_sealers_make_whole_chains() {
    const WRITERS: u64 = 8;
    const ROUNDS: u64 = 25;
    let app = App::start().await;
    let platform = app.system.platform.clone();
    let (done, finished) = tokio::sync::watch::channel(false);
    let sealers: Vec<_> = (0..3)
        .map(|_| {
            let (service, finished) = (AuditService::new(platform.clone()), finished.clone());
            tokio::spawn(async move {
                while !*finished.borrow() {
                    // Another sealer may be at it.
                    let _ = service.seal_pending().await;
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let platform = platform.clone();
            tokio::spawn(async move {
                let mut committed = Vec::new();
                for round in 0..ROUNDS {
                    let dice = (writer * 31 + round * 17) % 11;
                    let school = (dice % 3 > 0).then(|| SchoolId(Uuid::from_u128(u128::from(dice % 3))));
                    let tx = platform.db.begin().await.expect("begun");
                    let id = insert(&tx, &platform, school, &format!("writer {writer}")).await;
                    for _ in 0..dice * 3 {
                        tokio::task::yield_now().await;
                    }
                    if dice == 5 {
                        tx.rollback().await;
                    } else {
                        tx.commit().await.expect("committed");
                        committed.push((school, id));
                    }
                }
                committed
            })
        })
        .collect();
    let mut committed = Vec::new();
    for writer in writers {
        committed.push(writer.await.expect("it wrote"));
    }
    done.send(true).expect("the sealers listen");
    for sealer in sealers {
        sealer.await.expect("it sealed");
    }
    app.system.audit.seal_pending().await.expect("sealed");

    let rows: BTreeMap<_, _> = written(&platform.db).await.into_iter().map(|row| (row.id, row)).collect();
    assert_eq!(rows.keys().copied().collect::<BTreeSet<_>>(), committed.iter().flatten().map(|(_, id)| *id).collect());
    for of_one_writer in &committed {
        let mut last: BTreeMap<Option<SchoolId>, i64> = BTreeMap::new();
        for (school, id) in of_one_writer {
            let seq = rows[id].chain_seq.expect("a seal");
            let before = last.insert(*school, seq);
            assert!(before < Some(seq), "what one wrote after another stands after it: {before:?}, {seq}");
        }
    }
    assert!(whole(&app).await);
}

/// How fast the sealer is: `cargo test --release --test it -- --ignored sealing_rate --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn sealing_rate() {
    const ROWS: usize = 40_000;
    let app = App::start().await;
    let platform = &app.system.platform;
    for n in 0..ROWS / 500 {
        write(platform, Some(SchoolId(Uuid::from_u128(n as u128 % 20))), 500).await;
    }
    let began = std::time::Instant::now();
    let sealed = app.system.audit.seal_pending().await.expect("sealed");
    let sealing = began.elapsed().as_secs_f64();
    let began = std::time::Instant::now();
    assert!(whole(&app).await);
    let verifying = began.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = |seconds: f64| sealed as f64 / seconds;
    println!("sealed {sealed} rows: {:.0}/s; verified: {:.0}/s", rate(sealing), rate(verifying));

    // Beside writers: how long they take with and without the sealer.
    for sealing in [false, true] {
        let stop = tokio_util::sync::CancellationToken::new();
        let sealer = sealing.then(|| {
            let (service, stop) = (Arc::clone(&app.system.audit), stop.clone());
            tokio::spawn(async move {
                while !stop.is_cancelled() {
                    service.seal_pending().await.expect("sealed");
                }
            })
        });
        let mut times = Vec::new();
        let began = std::time::Instant::now();
        while began.elapsed().as_secs() < 5 {
            let asked = std::time::Instant::now();
            write(platform, None, 5).await;
            times.push(asked.elapsed());
        }
        stop.cancel();
        if let Some(sealer) = sealer {
            sealer.await.expect("it sealed");
        }
        times.sort_unstable();
        let place = |share: usize| times[times.len() * share / 1000];
        println!(
            "sealer {sealing}: {} units of work of 5 rows; p50 {:?} p99 {:?} max {:?}",
            times.len(),
            place(500),
            place(990),
            times[times.len() - 1]
        );
    }
    assert!(variable("LYCEUM_TEST_POSTGRES_URL").is_none() || rate(sealing) >= 2_000.0);
}
