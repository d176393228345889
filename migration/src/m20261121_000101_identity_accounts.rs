//! Accounts: one row per person on the deployment. A platform table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, string_len, string_len_null, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
};

/// Creates `accounts`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("accounts")
                    .col(uuid("id"))
                    .col(string_len_null("email", 254))
                    .col(string_len_null("email_key", 508))
                    .col(string_len_null("username", 64))
                    .col(string_len_null("username_key", 128))
                    .col(string_len_null("full_name", 200))
                    .col(string_len("name_key", 80))
                    .col(text_null("password_hash"))
                    .col(timestamp_with_time_zone_null("password_changed_at"))
                    .col(boolean("must_change_password"))
                    .col(string_len("platform_role", 16))
                    .col(boolean("is_active"))
                    .col(timestamp_with_time_zone_null("activated_at"))
                    .col(string_len("locale", 35))
                    .col(string_len("time_zone", 64))
                    .col(uuid_null("avatar_file_id"))
                    .col(boolean("mfa_enabled"))
                    .col(timestamp_with_time_zone_null("deleted_at"))
                    .col(timestamp_with_time_zone_null("erased_at"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .primary_key(Index::create().name("pk_accounts").col("id"))
                    .check((
                        "ck_accounts_platform_role",
                        Expr::col("platform_role").is_in(["member", "admin", "super_admin"]),
                    ))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("uq_accounts_email_key").table("accounts").col("email_key").unique().to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("uq_accounts_username_key")
                    .table("accounts")
                    .col("username_key")
                    .unique()
                    .to_owned(),
            )
            .await?;
        // The directory's order by name.
        manager
            .create_index(
                Index::create().name("ix_accounts_name_key_id").table("accounts").col("name_key").col("id").to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("accounts").to_owned()).await
    }
}
