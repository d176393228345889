//! A database of its own for each test, copied from one that was migrated once.

use std::path::{Path, PathBuf};

use lyceum_migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use tokio::sync::OnceCell;

static TEMPLATE: OnceCell<Template> = OnceCell::const_new();

enum Template {
    Sqlite(PathBuf),
    Postgres { server: String, name: String },
}

/// The server to test on, if it is not the embedded default.
pub fn postgres_server() -> Option<String> {
    crate::support::variable("LYCEUM_TEST_POSTGRES_URL")
}

/// The URL of a fresh, migrated database in `directory` or on the PostgreSQL server.
pub async fn fresh(directory: &Path) -> String {
    match TEMPLATE.get_or_init(make_template).await {
        Template::Sqlite(template) => {
            let file = directory.join("lyceum.db");
            std::fs::copy(template, &file).expect("a copy of the template");
            format!("sqlite://{}?mode=rwc", file.display())
        }
        Template::Postgres { server, name } => {
            let copy = format!("t_{}", uuid::Uuid::now_v7().simple());
            let admin = connect(server).await;
            run(&admin, &format!("CREATE DATABASE {copy} TEMPLATE {name}")).await;
            admin.close().await.expect("closed");
            with_database(server, &copy)
        }
    }
}

/// The URL of a fresh, empty database.
pub async fn empty(directory: &Path) -> String {
    match postgres_server() {
        None => format!("sqlite://{}?mode=rwc", directory.join("empty.db").display()),
        Some(server) => {
            let name = format!("e_{}", uuid::Uuid::now_v7().simple());
            let admin = connect(&server).await;
            run(&admin, &format!("CREATE DATABASE {name}")).await;
            admin.close().await.expect("closed");
            with_database(&server, &name)
        }
    }
}

/// Drops a database made by [`fresh`]; files go with their folder.
pub async fn drop(url: &str) {
    if let Some(server) = postgres_server() {
        let name = url.rsplit('/').next().expect("a database name");
        let admin = connect(&server).await;
        run(&admin, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    }
}

/// A plain connection, for looking at what is really there.
pub async fn connect(url: &str) -> DatabaseConnection {
    Database::connect(url).await.expect("a connection")
}

#[expect(clippy::disallowed_methods, reason = "databases are made and dropped in plain SQL")]
async fn run(connection: &DatabaseConnection, sql: &str) {
    connection.execute_unprepared(sql).await.expect("the statement runs");
}

async fn make_template() -> Template {
    if let Some(server) = postgres_server() {
        let name = format!("template_{}", uuid::Uuid::now_v7().simple());
        let admin = connect(&server).await;
        run(&admin, &format!("CREATE DATABASE {name}")).await;
        let template = connect(&with_database(&server, &name)).await;
        Migrator::up(&template, None).await.expect("all migrations");
        template.close().await.expect("closed");
        Template::Postgres { server, name }
    } else {
        let file = tempfile::Builder::new().prefix("lyceum-template-").suffix(".db").tempfile().expect("a file");
        let path = file.into_temp_path().keep().expect("a kept file");
        let template = connect(&format!("sqlite://{}?mode=rwc", path.display())).await;
        Migrator::up(&template, None).await.expect("all migrations");
        template.close().await.expect("closed");
        Template::Sqlite(path)
    }
}

fn with_database(server: &str, name: &str) -> String {
    let (base, _) = server.rsplit_once('/').expect("a URL with a database");
    format!("{base}/{name}")
}
