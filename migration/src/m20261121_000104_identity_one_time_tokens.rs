//! One-time tokens of activation, password reset and change of address, stored as hashes. A platform table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    binary_len, integer, json_binary, string_len, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
};

/// Creates `one_time_tokens`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("one_time_tokens")
                    .col(uuid("id"))
                    .col(uuid("account_id"))
                    .col(string_len("purpose", 32))
                    .col(integer("generation"))
                    .col(binary_len("token_hash", 32))
                    .col(json_binary("data"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("expires_at"))
                    .col(timestamp_with_time_zone_null("used_at"))
                    .primary_key(Index::create().name("pk_one_time_tokens").col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_one_time_tokens_account_id")
                            .from("one_time_tokens", "account_id")
                            .to("accounts", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_one_time_tokens_account_id_purpose")
                    .table("one_time_tokens")
                    .col("account_id")
                    .col("purpose")
                    .to_owned(),
            )
            .await?;
        // For the sweep of what has expired.
        manager
            .create_index(
                Index::create()
                    .name("ix_one_time_tokens_expires_at")
                    .table("one_time_tokens")
                    .col("expires_at")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("one_time_tokens").to_owned()).await
    }
}
