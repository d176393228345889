//! Login sessions: one row per chain of refresh tokens. A platform table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    binary_len, integer, string_len_null, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
    uuid_null,
};

/// Creates `sessions`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("sessions")
                    .col(uuid("id"))
                    .col(uuid("account_id"))
                    .col(integer("generation"))
                    .col(binary_len("refresh_hash", 32))
                    .col(timestamp_with_time_zone("rotated_at"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("last_used_at"))
                    .col(timestamp_with_time_zone("expires_at"))
                    .col(timestamp_with_time_zone("absolute_expires_at"))
                    .col(string_len_null("ip", 45))
                    .col(string_len_null("user_agent", 512))
                    .col(uuid_null("school_id"))
                    .col(text_null("scope"))
                    .col(timestamp_with_time_zone_null("revoked_at"))
                    .col(string_len_null("revoked_reason", 32))
                    .primary_key(Index::create().name("pk_sessions").col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_sessions_account_id")
                            .from("sessions", "account_id")
                            .to("accounts", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .check(("ck_sessions_generation", Expr::col("generation").gte(0)))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_sessions_account_id_id")
                    .table("sessions")
                    .col("account_id")
                    .col("id")
                    .to_owned(),
            )
            .await?;
        // For the sweep of sessions that ended long ago.
        manager
            .create_index(Index::create().name("ix_sessions_expires_at").table("sessions").col("expires_at").to_owned())
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("sessions").to_owned()).await
    }
}
