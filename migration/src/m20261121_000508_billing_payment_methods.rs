//! Payment methods that a provider keeps. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, integer_null, string_len, string_len_null, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid,
};

/// Creates `payment_methods`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("payment_methods")
                    .col(uuid("school_id"))
                    .col(uuid("id"))
                    .col(string_len("state", 16))
                    .col(string_len_null("kind", 64))
                    .col(string_len_null("brand", 64))
                    .col(string_len_null("last4", 8))
                    .col(integer_null("exp_month"))
                    .col(integer_null("exp_year"))
                    .col(boolean("is_default"))
                    .col(string_len_null("provider_ref", 255))
                    .col(text_null("action_url"))
                    .col(timestamp_with_time_zone_null("event_at"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .col(timestamp_with_time_zone_null("deleted_at"))
                    .primary_key(Index::create().name("pk_payment_methods").col("school_id").col("id"))
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("payment_methods").to_owned()).await
    }
}
