//! The database on a file and, where there is one, on a server.

use std::time::Duration;

use lyceum_kernel::Scope;
use lyceum_migration::{Migrator, MigratorTrait as _};
use sea_orm::{ConnectionTrait as _, DbErr, Statement};

use super::testing::{databases, postgres};
use crate::error::{PlatformError, Trouble, violated_constraint};
use crate::jobs::JobRegistry;

#[tokio::test]
async fn reads_are_counted_and_cannot_write() {
    for database in databases(JobRegistry::new()).await {
        let db = &database.db;
        let before = db.queries();
        db.ping().await.unwrap();
        db.ping().await.unwrap();
        assert_eq!(db.queries() - before, 2);
        let refused = db.read(Scope::Platform).execute_unprepared("DELETE FROM jobs").await;
        assert!(matches!(refused, Err(DbErr::Custom(_))));
    }
}

#[tokio::test]
async fn violated_constraints_have_the_same_names_everywhere() {
    for database in databases(JobRegistry::new()).await {
        let db = &database.db;
        let setup = [
            "CREATE TABLE pupils (id integer CONSTRAINT pk_pupils PRIMARY KEY, school integer, name text, nick text, \
             CONSTRAINT uq_pupils_school_name UNIQUE (school, name), CONSTRAINT ck_pupils_name CHECK (name <> ''))",
            "CREATE UNIQUE INDEX uq_pupils_folded ON pupils (lower(nick))",
            "INSERT INTO pupils VALUES (1, 1, 'Ada', 'A')",
        ];
        for sql in setup {
            db.write().execute_unprepared(sql).await.unwrap();
        }
        for (values, constraint) in [
            ("1, 2, 'Bob', 'B'", "pk_pupils"),
            ("2, 1, 'Ada', 'B'", "uq_pupils_school_name"),
            ("2, 2, 'Bob', 'a'", "uq_pupils_folded"),
            ("2, 2, '', 'B'", "ck_pupils_name"),
        ] {
            let sql = format!("INSERT INTO pupils VALUES ({values})");
            let error = db.write().execute_unprepared(&sql).await.unwrap_err();
            assert_eq!(violated_constraint(&error).as_deref(), Some(constraint), "{error}");
        }
    }
}

#[tokio::test]
async fn a_transaction_with_a_failed_statement_cannot_be_committed() {
    for database in databases(JobRegistry::new()).await {
        let tx = database.db.begin().await.unwrap();
        tx.execute_unprepared("INSERT INTO nowhere VALUES (1)").await.unwrap_err();
        assert!(matches!(tx.commit().await, Err(PlatformError::Database(_))));
        database.db.begin().await.unwrap().commit().await.unwrap();
    }
}

#[tokio::test]
async fn migrations_go_down_and_up_again() {
    for database in databases(JobRegistry::new()).await {
        let connection = database.db.migration_connection();
        Migrator::down(connection, None).await.unwrap();
        Migrator::up(connection, None).await.unwrap();
        assert!(Migrator::get_pending_migrations(connection).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn two_that_wait_for_each_other_are_told_apart_from_failure() {
    let Some(database) = postgres(JobRegistry::new()).await else { return };
    let db = &database.db;
    for sql in ["CREATE TABLE seats (id integer PRIMARY KEY, taken integer)", "INSERT INTO seats VALUES (1, 0), (2, 0)"]
    {
        db.write().execute_unprepared(sql).await.unwrap();
    }
    let (first, second) = (db.begin().await.unwrap(), db.begin().await.unwrap());
    first.execute_unprepared("UPDATE seats SET taken = 1 WHERE id = 1").await.unwrap();
    second.execute_unprepared("UPDATE seats SET taken = 1 WHERE id = 2").await.unwrap();
    let (one, other) = tokio::join!(
        first.execute_unprepared("UPDATE seats SET taken = 1 WHERE id = 2"),
        second.execute_unprepared("UPDATE seats SET taken = 1 WHERE id = 1"),
    );
    let error = one.and(other).unwrap_err();
    assert_eq!(Trouble::of(&error), Trouble::Contention);
    assert!(matches!(PlatformError::from(error), PlatformError::Busy(_)));
}

#[tokio::test]
async fn connections_that_were_cut_are_not_noticed() {
    let Some(database) = postgres(JobRegistry::new()).await else { return };
    let db = &database.db;
    // Several connections, so that one retry alone would only meet the next dead one.
    futures_util::future::try_join_all((0..5).map(|_| db.ping())).await.unwrap();
    for _ in 0..3 {
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'lyceum'";
        let statement = Statement::from_string(db.backend(), cut);
        db.migration_connection().query_all_raw(statement).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        db.begin().await.unwrap().commit().await.unwrap();
        for _ in 0..10 {
            db.ping().await.unwrap();
        }
    }
}
