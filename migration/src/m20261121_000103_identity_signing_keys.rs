//! The Ed25519 keys that sign access tokens. A platform table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    binary, binary_len, string_len, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

/// Creates `signing_keys`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("signing_keys")
                    .col(string_len("kid", 43))
                    .col(binary("sealed_private_key"))
                    .col(binary_len("public_key", 32))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("activates_at"))
                    .col(timestamp_with_time_zone_null("retires_at"))
                    .primary_key(Index::create().name("pk_signing_keys").col("kid"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("signing_keys").to_owned()).await
    }
}
