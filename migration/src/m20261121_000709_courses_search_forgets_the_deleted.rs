//! What was deleted leaves the FTS5 index of the course search, and comes back into it when it is restored: the first candidates
//! that are ranked are never used up by what nobody may find. Only on SQLite; PostgreSQL leaves them out while it looks.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// Changes the trigger that keeps the index.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const UP: [&str; 3] = [
    "DROP TRIGGER tr_course_search_update",
    "DELETE FROM course_search_fts WHERE rowid IN (SELECT seq FROM course_search WHERE deletion_id IS NOT NULL)",
    "CREATE TRIGGER tr_course_search_update AFTER UPDATE OF title, body, deletion_id ON course_search \
     WHEN NEW.title <> OLD.title OR NEW.body <> OLD.body OR (NEW.deletion_id IS NULL) <> (OLD.deletion_id IS NULL) BEGIN \
     DELETE FROM course_search_fts WHERE rowid = OLD.seq; \
     INSERT INTO course_search_fts(rowid, place, title, body) \
     SELECT NEW.seq, 's' || lower(hex(NEW.school_id)) || ' c' || lower(hex(NEW.course_id)), NEW.title, NEW.body \
     WHERE NEW.deletion_id IS NULL; END",
];

const DOWN: [&str; 3] = [
    "DROP TRIGGER tr_course_search_update",
    "INSERT INTO course_search_fts(rowid, place, title, body) \
     SELECT seq, 's' || lower(hex(school_id)) || ' c' || lower(hex(course_id)), title, body \
     FROM course_search WHERE deletion_id IS NOT NULL",
    "CREATE TRIGGER tr_course_search_update AFTER UPDATE OF title, body ON course_search \
     WHEN NEW.title <> OLD.title OR NEW.body <> OLD.body BEGIN \
     DELETE FROM course_search_fts WHERE rowid = OLD.seq; \
     INSERT INTO course_search_fts(rowid, place, title, body) VALUES \
     (NEW.seq, 's' || lower(hex(NEW.school_id)) || ' c' || lower(hex(NEW.course_id)), NEW.title, NEW.body); END",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &DOWN).await
    }
}

#[expect(clippy::disallowed_methods, reason = "no builder knows full-text indexes; nothing is bound")]
async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Sqlite {
        for statement in statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
    }
    Ok(())
}
