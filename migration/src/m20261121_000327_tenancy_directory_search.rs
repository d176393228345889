//! People are looked up by how their names begin: by the last word of the full name too, and as ranges of indexes, for which keys
//! are ordered by their code points, as SQLite does anyway.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// Adds a column and indexes to `memberships`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The keys, and how long they may be.
const KEYS: [(&str, u32); 3] = [("name_key", 80), ("username_key", 128), ("email_key", 508)];

/// What pages of the directory that are narrowed and by name begin in the middle of.
const INDEXES: [(&str, &[&str]); 3] = [
    ("ix_memberships_school_id_family_key_id", &["school_id", "family_key", "id"]),
    ("ix_memberships_school_id_role_name_key_id", &["school_id", "role", "name_key", "id"]),
    ("ix_memberships_school_id_status_name_key_id", &["school_id", "status", "name_key", "id"]),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        collate(manager, "\"C\"").await?;
        let column = ColumnDef::new("family_key").string_len(80).not_null().default("").to_owned();
        manager.alter_table(Table::alter().table("memberships").add_column(column).to_owned()).await?;
        let by_whole_name = Query::update().table("memberships").value("family_key", Expr::col("name_key")).to_owned();
        manager.execute(by_whole_name).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            run(manager, "ALTER TABLE memberships ALTER COLUMN family_key TYPE varchar(80) COLLATE \"C\"").await?;
        }
        for (name, columns) in INDEXES {
            let mut index = Index::create().name(name).table("memberships").to_owned();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, _) in INDEXES {
            manager.drop_index(Index::drop().name(name).table("memberships").to_owned()).await?;
        }
        manager.alter_table(Table::alter().table("memberships").drop_column("family_key").to_owned()).await?;
        collate(manager, "\"default\"").await
    }
}

async fn collate(manager: &SchemaManager<'_>, collation: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    for (column, length) in KEYS {
        let sql = format!("ALTER TABLE memberships ALTER COLUMN {column} TYPE varchar({length}) COLLATE {collation}");
        run(manager, &sql).await?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "no builder knows collations; nothing is bound")]
async fn run(manager: &SchemaManager<'_>, statement: &str) -> Result<(), DbErr> {
    manager.get_connection().execute_unprepared(statement).await?;
    Ok(())
}
