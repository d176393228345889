//! Plans: what the deployment sells. A platform table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, integer, integer_null, string_len, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid,
};

/// Creates `billing_plans`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("billing_plans")
                    .col(uuid("id"))
                    .col(string_len("code", 64))
                    .col(string_len("name", 200))
                    .col(text_null("description"))
                    .col(integer("trial_days"))
                    .col(integer_null("max_seats"))
                    .col(boolean("is_active"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .col(timestamp_with_time_zone_null("deleted_at"))
                    .primary_key(Index::create().name("pk_billing_plans").col("id"))
                    .check(("ck_billing_plans_trial_days", Expr::col("trial_days").gte(0)))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("uq_billing_plans_code").table("billing_plans").col("code").unique().to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("billing_plans").to_owned()).await
    }
}
