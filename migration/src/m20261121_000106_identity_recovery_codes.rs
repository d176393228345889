//! Recovery codes for a lost second factor, stored as hashes, each good once. A platform table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{binary_len, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid};

/// Creates `recovery_codes`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("recovery_codes")
                    .col(uuid("id"))
                    .col(uuid("account_id"))
                    .col(binary_len("code_hash", 32))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone_null("used_at"))
                    .primary_key(Index::create().name("pk_recovery_codes").col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_recovery_codes_account_id")
                            .from("recovery_codes", "account_id")
                            .to("accounts", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("uq_recovery_codes_account_id_code_hash")
                    .table("recovery_codes")
                    .col("account_id")
                    .col("code_hash")
                    .unique()
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("recovery_codes").to_owned()).await
    }
}
