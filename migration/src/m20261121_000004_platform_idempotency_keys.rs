//! Answers kept under the client's `Idempotency-Key` for a day. A platform table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    binary_len, blob_null, json_binary_null, small_integer_null, string_len, text, timestamp_with_time_zone,
};

/// Creates `idempotency_keys`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("idempotency_keys")
                    .col(binary_len("key_hash", 32))
                    .col(string_len("caller", 128))
                    .col(text("route"))
                    .col(binary_len("fingerprint", 32))
                    .col(small_integer_null("status"))
                    .col(json_binary_null("headers"))
                    .col(blob_null("body"))
                    .col(timestamp_with_time_zone("created_at"))
                    .primary_key(Index::create().name("pk_idempotency_keys").col("key_hash"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_idempotency_keys_created_at")
                    .table("idempotency_keys")
                    .col("created_at")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("idempotency_keys").to_owned()).await
    }
}
