//! Prices of plans. A platform table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, char_len, string_len, string_len_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid,
};

/// Creates `billing_prices`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("billing_prices")
                    .col(uuid("id"))
                    .col(uuid("plan_id"))
                    .col(char_len("currency", 3))
                    .col(big_integer("unit_amount"))
                    .col(string_len("interval", 16))
                    .col(string_len_null("nickname", 200))
                    .col(boolean("is_active"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .col(timestamp_with_time_zone_null("deleted_at"))
                    .primary_key(Index::create().name("pk_billing_prices").col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_billing_prices_plan_id")
                            .from("billing_prices", "plan_id")
                            .to("billing_plans", "id"),
                    )
                    .check(("ck_billing_prices_unit_amount", Expr::col("unit_amount").gte(0)))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_billing_prices_plan_id_id")
                    .table("billing_prices")
                    .col("plan_id")
                    .col("id")
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("billing_prices").to_owned()).await
    }
}
