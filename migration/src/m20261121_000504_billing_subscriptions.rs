//! Subscriptions: at most one a school. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, integer, integer_null, string_len, string_len_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
};

/// Creates `subscriptions`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("subscriptions")
                    .col(uuid("school_id"))
                    .col(uuid("id"))
                    .col(uuid("price_id"))
                    .col(string_len("state", 16))
                    .col(integer("seats"))
                    .col(integer_null("next_seats"))
                    .col(uuid_null("next_price_id"))
                    .col(timestamp_with_time_zone("anchor_at"))
                    .col(integer("period_number"))
                    .col(timestamp_with_time_zone("period_start"))
                    .col(timestamp_with_time_zone("period_end"))
                    .col(timestamp_with_time_zone_null("trial_ends_at"))
                    .col(boolean("cancel_at_period_end"))
                    .col(timestamp_with_time_zone_null("past_due_since"))
                    .col(timestamp_with_time_zone_null("lapsed_at"))
                    .col(timestamp_with_time_zone_null("cancelled_at"))
                    .col(string_len_null("cancel_reason", 16))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .primary_key(Index::create().name("pk_subscriptions").col("school_id").col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_subscriptions_price_id")
                            .from("subscriptions", "price_id")
                            .to("billing_prices", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_subscriptions_next_price_id")
                            .from("subscriptions", "next_price_id")
                            .to("billing_prices", "id"),
                    )
                    .check(("ck_subscriptions_seats", Expr::col("seats").gte(1)))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("uq_subscriptions_school_id")
                    .table("subscriptions")
                    .col("school_id")
                    .unique()
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("ix_subscriptions_price_id").table("subscriptions").col("price_id").to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_subscriptions_next_price_id")
                    .table("subscriptions")
                    .col("next_price_id")
                    .to_owned(),
            )
            .await?;
        // For the renewal, which works for all schools.
        manager
            .create_index(
                Index::create()
                    .name("ix_subscriptions_state_period_end")
                    .table("subscriptions")
                    .col("state")
                    .col("period_end")
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("subscriptions").to_owned()).await
    }
}
