//! TOTP secrets (RFC 6238), sealed, at most one per account. A platform table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, binary, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid};

/// Creates `totp_secrets`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("totp_secrets")
                    .col(uuid("account_id"))
                    .col(binary("sealed_secret"))
                    .col(big_integer("last_step"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone_null("confirmed_at"))
                    .primary_key(Index::create().name("pk_totp_secrets").col("account_id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_totp_secrets_account_id")
                            .from("totp_secrets", "account_id")
                            .to("accounts", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("totp_secrets").to_owned()).await
    }
}
