//! Imports: people in bulk, from a file. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, integer, json_binary, string_len, string_len_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
};

/// Creates `imports`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const STATES: [&str; 6] = ["receiving", "queued", "running", "done", "failed", "cancelled"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(table()).await?;
        // One under way in a school at a time: two would fight over the same names and seats.
        manager
            .create_index(
                Index::create()
                    .name("uq_imports_school_id")
                    .table("imports")
                    .col("school_id")
                    .unique()
                    .and_where(Expr::col("state").is_in(["queued", "running"]))
                    .to_owned(),
            )
            .await?;
        // What the sweep looks for.
        manager
            .create_index(
                Index::create()
                    .name("ix_imports_state_updated_at")
                    .table("imports")
                    .col("state")
                    .col("updated_at")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("imports").to_owned()).await
    }
}

fn table() -> TableCreateStatement {
    Table::create()
        .table("imports")
        .col(uuid("school_id"))
        .col(uuid("id"))
        .col(string_len("state", 16))
        .col(string_len_null("step", 16))
        .col(string_len_null("format", 16))
        .col(boolean("dry_run"))
        .col(boolean("skip_faulty"))
        .col(string_len_null("default_role", 64))
        .col(uuid("importer_id"))
        // What the importer was allowed when they asked: nothing is done beyond it.
        .col(json_binary("authority"))
        .col(big_integer("bytes"))
        // Counts the runs; only the latest may write.
        .col(integer("attempt"))
        .col(big_integer("rows_done"))
        .col(big_integer_null("rows_total"))
        .col(big_integer("faults"))
        .col(big_integer("seats_reserved"))
        .col(big_integer("letters"))
        .col(big_integer("created"))
        .col(big_integer("offered"))
        .col(big_integer("updated"))
        .col(big_integer("unchanged"))
        .col(big_integer("skipped"))
        .col(big_integer("groups_created"))
        .col(big_integer("group_changes"))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .col(timestamp_with_time_zone_null("started_at"))
        .col(timestamp_with_time_zone_null("finished_at"))
        .primary_key(Index::create().name("pk_imports").col("school_id").col("id"))
        .foreign_key(ForeignKey::create().name("fk_imports_school_id").from("imports", "school_id").to("schools", "id"))
        .check(("ck_imports_state", Expr::col("state").is_in(STATES)))
        .check(("ck_imports_seats_reserved", Expr::col("seats_reserved").gte(0)))
        .to_owned()
}
