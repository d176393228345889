//! What clients report of attempts: focus lost and the like. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{string_len, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid};

/// Creates `attempt_events`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("attempt_events")
                    .col(uuid("school_id"))
                    .col(uuid("id"))
                    .col(uuid("attempt_id"))
                    .col(string_len("kind", 32))
                    .col(timestamp_with_time_zone_null("client_time"))
                    .col(timestamp_with_time_zone("created_at"))
                    .primary_key(Index::create().name("pk_attempt_events").col("school_id").col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_attempt_events_attempt_id")
                            .from("attempt_events", ("school_id", "attempt_id"))
                            .to("attempts", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_attempt_events_school_id_attempt_id_id")
                    .table("attempt_events")
                    .col("school_id")
                    .col("attempt_id")
                    .col("id")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("attempt_events").to_owned()).await
    }
}
