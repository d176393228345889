//! The schema itself: migrations run both ways, entities and tables agree, tenancy and foreign keys are as the house wants.

use std::collections::{BTreeMap, BTreeSet};

use lyceum_migration::ownership::{PLATFORM_TABLES, SCHOOL_TABLES};
use lyceum_migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use crate::support::database;

/// Column name → whether it may be null.
type Columns = BTreeMap<String, bool>;

#[tokio::test]
async fn migrations_run_up_down_and_up_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = database::empty(folder.path()).await;
    let db = database::connect(&url).await;
    Migrator::up(&db, None).await.expect("up");
    let first = tables(&db).await;
    Migrator::down(&db, None).await.expect("down");
    assert!(tables(&db).await.is_empty(), "down leaves nothing: {:?}", tables(&db).await);
    Migrator::up(&db, None).await.expect("up again");
    assert_eq!(tables(&db).await, first);
    db.close().await.expect("closed");
    database::drop(&url).await;
}

#[tokio::test]
async fn every_migration_can_be_reverted_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = database::empty(folder.path()).await;
    let db = database::connect(&url).await;
    Migrator::up(&db, None).await.expect("up");
    for _ in 0..Migrator::migrations().len() {
        let before = tables(&db).await;
        Migrator::down(&db, Some(1)).await.expect("down by one");
        Migrator::up(&db, Some(1)).await.expect("up by one");
        assert_eq!(tables(&db).await, before);
        Migrator::down(&db, Some(1)).await.expect("down by one");
    }
    db.close().await.expect("closed");
    database::drop(&url).await;
}

#[tokio::test]
async fn every_table_has_an_owner_and_every_school_table_its_school() {
    let migrated = Migrated::new().await;
    let tables = tables(&migrated.db).await;
    let owned: BTreeSet<_> = PLATFORM_TABLES.iter().chain(SCHOOL_TABLES).map(ToString::to_string).collect();
    let present: BTreeSet<_> = tables.keys().cloned().collect();
    assert_eq!(present, owned, "the list in migration/src/ownership.rs names every table");
    for table in SCHOOL_TABLES {
        let school_id = tables[*table].get("school_id");
        assert_eq!(school_id, Some(&false), "{table}.school_id is there and NOT NULL");
        let led = indexes(&migrated.db, table).await.iter().any(|columns| columns[0] == "school_id");
        assert!(led, "{table} has an index that begins with school_id");
    }
    migrated.drop().await;
}

#[tokio::test]
async fn every_foreign_key_has_an_index() {
    let migrated = Migrated::new().await;
    for table in tables(&migrated.db).await.keys() {
        let indexes = indexes(&migrated.db, table).await;
        for columns in foreign_keys(&migrated.db, table).await {
            let covered = indexes.iter().any(|index| index.starts_with(&columns));
            assert!(covered, "{table}({columns:?}) is a foreign key without an index; there are {indexes:?}");
        }
    }
    migrated.drop().await;
}

#[tokio::test]
async fn entities_and_schema_agree() {
    let migrated = Migrated::new().await;
    let mut tables = tables(&migrated.db).await;
    for table in lyceum_gateway::system::entity_tables() {
        let name = table.name;
        let real = tables.remove(&name).unwrap_or_else(|| panic!("{name} is an entity without a table"));
        let entity: Columns = table.columns.into_iter().map(|column| (column.name, column.nullable)).collect();
        assert_eq!(entity, real, "the entity of {name} and its columns");
    }
    assert!(tables.is_empty(), "tables without an entity: {:?}", tables.keys());
    migrated.drop().await;
}

struct Migrated {
    db: DatabaseConnection,
    url: String,
    _folder: tempfile::TempDir,
}

impl Migrated {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = database::fresh(folder.path()).await;
        Self { db: database::connect(&url).await, url, _folder: folder }
    }

    async fn drop(self) {
        self.db.close().await.expect("closed");
        database::drop(&self.url).await;
    }
}

/// Every table but the migrator's own, with its columns.
async fn tables(db: &DatabaseConnection) -> BTreeMap<String, Columns> {
    let sql = match db.get_database_backend() {
        DbBackend::Postgres => {
            // What the database derives from other columns is no field of an entity.
            "SELECT table_name AS t, column_name AS c, is_nullable = 'YES' AS n FROM information_schema.columns \
             WHERE table_schema = 'public' AND is_generated = 'NEVER'"
        }
        _ => {
            // A full-text index looks like tables; it is none.
            "SELECT m.name AS t, p.name AS c, (p.\"notnull\" = 0 AND p.pk = 0) AS n FROM pragma_table_list m \
             JOIN pragma_table_info(m.name) p WHERE m.schema = 'main' AND m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        }
    };
    let mut tables: BTreeMap<String, Columns> = BTreeMap::new();
    for row in rows(db, sql).await {
        let (table, column, nullable): (String, String, bool) =
            (row.try_get("", "t").expect("t"), row.try_get("", "c").expect("c"), row.try_get("", "n").expect("n"));
        if table != "seaql_migrations" {
            tables.entry(table).or_default().insert(column, nullable);
        }
    }
    tables
}

/// The columns of every index and primary key of a table, in order.
async fn indexes(db: &DatabaseConnection, table: &str) -> Vec<Vec<String>> {
    let sql = match db.get_database_backend() {
        DbBackend::Postgres => format!(
            "SELECT string_agg(a.attname, ',' ORDER BY k.n) AS cols FROM pg_index i \
             JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, n) ON true \
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum \
             WHERE i.indrelid = '{table}'::regclass GROUP BY i.indexrelid"
        ),
        _ => format!(
            "SELECT (SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_index_info(l.name) ORDER BY seqno)) AS cols \
             FROM pragma_index_list('{table}') l \
             UNION ALL SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_table_info('{table}') WHERE pk > 0 ORDER BY pk)"
        ),
    };
    column_lists(db, &sql).await
}

/// The columns of every foreign key of a table.
async fn foreign_keys(db: &DatabaseConnection, table: &str) -> Vec<Vec<String>> {
    let sql = match db.get_database_backend() {
        DbBackend::Postgres => format!(
            "SELECT string_agg(a.attname, ',' ORDER BY k.n) AS cols FROM pg_constraint c \
             JOIN LATERAL unnest(c.conkey) WITH ORDINALITY AS k(attnum, n) ON true \
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum \
             WHERE c.contype = 'f' AND c.conrelid = '{table}'::regclass GROUP BY c.oid"
        ),
        _ => format!(
            "SELECT group_concat(\"from\", ',') AS cols FROM (SELECT id, \"from\" FROM pragma_foreign_key_list('{table}') \
             ORDER BY id, seq) GROUP BY id"
        ),
    };
    column_lists(db, &sql).await
}

async fn column_lists(db: &DatabaseConnection, sql: &str) -> Vec<Vec<String>> {
    let lists = rows(db, sql).await;
    let lists = lists.iter().filter_map(|row| row.try_get::<Option<String>>("", "cols").expect("cols"));
    lists.map(|list| list.split(',').map(str::to_owned).collect()).collect()
}

#[expect(clippy::disallowed_methods, reason = "the catalogue of the database has no entities")]
async fn rows(db: &DatabaseConnection, sql: &str) -> Vec<sea_orm::QueryResult> {
    db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect("the catalogue answers")
}
