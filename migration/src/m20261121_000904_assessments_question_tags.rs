//! The tags of questions, case-folded. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{string_len, uuid};

/// Creates `question_tags`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("question_tags")
                    .col(uuid("school_id"))
                    .col(uuid("question_id"))
                    .col(string_len("tag", 120))
                    .primary_key(
                        Index::create().name("pk_question_tags").col("school_id").col("question_id").col("tag"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_question_tags_question_id")
                            .from("question_tags", ("school_id", "question_id"))
                            .to("questions", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_question_tags_school_id_tag_question_id")
                    .table("question_tags")
                    .col("school_id")
                    .col("tag")
                    .col("question_id")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("question_tags").to_owned()).await
    }
}
