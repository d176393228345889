//! What the search of courses looks through: one row for each course, section, block and file in a block. A school table.
//!
//! PostgreSQL derives a `tsvector` from each row in the language that the row names; SQLite keeps an FTS5 index beside the table
//! by triggers. In both, the school and the course are words of the document, so that one look-up finds what is theirs.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{boolean, string_len, text, uuid, uuid_null};
use sea_orm_migration::sea_orm::DbBackend;

/// Creates `course_search`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The text search configurations that every PostgreSQL has; `simple` for all other languages.
const LANGUAGES: [&str; 28] = [
    "arabic",
    "armenian",
    "basque",
    "catalan",
    "danish",
    "dutch",
    "english",
    "finnish",
    "french",
    "german",
    "greek",
    "hindi",
    "hungarian",
    "indonesian",
    "irish",
    "italian",
    "lithuanian",
    "nepali",
    "norwegian",
    "portuguese",
    "romanian",
    "russian",
    "serbian",
    "spanish",
    "swedish",
    "tamil",
    "turkish",
    "yiddish",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("course_search")
                    .col(ColumnDef::new("seq").big_integer().not_null().auto_increment().primary_key())
                    .col(uuid("school_id"))
                    .col(string_len("kind", 16))
                    // The course, section or block that it is about.
                    .col(uuid("target_id"))
                    .col(uuid("course_id"))
                    .col(uuid_null("section_id"))
                    .col(uuid_null("block_id"))
                    .col(string_len("language", 16))
                    .col(text("title"))
                    .col(text("body"))
                    // Behind a release rule: found by those who teach the course only.
                    .col(boolean("restricted"))
                    .col(uuid_null("deletion_id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_course_search_course_id")
                            .from("course_search", ("school_id", "course_id"))
                            .to("courses", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        for (name, columns, unique) in [
            ("uq_course_search_school_id_target_id_kind", ["school_id", "target_id", "kind"], true),
            ("ix_course_search_school_id_course_id_section_id", ["school_id", "course_id", "section_id"], false),
        ] {
            let mut index = Index::create().name(name).table("course_search").to_owned();
            for column in columns {
                index.col(column);
            }
            if unique {
                index.unique();
            }
            manager.create_index(index).await?;
        }
        match manager.get_database_backend() {
            DbBackend::Postgres => run(manager, &postgres()).await,
            _ => run(manager, &SQLITE.map(str::to_owned)).await,
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Sqlite {
            run(manager, &["DROP TABLE course_search_fts".to_owned()]).await?;
        }
        manager.drop_table(Table::drop().table("course_search").to_owned()).await
    }
}

#[expect(clippy::disallowed_methods, reason = "no builder knows full-text indexes; nothing is bound")]
async fn run(manager: &SchemaManager<'_>, statements: &[String]) -> Result<(), DbErr> {
    for statement in statements {
        manager.get_connection().execute_unprepared(statement).await?;
    }
    Ok(())
}

fn postgres() -> Vec<String> {
    let cases: Vec<_> =
        LANGUAGES.iter().map(|language| format!("WHEN '{language}' THEN '{language}'::regconfig")).collect();
    let configuration = format!("(CASE language {} ELSE 'simple'::regconfig END)", cases.join(" "));
    vec![
        format!(
            "ALTER TABLE course_search ADD COLUMN document tsvector NOT NULL GENERATED ALWAYS AS (\
             setweight(to_tsvector({configuration}, title), 'A') || setweight(to_tsvector({configuration}, body), 'B') || \
             array_to_tsvector(ARRAY['s' || replace(school_id::text, '-', ''), 'c' || replace(course_id::text, '-', '')])\
             ) STORED"
        ),
        // Ranking reads some thousand of them: they lie in the row as they are, unless it is a long text.
        "ALTER TABLE course_search ALTER COLUMN document SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160)"
            .to_owned(),
        "CREATE INDEX ix_course_search_document ON course_search USING gin (document)".to_owned(),
    ]
}

const SQLITE: [&str; 4] = [
    "CREATE VIRTUAL TABLE course_search_fts USING fts5(place, title, body, content='', contentless_delete=1, \
     tokenize='porter unicode61 remove_diacritics 2')",
    "CREATE TRIGGER tr_course_search_insert AFTER INSERT ON course_search BEGIN \
     INSERT INTO course_search_fts(rowid, place, title, body) VALUES \
     (NEW.seq, 's' || lower(hex(NEW.school_id)) || ' c' || lower(hex(NEW.course_id)), NEW.title, NEW.body); END",
    "CREATE TRIGGER tr_course_search_delete AFTER DELETE ON course_search BEGIN \
     DELETE FROM course_search_fts WHERE rowid = OLD.seq; END",
    "CREATE TRIGGER tr_course_search_update AFTER UPDATE OF title, body ON course_search \
     WHEN NEW.title <> OLD.title OR NEW.body <> OLD.body BEGIN \
     DELETE FROM course_search_fts WHERE rowid = OLD.seq; \
     INSERT INTO course_search_fts(rowid, place, title, body) VALUES \
     (NEW.seq, 's' || lower(hex(NEW.school_id)) || ' c' || lower(hex(NEW.course_id)), NEW.title, NEW.body); END",
];
