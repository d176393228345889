//! Revisions of questions: rows that never change. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, json_binary, timestamp_with_time_zone, uuid};

/// Creates `question_revisions`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("question_revisions")
                    .col(uuid("school_id"))
                    .col(uuid("question_id"))
                    .col(integer("number"))
                    .col(json_binary("content"))
                    // In millionths of a point.
                    .col(big_integer("points"))
                    .col(uuid("author_id"))
                    .col(timestamp_with_time_zone("created_at"))
                    .primary_key(
                        Index::create().name("pk_question_revisions").col("school_id").col("question_id").col("number"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_question_revisions_question_id")
                            .from("question_revisions", ("school_id", "question_id"))
                            .to("questions", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .check(("ck_question_revisions_points", Expr::col("points").gte(0)))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("question_revisions").to_owned()).await
    }
}
