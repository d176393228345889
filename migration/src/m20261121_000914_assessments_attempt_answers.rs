//! Answers in attempts, the latest of each question. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, json_binary_null, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
};

/// Creates `attempt_answers`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("attempt_answers")
                    .col(uuid("school_id"))
                    .col(uuid("attempt_id"))
                    .col(uuid("question_id"))
                    // The client's own count: an older one never replaces a newer.
                    .col(big_integer("seq"))
                    .col(json_binary_null("response"))
                    .col(timestamp_with_time_zone("saved_at"))
                    // What the client's clock said: kept, not believed.
                    .col(timestamp_with_time_zone_null("client_time"))
                    // Waits for a person to mark it.
                    .col(boolean("awaits_marking"))
                    // What people gave for it, in millionths of a point, and what they said.
                    .col(big_integer_null("points"))
                    .col(text_null("comment"))
                    .col(json_binary_null("rubric"))
                    .col(uuid_null("marker_id"))
                    .col(big_integer_null("second_points"))
                    .col(uuid_null("second_marker_id"))
                    .primary_key(
                        Index::create()
                            .name("pk_attempt_answers")
                            .col("school_id")
                            .col("attempt_id")
                            .col("question_id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_attempt_answers_attempt_id")
                            .from("attempt_answers", ("school_id", "attempt_id"))
                            .to("attempts", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_attempt_answers_awaits_marking")
                    .table("attempt_answers")
                    .col("school_id")
                    .col("attempt_id")
                    .and_where(Expr::col("awaits_marking").eq(true))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("attempt_answers").to_owned()).await
    }
}
