//! Invoices. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, char_len, integer, integer_null, json_binary_null, string_len, string_len_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
};

/// Creates `invoices`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("invoices")
                    .col(uuid("school_id"))
                    .col(uuid("id"))
                    .col(big_integer_null("sequence"))
                    .col(string_len_null("number", 40))
                    .col(string_len("state", 16))
                    .col(string_len("origin", 16))
                    .col(char_len("currency", 3))
                    .col(big_integer("subtotal"))
                    .col(big_integer("tax"))
                    .col(big_integer("total"))
                    .col(integer("terms_days"))
                    .col(string_len_null("note", 2000))
                    .col(timestamp_with_time_zone_null("issued_at"))
                    .col(integer_null("issued_day"))
                    .col(timestamp_with_time_zone_null("due_at"))
                    .col(timestamp_with_time_zone_null("paid_at"))
                    .col(integer_null("paid_day"))
                    .col(string_len_null("paid_reference", 200))
                    .col(timestamp_with_time_zone_null("closed_at"))
                    .col(json_binary_null("buyer"))
                    .col(json_binary_null("seller"))
                    .col(timestamp_with_time_zone_null("collect_at"))
                    .col(integer("collect_attempts"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .col(timestamp_with_time_zone_null("deleted_at"))
                    .primary_key(Index::create().name("pk_invoices").col("school_id").col("id"))
                    .check(("ck_invoices_total", Expr::col("total").gte(0)))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("uq_invoices_school_id_sequence")
                    .table("invoices")
                    .col("school_id")
                    .col("sequence")
                    .unique()
                    .to_owned(),
            )
            .await?;
        // For the sweep of what is overdue, over all schools.
        manager
            .create_index(
                Index::create()
                    .name("ix_invoices_state_due_at")
                    .table("invoices")
                    .col("state")
                    .col("due_at")
                    .to_owned(),
            )
            .await?;
        // For charging, over all schools.
        manager
            .create_index(Index::create().name("ix_invoices_collect_at").table("invoices").col("collect_at").to_owned())
            .await?;
        // For reports over all schools.
        manager
            .create_index(Index::create().name("ix_invoices_issued_day").table("invoices").col("issued_day").to_owned())
            .await?;
        // For reports over all schools.
        manager
            .create_index(Index::create().name("ix_invoices_paid_day").table("invoices").col("paid_day").to_owned())
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("invoices").to_owned()).await
    }
}
