//! Payments of invoices through a provider. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, char_len, string_len, string_len_null, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
};

/// Creates `payments`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("payments")
                    .col(uuid("school_id"))
                    .col(uuid("id"))
                    .col(uuid("invoice_id"))
                    .col(uuid_null("payment_method_id"))
                    .col(string_len("state", 16))
                    .col(big_integer("amount"))
                    .col(char_len("currency", 3))
                    .col(string_len_null("provider_ref", 255))
                    .col(text_null("action_url"))
                    .col(string_len_null("failure_code", 128))
                    .col(timestamp_with_time_zone_null("event_at"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .primary_key(Index::create().name("pk_payments").col("school_id").col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_payments_invoice_id")
                            .from_tbl("payments")
                            .from_col("school_id")
                            .from_col("invoice_id")
                            .to_tbl("invoices")
                            .to_col("school_id")
                            .to_col("id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_payments_payment_method_id")
                            .from_tbl("payments")
                            .from_col("school_id")
                            .from_col("payment_method_id")
                            .to_tbl("payment_methods")
                            .to_col("school_id")
                            .to_col("id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_payments_school_id_invoice_id_id")
                    .table("payments")
                    .col("school_id")
                    .col("invoice_id")
                    .col("id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_payments_school_id_payment_method_id")
                    .table("payments")
                    .col("school_id")
                    .col("payment_method_id")
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("payments").to_owned()).await
    }
}
