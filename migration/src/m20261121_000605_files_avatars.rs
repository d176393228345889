//! Pictures of people. A platform table: an account has one in all its schools.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, string_len, timestamp_with_time_zone, uuid};

/// Creates `avatars`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("avatars")
                    .col(uuid("account_id"))
                    .col(uuid("object_id"))
                    .col(string_len("content_type", 127))
                    .col(big_integer("size"))
                    .col(string_len("sha256", 64))
                    .col(timestamp_with_time_zone("updated_at"))
                    .primary_key(Index::create().name("pk_avatars").col("account_id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_avatars_account_id")
                            .from("avatars", "account_id")
                            .to("accounts", "id"),
                    )
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("avatars").to_owned()).await
    }
}
