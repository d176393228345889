//! The log only grows, and verification finds whatever was meddled with.

use chrono::Duration;
use lyceum_audit::{Break, Chain, Fault, Verdict};
use lyceum_kernel::SchoolId;
use sea_orm::DatabaseConnection;
use uuid::Uuid;

use super::{behind, meddle, whole, write};
use crate::support::App;
use crate::support::program::Place;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_45_the_log_only_grows() {
    let app = App::start().await;
    write(&app.system.platform, None, 3).await;
    let db = behind(&app).await;
    let unsealed = ["UPDATE audit_log SET action = 'x'", "UPDATE audit_log SET ip = '::1'", "DELETE FROM audit_log"];
    for sql in unsealed {
        assert!(meddle(&db, sql).await.is_err(), "{sql}");
    }
    app.drain_outbox().await;
    let sealed = [
        "UPDATE audit_log SET chain_seq = NULL",
        "UPDATE audit_log SET chain_seq = chain_seq + 100",
        "UPDATE audit_log SET link = NULL",
        "UPDATE audit_log SET values_salt = NULL",
        "UPDATE audit_log SET \"after\" = NULL",
        "UPDATE audit_log SET \"after\" = NULL, values_salt = NULL",
        "UPDATE audit_log SET at = at, request_id = 'x'",
        "DELETE FROM audit_log",
        "UPDATE audit_checkpoints SET seq = seq + 1",
        "DELETE FROM audit_checkpoints",
        "DELETE FROM audit_chains",
        "UPDATE audit_chains SET seq = 1",
    ];
    for sql in sealed {
        assert!(meddle(&db, sql).await.is_err(), "{sql}");
    }
    if app.on_postgres() {
        assert!(meddle(&db, "TRUNCATE audit_log").await.is_err());
    }
    assert!(whole(&app).await);
}

async fn verdict(app: &App, chain: Chain) -> Verdict {
    let mut verdicts = app.system.audit.verify(Some(chain)).await.expect("verified");
    assert_eq!(verdicts.len(), 1);
    verdicts.remove(0)
}

/// Without the triggers, as whoever owns the database could have it.
async fn disarm(db: &DatabaseConnection) {
    let on = |name: &str, table: &str| {
        if db.get_database_backend() == sea_orm::DbBackend::Postgres {
            format!("DROP TRIGGER {name} ON {table}")
        } else {
            format!("DROP TRIGGER {name}")
        }
    };
    for (name, table) in [
        ("tr_audit_log_update", "audit_log"),
        ("tr_audit_log_delete", "audit_log"),
        ("tr_audit_chains_back", "audit_chains"),
        ("tr_audit_chains_delete", "audit_chains"),
    ] {
        meddle(db, &on(name, table)).await.expect("dropped");
    }
}

/// A system with ten sealed entries in the platform's chain and five in a school's, and no triggers.
async fn disarmed() -> (App, DatabaseConnection, SchoolId) {
    let app = App::start().await;
    let school = SchoolId(Uuid::from_u128(0x5c00_1000));
    let platform = &app.system.platform;
    for _ in 0..5 {
        write(platform, None, 2).await;
        write(platform, Some(school), 1).await;
    }
    app.system.audit.seal_pending().await.expect("sealed");
    let db = behind(&app).await;
    disarm(&db).await;
    (app, db, school)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_45_verification_finds_the_first_entry_that_was_meddled_with() {
    let cases: [(&[&str], i64, Fault); 12] = [
        (&["UPDATE audit_log SET action = 'tests.other' WHERE chain_seq = 4 AND school_id IS NULL"], 4, Fault::Altered),
        (&["UPDATE audit_log SET outcome = 'denied' WHERE chain_seq >= 7 AND school_id IS NULL"], 7, Fault::Altered),
        (&["UPDATE audit_log SET \"after\" = '{\"n\": 99}' WHERE chain_seq = 3"], 3, Fault::ValuesAltered),
        (&["UPDATE audit_log SET ip = '192.0.2.1' WHERE chain_seq = 2"], 2, Fault::OriginAltered),
        (
            &[
                "UPDATE audit_log SET \"after\" = NULL, \"before\" = NULL, values_salt = NULL, erased_at = at WHERE chain_seq = 5",
            ],
            5,
            Fault::Removed,
        ),
        (&["DELETE FROM audit_log WHERE chain_seq = 6"], 6, Fault::Missing),
        (&["DELETE FROM audit_log WHERE chain_seq = 10"], 10, Fault::Missing),
        (&["DELETE FROM audit_log WHERE chain_seq = 1"], 1, Fault::Missing),
        (
            &[
                "UPDATE audit_log SET chain_seq = -8 WHERE chain_seq = 8 AND school_id IS NULL",
                "UPDATE audit_log SET chain_seq = 8 WHERE chain_seq = 9 AND school_id IS NULL",
                "UPDATE audit_log SET chain_seq = 9 WHERE chain_seq = -8 AND school_id IS NULL",
            ],
            8,
            Fault::Reordered,
        ),
        (
            &[
                "DELETE FROM audit_log WHERE chain_seq = 10 AND school_id IS NULL",
                "UPDATE audit_chains SET seq = 9, link = (SELECT link FROM audit_log WHERE chain_seq = 9 AND school_id IS NULL) \
                 WHERE chain_id = '00000000-0000-0000-0000-000000000000' OR hex(chain_id) = '00000000000000000000000000000000'",
            ],
            9,
            Fault::HeadForged,
        ),
        (&["DELETE FROM audit_chains"], 1, Fault::Headless),
        (
            &[
                "UPDATE audit_log SET chain_seq = NULL, link = NULL, request_id = 'forged' WHERE chain_seq = 10 AND school_id IS NULL",
            ],
            10,
            Fault::Missing,
        ),
    ];
    for (meddling, seq, fault) in cases {
        let (app, db, school) = disarmed().await;
        assert!(whole(&app).await);
        for sql in meddling {
            // Each database spells bytes in its own way.
            let sql = if app.on_postgres() {
                sql.replace(" OR hex(chain_id) = '00000000000000000000000000000000'", "")
            } else {
                sql.replace("chain_id = '00000000-0000-0000-0000-000000000000' OR ", "")
            };
            assert!(meddle(&db, &sql).await.expect("done") > 0, "{sql}");
        }
        let Verdict { broken, verified, .. } = verdict(&app, Chain::PLATFORM).await;
        let Some(Break { seq: found, fault: what, .. }) = broken else { panic!("{meddling:?} went unseen") };
        assert_eq!((found, what), (seq, fault), "{meddling:?}");
        assert!(verified < seq || fault == Fault::HeadForged, "{meddling:?}: {verified}");
        // What is sealed afterwards hides nothing.
        app.clock.advance(Duration::seconds(1));
        write(&app.system.platform, None, 1).await;
        let _ = app.system.audit.seal_pending().await;
        assert!(verdict(&app, Chain::PLATFORM).await.broken.is_some(), "{meddling:?} was hidden");
        let school = verdict(&app, Chain::of(school)).await;
        let touched = meddling
            .iter()
            .any(|sql| !sql.contains("school_id") && !sql.contains("chain_seq = 6") && !sql.contains("chain_seq = 10"));
        assert_eq!(school.broken.is_some(), touched, "{meddling:?}: the other chain");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_verifies_and_fails_at_a_break() {
    let (app, db, school) = disarmed().await;
    let place = Place::new()
        .set("DATABASE_URL", &app.database_url)
        .set("LYCEUM_DATA_DIR", &app.data_dir().display().to_string());
    let ended = place.run(&["audit", "verify"]);
    assert!(ended.status.success(), "{ended:?}");
    assert!(ended.stdout.contains("platform: 10 entries hold, 0 await their seal"), "{ended:?}");
    assert!(ended.stdout.contains(&format!("school {school}: 5 entries hold")), "{ended:?}");
    meddle(&db, "UPDATE audit_log SET action = 'x' WHERE chain_seq = 4 AND school_id IS NULL").await.expect("done");
    let ended = place.run(&["audit", "verify", "--platform"]);
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(ended.stdout.contains("platform: broken at 4 ("), "{ended:?}");
    assert!(place.run(&["audit", "verify", "--school", &school.to_string()]).status.success());
}
