//! Events of payment providers that were taken in. A platform table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{string_len, timestamp_with_time_zone};

/// Creates `billing_provider_events`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("billing_provider_events")
                    .col(string_len("id", 255))
                    .col(string_len("kind", 128))
                    .col(timestamp_with_time_zone("happened_at"))
                    .col(timestamp_with_time_zone("received_at"))
                    .primary_key(Index::create().name("pk_billing_provider_events").col("id"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_billing_provider_events_received_at")
                    .table("billing_provider_events")
                    .col("received_at")
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("billing_provider_events").to_owned()).await
    }
}
