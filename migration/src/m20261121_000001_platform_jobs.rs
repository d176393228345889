//! Jobs: the outbox and its work. A platform table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    integer, integer_null, json_binary, json_binary_null, string_len, string_len_null, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null, uuid, uuid_null,
};

/// Creates `jobs`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(table()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("jobs").to_owned()).await
    }
}

fn table() -> TableCreateStatement {
    Table::create()
        .table("jobs")
        .col(uuid("id"))
        .col(string_len("kind", 64))
        .col(string_len("state", 16))
        .col(json_binary("payload"))
        .col(string_len_null("unique_key", 200))
        .col(uuid_null("event_id"))
        .col(uuid_null("school_id"))
        .col(string_len_null("request_id", 64))
        .col(string_len_null("traceparent", 128))
        .col(timestamp_with_time_zone("run_at"))
        .col(integer("attempt"))
        .col(timestamp_with_time_zone_null("lease_until"))
        .col(string_len_null("worker_id", 128))
        .col(text_null("last_error"))
        .col(integer("progress_done"))
        .col(integer_null("progress_total"))
        .col(integer("progress_errors"))
        .col(json_binary_null("result"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("finished_at"))
        .primary_key(Index::create().name("pk_jobs").col("id"))
        .check(("ck_jobs_state", Expr::col("state").is_in(["ready", "running", "done", "parked", "cancelled"])))
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 4] {
    [
        // A second job with the same key is left out; jobs without a key are not compared.
        Index::create().name("uq_jobs_unique_key").table("jobs").col("unique_key").unique().to_owned(),
        // What workers claim: only what is not finished, in the order it is due.
        Index::create()
            .name("ix_jobs_run_at")
            .table("jobs")
            .col("run_at")
            .col("id")
            .and_where(Expr::col("state").is_in(["ready", "running"]))
            .to_owned(),
        // What operators look at and the purge deletes.
        Index::create().name("ix_jobs_state_finished_at").table("jobs").col("state").col("finished_at").to_owned(),
        Index::create().name("ix_jobs_kind_state").table("jobs").col("kind").col("state").to_owned(),
    ]
}
