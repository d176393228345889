//! Attempts at tests. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, boolean_null, integer, json_binary, json_binary_null, string_len,
    timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
};

/// Creates `attempts`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("attempts")
                    .col(uuid("school_id"))
                    .col(uuid("id"))
                    .col(uuid("test_id"))
                    .col(uuid("user_id"))
                    .col(integer("number"))
                    .col(string_len("state", 16))
                    // Staff of the test trying it out: counts for nothing.
                    .col(boolean("trial"))
                    .col(integer("test_revision"))
                    // The questions in their order, each with the revision that it was.
                    .col(json_binary("paper"))
                    .col(big_integer("seed"))
                    .col(json_binary("deadline"))
                    // Until when answers are taken: a copy out of the deadline.
                    .col(timestamp_with_time_zone_null("ends_at"))
                    .col(timestamp_with_time_zone("started_at"))
                    .col(timestamp_with_time_zone_null("finished_at"))
                    // What each question was worth, once it is over.
                    .col(json_binary_null("marks"))
                    .col(boolean("graded"))
                    // In millionths of a point.
                    .col(big_integer_null("score"))
                    .col(big_integer("max_score"))
                    .col(boolean_null("passed"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .primary_key(Index::create().name("pk_attempts").col("school_id").col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_attempts_test_id")
                            .from("attempts", ("school_id", "test_id"))
                            .to("tests", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .check((
                        "ck_attempts_state",
                        Expr::col("state").is_in(["open", "submitted", "overdue", "closed", "abandoned"]),
                    ))
                    .to_owned(),
            )
            .await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("attempts").to_owned()).await
    }
}

fn indexes() -> Vec<IndexCreateStatement> {
    let on = |name: &str, columns: &[&'static str]| {
        let mut index = Index::create().name(name).table("attempts").to_owned();
        for column in columns {
            index.col(*column);
        }
        index
    };
    let open = || Expr::col("state").eq("open");
    let person = ["school_id", "test_id", "user_id"];
    vec![
        // One open attempt per person and test, and no two of one number.
        on("uq_attempts_open", &person).unique().and_where(open()).to_owned(),
        on("uq_attempts_school_id_test_id_user_id_number", &["school_id", "test_id", "user_id", "number"])
            .unique()
            .to_owned(),
        on("ix_attempts_school_id_test_id_id", &["school_id", "test_id", "id"]),
        on("ix_attempts_school_id_user_id_id", &["school_id", "user_id", "id"]),
        // What statistics have not seen yet.
        on("ix_attempts_school_id_test_id_updated_at", &["school_id", "test_id", "updated_at"]),
        // All that there is of a person, in all schools.
        on("ix_attempts_user_id", &["user_id"]),
        // What the job that closes attempts looks for, in all schools.
        on("ix_attempts_ends_at", &["ends_at"]).and_where(open()).to_owned(),
    ]
}
