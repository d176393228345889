//! Schools: the tenants. A platform table; everything that a school holds names its row.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, json_binary, string_len, string_len_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid,
};

/// Creates `schools`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("schools")
                    .col(uuid("id"))
                    .col(string_len("slug", 63))
                    .col(string_len("name", 200))
                    .col(string_len("name_key", 80))
                    .col(string_len("time_zone", 64))
                    .col(string_len("locale", 35))
                    .col(json_binary("branding"))
                    .col(string_len("status", 16))
                    .col(timestamp_with_time_zone_null("lapsed_at"))
                    .col(boolean("directory_public"))
                    .col(boolean("self_signup"))
                    .col(string_len_null("default_role", 64))
                    .col(big_integer_null("seat_limit"))
                    .col(big_integer("seats_used"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .col(timestamp_with_time_zone_null("deleted_at"))
                    .primary_key(Index::create().name("pk_schools").col("id"))
                    .check(("ck_schools_status", Expr::col("status").is_in(["active", "suspended"])))
                    .check(("ck_schools_seats_used", Expr::col("seats_used").gte(0)))
                    .to_owned(),
            )
            .await?;
        // A deleted school gives its slug free.
        manager
            .create_index(
                Index::create()
                    .name("uq_schools_slug")
                    .table("schools")
                    .col("slug")
                    .unique()
                    .and_where(Expr::col("deleted_at").is_null())
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("ix_schools_name_key_id").table("schools").col("name_key").col("id").to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("schools").to_owned()).await
    }
}
