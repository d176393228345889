//! The keys that sign heads of the audit log's chains. A platform table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{binary_len, blob, timestamp_with_time_zone, uuid};

/// Creates `audit_keys`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("audit_keys")
                    .col(uuid("id"))
                    .col(binary_len("public_key", 32))
                    .col(blob("sealed_seed"))
                    .col(timestamp_with_time_zone("created_at"))
                    .primary_key(Index::create().name("pk_audit_keys").col("id"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("audit_keys").to_owned()).await
    }
}
