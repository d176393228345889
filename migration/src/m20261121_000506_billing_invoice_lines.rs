//! Lines of invoices. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, string_len, timestamp_with_time_zone_null, uuid};

/// Creates `invoice_lines`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("invoice_lines")
                    .col(uuid("school_id"))
                    .col(uuid("id"))
                    .col(uuid("invoice_id"))
                    .col(integer("position"))
                    .col(string_len("description", 500))
                    .col(big_integer("quantity"))
                    .col(big_integer("unit_amount"))
                    .col(integer("tax_basis_points"))
                    .col(big_integer("amount"))
                    .col(big_integer("tax"))
                    .col(timestamp_with_time_zone_null("period_start"))
                    .col(timestamp_with_time_zone_null("period_end"))
                    .primary_key(Index::create().name("pk_invoice_lines").col("school_id").col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_invoice_lines_invoice_id")
                            .from_tbl("invoice_lines")
                            .from_col("school_id")
                            .from_col("invoice_id")
                            .to_tbl("invoices")
                            .to_col("school_id")
                            .to_col("id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("uq_invoice_lines_school_id_invoice_id_position")
                    .table("invoice_lines")
                    .col("school_id")
                    .col("invoice_id")
                    .col("position")
                    .unique()
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("invoice_lines").to_owned()).await
    }
}
