//! What regrades change, attempt by attempt, with what there was before. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, boolean_null, integer, json_binary_null, uuid,
};

/// Creates `regrade_changes`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("regrade_changes")
                    .col(uuid("school_id"))
                    .col(uuid("regrade_id"))
                    .col(uuid("attempt_id"))
                    .col(uuid("user_id"))
                    .col(integer("number"))
                    // In millionths of a point.
                    .col(big_integer_null("score_before"))
                    .col(big_integer_null("score_after"))
                    .col(big_integer("max_score_before"))
                    .col(big_integer("max_score_after"))
                    .col(boolean_null("passed_before"))
                    .col(boolean_null("passed_after"))
                    .col(boolean("graded_before"))
                    .col(boolean("graded_after"))
                    .col(json_binary_null("marks_before"))
                    // The version that it gave the attempt; nothing was written in a dry run.
                    .col(big_integer("version_after"))
                    .primary_key(
                        Index::create().name("pk_regrade_changes").col("school_id").col("regrade_id").col("attempt_id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_regrade_changes_regrade_id")
                            .from("regrade_changes", ("school_id", "regrade_id"))
                            .to("regrades", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_regrade_changes_attempt_id")
                            .from("regrade_changes", ("school_id", "attempt_id"))
                            .to("attempts", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_regrade_changes_school_id_attempt_id")
                    .table("regrade_changes")
                    .col("school_id")
                    .col("attempt_id")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("regrade_changes").to_owned()).await
    }
}
