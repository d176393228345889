//! Questions, each with its latest revision. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, integer, json_binary, small_integer_null, string_len, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
};

/// Creates `questions`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("questions")
                    .col(uuid("school_id"))
                    .col(uuid("id"))
                    .col(uuid("bank_id"))
                    .col(string_len("kind", 32))
                    .col(integer("revision"))
                    .col(json_binary("content"))
                    // In millionths of a point.
                    .col(big_integer("points"))
                    .col(small_integer_null("difficulty"))
                    // A copy of question_tags, so that a question is one row to its readers.
                    .col(json_binary("tags"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .col(timestamp_with_time_zone_null("deleted_at"))
                    .col(uuid_null("deletion_id"))
                    .primary_key(Index::create().name("pk_questions").col("school_id").col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_questions_bank_id")
                            .from("questions", ("school_id", "bank_id"))
                            .to("question_banks", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .check(("ck_questions_points", Expr::col("points").gte(0)))
                    .check(("ck_questions_revision", Expr::col("revision").gte(1)))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_questions_school_id_bank_id_id")
                    .table("questions")
                    .col("school_id")
                    .col("bank_id")
                    .col("id")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("questions").to_owned()).await
    }
}
